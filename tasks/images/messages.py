"""Messages through a pipe, each behind its length: few calls of the system for many small ones."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress

_LENGTH_BYTES = 8
_PIPE_BYTES = 1 << 20
_AT_ONCE = 1 << 18
_MOST_PARTS = 1024  # of one call, on every system


def wide_pipe() -> tuple[int, int]:
    """The ends of a pipe to read from and to write to, with room for some images where the system grants it.

    Each time that it is full both processes change places.
    """
    ends = os.pipe()
    with suppress(OSError, AttributeError):
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return ends


def send_messages(pipe: int, messages: Sequence[bytes]) -> None:
    """Write all of *messages* into *pipe*; waits as long as it is full."""
    parts: list[bytes | memoryview] = []
    for message in messages:
        parts += (len(message).to_bytes(_LENGTH_BYTES, "big"), message)
    first = 0
    while first < len(parts):
        sent = os.writev(pipe, parts[first : first + _MOST_PARTS])
        while first < len(parts) and sent >= len(parts[first]):
            sent -= len(parts[first])
            first += 1
        if sent:
            parts[first] = memoryview(parts[first])[sent:]


class Inbox:
    """Messages as they come out of a pipe; of what one reading brings, the rest is kept."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._room = memoryview(bytearray(_AT_ONCE))
        self._held = bytearray()
        self._place = 0

    def take(self) -> bytes | None:
        """The next message; None where it is not here to its end."""
        start = self._place + _LENGTH_BYTES
        if len(self._held) < start:
            return None
        end = start + int.from_bytes(self._held[self._place : start], "big")
        if len(self._held) < end:
            return None
        self._place = end
        return bytes(memoryview(self._held)[start:end])

    def fill(self) -> None:
        """Read on, and wait for it.

        Raises:
            EOFError: There is no more to come.
        """
        del self._held[: self._place]
        self._place = 0
        count = os.readv(self._pipe, [self._room])
        if not count:
            raise EOFError
        self._held += self._room[:count]

    def wait(self) -> bytes:
        """The next message, however long it takes.

        Raises:
            EOFError: There is no more to come.
        """
        while (message := self.take()) is None:
            self.fill()
        return message
