"""The body of an answer: whole, in memory that there is room for, and never slower than a modem."""

from __future__ import annotations

import asyncio

import aiohttp

from tasks.fetch.answers import FetchFailure
from tasks.fetch.asked import Asked, NoRoomError
from tasks.reasons import Reason

_CHUNK = 1 << 16
_SLOWEST = 1024  # bytes a second, over everything after the first seconds
_PATIENCE_S = 10.0


async def read_body(answer: aiohttp.ClientResponse, asked: Asked, max_bytes: int, limit: asyncio.Timeout) -> bytes:
    """The whole body of *answer*, of at most *max_bytes*.

    Args:
        answer: Its head has come.
        asked: Its `room` grows with the body, and its `taken`.
        max_bytes: It may not have more.
        limit: Of the attempt; brought forward where nothing comes for a while.

    Raises:
        FetchFailure: It is too large, too slow, or not whole.
        NoRoomError: It does not fit into the bytes in flight now.
    """
    declared = answer.content_length
    if declared is not None:
        if declared > max_bytes:
            raise _too_large(max_bytes)
        make_room(asked, declared)
    chunks: list[bytes] = []
    size, loop = 0, asyncio.get_running_loop()
    started, end = loop.time(), limit.when() or loop.time()
    while chunk := await answer.content.read(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        asked.taken += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        if size > asked.room.held:
            make_room(asked, min(2 * size, max_bytes))
        now = loop.time()
        if now - started > _PATIENCE_S and size < _SLOWEST * (now - started):
            raise FetchFailure(Reason.TIMEOUT, f"slower than {_SLOWEST} bytes a second", is_transient=True)
        limit.reschedule(min(end, now + _PATIENCE_S))
    if declared is not None and size != declared:
        raise FetchFailure(Reason.SHORT_BODY, f"{size} of {declared} bytes came", is_transient=True)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def make_room(asked: Asked, count: int) -> None:
    """Hold *count* bytes of the bytes in flight at least; `NoRoomError` where they do not fit now."""
    if count > asked.room.held and not asked.room.hold(count):
        asked.expected, asked.lacks_room = count, True
        raise NoRoomError


def _too_large(limit: int) -> FetchFailure:
    return FetchFailure(Reason.TOO_MANY_BYTES, f"more than `fetch.max_bytes`, {limit}", is_transient=False)
