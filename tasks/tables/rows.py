"""Rows with named columns, and where each of them stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.reasons import Reason
from tasks.records.record_format import RecordFormat

FILE, LINE, AT, LENGTH, OUT, PROBLEM = "\0file", "\0line", "\0at", "\0length", "\0out", "\0problem"
PLACE = (FILE, LINE, AT, LENGTH, OUT, PROBLEM)
"""Columns that every table has: the place of its file in `TableRows.files` (-1 for the listing), the line from 1 (-1
where there is none), the first byte and the bytes of its record (-1 where it cannot be read again), whether `where`
passes it over, and what is wrong with it as `problem_text` gives it (null where nothing is)."""
PIXELS = "\0pixels:"
STAMP = "\0stamp:"
"""How the location of a row begins whose pixels its record holds itself; what follows tells them from others."""
KEPT = "\0kept:"
"""How the names of columns begin that serve only to be kept."""
ORIGIN = "\0from:"
"""How, behind that, the names of columns begin that say where in which table something stands."""
PLACE_TYPES = dict(zip(PLACE, (pa.int32(), *[pa.int64()] * 3, pa.bool_(), pa.string()), strict=True))
"""The types of those columns."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that cannot be read, or has not what it must have.

    Attributes:
        file: Its label file.
        line: Its first line.
        reason: Why.
        detail: For a person.
        location: Where it would have led, for a person; empty where that is not known.
    """

    file: str
    line: int
    reason: Reason
    detail: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table.

    Attributes:
        name: What messages call it.
        data: Its columns as text, null where a record holds nothing, and those of `PLACE`.
        files: The label files that it is made of, relative to the source's path.
        formats: For each of them that can be read again record by record, how.
        bad: The records that are no rows.
        one_hot: The columns of which the one that holds 1 is the label, with that label.
        notices: Sentences for the discovery report.
    """

    name: str
    data: pa.Table
    files: tuple[str, ...] = ()
    formats: Mapping[str, RecordFormat] = field(default_factory=dict)
    bad: tuple[BadRow, ...] = ()
    one_hot: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The columns that joins see."""
        return [name for name in self.data.column_names if not name.startswith("\0")]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return int(self.data.num_rows)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column."""
        return self.data[name]

    def texts(self, name: str) -> pa.Array:
        """One column, with "" for what is not there."""
        return pc.fill_null(self.data[name], "").combine_chunks()

    def with_data(self, data: pa.Table) -> TableRows:
        """The same table with other rows or columns."""
        return replace(self, data=data)

    def with_column(self, name: str, values: pa.Array | pa.ChunkedArray) -> TableRows:
        """The same table with one column more, or other values in one."""
        place = self.data.schema.get_field_index(name)
        data = self.data.append_column(name, values) if place < 0 else self.data.set_column(place, name, values)
        return self.with_data(data)

    def with_problem(self, chosen: npt.NDArray[np.bool_], details: Sequence[str], reason: Reason) -> TableRows:
        """The same table where the rows that are *chosen* have a problem, unless they have another one already."""
        if not chosen.any():
            return self
        texts = pa.array([problem_text(reason, detail) for detail in details], pa.string())
        found = pc.replace_with_mask(pa.nulls(self.count, pa.string()), pa.array(chosen), texts)
        return self.with_column(PROBLEM, pc.coalesce(self.data[PROBLEM], found))

    def take(self, places: npt.NDArray[np.int64] | pa.Array) -> TableRows:
        """The rows at *places*."""
        return self.with_data(self.data.take(pa.array(places)))

    def where(self, chosen: npt.NDArray[np.bool_] | pa.Array | pa.ChunkedArray) -> TableRows:
        """The rows that are *chosen*."""
        return self.with_data(self.data.filter(pa.array(chosen) if isinstance(chosen, np.ndarray) else chosen))

    def place_of(self, row: int) -> str:
        """Where the row stands, for messages: ``train.csv, line 7``."""
        number, line = self.data[FILE][row].as_py(), self.data[LINE][row].as_py()
        if number < 0:
            return self.name
        return f"{self.files[number]}, line {line}" if line >= 0 else self.files[number]


def problem_text(reason: Reason, detail: str) -> str:
    """Why a row is no sample, as one text."""
    return f"{reason.value}\t{detail}"


def schema_of(names: Iterable[str]) -> pa.Schema:
    """The schema of a table with the columns *names*."""
    return pa.schema([*((name, pa.string()) for name in names), *PLACE_TYPES.items()])


def stacked(tables: Sequence[TableRows]) -> TableRows:
    """The rows of all *tables* as one table; columns that one lacks are null there."""
    if len(tables) == 1:
        return tables[0]
    files: list[str] = []
    parts: list[pa.Table] = []
    for table in tables:
        moved = pc.if_else(pc.less(table.data[FILE], 0), table.data[FILE], pc.add(table.data[FILE], len(files)))
        place = table.data.schema.get_field_index(FILE)
        parts.append(table.data.set_column(place, FILE, moved.cast(pa.int32())))
        files += table.files
    return TableRows(
        name=", ".join(dict.fromkeys(table.name for table in tables)),
        data=pa.concat_tables(parts, promote_options="default"),
        files=tuple(files),
        formats={name: form for table in tables for name, form in table.formats.items()},
        bad=tuple(bad for table in tables for bad in table.bad),
        one_hot={name: label for table in tables for name, label in table.one_hot.items()},
        notices=tuple(dict.fromkeys(notice for table in tables for notice in table.notices)),
    )
