"""Text that is split wherever its delimiter stands: lists with blanks between their cells, lists of one column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.text_window import TextWindow
from tasks.tables.building import TableBuilder
from tasks.tables.names import Chosen, ColumnChoice
from tasks.tables.of_files import add_lone_file, known_of, values_of
from tasks.tables.opening import TableFile
from tasks.tables.settings import TableSettings

BLANK, LINE = "blank", "\n"
"""Delimiters: runs of blanks; nothing, each line is one cell."""


class PlainTable:
    """Lines that are split wherever their delimiter stands; no cell is quoted."""

    def __init__(self, file: TableFile, settings: TableSettings, into: TableBuilder, delimiter: str) -> None:
        self._file = file
        self._settings = settings
        self._into = into
        self._delimiter = None if delimiter == BLANK else delimiter

    def read(self, window: TextWindow) -> None:
        """The rows from where *window* stands."""
        lines = _lines(window, self._settings.comment)
        first = next(lines, None)
        if first is None:
            self._empty()
            return
        cells = self._split(first[1])
        names = [str(place) for place in range(max(len(cells), self._needed()))]
        has_header = self._has_header()
        body: Iterator[tuple[int, str]] = lines
        if has_header:
            second = next(lines, None)
            lacking = 0 if second is None else len(self._split(second[1])) - len(cells)
            names = ["", *cells] if lacking == 1 and self._delimiter is None else cells
            body = chain([] if second is None else [second], lines)
        else:
            body = chain([first], lines)
        choice = ColumnChoice(self._settings, self._into.kept, self._file.name, names, by_position=True)
        chosen = choice.choose()
        self._rows(body, chosen, self._surplus(chosen, names, choice), len(names), has_header)

    def _empty(self) -> None:
        names = [str(place) for place in range(self._needed())]
        chosen = ColumnChoice(self._settings, self._into.kept, self._file.name, names, by_position=True).choose()
        builder = self._into.open(self._file.name, chosen.names, chosen.one_hot, None)
        add_lone_file(builder, self._file, chosen)

    def _needed(self) -> int:
        own = [int(key) for key in self._settings.declared if key.isdecimal()]
        return max([width_of(self._settings), *(place + 1 for place in own)])

    def _has_header(self) -> bool:
        if self._settings.header is not None:
            return self._settings.header
        return not self._settings.is_positional

    def _split(self, line: str) -> list[str]:
        return line.split() if self._delimiter is None else [cell.strip() for cell in line.split(self._delimiter)]

    def _surplus(self, chosen: Chosen, names: Sequence[str], choice: ColumnChoice) -> int:
        """The column that takes what a line has too much: the one named, else the location's, else the last."""
        if self._settings.surplus:
            return int(choice.selector(self._settings.own_name(self._settings.surplus), "surplus"))
        if "location" in chosen.names:
            place = chosen.selectors[chosen.names.index("location")]
            return place if isinstance(place, int) else len(names) - 1
        return len(names) - 1

    def _rows(
        self, lines: Iterable[tuple[int, str]], chosen: Chosen, surplus: int, width: int, has_header: bool
    ) -> None:
        builder = self._into.open(self._file.name, chosen.names, chosen.one_hot, None)
        known = known_of(self._file, chosen.selectors)
        may_exceed = width > 1 and (bool(self._settings.surplus) or self._takes_rest(has_header))
        number = -1
        for number, (line, text) in enumerate(lines):
            cells = self._split(text)
            if len(cells) > width and may_exceed:
                cells = self._joined(text, cells, surplus, width)
            if len(cells) < self._needed() or (len(cells) != width and has_header):
                builder.refuse(line, Reason.BAD_ROW, f"has {len(cells)} cells, not {width}")
                continue
            builder.add(values_of(cells, chosen, known, number), line)
        if number < 0:
            add_lone_file(builder, self._file, chosen)

    def _takes_rest(self, has_header: bool) -> bool:
        """Whether a list with a column too many is a name with blanks in it: where `columns` names every column."""
        return self._delimiter is None and not has_header and isinstance(self._settings.columns, tuple)

    def _joined(self, text: str, cells: list[str], surplus: int, width: int) -> list[str]:
        after = width - 1 - surplus
        if self._delimiter is None:
            head = text.strip().split(None, surplus)
            rest = head[surplus] if surplus else text.strip()
            tail = rest.rsplit(None, after) if after else [rest]
            return [*head[:surplus], *tail]
        middle = self._delimiter.join(text.split(self._delimiter)[surplus : len(cells) - after])
        return [*cells[:surplus], middle.strip(), *(cells[len(cells) - after :] if after else [])]


def _lines(window: TextWindow, comment: str) -> Iterator[tuple[int, str]]:
    """The lines that are neither blank nor comments, each with its number."""
    while True:
        end = window.text.find(b"\n", window.position)
        if end < 0 and not window.ended:
            window.grow()
            continue
        stop = end if end >= 0 else len(window.text)
        data, line = window.text[window.position : stop], window.line
        if not data and end < 0:
            return
        window.skip_lines(stop + (end >= 0), int(end >= 0))
        try:
            text = data.decode("utf-8").strip("\r\n")
        except UnicodeDecodeError:
            raise LabelFileError(f"line {line} is not UTF-8 text. Set `encoding` for this table.") from None
        if text.strip() and not (comment and text.lstrip().startswith(comment)):
            yield line, text
        if end < 0:
            return


def width_of(settings: TableSettings) -> int:
    """How many columns a line has as far as `columns` tells; 0 where it does not."""
    return len(settings.columns) if isinstance(settings.columns, tuple) else 0
