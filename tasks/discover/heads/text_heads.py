"""How a text table begins, in each of the ways that its lines can be split."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from tasks.config_keys import TableKeys
from tasks.discover.heads.head import MOST_ROWS, Head
from tasks.records.text_window import is_utf8, likely_encoding

_MOST_PROSE = 20
_LOOKED_AT = 200
_FEWEST_BELOW = 4
_NEARLY_ALL = 0.9
_MARKS = ("\t", ",", ";", "|")
_USUAL = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_LAST = r"^{}.+)\s{}\S+)\s*$"
_CELL = r"{{}}[^{mark}]*?)"


def decoded(data: bytes) -> str:
    """*data* as text; empty for bytes that are none."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    if b"\0" in data[:4096]:
        return ""
    return data.decode(_encoding(data) or "utf-8-sig", "replace")


def _encoding(data: bytes) -> str:
    """The encoding that *data* most likely has where it is no UTF-8; else empty."""
    is_known = data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:4096] or is_utf8(data)
    return "" if is_known else likely_encoding(data)


def text_heads(name: str, suffix: str, data: bytes, is_whole: bool) -> list[Head]:
    """The ways in which the text *data*, with which the file *name* begins, is a table."""
    text = decoded(data)
    physical = re.split(r"\r\n|\n|\r", text)
    lines = [line for line in physical if line.strip()]
    lines = lines if is_whole else lines[:-1]
    is_whole = is_whole and len(lines) <= MOST_ROWS
    keys: TableKeys = {"encoding": encoding} if (encoding := _encoding(data)) else {}
    comments = [line for line in lines if line.startswith("#")]
    if comments and len(comments) < len(lines) / 2:
        keys["comment"] = "#"
        lines = [line for line in lines if not line.startswith("#")]
    if len(lines) > 2 and lines[0].strip().isdecimal() and not lines[1].strip().isdecimal():
        keys["skip"] = 1
        lines = lines[1:]
    elif not keys.get("comment") and (above := _prose_above(lines)):
        keys["skip"] = [place for place, line in enumerate(physical) if line.strip()][above]
        lines = lines[above:]
    lines = lines[: MOST_ROWS + 1]
    ways = []
    for way in (*_by_marks(lines, suffix), *(split(lines, suffix) for split in _SPLITS)):
        if way.cells:
            first, *rows = map(tuple, way.cells)
            names = tuple(map(str, range(len(way.cells[-1]))))
            head = Head(name, {**keys, **way.keys}, names, tuple(rows), first, is_whole)
            ways.append(replace(head, surplus=way.surplus, line_form=way.line_form))
    return ways


def _prose_above(lines: Sequence[str]) -> int:
    """How many of *lines* stand above those that one of the usual marks parts into equally many cells: 0 for none."""
    for mark in _MARKS:
        with suppress(csv.Error):
            widths = [len(row) for row in csv.reader(lines[: _MOST_PROSE + _LOOKED_AT], delimiter=mark)]
            above = next((place for place in range(len(widths)) if _are_equal(widths[place:])), 0)
            if not above and len(set(widths)) == 1 < widths[0]:
                return 0
            if 0 < above <= _MOST_PROSE and widths[above] > 1 and widths[above] not in widths[:above]:
                return above
    return 0


def _are_equal(widths: Sequence[int]) -> bool:
    return len(widths) >= _FEWEST_BELOW and len(set(widths)) == 1


class _Way(NamedTuple):
    """How lines are split: their cells, and as `Head` has it what a table needs to split them so."""

    cells: list[list[str]]
    keys: TableKeys
    surplus: int | None = None
    line_form: str = ""


_NO_WAY = _Way([], {})


def _by_marks(lines: Sequence[str], suffix: str) -> Iterator[_Way]:
    """The cells between each of the usual marks that part nearly all *lines* into equally many."""
    for mark in _MARKS:
        try:
            rows = list(csv.reader(lines, delimiter=mark, skipinitialspace=True))
        except csv.Error:  # a cell that is longer than that module takes
            continue
        cells = [[_unquoted(cell.strip()) for cell in row] for row in rows]
        width, count = Counter(map(len, cells)).most_common(1)[0] if cells else (0, 0)
        if width > 1 and count >= _NEARLY_ALL * len(cells) and len(cells[0]) == width:
            is_usual = mark == _USUAL.get(suffix)
            more: TableKeys = {} if is_usual else {"delimiter": "tab" if mark == "\t" else mark}
            last = width - 1  # it takes what a line has too much, as it does where the table is read so
            has_surplus = count < len(cells) and suffix == ".csv" and any(len(row) > width for row in cells)
            longest = max(map(len, cells)) if has_surplus else width
            rows = [[*row[:last], mark.join(row[last:])] for row in cells if width <= len(row) <= longest]
            yield _Way(rows, more, last if has_surplus else None)


def _unquoted(cell: str) -> str:
    """*cell* without the single quotes around it, as tables are read, too."""
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == "'" else cell


def _by_blanks(lines: Sequence[str], suffix: str) -> _Way:
    cells = [line.split() for line in lines]
    width = len(cells[-1]) if cells else 0
    if (suffix == ".csv" and _has_marks(lines)) or width < 2 or any(len(row) != width for row in cells[1:]):
        return _NO_WAY
    head = cells[0]
    if len(head) == width - 1:  # names for all columns but that of the images
        return _Way([["", *head], *cells[1:]], {"delimiter": "blank"})
    return _Way(cells, {"delimiter": "blank"}) if len(head) == width else _NO_WAY


def _has_marks(lines: Sequence[str]) -> bool:
    """Whether one of the usual marks stands in *lines*, so that blanks are none."""
    return any(mark in line for line in lines for mark in _MARKS)


def _by_first_blank(lines: Sequence[str], suffix: str) -> _Way:
    cells = [line.strip().split(None, 1) for line in lines]
    if suffix == ".csv" or not cells or any(len(row) != 2 for row in cells):
        return _NO_WAY
    return _Way(cells, {"delimiter": "blank"}, surplus=1)


def _by_last_blank(lines: Sequence[str], suffix: str) -> _Way:
    cells = [line.strip().rsplit(None, 1) for line in lines]
    if suffix == ".csv" or not cells or any(len(row) != 2 for row in cells):
        return _NO_WAY
    has_blanks = any(" " in row[0] for row in cells)
    return _Way(cells, {"delimiter": "line"}, line_form=_LAST) if has_blanks else _NO_WAY


def _by_uneven_marks(lines: Sequence[str], suffix: str) -> _Way:
    """The first cells, which all lines have, of lines that have fewer than the first of them here and there."""
    mark = _USUAL.get(suffix, "")
    if not mark or not lines or any('"' in line for line in lines):
        return _NO_WAY
    cells = [[cell.strip() for cell in line.split(mark)] for line in lines]
    widths = [len(row) for row in cells]
    is_uneven = 1 < min(widths) < widths[0] == max(widths) and widths.count(widths[0]) < _NEARLY_ALL * len(widths)
    if not is_uneven or not all(row[0] for row in cells):
        return _NO_WAY
    shown = rf"\s*{mark}\s*".join([_CELL.format(mark=mark)] * min(widths))
    form = rf"^\s*{shown}\s*(?:{mark}.*)?$"
    return _Way([row[: min(widths)] for row in cells], {"delimiter": "line"}, line_form=form)


def _as_list(lines: Sequence[str], _: str) -> _Way:
    return _Way([[line.strip()] for line in lines], {})


_SPLITS = (_by_blanks, _by_uneven_marks, _by_first_blank, _as_list, _by_last_blank)
