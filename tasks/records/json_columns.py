"""Many lines of JSON at once, as columns, where each is one flat object of the same keys: texts and whole numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.json

from tasks.records.json_text import STRICT_READING, JsonCells

_DECODER = json.JSONDecoder(**STRICT_READING)
_OPEN, _CLOSE, _NEWLINE, _RETURN = b"{}\n\r"
_KINDS: Mapping[type, pa.DataType] = {str: pa.string(), int: pa.int64()}


class FlatRows(Sequence[JsonCells]):
    """The objects of several lines, kept as columns; each is made when it is asked for.

    Attributes:
        columns: What they hold under each key, `pa.string()` or `pa.int64()`, without nulls.
    """

    def __init__(self, columns: Mapping[str, pa.ChunkedArray], count: int) -> None:
        self.columns = columns
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> JsonCells: ...
    @overload
    def __getitem__(self, index: slice) -> list[JsonCells]: ...
    def __getitem__(self, index: int | slice) -> JsonCells | list[JsonCells]:
        if isinstance(index, slice):
            return list(self)[index]
        return {name: column[index].as_py() for name, column in self.columns.items()}

    def __iter__(self) -> Iterator[JsonCells]:
        values = [column.to_pylist() for column in self.columns.values()]
        return (dict(zip(self.columns, row, strict=True)) for row in zip(*values, strict=True))


Lines = tuple[FlatRows, npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""The objects, and where each begins and ends."""


def read_flat_lines(region: bytes) -> Lines | None:
    """The objects of *region*, which begins with one; None unless each of its lines is one, and all are alike.

    Arrow reads JSON as strictly as our own reader: keys that repeat, lone halves of characters, constants and whatever
    stands between objects are errors to it. What it takes for granted is looked at here: that a line is one object.
    """
    codes = np.frombuffer(region, np.uint8)
    newlines = np.flatnonzero(codes == _NEWLINE)
    if not len(newlines) or not _is_utf8(region):
        return None
    if codes[-1] != _NEWLINE:  # the last line of a file
        newlines = np.append(newlines, len(region))
    ends = newlines - (codes[newlines - 1] == _RETURN)
    starts = np.concatenate([[0], newlines[:-1] + 1])
    if (codes[starts] != _OPEN).any() or (codes[ends - 1] != _CLOSE).any():
        return None
    schema = _schema_of(region)
    table = _parsed(region, schema) if schema is not None else None
    if table is None or table.num_rows != len(starts) or any(column.null_count for column in table.columns):
        return None
    return FlatRows(dict(zip(table.column_names, table.columns, strict=True)), len(starts)), starts, ends


def _is_utf8(region: bytes) -> bool:
    try:
        return region.isascii() or bool(region.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _schema_of(region: bytes) -> pa.Schema | None:
    """The keys of the first object with the kinds of their values; None where some are of another kind."""
    try:
        first, _ = _DECODER.raw_decode(region[: region.index(b"\n")].decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    kinds = {name: _KINDS.get(type(value)) for name, value in first.items()}
    return None if not kinds or None in kinds.values() else pa.schema(list(kinds.items()))


def _parsed(region: bytes, schema: pa.Schema) -> pa.Table | None:
    try:
        table: pa.Table = pa.json.read_json(
            pa.BufferReader(region),
            pa.json.ReadOptions(use_threads=False, block_size=len(region) + 1),
            pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError):
        return None
    return table
