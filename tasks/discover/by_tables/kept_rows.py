"""What joined rows carry besides: the group that keeps them together, and the columns that shards keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from tasks.errors import LabelFileError
from tasks.records.arrow_texts import trimmed
from tasks.samples import kept_text
from tasks.tables.rows import KEPT, TableRows


def refuse_absent(rows: TableRows, group_by: str, wanted: Iterable[str]) -> None:
    """Raise `LabelFileError` where no table has the column *group_by*, or one of those *wanted* by `keep_columns`."""
    named = [("splits.group_by", group_by)] if group_by else []
    for key, name in (*named, *(("keep_columns", name) for name in wanted)):
        if not {KEPT + name, name} & set(rows.data.column_names):
            raise LabelFileError(
                f"`{key}` names {name!r}, which no table has. Their columns are {', '.join(rows.names)}."
            )


def group_of(rows: TableRows, group_by: str) -> pa.Array | str:
    """For each row the text of the column *group_by*; "" where none is named."""
    return _texts(rows, group_by) if group_by else ""


def kept_of(rows: TableRows, wanted: Mapping[str, str]) -> pa.Array | str:
    """For each row what `keep_columns` keeps, as `kept_text` gives it."""
    if not wanted:
        return ""
    columns = [_texts(rows, name).to_pylist() for name in wanted]
    names = list(wanted.values())
    texts = [kept_text(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
    return pa.array(texts, pa.string())


def _texts(rows: TableRows, name: str) -> pa.Array:
    return trimmed(rows.texts(KEPT + name if KEPT + name in rows.data.column_names else name))
