"""What joined rows carry besides: the group that keeps them together, and the columns that shards keep."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from tasks.errors import LabelFileError
from tasks.records.arrow_texts import trimmed
from tasks.samples import kept_text
from tasks.tables.rows import KEPT, TableRows


def group_of(rows: TableRows, group_by: str) -> pa.Array | str:
    """For each row the text of the column *group_by*; "" where none is named.

    Raises:
        LabelFileError: No table has it.
    """
    return _texts(rows, group_by, "splits.group_by") if group_by else ""


def kept_of(rows: TableRows, wanted: Mapping[str, str]) -> pa.Array | str:
    """For each row what `keep_columns` keeps, as `kept_text` gives it.

    Raises:
        LabelFileError: No table has one of them.
    """
    if not wanted:
        return ""
    columns = [_texts(rows, name, "keep_columns").to_pylist() for name in wanted]
    names = list(wanted.values())
    texts = [kept_text(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
    return pa.array(texts, pa.string())


def _texts(rows: TableRows, name: str, key: str) -> pa.Array:
    for known in (KEPT + name, name):
        if known in rows.data.column_names:
            return trimmed(rows.texts(known))
    raise LabelFileError(f"`{key}` names {name!r}, which no table has. Their columns are {', '.join(rows.names)}.")
