"""What the records of a label file name, as columns, before they are held against the files that are there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ENTRY_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("kind", pa.string()),
        ("location", pa.string()),  # as `encode_name` gives it
        ("label_path", pa.string()),
        ("label_paths", pa.list_(pa.string())),  # where labels are lists: all of them; null for none that is known
        ("split", pa.string()),
        ("fingerprint", pa.string()),  # of embedded pixels; else ""
        ("label_row", pa.int64()),
        ("at", pa.int64()),  # its record's first byte
        ("length", pa.int64()),  # its record's bytes
        ("is_whole", pa.bool_()),  # its location may be written down as it is
        ("size", pa.int64()),  # bytes; -1 where unknown
        ("group", pa.string()),
        ("kept", pa.string()),
        ("place", pa.string()),  # what tells its image from others where its id may not
    ]
)
_FULL = 1 << 15


class Entry(NamedTuple):
    """One record that names an image; the fields are those of `ENTRY_SCHEMA`."""

    sample_id: str
    kind: str
    location: str
    label_path: str
    label_paths: list[str] | None
    split: str
    fingerprint: str
    label_row: int
    at: int
    length: int
    is_whole: bool
    size: int
    group: str
    kept: str
    place: str


class Entries:
    """Entries as they are read, growing."""

    def __init__(self) -> None:
        self._tables: list[pa.Table] = []
        self._rows: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """One more."""
        self._rows.append(entry)
        if len(self._rows) >= _FULL:
            self._flush()

    def add_columns(self, columns: Mapping[str, Any], count: int) -> None:
        """*count* more, with one value for all where a column is no array."""
        arrays = [_column(columns[item.name], item.type, count) for item in ENTRY_SCHEMA]
        self._tables.append(pa.table(arrays, schema=ENTRY_SCHEMA))

    def _flush(self) -> None:
        if self._rows:
            columns = zip(*self._rows, strict=True)
            arrays = [pa.array(column, item.type) for column, item in zip(columns, ENTRY_SCHEMA, strict=True)]
            self._tables.append(pa.table(arrays, schema=ENTRY_SCHEMA))
            self._rows = []

    def table(self) -> pa.Table:
        """All of them, in the order of their records."""
        self._flush()
        table = pa.concat_tables([ENTRY_SCHEMA.empty_table(), *self._tables])
        self._tables = []
        starts = table["at"].to_numpy()
        return table if bool(np.all(starts[:-1] <= starts[1:])) else table.sort_by("at")


def _column(value: Any, kind: pa.DataType, count: int) -> pa.Array | pa.ChunkedArray:
    if value is None:
        return pa.nulls(count, kind)
    if isinstance(value, str | int | bool):
        return pa.repeat(pa.scalar(value, kind), count)
    return value if isinstance(value, pa.Array | pa.ChunkedArray) else pa.array(value, kind)


def repeated(values: pa.ChunkedArray) -> pa.Array:
    """Those of *values* that occur more than once, each once."""
    if pc.all(pc.less(values[:-1], values[1:])).as_py() is not False:
        return pa.array([], values.type)  # they ascend
    counts = pc.value_counts(values.combine_chunks())
    return counts.field("values").filter(pc.greater(counts.field("counts"), 1))
