"""Samples and rejections as a layout finds them, row by row, and the discovery that they make."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tasks.reasons import Reason
from tasks.records.web_locations import join_web
from tasks.samples import SAMPLE_SCHEMA, Kind, Rejection, rejection_row, rejections_table


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record stands in its label file; the defaults are those of an image without one.

    Attributes:
        label_file: Relative to the source's root.
        row: Its first line, from 1.
        offset: Its first byte.
        length: Its bytes.
    """

    label_file: str = ""
    row: int = -1
    offset: int = -1
    length: int = -1


@dataclass(slots=True)
class SampleRows:
    """What one source lists, growing.

    Attributes:
        source: The source's name.
        ignored: How much was passed over, by reason.
        notices: Sentences for the discovery report.
    """

    source: str
    ignored: Counter[str] = field(default_factory=Counter)
    notices: list[str] = field(default_factory=list)
    _columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in SAMPLE_SCHEMA.names})
    _rejections: list[dict[str, Any]] = field(default_factory=list)

    def prefixed(self, identity: str) -> str:
        """*identity* as a sample id: it begins with the source's name where that has one."""
        return f"{self.source}/{identity}" if self.source else identity

    def add(self, sample: dict[str, Any], origin: Origin = Origin()) -> None:
        """One more sample: the columns of `SAMPLE_SCHEMA` that are not the origin's."""
        row = {
            "source": self.source,
            "kind": "store",
            "label_file": origin.label_file,
            "label_row": origin.row,
            "label_offset": origin.offset,
            "label_length": origin.length,
            **sample,
        }
        for name, column in self._columns.items():
            column.append(row[name])

    def reject(self, sample: dict[str, Any], reason: Reason, detail: str, origin: Origin = Origin()) -> None:
        """One more image that is left out, and why."""
        known = {"source": self.source, "label_file": origin.label_file, "label_row": origin.row, **sample}
        self._rejections.append(rejection_row(known, Rejection(reason, detail)))

    @property
    def count(self) -> int:
        """How many samples there are."""
        return len(self._columns["sample_id"])

    @property
    def rejections(self) -> pa.Table:
        """What was left out, as `REJECTION_SCHEMA`."""
        return rejections_table(self._rejections)

    def samples(self) -> pa.Table:
        """The samples as `SAMPLE_SCHEMA`, ordered by location, then by where their record stands."""
        table = pa.table(self._columns, schema=SAMPLE_SCHEMA)
        return table.sort_by([("location", "ascending"), ("label_file", "ascending"), ("label_row", "ascending")])


def file_kind(root: str, path: str) -> tuple[Kind, str]:
    """How the listed file *path* below *root* is read, and its location: an http root's files are web places."""
    if not root.startswith(("http://", "https://")):
        return "store", path

    return "web", join_web(f"{root.rstrip('/')}/", path)
