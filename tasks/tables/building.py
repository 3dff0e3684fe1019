"""Tables as they are read, growing: row by row, or many rows at once as columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Column
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.embedded import InvalidEmbeddedError, decode_embedded, is_embedded, text_hash
from tasks.records.plain_locations import plain_kinds
from tasks.records.record_format import USUAL_EMBEDDED, EmbeddedSettings, RecordFormat
from tasks.tables.file_columns import plain_name
from tasks.tables.rows import PIXELS, PLACE, PLACE_TYPES, BadRow, TableRows, problem_text, schema_of, stacked
from tasks.tables.settings import TableSettings, is_virtual

_FULL = 1 << 16
_SHOWN_REPAIRS = 20
_REPAIRED = "(label_file_repaired)"


class RowBuilder:
    """A table as it is read, growing; pixels that stand in a location are not held, but their hash.

    Args:
        name: What messages call it.
        columns: The names of its columns.
        one_hot: As `TableRows` has it.
    """

    def __init__(self, name: str, columns: Sequence[str], one_hot: Mapping[str, str]) -> None:
        self._name = name
        self._one_hot = one_hot
        self._names = list(columns)
        self._location = self._names.index("location") if "location" in self._names else -1
        self._tables: list[pa.Table] = []
        self._values: list[list[str | None]] = [[] for _ in columns]
        self._places = [array("i"), array("q"), array("q"), array("q")]
        self._problems: list[str | None] = []
        self._files: list[str] = []
        self._formats: dict[str, RecordFormat] = {}
        self._embedded: EmbeddedSettings | None = None
        self._bad: list[BadRow] = []
        self._notices: list[str] = []

    def open_file(self, name: str, form: RecordFormat | None) -> None:
        """What is added from here on stands in the label file *name*, and is written as *form* says."""
        self._files.append(name)
        may_hold_pixels = form is not None and form.kind in {"csv", "json"} and self._location >= 0
        self._embedded = form.embedded if form is not None and may_hold_pixels else None
        if form is not None:
            self._formats[name] = form

    def add(
        self, values: Iterable[str | None], line: int, at: int = -1, length: int = -1, problem: str | None = None
    ) -> None:
        """One more row."""
        for column, value in zip(self._values, values, strict=True):
            column.append(value)
        if self._embedded is not None:
            held = self._values[self._location]
            held[-1], wrong = self._without_pixels(held[-1], self._embedded)
            problem = problem or wrong
        self._problems.append(problem)
        for place, number in zip(self._places, (len(self._files) - 1, line, at, length), strict=True):
            place.append(number)
        if len(self._problems) >= _FULL:
            self._flush()

    def add_columns(
        self,
        columns: Sequence[Column],
        lines: npt.NDArray[np.int64],
        at: npt.NDArray[np.int64],
        lengths: npt.NDArray[np.int64],
    ) -> None:
        """Many more rows of one file, column by column."""
        self._flush()
        problems: Column = pa.nulls(len(lines), pa.string())
        columns = list(columns)
        if self._embedded is not None:
            columns[self._location], problems = self._all_without_pixels(columns[self._location], self._embedded)
        number = np.full(len(lines), len(self._files) - 1, dtype=np.int32)
        self._append(columns, [number, lines, at, lengths], problems)

    @staticmethod
    def _without_pixels(text: str | None, settings: EmbeddedSettings) -> tuple[str | None, str | None]:
        """A location, or what stands for its pixels; and what is wrong with these."""
        bare = (text or "").strip()
        if not bare or not is_embedded(bare):
            return text, None
        try:
            decode_embedded(bare, settings)
        except InvalidEmbeddedError as error:
            return f"{PIXELS}{text_hash(bare)}", problem_text(error.reason, error.detail)
        return f"{PIXELS}{text_hash(bare)}", None

    def _all_without_pixels(self, texts: Column, settings: EmbeddedSettings) -> tuple[Column, Column]:
        """Locations, with what stands for pixels where they are some; and what is wrong with these."""
        web, paths = plain_kinds(texts)
        wrong = pa.nulls(len(texts), pa.string())
        unclear = web | paths
        np.logical_not(unclear, out=unclear)
        if not unclear.any():
            return texts, wrong
        mask = pa.array(unclear)
        made = [self._without_pixels(text, settings) for text in texts.filter(mask).to_pylist()]
        if not any(text is not None and text.startswith(PIXELS) for text, _ in made):
            return texts, wrong
        bare, problems = (pa.array(side, pa.string()) for side in zip(*made, strict=True))
        return pc.replace_with_mask(texts, mask, bare), pc.replace_with_mask(wrong, mask, problems)

    def refuse(self, line: int, reason: Reason, detail: str, location: str = "") -> None:
        """A record that is no row."""
        self._bad.append(BadRow(self._files[-1], line, reason, detail, location))

    def say(self, notice: str) -> None:
        """Have *notice* in the discovery report."""
        self._notices.append(notice)

    def note(self, line: int, repair: str) -> None:
        """What had to be overlooked to read what stands on *line*."""
        self._notices.append(f"{self._files[-1]}, line {line}: {repair} {_REPAIRED}")

    def _flush(self) -> None:
        if self._problems:
            kinds = (np.int32, np.int64, np.int64, np.int64)
            places = [np.frombuffer(held, kind) for held, kind in zip(self._places, kinds, strict=True)]
            columns = [pa.array(values, pa.string()) for values in self._values]
            self._append(columns, places, pa.array(self._problems, pa.string()))
            self._values = [[] for _ in self._names]
            self._places = [array("i"), array("q"), array("q"), array("q")]
            self._problems = []

    def _append(
        self, columns: Sequence[Column], places: Sequence[npt.NDArray[np.int32 | np.int64]], problems: Column
    ) -> None:
        held = [pa.array(place, PLACE_TYPES[name]) for name, place in zip(PLACE, places, strict=False)]
        arrays = [*columns, *held, pa.repeat(pa.scalar(value=False), len(places[0])), problems]
        self._tables.append(pa.table(arrays, schema=schema_of(self._names)))

    def finish(self) -> TableRows:
        """The table."""
        self._flush()
        tables, self._tables = self._tables, []
        return TableRows(
            name=self._name,
            data=pa.concat_tables([schema_of(self._names).empty_table(), *tables]),
            files=tuple(self._files),
            formats=self._formats,
            bad=tuple(self._bad),
            one_hot=self._one_hot,
            notices=tuple(self._notices),
        )


class TableBuilder:
    """A table of many files, growing; files with the same columns share what is built.

    Args:
        name: What messages call it.
        kept: Further columns that are wanted of files that have them.
        embedded: How pixels that stand in the files themselves are meant.
    """

    def __init__(self, name: str, kept: Sequence[str] = (), embedded: EmbeddedSettings = USUAL_EMBEDDED) -> None:
        self.kept = tuple(kept)
        self.keys: dict[str, None] = {}  # of all records of files in which each has its own
        self.embedded = embedded
        self._name = name
        self._builders: list[tuple[tuple[object, ...], RowBuilder]] = []

    def open(
        self, file: str, names: Sequence[str], one_hot: Mapping[str, str], form: RecordFormat | None
    ) -> RowBuilder:
        """What the rows of *file*, which has the columns *names*, are added to."""
        key = (tuple(names), tuple(one_hot.items()))
        if not self._builders or self._builders[-1][0] != key:
            self._builders.append((key, RowBuilder(self._name, names, one_hot)))
        builder = self._builders[-1][1]
        builder.open_file(file, form)
        return builder

    def refuse_unknown(self, settings: TableSettings) -> None:
        """Raise `LabelFileError` where *settings* names a key that no record of all files has."""
        plain = {plain_name(key) for key in self.keys}
        for own in settings.declared if settings.files and self.keys else ():
            if not (is_virtual(own) or "." in own or own in self.keys or plain_name(own) in plain):
                there = ", ".join(list(self.keys)[:30])
                raise LabelFileError(
                    f"{self._name} has no column {own!r}, which `columns` names. The columns found are: {there}."
                )

    def finish(self) -> TableRows:
        """The table."""
        rows = stacked([builder.finish() for _, builder in self._builders])
        repairs = [notice for notice in rows.notices if notice.endswith(_REPAIRED)]
        if (more := len(repairs) - _SHOWN_REPAIRS) <= 0:
            return rows
        others = [notice for notice in rows.notices if not notice.endswith(_REPAIRED)]
        shown = (*others, *repairs[:_SHOWN_REPAIRS], f"{self._name}: {more} more lines were repaired")
        return replace(rows, notices=shown)
