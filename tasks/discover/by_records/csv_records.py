"""A CSV whose header says which columns are the location and the label."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import Annotated, Literal

from pydantic import Field

from tasks.discover.by_records.label_files import LabelFileSource
from tasks.discover.by_records.label_rows import discover_label_file
from tasks.discover.by_records.roles import Roles, choose_roles
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.records.csv_blocks import read_csv_blocks
from tasks.records.csv_head import sniff_delimiter, take_hint
from tasks.records.csv_reader import read_csv
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow
from tasks.samples import Discovery
from tasks.step_config import StepConfig
from tasks.tables.building import TableBuilder
from tasks.tables.csv_rows import CsvRows
from tasks.tables.file_columns import ALIASES, plain_name, position_of

_MOST_COLUMNS = 10_000


class CsvSettings(StepConfig):
    """What only CSVs have.

    Attributes:
        delimiter: The character between cells; found out where it is not set.
        comment: Lines that begin with this text are skipped.
        header: Whether the first line has the names of the columns. Where it is not set, it has, unless `columns` gives
            positions and the first line has none of the usual names.
    """

    delimiter: Annotated[str, Field(pattern=r"^[\x01-\x7f]?$")] = ""
    comment: str = ""
    header: bool | None = None


class CsvRecords(LabelFileSource, CsvSettings):
    """A CSV: locations or pixels, and labels."""

    layout: Literal["csv"]

    def discover(self, words: SplitWords) -> Discovery:
        """The images that the CSV names.

        Raises:
            LabelFileError: It cannot be read, or has no column for the location or the label.
        """
        with self.window() as (window, encoding), self.named():
            first, names, form, roles = self._understood(window, encoding)
            into = TableBuilder(self.file_name)
            rows = CsvRows(into.open(self.file_name, roles.chosen.names, {}, form), roles.chosen, form)
            rows.add(chain(first, read_csv_blocks(window, form, self.comment)))
        unused = [name or "(no name)" for index, name in enumerate(names) if index not in roles.used]
        notices = (f"Columns that are not used: {', '.join(unused[:20])}",) if unused else ()
        return discover_label_file(self, "csv", replace(into.finish(), notices=notices), roles, words)

    def check(self) -> None:
        """Raise `LabelFileError` where the header is not understood."""
        with self.window() as (window, encoding), self.named():
            self._understood(window, encoding)

    def _understood(self, window: TextWindow, encoding: str) -> tuple[list[Record], list[str], RecordFormat, Roles]:
        """The first record, if it is no header; what the columns are called; how it is written; what they hold."""
        plain = self.record_format("csv", encoding)
        hint = take_hint(window)
        form = plain.model_copy(update={"delimiter": self.delimiter or hint or sniff_delimiter(window, self.path)})
        first = next(read_csv(window, form, self.comment), None)
        if first is None:
            raise LabelFileError("is empty: a CSV begins with a header, such as `label,location`.")
        has_header, cells = self._has_header(first), list(first.cells)
        names = cells if has_header else [str(index) for index in range(len(cells))]
        if len(names) > _MOST_COLUMNS:
            raise LabelFileError(f"has {len(names):,} columns in its first line. Check `source.delimiter`.")
        roles = choose_roles(names, self, by_position=True)
        form = roles.form_of(form).model_copy(update={"width": len(names)})
        return ([] if has_header else [first]), names, form, roles

    def _has_header(self, first: Record) -> bool:
        """Whether the first row names columns; a file without a header needs positions in the config."""
        if self.header is not None:
            return self.header
        declared = [column for column in (self.columns.location, self.columns.label) if column is not None]
        places = [position_of(column) for column in declared]
        if not places or None in places:
            return True
        place = places[0] or 0
        name = plain_name(str(list(first.cells)[place])) if place < len(first.cells) else ""
        return any(name in ALIASES[role] for role in ("location", "label", "id"))
