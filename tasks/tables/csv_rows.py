"""The records of a CSV as rows of a table, many at a time wherever they are written plainly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from tasks.arrow_columns import Column, repeated
from tasks.reasons import Reason
from tasks.records import location_text
from tasks.records.csv_blocks import RecordBlock
from tasks.records.json_blocks import JsonBlock
from tasks.records.location_columns import locations_of
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.storage import quote_location
from tasks.tables.building import RowBuilder
from tasks.tables.names import Chosen
from tasks.tables.of_files import values_of
from tasks.tables.pixel_columns import PixelColumns
from tasks.tables.rows import problem_text


@dataclass(frozen=True, slots=True)
class CsvRows:
    """Adds the records of one CSV to a table.

    Attributes:
        builder: The table; the file is opened there.
        chosen: Which of its columns are taken.
        form: How it is written.
        known: What the columns about the file itself hold.
        pixels: The column of images whose pixels are columns; None without one.
    """

    builder: RowBuilder
    chosen: Chosen
    form: RecordFormat
    known: Mapping[str, str] = field(default_factory=dict)
    pixels: PixelColumns | None = None

    def add(self, records: Iterable[Record | RecordBlock]) -> None:
        """Rows for all *records*; what is wrong with some of them is told."""
        number = 0
        for record in records:
            if isinstance(record, RecordBlock):
                self._add_block(record, number)
                number += len(record.lines)
            elif record.problem is not None:
                self.builder.refuse(record.line, record.problem.reason, record.problem.detail)
                number += 1
            elif record.length:
                self._add(record, number)
                number += 1

    def _add_block(self, block: RecordBlock, number: int) -> None:
        columns = columns_of(block, self.chosen, self.known, number)
        if self.form.template:
            columns[self.chosen.names.index("location")] = locations_of(block, self.form)
        columns += self.pixels.of_block(block) if self.pixels is not None else []
        self.builder.add_columns(columns, block.lines, block.offsets, block.lengths)

    def _add(self, record: Record, number: int) -> None:
        cells = [str(cell) for cell in record.cells]
        values = list(values_of(cells, self.chosen, self.known, number))
        if self.form.template:
            values[self.chosen.names.index("location")] = location_text(cells, self.form)
        problem = None
        for name, value in zip(self.chosen.names, values, strict=True):
            if value is None or not value.startswith('"') or not value.count('"') % 2:
                continue
            detail = f"a quote is never closed: {value[:60]!r}"  # a name would not begin so
            if name == "location":
                self.builder.refuse(record.line, Reason.BAD_ROW, detail, quote_location(value))
                return
            if name.partition(".")[0] == "label":
                problem = problem_text(Reason.BAD_ROW, detail)
        values += self.pixels.of_cells(cells) if self.pixels is not None else []
        self.builder.add(values, record.line, record.offset, record.length, problem)


def columns_of(block: RecordBlock, chosen: Chosen, known: Mapping[str, str], number: int) -> list[Column]:
    """The columns that a table takes of *block*, whose first record is the one of that *number*, from 0."""
    return [
        block.columns[selector] if isinstance(selector, int) else of_records(selector, block, known, number)
        for selector in chosen.selectors
    ]


def of_records(selector: str, block: RecordBlock | JsonBlock, known: Mapping[str, str], number: int) -> pa.Array:
    """A column that no file holds, for the records of *block*, the first of which is the one of that *number*."""
    count = len(block.lines)
    if not selector.startswith("record."):
        return repeated(known[selector], count)
    first = number + (selector == "record.number")
    return pa.array(np.arange(first, first + count)).cast(pa.string())
