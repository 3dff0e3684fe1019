"""Where a JSON value ends, found by its brackets alone, however it is written between them."""

from __future__ import annotations

import re

_TOKEN = re.compile(rb"\"(?:[^\"\\]++|\\.)*+\"|'(?:[^'\\\n]++|\\.)*+'|[{}\[\]\"]", re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}:]*+")
_CLOSES = {ord("}"): ord("{"), ord("]"): ord("[")}
_BEFORE_AN_ITEM = frozenset({b"[", b",", b"}", b"]", b".", b"\xa6"})  # the last byte of an ellipsis among them


class MisplacedError(Exception):
    """A bracket stands where none can, so that what is open there has no end.

    Attributes:
        position: Where it stands.
    """

    def __init__(self, position: int) -> None:
        super().__init__(position)
        self.position = position


def value_end(text: bytes, start: int) -> int:
    """Where the value ends that begins at *start*; -1 where *text* ends first.

    Raises:
        MisplacedError: It cannot end: another value begins where none can be, or another bracket is closed.
    """
    if text[start : start + 1] not in {b"{", b"[", b'"', b"'"}:
        scalar = _SCALAR.match(text, start)
        return scalar.end() if scalar is not None else start
    brackets = _Brackets(text, start)
    for token in _TOKEN.finditer(text, start):
        if token.end() - token.start() == 1 and text[token.start()] == 0x22:
            return -1
        brackets.pass_token(token)
        if not brackets.opened:
            return token.end()
    return -1


class _Brackets:
    """The brackets that are open; what one may follow tells early that another was never closed."""

    def __init__(self, text: bytes, start: int) -> None:
        self.opened = bytearray()
        self._text = text
        self._last = start

    def pass_token(self, token: re.Match[bytes]) -> None:
        """One token further."""
        mark = self._text[token.start()]
        if mark in b"{[":
            if self.opened and not self._may_open(token.start()):
                raise MisplacedError(token.start())
            self.opened.append(mark)
        elif mark in b"}]" and (not self.opened or self.opened.pop() != _CLOSES[mark]):
            raise MisplacedError(token.start())
        self._last = token.end()

    def _may_open(self, start: int) -> bool:
        """Whether a bracket may open at *start*: in an object after a colon, in a list after what ends an item."""
        before = self._text[self._last : start].strip()[-1:] or self._text[self._last - 1 : self._last]
        return before == b":" if self.opened[-1] == 0x7B else before in _BEFORE_AN_ITEM
