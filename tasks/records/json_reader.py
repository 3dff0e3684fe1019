"""The records of a JSON file, one after another, in a stream: an array, JSON Lines, or a list deeper inside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.json_blocks import JsonBlock, Pace
from tasks.records.json_brackets import MisplacedError
from tasks.records.json_ends import noted, passed_end, strictly
from tasks.records.json_text import DuplicateKeyError, JsonCells, JsonTextError, parse_json
from tasks.records.json_window import (
    end_of_value,
    end_of_whole,
    enter,
    expect,
    found,
    next_byte,
    next_key,
    pass_key,
    peek,
    skip,
)
from tasks.records.record import Record, RowProblem
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow

_DOTS = (b"...", "…".encode())
_NEXT_OBJECT = re.compile(rb"\n[ \t]*\{")


def read_json(window: TextWindow, form: RecordFormat, path: str = "") -> Iterator[Record]:
    """Each record of the text, one by one; see `read_json_blocks`."""
    for item in read_json_blocks(window, form, path, None):
        if isinstance(item, Record):
            yield item


def read_json_blocks(
    window: TextWindow, form: RecordFormat, path: str, pace: Pace | None
) -> Iterator[Record | JsonBlock]:
    """Each record of the text, in blocks wherever that comes to the same.

    Args:
        window: The text.
        form: ``map_value`` for an object of location to label; ``strict`` for no repairs.
        path: Dotted keys that lead to the array of records; empty where the text is the array, or JSON Lines.
        pace: When blocks are tried; None for never.

    Raises:
        LabelFileError: The text is neither, or *path* leads nowhere.
    """
    keys = path.split(".") if path else []
    for key in keys:
        enter(window, key)
    opening = next_byte(window)
    if form.map_value:
        expect(window, b"{")
        yield from _entries(window, form)
        yield from passed_end(window, form, b"}", len(keys))
    elif opening == b"[":
        expect(window, b"[")
        yield from _lists(window, form, len(keys), pace)
    elif opening == b"{" and not path:
        yield from _elements(window, form, pace, in_array=False)
    else:
        raise LabelFileError(f"line {window.line}: {found(window)} stands where a list of records should begin.")


def record_keys(window: TextWindow) -> dict[str, bytes]:
    """The keys of the object that the text begins with, each with the first byte or two of its value: ``[{``, ``"``."""
    keys: dict[str, bytes] = {}
    expect(window, b"{")
    while (key := next_key(window)) is not None:
        end = end_of_whole(window)
        if end < 0:
            return keys
        keys[key] = re.sub(rb"\s", b"", window.text[window.position : window.position + 256])[:2]
        window.advance(end)
        if len(keys) > 1000:
            return keys
    return keys


def is_lines(window: TextWindow) -> bool:
    """Whether another object follows the first one: JSON Lines, or objects set one after another."""
    end = end_of_whole(window)
    if end < 0:
        return _NEXT_OBJECT.search(window.text, window.position) is not None
    window.advance(end)
    skip(window, commas=True)
    return peek(window) == b"{"


def _lists(window: TextWindow, form: RecordFormat, depth: int, pace: Pace | None) -> Iterator[Record | JsonBlock]:
    """The objects of the list that was opened, and of those that follow it as if files had been joined."""
    yield from _elements(window, form, pace, in_array=True)
    while not depth and not form.strict and _follows(window, b"]", b"["):
        yield noted(window, form, "another list follows, and is read too")
        yield from _elements(window, form, pace, in_array=True)
    yield from passed_end(window, form, b"]", depth)


def _follows(window: TextWindow, closing: bytes, opening: bytes) -> bool:
    """Whether *closing* and then *opening* stand here; both are passed where they do."""
    if peek(window) != closing:
        return False
    while window.text[window.position + 1 :].isspace() and not window.ended:
        window.grow()
    both = re.compile(rb"%s\s*%s" % (re.escape(closing), re.escape(opening))).match(window.text, window.position)
    if both is not None:
        window.advance(both.end())
    return both is not None


def _elements(
    window: TextWindow, form: RecordFormat, pace: Pace | None, *, in_array: bool
) -> Iterator[Record | JsonBlock]:
    """The objects up to the array's end, or to the text's."""
    first = True
    while True:
        commas = skip(window, commas=in_array or not form.strict)
        head = peek(window)
        is_end = not head or (head == b"]" and in_array)
        if in_array and commas > (0 if first or is_end else 1):
            yield noted(window, form, "a comma too many")
        if is_end:
            return
        if head == b"{":
            lacks = in_array and not first and not commas
            if lacks and form.strict:
                noted(window, form, "a missing comma")
            block = pace.take(window, in_array=in_array) if pace is not None and not lacks else None
            yield block or strictly(_object(window, form, "a missing comma" if lacks else ""), form)
            first = False
        else:
            yield strictly(_stray(window, form), form)


def _stray(window: TextWindow, form: RecordFormat) -> Record:
    """What is no object among objects: an ellipsis, which is passed with a note, or a record that is none."""
    offset, line = window.at, window.line
    dots = next((mark for mark in _DOTS if window.text.startswith(mark, window.position)), b"")
    if dots:
        made = noted(window, form, "an ellipsis was dropped")
        window.advance(window.position + len(dots))
        return made
    end = end_of_whole(window)
    if end <= window.position:
        newline = window.text.find(b"\n", window.position)
        end = newline if newline > window.position else len(window.text)
    window.advance(end)
    return Record(offset, window.at - offset, line, {}, RowProblem(Reason.BAD_ROW, "is not an object"))


def _object(window: TextWindow, form: RecordFormat, repair: str) -> Record:
    """The object at the window's position; one that does not end ends where the next one begins."""
    problem = None
    try:
        end = end_of_value(window)
        if end < 0:
            following = _NEXT_OBJECT.search(window.text, window.position)
            end = following.start() if following is not None else len(window.text)
            problem = RowProblem(Reason.BAD_ROW, "an object that does not end")
    except MisplacedError as error:
        end = error.position
        problem = RowProblem(Reason.BAD_ROW, "an object that does not end before the next bracket")
    offset, line, data = window.at, window.line, window.text[window.position : end]
    window.advance(end)
    if problem is not None:
        return Record(offset, len(data), line, {}, problem)
    return _parsed(data, Record(offset, len(data), line, {}, None, repair), form)


def _entries(window: TextWindow, form: RecordFormat) -> Iterator[Record]:
    """The entries of an object of location to label, each as a record with the keys ``key`` and ``value``."""
    while True:
        skip(window, commas=True)
        offset, line = window.at, window.line
        if (key := pass_key(window)) is None:
            return
        end = end_of_whole(window)
        is_cut = window.ended and end == len(window.text) and window.text[end - 1] not in b"\"'}]"
        if end < 0 or is_cut:
            problem = RowProblem(Reason.BAD_ROW, "an entry that does not end")
            yield strictly(Record(offset, window.offset + len(window.text) - offset, line, {}, problem), form)
            window.advance(len(window.text))
            return
        data = key[0] + window.text[window.position : end]
        window.advance(end)
        yield strictly(_parsed(data, Record(offset, window.at - offset, line, {}), form), form)


def _parsed(data: bytes, record: Record, form: RecordFormat) -> Record:
    """*record* with what *data* says, or with what is wrong with it."""
    problem, repairs = None, [record.repair] if record.repair else []
    cells: JsonCells = {}
    try:
        text = data.decode("utf-8")
        parsed = parse_json(f"{{{text}}}" if form.map_value else text, strict=form.strict)
        repairs += parsed.repairs
        cells = parsed.value if isinstance(parsed.value, dict) else {}
        if "\\ud" in text or "\\uD" in text:
            json.dumps(cells, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        cells, problem = {}, RowProblem(Reason.BAD_ROW, "holds half of a character, as `\\ud800` is")
    except UnicodeDecodeError:
        problem = RowProblem(Reason.BAD_ROW, "is not UTF-8 text; set `source.encoding`")
    except DuplicateKeyError as error:
        problem = RowProblem(Reason.DUPLICATE_KEY, str(error))
    except JsonTextError as error:
        problem = RowProblem(Reason.BAD_ROW, str(error))
    if form.map_value and cells:
        (key, value) = next(iter(cells.items()))
        cells = {"key": key, "value": value}
    return Record(record.offset, record.length, record.line, cells, problem, ", ".join(repairs))


def parse_json_record(data: bytes, form: RecordFormat) -> JsonCells:
    """One record alone, as `read_json` gave it; empty where it cannot be read."""
    cells = _parsed(data, Record(0, len(data), 1, {}), form).cells
    return cells if isinstance(cells, dict) else {}
