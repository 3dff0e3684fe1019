"""A JSON text in a window: what stands there, and where the value ends that begins there."""

from __future__ import annotations

import re

from tasks.errors import LabelFileError
from tasks.records.json_brackets import MisplacedError, value_end
from tasks.records.record import MAX_RECORD_BYTES
from tasks.records.text_window import TextWindow

_BLANK = re.compile(rb"\s*+")
_BLANK_OR_COMMA = re.compile(rb"[\s,]*+")
_KEY = re.compile(rb"\"((?:[^\"\\]++|\\.)*+)\"\s*:\s*|'((?:[^'\\\n]++|\\.)*+)'\s*:\s*", re.DOTALL)


def next_byte(window: TextWindow) -> bytes:
    """The next byte that is no blank, at which the window then stands; empty at the end."""
    skip(window)
    return peek(window)


def peek(window: TextWindow) -> bytes:
    """The byte at which the window stands; empty at the end."""
    return window.text[window.position : window.position + 1]


def found(window: TextWindow) -> str:
    """What stands here, for a message."""
    text = window.text[window.position : window.position + 20].decode("utf-8", "replace")
    return repr(text) if text else "the end"


def skip(window: TextWindow, *, commas: bool = False) -> int:
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


def expect(window: TextWindow, opening: bytes) -> None:
    """Pass *opening*, which must be what stands next."""
    if next_byte(window) != opening:
        raise LabelFileError(f"line {window.line}: {opening.decode()!r} should stand here, not {found(window)}.")
    window.advance(window.position + 1)


def pass_key(window: TextWindow) -> re.Match[bytes] | None:
    """The key of an object's next entry, with its colon; the window then stands at its value. None at the end."""
    skip(window, commas=True)
    while (match := _KEY.match(window.text, window.position)) is None or match.end() >= len(window.text):
        if window.ended or peek(window) == b"}":
            return None
        window.grow()
    window.advance(match.end())
    return match


def next_key(window: TextWindow) -> str | None:
    """What `pass_key` passes, as text."""
    match = pass_key(window)
    return None if match is None else (match[1] if match[1] is not None else match[2]).decode("utf-8", "replace")


def enter(window: TextWindow, key: str) -> None:
    """Stand at the value of *key* of the object that begins here."""
    expect(window, b"{")
    seen = []
    while (name := next_key(window)) is not None:
        if name == key:
            return
        seen.append(name)
        end = end_of_whole(window)
        if end < 0:
            break
        window.advance(end)
    listed = ", ".join(seen[:20]) or "none"
    raise LabelFileError(f"`source.records` names the key {key!r}, and the keys there are: {listed}.")


def end_of_value(window: TextWindow) -> int:
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


def end_of_whole(window: TextWindow) -> int:
    """As `end_of_value`, and -1 also where the value cannot end."""
    try:
        return end_of_value(window)
    except MisplacedError:
        return -1
