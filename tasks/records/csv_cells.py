"""One record of a CSV, as people write them, split into its cells: quotes of both kinds, brackets, lone commas."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

import numpy as np

_BLANKS = b" \t"
_ARRAY_START = re.compile(rb"\[[\s\[]*[-+.\d]|\[\s*\[|\[\s*\xe2\x80\xa6")
_ARRAY_BODY = re.compile(rb"(?:[\[\]0-9\s,.eE+-]|\xe2\x80\xa6)*+")
STRICTLY_QUOTED = re.compile(rb'"(?:[^"]++|"")*+"')
"""A cell in double quotes whose own double quotes are all doubled."""
_SHORT = 512  # bytes up to which brackets are counted one by one


class UnclosedCellError(Exception):
    """A quote or bracket is not closed where the text ends; more of it might close it.

    Attributes:
        position: Where it stands.
    """

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one record.

    Attributes:
        values: Their bytes, without quotes and surrounding blanks.
        end: Where the record ends: before its line's end.
    """

    values: list[bytes]
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read quotes: which characters quote, and whether a backslash before one makes it part of the text."""

    quotes: bytes
    backslash: bool


READINGS = (Reading(b"\"'", True), Reading(b"\"'", False), Reading(b'"', True), Reading(b'"', False))
"""From the most to the least that is understood as markup; a record is read by the first that gives all its cells."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    literal: re.Pattern[bytes]
    after: re.Pattern[bytes]
    opened: re.Pattern[bytes]
    quoted: dict[tuple[int, bool], re.Pattern[bytes]]


@functools.cache
def _patterns(delimiter: bytes) -> _Patterns:
    end = rb"(?:%s|\r?\n|\r?\Z)" % re.escape(delimiter)
    blanks = re.escape(_BLANKS.replace(delimiter, b""))
    quoted = {}
    for quote in (b'"', b"'"):
        line = b"" if quote == b'"' else rb"\n"  # only double quotes may hold a line's end
        inner = rb"%s%s|%s(?![%s]*%s)" % (quote, quote, quote, blanks, end)
        for backslash in (True, False):
            body = (
                rb"[^%s\\%s]++|\\(?:[^%s]|\Z)|" % (quote, line, line) if backslash else rb"[^%s%s]++|" % (quote, line)
            )
            body = body.replace(b"[^]", rb"[\s\S]")
            quoted[quote[0], backslash] = re.compile(
                rb"%s((?:%s%s)*+)%s[%s]*(?=%s)" % (quote, body, inner, quote, blanks, end)
            )
    literal = re.compile(rb"[^%s\n]*+" % re.escape(delimiter))
    opened = re.compile(rb"%s\"(?!\")[^\"\n]*+\"(?=%s)" % (re.escape(delimiter), end))
    return _Patterns(literal, re.compile(rb"[%s]*(?=%s)" % (blanks, end)), opened, quoted)


def split_cells(text: bytes, start: int, stop: int, delimiter: bytes, reading: Reading) -> Cells:
    """The cells of the record that begins at *start* in *text*; it ends at a line's end outside quotes, or at *stop*.

    Raises:
        UnclosedCellError: A quote or bracket is open at *stop*.
    """
    values: list[bytes] = []
    position = start
    while True:
        value, position = _cell(text, position, stop, delimiter, reading)
        values.append(value)
        if position >= stop or text[position : position + 1] != delimiter:
            return Cells(values, position)
        position += 1


def _cell(text: bytes, start: int, stop: int, delimiter: bytes, reading: Reading) -> tuple[bytes, int]:
    """The cell that begins at *start*, and where it ends: at a delimiter, a line's end or *stop*."""
    patterns = _patterns(delimiter)
    position = start
    while position < stop and text[position] in _BLANKS and text[position] != delimiter[0]:
        position += 1
    first = text[position] if position < stop else 0
    if first in reading.quotes:
        return _quoted_cell(text, position, stop, patterns, reading)
    if first == 0x5B and (end := bracket_end(text, position, stop)) >= 0:
        if (after := patterns.after.match(text, end, stop)) is not None:
            return text[position:end], after.end()
    elif first == 0x5B and _ARRAY_START.match(text, position, stop):
        raise UnclosedCellError(position)
    return _literal_cell(text, position, stop, patterns)


def _literal_cell(text: bytes, start: int, stop: int, patterns: _Patterns) -> tuple[bytes, int]:
    match = patterns.literal.match(text, start, stop)
    end = match.end() if match is not None else start
    return text[start:end].strip(b" \t\r"), end


def _quoted_cell(text: bytes, start: int, stop: int, patterns: _Patterns, reading: Reading) -> tuple[bytes, int]:
    """A cell whose first character is a quote: its text where the quote closes the cell too, else the cell as it is."""
    quote = text[start : start + 1]
    pattern = patterns.quoted[quote[0], reading.backslash]
    line_end = text.find(b"\n", start, stop)
    first_line = stop if line_end < 0 else line_end
    match = pattern.match(text, start, first_line)
    if match is None and _is_open(text, start, first_line, quote, patterns):
        match = pattern.match(text, start, stop) if first_line < stop else None
        if match is None:
            raise UnclosedCellError(start)
        if patterns.opened.search(text, match.start(1), match.end()) is not None:
            return _literal_cell(text, start, stop, patterns)  # its quote opens nothing: another cell does within
    if match is not None:
        escapes = reading.backslash and not _is_doubled(match)
        return _unquote(match[1], quote, backslash=escapes), match.end()
    plain = patterns.quoted[quote[0], False].match(text, start, first_line)  # its last backslash is no escape
    if plain is not None:
        return _unquote(plain[1], quote, backslash=False), plain.end()
    return _literal_cell(text, start, stop, patterns)


def _is_doubled(cell: re.Match[bytes]) -> bool:
    """Whether *cell*, which has quotes behind backslashes, is as well one whose own quotes are all doubled."""
    return b'\\"' in cell[1] and STRICTLY_QUOTED.fullmatch(cell[0].rstrip(_BLANKS)) is not None


def _is_open(text: bytes, start: int, stop: int, quote: bytes, patterns: _Patterns) -> bool:
    """Whether the double quote at *start* is still open at the line's end; a lone apostrophe opens nothing."""
    if quote == b"'":
        return False
    literal = patterns.literal.match(text, start, stop)
    return literal is not None and text.count(quote, start, literal.end()) % 2 == 1


def _unquote(body: bytes, quote: bytes, *, backslash: bool) -> bytes:
    if backslash and b"\\" in body:
        body = body.replace(b"\\" + quote, quote)
    return body.replace(quote + quote, quote)


@functools.cache
def closing_quote(delimiter: bytes) -> re.Pattern[bytes]:
    """Double quotes that may close a cell: an odd number of them, since two are one that is part of the text."""
    run = rb'(\\"++|(?<!")"(?:"")*+(?!"))'
    return re.compile(rb"%s[ \t]*(?:%s|\r?\n|\r?\Z)" % (run, re.escape(delimiter)))


@functools.cache
def ends_cell(delimiter: bytes) -> re.Pattern[bytes]:
    """What may stand behind the quote that closes a cell."""
    return re.compile(rb"[ \t]*(?:%s|\r?\n|\r?\Z)" % re.escape(delimiter))


def array_end(text: bytes, start: int) -> int:
    """Where that ends which begins with the bracket at *start* and may belong to an array of numbers."""
    match = _ARRAY_BODY.match(text, start)
    return match.end() if match is not None else start


def bracket_end(text: bytes, start: int, stop: int) -> int:
    """The position after the bracket that closes the one at *start*; -1 where there is none before *stop*."""
    if stop - start > _SHORT:
        short = _short_bracket_end(text, start, start + _SHORT)
        return short if short >= 0 else _long_bracket_end(text, start, stop)
    return _short_bracket_end(text, start, stop)


def _short_bracket_end(text: bytes, start: int, stop: int) -> int:
    depth = 0
    for position in range(start, stop):
        if text[position] == 0x5B:
            depth += 1
        elif text[position] == 0x5D:
            depth -= 1
            if depth == 0:
                return position + 1
    return -1


def _long_bracket_end(text: bytes, start: int, stop: int) -> int:
    codes = np.frombuffer(text, np.uint8, stop - start, start)
    brackets = np.flatnonzero(
        (codes | 6) == 0x5F
    )  # [ and ] differ in two bits; so may \ and others, which are ruled out
    kinds = codes[brackets]
    depth = np.cumsum((kinds == 0x5B).astype(np.int8) - (kinds == 0x5D).astype(np.int8), dtype=np.int64)
    closed = np.flatnonzero(depth == 0)
    return start + int(brackets[closed[0]]) + 1 if closed.size else -1
