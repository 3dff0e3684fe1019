"""One JSON value out of its text: strictly, else as people write it. Nothing is ever evaluated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias, TypedDict

JsonCells: TypeAlias = dict[str, object]
"""A JSON object as a label file holds it: what a value is, is asked where it is wanted."""

_DEEPEST = 100
_LITERALS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_NO_NUMBERS = dict.fromkeys(("NaN", "Infinity", "-Infinity"))
"""What Python writes where a number is missing, or is none."""
_SPACE = re.compile(r"[\s,]*")
_ELLIPSIS = re.compile(r"\.\.\.|…")
_WORD = re.compile(r"-?[A-Za-z]+")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_STRING = re.compile(r"'((?:[^'\\\n]++|\\.)*+)'|\"((?:[^\"\\\n]++|\\.)*+)\"", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class JsonTextError(ValueError):
    """Text that is no JSON value, and not even close to one."""


class DuplicateKeyError(JsonTextError):
    """An object holds one key twice, and which of the values counts nobody knows."""


class WrittenFloat(float):
    """A number that remembers how it was written, since it may be a class's name."""

    text: str

    def __new__(cls, text: str) -> WrittenFloat:
        """The number that *text* says."""
        made = super().__new__(cls, text)
        made.text = text
        return made


@dataclass(slots=True)
class Parsed:
    """A value, and what had to be overlooked to read it.

    Attributes:
        value: Python's own types; floats as `WrittenFloat`.
        repairs: What was repaired, in a few words each; empty for strict JSON.
    """

    value: object
    repairs: dict[str, None] = field(default_factory=dict)


def parse_json(text: str, *, strict: bool) -> Parsed:
    """The value that *text* holds.

    Raises:
        JsonTextError: It holds none.
        DuplicateKeyError: An object in it holds a key twice.
    """
    try:
        return Parsed(json.loads(text, **STRICT_READING))
    except DuplicateKeyError:
        raise
    except RecursionError:
        raise JsonTextError("is nested too deeply") from None
    except ValueError as error:
        if strict:
            raise JsonTextError(f"is not JSON: {str(error)[:160]}; `strict: false` would try to read it") from None
    return _Tolerant(text).parse()


def _unique(pairs: list[tuple[str, object]]) -> JsonCells:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value] # `add` gives None, which is false
        raise DuplicateKeyError(f"holds the key {twice[:60]!r} twice")
    return made


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


class _Reading(TypedDict):
    """How `json` is to read; its names of these arguments."""

    object_pairs_hook: Callable[[list[tuple[str, object]]], JsonCells]
    parse_float: Callable[[str], float]
    parse_constant: Callable[[str], float]


STRICT_READING: _Reading = {
    "object_pairs_hook": _unique,
    "parse_float": WrittenFloat,
    "parse_constant": _refuse_constant,
}
"""How `json` is to read what is strict JSON."""


class _Tolerant:
    """Reads Python's and JavaScript's ways of writing: single quotes, `None`, commas too many or too few, `…`."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._repairs: dict[str, None] = {}

    def parse(self) -> Parsed:
        value = self._value(0)
        self._skip()
        if self._at < len(self._text):
            raise JsonTextError(f"goes on after its end: {self._near()}")
        return Parsed(value, self._repairs)

    def _near(self) -> str:
        return repr(self._text[self._at : self._at + 20])

    def _skip(self) -> int:
        """Pass blanks, commas and ellipses; the number of commas."""
        commas = 0
        while True:
            match = _SPACE.match(self._text, self._at)
            if match is not None:
                commas += match[0].count(",")
                self._at = match.end()
            dots = _ELLIPSIS.match(self._text, self._at)
            if dots is None:
                return commas
            self._repairs["an ellipsis was dropped"] = None
            self._at = dots.end()

    def _value(self, depth: int) -> object:
        if depth > _DEEPEST:
            raise JsonTextError("is nested too deeply")
        self._skip()
        first = self._text[self._at : self._at + 1]
        if first == "{":
            return self._object(depth)
        if first == "[":
            return self._list(depth)
        if first in {"'", '"'} and first:
            return self._string()
        return self._scalar()

    def _scalar(self) -> object:
        if (word := _WORD.match(self._text, self._at)) is not None and word[0] in _LITERALS | _NO_NUMBERS:
            self._at = word.end()
            if word[0] in {"True", "False", "None"}:
                self._repairs["a Python literal"] = None
            if word[0] in _NO_NUMBERS:
                self._repairs[f"{word[0]}, which is not JSON, is not a value"] = None
            return _LITERALS.get(word[0])
        number = _NUMBER.match(self._text, self._at)
        if number is None:
            raise JsonTextError(f"is not JSON near {self._near()}")
        self._at = number.end()
        try:
            return int(number[0]) if number[0].lstrip("+-").isdigit() else WrittenFloat(number[0])
        except ValueError:
            raise JsonTextError("holds a number that is far too large") from None

    def _string(self) -> str:
        match = _STRING.match(self._text, self._at)
        if match is None:
            raise JsonTextError(f"has a string that does not end, near {self._near()}")
        self._at = match.end()
        if match[1] is not None:
            self._repairs["single quotes"] = None
        return _ESCAPE.sub(_unescape, match[1] if match[1] is not None else match[2])

    def _list(self, depth: int) -> list[object]:
        self._at += 1
        items: list[object] = []
        while not self._closes("]", len(items)):
            items.append(self._value(depth + 1))
        return items

    def _object(self, depth: int) -> JsonCells:
        self._at += 1
        pairs: list[tuple[str, object]] = []
        while not self._closes("}", len(pairs)):
            if self._text[self._at : self._at + 1] not in {"'", '"'}:
                raise JsonTextError(f"has a key without quotes near {self._near()}")
            key = self._string()
            while self._text[self._at : self._at + 1].isspace():
                self._at += 1
            if self._text[self._at : self._at + 1] != ":":
                raise JsonTextError(f"has no colon after the key {key[:40]!r}")
            self._at += 1
            pairs.append((key, self._value(depth + 1)))
        return _unique(pairs)

    def _closes(self, bracket: str, count: int) -> bool:
        """Pass what stands between two items; whether the bracket that closes them follows."""
        commas = self._skip()
        if self._at >= len(self._text):
            raise JsonTextError("ends before it is whole")
        if self._text[self._at] == bracket:
            self._at += 1
            if commas:
                self._repairs["a trailing comma"] = None
            return True
        if count and not commas:
            self._repairs["a missing comma"] = None
        return False


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])


def text_of(value: object) -> str | None:
    """*value* as a cell's text: numbers and booleans as written; a list as JSON; None for null; objects give None."""
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, WrittenFloat):
        return value.text
    return value if isinstance(value, str) else json.dumps(value)


def lookup(record: JsonCells, key: str) -> object:
    """What *record* holds under *key*, dotted where it is nested; None where it holds nothing."""
    if key in record:
        return record[key]
    value: object = record
    for part in key.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
