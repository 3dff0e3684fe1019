"""A CSV whose header says which columns are the location and the label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from tasks.discover.by_records.label_files import LabelFileSource
from tasks.discover.by_records.labelled_records import LabelFile, discover_records
from tasks.discover.by_records.roles import choose_roles
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.records.csv_blocks import RecordBlock, read_csv_blocks
from tasks.records.csv_head import sniff_delimiter, take_hint
from tasks.records.csv_reader import read_csv
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow
from tasks.samples import Discovery
from tasks.step_config import StepConfig
from tasks.storage import redact_url
from tasks.tables.names import ALIASES, plain_name, position_of

_MOST_COLUMNS = 10_000


class CsvSettings(StepConfig):
    """What only CSVs have.

    Attributes:
        delimiter: What separates cells; by the file's extension and its header where it is not set.
        comment: What lines begin with that are passed over.
        header: Whether the first line names the columns; where it is not set, it does unless `columns` are given by
            position and the one of the location has none of the usual names.
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
        with self.window() as (window, head):
            records = self._records(window, head)
            file = next(records)
            assert isinstance(file, LabelFile)  # noqa: S101 - what `_records` yields first, for the type checker
            return discover_records(file, (record for record in records if not isinstance(record, LabelFile)), words)

    def check(self) -> None:
        """Raise `LabelFileError` where the header is not understood."""
        with self.window() as (window, head):
            next(self._records(window, head))

    def _records(self, window: TextWindow, head: bytes) -> Iterator[LabelFile | Record | RecordBlock]:
        """What the file is, then its records."""
        plain = self.record_format("csv", head)
        hint = take_hint(window)
        delimiter = self.delimiter or hint or sniff_delimiter(window, self.path)
        form = plain.model_copy(update={"delimiter": delimiter})
        try:
            first = self._first(window, form)
            has_header, cells = self._has_header(first), list(first.cells)
            names = cells if has_header else [str(index) for index in range(len(cells))]
            file, form = self._understand(names, form)
            yield file
            if not has_header:
                yield first
            yield from read_csv_blocks(window, form, self.comment)
        except LabelFileError as error:
            text = str(error)
            named = text if redact_url(self.path) in text else f"{redact_url(self.path)}, {text}"
            raise LabelFileError(named) from None

    def _first(self, window: TextWindow, form: RecordFormat) -> Record:
        first = next(read_csv(window, form, self.comment), None)
        if first is None:
            raise LabelFileError("is empty: a CSV begins with a header, such as `label,location`.")
        return first

    def _understand(self, names: list[str], form: RecordFormat) -> tuple[LabelFile, RecordFormat]:
        if len(names) > _MOST_COLUMNS:
            raise LabelFileError(f"has {len(names):,} columns in its first line. Check `source.delimiter`.")
        roles = choose_roles(names, self, by_position=True)
        form = form.model_copy(
            update={
                "width": len(names),
                "location": roles.location,
                "template": roles.template,
                "fills": dict(roles.fills),
            }
        )
        used = {
            roles.location,
            roles.label,
            roles.split,
            roles.id,
            roles.group,
            *roles.fills.values(),
            *roles.kept.values(),
        }
        unused = [name or "(no name)" for index, name in enumerate(names) if index not in used]
        notices = (f"Columns that are not used: {', '.join(unused[:20])}",) if unused else ()
        return LabelFile(self, roles, form, "csv", notices), form

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
