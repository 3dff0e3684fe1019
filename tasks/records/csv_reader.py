"""The records of a CSV, one after another, in a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.csv_cells import (
    READINGS,
    STRICTLY_QUOTED,
    UnclosedCellError,
    array_end,
    bracket_end,
    closing_quote,
    ends_cell,
    split_cells,
)
from tasks.records.locations import is_address
from tasks.records.record import MAX_RECORD_BYTES, Record, RowProblem
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow

_PACKED = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a zip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
_ENCODINGS = ("latin-1", "cp1251", "gb18030", "shift_jis")
_MAX_QUOTED = 1 << 20  # bytes over which a quoted cell may hold lone quotes; past them it is quoted by the book
_MOST_TRIES = 50  # places that may close a cell are looked at
_BLANK_LINES = re.compile(rb"(?:[ \t\r]*+\n)++")
_MARKUP = (b'"', b"'", b"[")

Split = tuple[list[bytes], int]
"""The cells of a record, and its bytes."""


def read_csv(window: TextWindow, form: RecordFormat, comment: str = "") -> Iterator[Record]:
    """Each record of the text, blank lines and comments left out; with ``width`` 0 the first one settles it.

    Raises:
        LabelFileError: The text is not UTF-8.
    """
    width = form.width
    while True:
        end = _line_end(window)
        if end == window.position and window.ended and end >= len(window.text):
            return
        if end < 0:
            yield _skipped_line(window)
            continue
        if (blank := _BLANK_LINES.match(window.text, window.position)) is not None:
            window.advance(blank.end())
            continue
        line = window.text[window.position : end]
        if not line.strip() or (comment and line.lstrip().startswith(comment.encode())):
            window.advance(min(end + 1, len(window.text)))
            continue
        record = _read_record(window, end, form, width)
        width = width or len(record.cells)
        yield record


def _line_end(window: TextWindow) -> int:
    """Where the line ends that begins at the window's position; -1 where it is too long."""
    looked = window.position
    while True:
        end = window.text.find(b"\n", looked)
        if end >= 0:
            return end
        if window.ended:
            return len(window.text)
        if len(window.text) - window.position > MAX_RECORD_BYTES:
            return -1
        looked = len(window.text) - window.position
        window.grow()


def _skipped_line(window: TextWindow) -> Record:
    """Pass a line that is too long to hold."""
    offset, line = window.at, window.line
    while (end := window.text.find(b"\n", window.position)) < 0 and not window.ended:
        window.advance(len(window.text))
        window.grow()
    window.advance(end + 1 if end >= 0 else len(window.text))
    detail = f"is longer than {MAX_RECORD_BYTES >> 20} MiB"
    return Record(offset, window.at - offset, line, (), RowProblem(Reason.BAD_ROW, detail))


def _read_record(window: TextWindow, line_end: int, form: RecordFormat, width: int) -> Record:
    """The record at the window's position; the window then stands behind it."""
    delimiter = form.delimiter.encode()
    line = window.text[window.position : line_end]
    if not any(mark in line for mark in _MARKUP):
        return _record(window, _plain_cells(line, delimiter), line_end, form, width)
    found, opened = _split(window, line_end, delimiter, width)
    if found is None and opened >= 0:
        found = _split_lines(window, opened - window.position, delimiter, width)
    if found is None:
        line_end = _line_end(window)
        cells = _plain_cells(window.text[window.position : line_end], delimiter)
        return _record(window, cells, line_end, form, width or -1)
    return _record(window, found[0], window.position + found[1], form, width)


def _plain_cells(line: bytes, delimiter: bytes) -> list[bytes]:
    return [cell.strip(b" \t\r") for cell in line.split(delimiter)]


def _split(window: TextWindow, stop: int, delimiter: bytes, width: int) -> tuple[Split | None, int]:
    """The cells of the text up to *stop*, by the first reading that gives *width* of them; and what is open there.

    Of readings that give another number the first counts, unless something is open at *stop*: then none does, and its
    position is told; else that is -1.
    """
    start, opened = window.position, -1
    fallback: Split | None = None
    for reading in READINGS:
        try:
            cells = split_cells(window.text, start, stop, delimiter, reading)
        except UnclosedCellError as error:
            opened = error.position
            continue
        if not width or len(cells.values) == width:
            return (cells.values, cells.end - start), -1
        fallback = fallback or (cells.values, cells.end - start)
    return (fallback, -1) if opened < 0 else (None, opened)


def _split_lines(window: TextWindow, opened: int, delimiter: bytes, width: int) -> Split | None:
    """The cells of a record that runs over several lines, since a quote or bracket is open at the end of the first.

    *opened* is where that stands, from the record's first byte. Each part of the text is searched for what could close
    it once only, however many records are open.
    """
    is_array = window.text[window.position + opened : window.position + opened + 1] == b"["
    end = tries = 0
    while opened >= 0 and tries < _MOST_TRIES:
        tries += 1
        end = _array_end(window, opened) if is_array else _quote_end(window, delimiter, opened, end)
        if end < 0:
            return None
        while (stop := window.text.find(b"\n", window.position + end)) < 0 and not window.ended:
            window.grow()
        stop = stop if stop >= 0 else len(window.text)
        found, opened = _split(window, stop, delimiter, width)
        is_array, end = False, stop - window.position
        opened = opened - window.position if opened >= 0 else -1
    if found is None or (width and len(found[0]) != width):
        window.closed_from = window.at + end
        return None
    return found


def _quote_end(window: TextWindow, delimiter: bytes, opened: int, beyond: int) -> int:
    """Where a double quote could close the cell that is *opened*, *beyond* and more; both count from the record.

    -1 where none does.
    """
    most = opened + _MAX_QUOTED
    while len(window.text) - window.position < most and not window.ended:
        window.grow()
    start, stop = window.position + beyond, window.position + most
    if not beyond:
        line_end = window.text.find(b"\n", window.position, stop)
        start = max(stop if line_end < 0 else line_end, window.closed_from - window.offset)
    match = closing_quote(delimiter).search(window.text, start, stop)
    if match is not None:
        return match.end(1) - window.position
    window.closed_from = max(window.closed_from, window.offset + min(stop, len(window.text)))
    return _strict_quote_end(window, delimiter, opened)


def _strict_quote_end(window: TextWindow, delimiter: bytes, opened: int) -> int:
    """Where the cell ends that is *opened*, if all quotes in it are doubled; -1 where it does not.

    The first lone quote settles it, so that however many cells are open, each part of the text is looked at once.
    """
    while True:
        start = window.position + opened
        match = STRICTLY_QUOTED.match(window.text, start)
        end = match.end() if match is not None else len(window.text)
        if end < len(window.text) or window.ended:
            closes = match is not None and ends_cell(delimiter).match(window.text, end) is not None
            return end - window.position if closes else -1
        if end - start > MAX_RECORD_BYTES:
            return -1
        window.grow()


def _array_end(window: TextWindow, opened: int) -> int:
    """Where the array closes whose bracket stands at *opened*, from the record's first byte; -1 where it does not."""
    if window.at + opened < window.closed_from:
        return -1
    while True:
        start = window.position + opened
        end = array_end(window.text, start)
        closed = bracket_end(window.text, start, end)
        if closed >= 0:
            return closed - window.position
        if end < len(window.text) or window.ended or end - start > MAX_RECORD_BYTES:
            window.closed_from = window.offset + end
            return -1
        window.grow()


def _record(window: TextWindow, cells: Sequence[bytes], end: int, form: RecordFormat, width: int) -> Record:
    text_end = end - 1 if window.text[end - 1 : end] == b"\r" else end
    offset, length, line = window.at, text_end - window.position, window.line
    window.advance(min(end + 1, len(window.text)))
    values = _fit(cells, width, form)
    if values is None:
        detail = f"has {len(cells)} cells, and the header has {width}" if width > 0 else "a quote is never closed"
        return Record(offset, length, line, (), RowProblem(Reason.BAD_ROW, detail))
    return Record(offset, length, line, [_decode(cell, line, form) for cell in values])


def _fit(cells: Sequence[bytes], width: int, form: RecordFormat) -> Sequence[bytes] | None:
    """*cells* as *width* of them: empty ones at the end go, and commas of an address are its own; None if neither."""
    if width == 0 or len(cells) == width:
        return cells
    if width < 0:
        return None
    if len(cells) > width and not any(cells[width:]):
        return cells[:width]
    place = form.location
    if width == 2 and len(cells) > width and isinstance(place, int) and not form.template:
        joined = form.delimiter.encode().join(cells[place : len(cells) - (1 - place)])
        if is_address(joined.decode("utf-8", "replace")) or joined[:5].lower() == b"data:":
            return (*cells[:place], joined, *cells[len(cells) - (1 - place) :])
    return None


def _decode(cell: bytes, line: int, form: RecordFormat) -> str:
    try:
        return cell.decode("utf-8")
    except UnicodeDecodeError:
        raise LabelFileError(f"line {line} is not {form.encoding} text{_likely(cell)}.") from None


def _likely(cell: bytes) -> str:
    """What *cell*, which is no UTF-8, may be: the end of the sentence that says so."""
    if packed := next((name for head, name in _PACKED if cell.startswith(head)), ""):
        return f": it begins as {packed} does. Unpack it, or give it the ending of its kind"
    shown = []
    for encoding in _ENCODINGS:
        with suppress(UnicodeError):
            text = cell.decode(encoding).strip()[:20]
            shown += [f"{text!r} in {encoding}"] if text.isprintable() else []
    would = f": a cell there would be {', '.join(shown)}" if shown else ""
    return f". Set `source.encoding`, such as `encoding: latin-1`{would}"


def parse_csv_record(data: bytes, form: RecordFormat) -> Sequence[str]:
    """The cells of one record alone, as `read_csv` gave them; empty where it cannot be read."""
    for record in read_csv(TextWindow(iter([data])), form):
        return record.cells if not isinstance(record.cells, dict) else ()
    return ()
