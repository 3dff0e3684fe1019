"""Messages through a pipe, each behind its length: few calls of the system for many small ones."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Sequence
from contextlib import suppress

_LENGTH_BYTES = 8
_PIPE_BYTES = 1 << 20
_AT_ONCE = 1 << 18
_SMALL = 1 << 15
_MOST_PARTS = 1024  # of one call, on every system
_HELD_BYTES, _HELD_S = 1 << 16, 0.01


def wide_pipe() -> tuple[int, int]:
    """The ends of a pipe to read from and to write to, with room for some images where the system grants it.

    Each time that it is full both processes change places.
    """
    ends = os.pipe()
    with suppress(OSError, AttributeError):
        fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return ends


def send_parts(pipe: int, parts: Sequence[bytes]) -> None:
    """Write all of *parts* into *pipe*, one after another; waits as long as it is full."""
    left: list[bytes | memoryview] = list(parts)
    first = 0
    while first < len(left):
        sent = os.writev(pipe, left[first : first + _MOST_PARTS])
        while first < len(left) and sent >= len(left[first]):
            sent -= len(left[first])
            first += 1
        if sent:
            left[first] = memoryview(left[first])[sent:]


def message_of(*parts: bytes) -> tuple[bytes, ...]:
    """*parts* as one message, behind its length."""
    return sum(map(len, parts)).to_bytes(_LENGTH_BYTES, "big"), *parts


class Outbox:
    """Messages that go out some at a time: each call of the system wakes the other process."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._held: list[bytes] = []
        self._bytes = 0
        self._since = 0.0

    def put(self, *parts: bytes) -> None:
        """Send the message that *parts* make; at once where others are held for a while, or are long, else later."""
        if not self._held:
            self._since = time.monotonic()
        message = message_of(*parts)
        self._held += message
        self._bytes += sum(map(len, message))
        if self._bytes >= _HELD_BYTES or time.monotonic() - self._since >= _HELD_S:
            self.flush()

    def flush(self) -> None:
        """Send what is held."""
        held, self._held, self._bytes = self._held, [], 0
        send_parts(self._pipe, held)


class Inlet:
    """Bytes as they come out of a pipe, for a thread that does nothing else but wait for them."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._held = b""
        self._place = 0

    def message(self) -> bytes:
        """The next message, however long it takes.

        Raises:
            EOFError: There is no more to come.
        """
        return self.read(int.from_bytes(self.read(_LENGTH_BYTES), "big"))

    def read(self, count: int) -> bytes:
        """The next *count* bytes, however long it takes; many of them are copied but once.

        Raises:
            EOFError: There are no more to come.
        """
        found = self._held[self._place : self._place + count]
        self._place += len(found)
        if len(found) == count:
            return found
        parts, missing = [found] if found else [], count - len(found)
        while missing:
            part = os.read(self._pipe, min(missing, _PIPE_BYTES) if missing > _SMALL else _SMALL)
            if not part:
                raise EOFError
            if len(part) > missing:
                self._held, self._place = part, missing
                part = part[:missing]
            parts.append(part)
            missing -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


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
