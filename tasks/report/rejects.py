"""The first images that were left out, for a report and for a sentence: file, line and what is wrong there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Rejections
from tasks.report.document import RejectRow

_COLUMNS = ["sample_id", "label_file", "label_row", "location", "stage", "reason", "detail"]
_ORDER = [("label_file", "ascending"), ("label_row", "ascending"), ("location", "ascending")]
_LISTED, _SAID = 100, 5


def of_label_files(rejections: Rejections) -> Rejections:
    """Those of *rejections* (`REJECTION_SCHEMA`) that a label file is at fault for: a record, not an image, is bad."""
    in_file = pc.and_(pc.not_equal(rejections["label_file"], ""), pc.equal(rejections["stage"], "discover"))
    return rejections.filter(in_file)


def first_rejects(rejections: Rejections, most: int = _LISTED) -> list[RejectRow]:
    """The first *most* of *rejections*, those with a line in a label file before the others, by file and line."""
    counted = rejections.filter(pc.not_equal(rejections["stage"], "dataset"))
    in_file = pc.greater(counted["label_row"], 0)
    parts = [counted.filter(in_file), counted.filter(pc.invert(in_file))]
    first = pa.concat_tables([part.sort_by(_ORDER) for part in parts]).slice(0, most)
    return cast("list[RejectRow]", first.select(_COLUMNS).to_pylist())


def rejects_shown(rejections: Rejections) -> tuple[Mapping[str, str], ...]:
    """The first of *rejections* as the rows of a table for a person."""
    return tuple(
        {
            "image": row["location"] or row["sample_id"],
            "label file": f"{row['label_file']}:{row['label_row']}" if row["label_file"] else "",
            "reason": row["reason"],
            "detail": row["detail"],
        }
        for row in first_rejects(rejections)
    )


def rejects_said(rejections: Rejections) -> str:
    """The first few of *rejections* in words: ``labels.csv, line 3: has 4 cells, …``; empty where there are none."""
    said = [_said(row) for row in first_rejects(rejections, _SAID)]
    counted = pc.sum(pc.not_equal(rejections["stage"], "dataset")).as_py() or 0
    more = f"; and {counted - len(said):,} more" if counted > len(said) else ""
    return "; ".join(said) + more


def _said(row: RejectRow) -> str:
    place = f"{row['label_file']}, line {row['label_row']}" if row["label_row"] > 0 else str(row["location"])
    return f"{place}: {row['reason']}: {row['detail']}"
