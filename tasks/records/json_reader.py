"""The records of a JSON file, one after another, in a stream: an array, JSON Lines, or a list deeper inside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.json_brackets import MisplacedError, value_end
from tasks.records.json_text import DuplicateKeyError, JsonTextError, parse_json
from tasks.records.record import MAX_RECORD_BYTES, Record, RowProblem
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow

_BLANK = re.compile(rb"\s*+")
_BLANK_OR_COMMA = re.compile(rb"[\s,]*+")
_KEY = re.compile(rb"\"((?:[^\"\\]++|\\.)*+)\"\s*:\s*|'((?:[^'\\\n]++|\\.)*+)'\s*:\s*", re.DOTALL)
_DOTS = (b"...", "…".encode())
_NEXT_OBJECT = re.compile(rb"\n[ \t]*\{")


def read_json(window: TextWindow, form: RecordFormat, path: str = "") -> Iterator[Record]:
    """Each record of the text.

    Args:
        window: The text.
        form: ``map_value`` for an object of location to label; ``strict`` for no repairs.
        path: Dotted keys that lead to the array of records; empty where the text is the array, or JSON Lines.

    Raises:
        LabelFileError: The text is neither, or *path* leads nowhere.
    """
    for key in path.split(".") if path else ():
        _enter(window, key)
    opening = _next_byte(window)
    if form.map_value:
        _expect(window, b"{")
        yield from _entries(window, form)
    elif opening == b"[":
        _expect(window, b"[")
        yield from _elements(window, form, in_array=True)
    elif opening == b"{" and not path:
        yield from _elements(window, form, in_array=False)
    else:
        raise LabelFileError(f"line {window.line}: {_found(window)} stands where a list of records should begin.")


def record_keys(window: TextWindow) -> dict[str, bytes]:
    """The keys of the object that the text begins with, each with the first byte or two of its value: ``[{``, ``"``."""
    keys: dict[str, bytes] = {}
    _expect(window, b"{")
    while (key := _next_key(window)) is not None:
        end = _whole_end(window)
        if end < 0:
            return keys
        keys[key] = re.sub(rb"\s", b"", window.text[window.position : window.position + 256])[:2]
        window.advance(end)
        if len(keys) > 1000:
            return keys
    return keys


def is_lines(window: TextWindow) -> bool:
    """Whether another object follows the first one: JSON Lines, or objects set one after another."""
    end = _whole_end(window)
    if end < 0:
        return _NEXT_OBJECT.search(window.text, window.position) is not None
    window.advance(end)
    _skip(window, commas=True)
    return _peek(window) == b"{"


def _next_byte(window: TextWindow) -> bytes:
    _skip(window)
    return _peek(window)


def _peek(window: TextWindow) -> bytes:
    return window.text[window.position : window.position + 1]


def _found(window: TextWindow) -> str:
    return repr(window.text[window.position : window.position + 20].decode("utf-8", "replace")) or "the end"


def _skip(window: TextWindow, *, commas: bool = False) -> int:
    """Pass blanks, and commas where they may stand; the number of commas."""
    passed = 0
    while True:
        match = (_BLANK_OR_COMMA if commas else _BLANK).match(window.text, window.position)
        end = match.end() if match is not None else window.position
        passed += window.text.count(b",", window.position, end)
        window.advance(end)
        if window.position < len(window.text) or window.ended:
            return passed
        window.grow()


def _expect(window: TextWindow, opening: bytes) -> None:
    if _next_byte(window) != opening:
        raise LabelFileError(f"line {window.line}: {opening.decode()!r} should stand here, not {_found(window)}.")
    window.advance(window.position + 1)


def _next_key(window: TextWindow) -> str | None:
    """The key of the next entry of an object; the window then stands at its value. None at the object's end."""
    _skip(window, commas=True)
    while (match := _KEY.match(window.text, window.position)) is None or match.end() >= len(window.text):
        if window.ended or _peek(window) == b"}":
            return None
        window.grow()
    window.advance(match.end())
    return (match[1] if match[1] is not None else match[2]).decode("utf-8", "replace")


def _enter(window: TextWindow, key: str) -> None:
    """Stand at the value of *key* of the object that begins here."""
    _expect(window, b"{")
    seen = []
    while (found := _next_key(window)) is not None:
        if found == key:
            return
        seen.append(found)
        end = _whole_end(window)
        if end < 0:
            break
        window.advance(end)
    listed = ", ".join(seen[:20]) or "none"
    raise LabelFileError(f"`source.records` names the key {key!r}, and the keys there are: {listed}.")


def _value_end(window: TextWindow) -> int:
    """Where the value ends that begins at the window's position; -1 where it does not end.

    Raises:
        MisplacedError: It cannot end, since the next one begins before.
    """
    while True:
        end = value_end(window.text, window.position)
        if 0 <= end < len(window.text) or (end >= 0 and window.ended):
            return end
        if window.ended:
            return -1
        if len(window.text) - window.position > MAX_RECORD_BYTES:
            return -1
        window.grow()


def _elements(window: TextWindow, form: RecordFormat, *, in_array: bool) -> Iterator[Record]:
    """The objects up to the array's end, or to the text's."""
    first = True
    while True:
        commas = _skip(window, commas=in_array or not form.strict)
        head = _peek(window)
        if not head or (head == b"]" and in_array):
            return
        if head == b"{":
            yield _object(window, form, "" if commas or first or not in_array else "a missing comma")
            first = False
        else:
            stray = _stray(window, form)
            if stray is not None:
                yield stray


def _stray(window: TextWindow, form: RecordFormat) -> Record | None:
    """What is no object among objects: an ellipsis, which is passed with a note, or a record that is none."""
    offset, line = window.at, window.line
    dots = next((mark for mark in _DOTS if window.text.startswith(mark, window.position)), b"")
    end = window.position + len(dots) if dots else _whole_end(window)
    if end <= window.position:
        newline = window.text.find(b"\n", window.position)
        end = newline if newline > window.position else len(window.text)
    window.advance(end)
    if dots and not form.strict:
        return Record(offset, 0, line, {}, None, "an ellipsis was dropped")
    return Record(offset, window.at - offset, line, {}, RowProblem(Reason.BAD_ROW, "is not an object"))


def _object(window: TextWindow, form: RecordFormat, repair: str) -> Record:
    """The object at the window's position; one that does not end ends where the next one begins."""
    problem = None
    try:
        end = _value_end(window)
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


def _whole_end(window: TextWindow) -> int:
    """As `_value_end`, and -1 also where the value cannot end."""
    try:
        return _value_end(window)
    except MisplacedError:
        return -1


def _entries(window: TextWindow, form: RecordFormat) -> Iterator[Record]:
    """The entries of an object of location to label, each as a record with the keys ``key`` and ``value``."""
    while True:
        _skip(window, commas=True)
        offset, line, position = window.at, window.line, window.position
        if _peek(window) in {b"", b"}"} or _next_key(window) is None:
            return
        end = _whole_end(window)
        if end < 0:
            return
        length = window.offset + end - offset
        data = window.text[position:end] if window.at - window.position + position == offset else b""
        window.advance(end)
        yield _parsed(data, Record(offset, length, line, {}), form)


def _parsed(data: bytes, record: Record, form: RecordFormat) -> Record:
    """*record* with what *data* says, or with what is wrong with it."""
    problem, repairs = None, [record.repair] if record.repair else []
    cells = {}
    try:
        text = data.decode("utf-8")
        parsed = parse_json(f"{{{text}}}" if form.map_value else text, strict=form.strict)
        repairs += parsed.repairs
        cells = parsed.value
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


def parse_json_record(data: bytes, form: RecordFormat) -> dict[str, object]:
    """One record alone, as `read_json` gave it; empty where it cannot be read."""
    cells = _parsed(data, Record(0, len(data), 1, {}), form).cells
    return cells if isinstance(cells, dict) else {}
