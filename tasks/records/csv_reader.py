"""The records of a CSV, one after another, in a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.csv_cells import READINGS, UnclosedCellError, split_cells
from tasks.records.locations import is_address
from tasks.records.record import MAX_RECORD_BYTES, Record, RowProblem
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow

_MAX_QUOTED = 1 << 20  # bytes over which a quoted cell may run on; more is a quote that was never closed
_MARKUP = (b'"', b"'", b"[")


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
        line = window.text[window.position : end]
        if not line.strip() or (comment and line.lstrip().startswith(comment.encode())):
            window.advance(min(end + 1, len(window.text)))
            continue
        record = _read_record(window, end, form, width)
        width = width or len(record.cells)
        yield record


def _line_end(window: TextWindow) -> int:
    """Where the line ends that begins at the window's position."""
    while True:
        end = window.text.find(b"\n", window.position)
        if end >= 0:
            return end
        if window.ended:
            return len(window.text)
        window.grow()


def _read_record(window: TextWindow, line_end: int, form: RecordFormat, width: int) -> Record:
    """The record at the window's position; the window then stands behind it."""
    delimiter = form.delimiter.encode()
    line = window.text[window.position : line_end]
    if not any(mark in line for mark in _MARKUP):
        cells = [cell.strip(b" \t\r") for cell in line.split(delimiter)]
        return _record(window, cells, line_end, form, width)
    found = _split(window, delimiter, width)
    if found is None:
        cells = [cell.strip(b" \t\r") for cell in line.split(delimiter)]
        line_end = _line_end(window)
        return _record(window, cells, line_end, form, width or -1)
    return _record(window, found[0], window.position + found[1], form, width)


def _split(window: TextWindow, delimiter: bytes, width: int) -> tuple[list[bytes], int] | None:
    """The cells by the first reading that gives *width* of them, and how long the record is; None if none does."""
    fallback = None
    for reading in READINGS:
        while True:
            start = window.position
            stop = len(window.text)
            try:
                cells = split_cells(window.text, start, stop, delimiter, reading)
            except UnclosedCellError:
                cells = None
            complete = cells is not None and (cells.end < stop or window.ended)
            if complete or window.ended or stop - start > _limit(window.text[start : start + 4096]):
                break
            window.grow()
        if cells is not None and complete:
            if not width or len(cells.values) == width:
                return cells.values, cells.end - start
            fallback = fallback or (cells.values, cells.end - start)
    if fallback is None or b"\n" in window.text[window.position : window.position + fallback[1]]:
        return None
    return fallback


def _limit(head: bytes) -> int:
    return MAX_RECORD_BYTES if b"[" in head else _MAX_QUOTED


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
        raise LabelFileError(
            f"line {line} is not {form.encoding} text. Set `source.encoding`, such as `encoding: latin-1`."
        ) from None


def parse_csv_record(data: bytes, form: RecordFormat) -> Sequence[str]:
    """The cells of one record alone, as `read_csv` gave them; empty where it cannot be read."""
    for record in read_csv(TextWindow(iter([data])), form):
        return record.cells if not isinstance(record.cells, dict) else ()
    return ()
