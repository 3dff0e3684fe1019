"""Records with keys as rows of a table, many at a time wherever each of them is one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pyarrow as pa

from tasks.arrow_columns import Column
from tasks.reasons import Reason
from tasks.records import location_text
from tasks.records.json_blocks import JsonBlock
from tasks.records.json_text import JsonCells
from tasks.records.location_columns import locations_of
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.tables.building import RowBuilder
from tasks.tables.csv_rows import of_records
from tasks.tables.names import Chosen
from tasks.tables.nested import UnevenError, Value, exploded, value_at
from tasks.tables.of_files import of_record
from tasks.tables.settings import is_virtual

_LOOKED_AT = 100
ValueOf = Callable[[Any, str, str, int], Value]
"""What a record holds for a column of some name, under a key, given the line; of a list each element makes a row."""


def value_of(cells: Any, _name: str, key: str, _line: int) -> Value:
    """What *cells* hold under *key*, through lists too."""
    return value_at(cells, key)


@dataclass(slots=True)
class JsonRows:
    """Adds records with keys to a table.

    Attributes:
        builder: The table; the file is opened there.
        chosen: Which of their keys are taken.
        template: The format whose template makes the location; None without one.
        known: What the columns about the file itself hold; None where all keys are those of records, whatever they are
            called.
        value_of: What a record holds.
        count: How many records there are that can be read.
    """

    builder: RowBuilder
    chosen: Chosen
    template: RecordFormat | None = None
    known: Mapping[str, str] | None = None
    value_of: ValueOf = value_of
    count: int = 0

    def add(self, records: Iterable[Record | JsonBlock]) -> None:
        """Rows for all *records*; what is wrong with some of them, and what was overlooked, is told."""
        for record in records:
            if isinstance(record, JsonBlock):
                self._add_block(record)
                continue
            if record.repair:
                self.builder.note(record.line, record.repair)
            if record.problem is not None:
                self.builder.refuse(record.line, record.problem.reason, record.problem.detail)
            elif record.length:
                self._add(record)

    def _add_block(self, block: JsonBlock) -> None:
        columns: list[Column] = []
        for name, selector in zip(self.chosen.names, map(str, self.chosen.selectors), strict=True):
            column = self._column(block, name, selector)
            if column is None:
                for place in range(len(block.lines)):
                    self._add(block.record(place))
                return
            columns.append(column)
        self.builder.add_columns(columns, block.lines, block.offsets, block.lengths)
        self.count += len(block.lines)

    def _column(self, block: JsonBlock, name: str, selector: str) -> Column | None:
        """A column of the table; None where something in it is a list."""
        if self.known is not None and is_virtual(selector):
            return of_records(selector, block, self.known, self.count)
        if name == "location" and self.template is not None:
            return locations_of(block, self.template)
        flat = block.flat(selector)
        if flat is not None:
            return flat
        places = zip(block.cells, block.lines.tolist(), strict=True)
        values = [self.value_of(cells, name, selector, line) for cells, line in places]
        try:
            return pa.array(values, pa.string())
        except (pa.ArrowTypeError, pa.ArrowInvalid):
            return None

    def _add(self, record: Record) -> None:
        values = [
            self._value(record, name, str(selector))
            for name, selector in zip(self.chosen.names, self.chosen.selectors, strict=True)
        ]
        self.count += 1
        try:
            for row in exploded(values):
                self.builder.add(row, record.line, record.offset, record.length)
        except UnevenError as error:
            self.builder.refuse(record.line, Reason.BAD_ROW, str(error))

    def _value(self, record: Record, name: str, selector: str) -> Value:
        if self.known is not None and is_virtual(selector):
            return of_record(selector, self.count, self.known)
        if name == "location" and self.template is not None:
            return location_text(record.cells, self.template)
        return self.value_of(record.cells, name, selector, record.line)


def beginning(records: Iterator[Record | JsonBlock]) -> tuple[list[Record | JsonBlock], Iterator[Record | JsonBlock]]:
    """The first of *records*, about as many as are looked at for the keys; and all of them."""
    first: list[Record | JsonBlock] = []
    count = 0
    for item in records:
        first.append(item)
        count += 1 if isinstance(item, Record) else len(item.cells)
        if count >= _LOOKED_AT:
            break
    return first, chain(first, records)


def objects_of(item: Record | JsonBlock) -> Sequence[JsonCells]:
    """The objects that *item* is: none where it cannot be read."""
    if isinstance(item, JsonBlock):
        return item.cells
    return [item.cells] if isinstance(item.cells, dict) else []
