"""What is known of one host: how many requests are under way, how quick it is, and whether it is down."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tasks.fetch.answers import FetchFailure
from tasks.reasons import Reason

_DOWN_FAILURES = 5  # in a row, before the rest is not even tried
_DOWN_S = 2.0  # from the first of them on: a host may be restarting
_CLOSED_S = 30.0
_PATIENCE_S = 5.0
_TIMES_USUAL = 10


class Turns:
    """So many may do something at once; who comes back comes before those who are new."""

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: tuple[deque[asyncio.Future[None]], deque[asyncio.Future[None]]] = (deque(), deque())

    @property
    def is_wanted(self) -> bool:
        """Whether anybody waits for a turn."""
        return any(not future.done() for waiting in self._waiting for future in waiting)

    @asynccontextmanager
    async def turn(self, *, comes_back: bool) -> AsyncIterator[None]:
        """One turn, as soon as there is one."""
        await self._take(comes_back=comes_back)
        try:
            yield
        finally:
            self._give()

    async def _take(self, *, comes_back: bool) -> None:
        if self._free:
            self._free -= 1
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[not comes_back].append(future)
        try:
            await future
        except asyncio.CancelledError:
            if not future.cancelled():
                self._give()
            raise

    def _give(self) -> None:
        for waiting in self._waiting:
            while waiting:
                future = waiting.popleft()
                if not future.done():
                    future.set_result(None)
                    return
        self._free += 1


class Host:
    """One host and port.

    Attributes:
        turns: Requests that may be under way.
    """

    def __init__(self, requests: int, attempt_timeout_s: float) -> None:
        self.turns = Turns(requests)
        self._silence_s = 2 * attempt_timeout_s
        self._usual_s = 0.0
        self._failures = 0
        self._failing_since = 0.0
        self._closed_until = 0.0

    @property
    def patience_s(self) -> float:
        """Seconds that a request may take to be answered while others wait for its turn; 0 where it is not known."""
        return max(_PATIENCE_S, _TIMES_USUAL * self._usual_s) if self._usual_s else 0.0

    def is_closed(self, now: float) -> bool:
        """Whether no request is to be made at *now*, seconds of the loop's clock."""
        return now < self._closed_until

    def note_answer(self, seconds: float) -> None:
        """It answered, whatever it said, after *seconds*."""
        self._failures = 0
        self._usual_s = 0.8 * self._usual_s + 0.2 * seconds if self._usual_s else seconds

    def note_failure(self, reason: Reason, started: float, now: float) -> None:
        """It did not answer an attempt that began at *started*; too many such in a row close it for a while."""
        if not self._failures:
            self._failing_since = started
        self._failures += 1
        enough_s = self._silence_s if reason == Reason.TIMEOUT else _DOWN_S
        if self._failures >= _DOWN_FAILURES and now - self._failing_since >= enough_s:
            self._closed_until = now + _CLOSED_S


def not_tried() -> FetchFailure:
    """Why nothing is asked of a host that is down."""
    detail = "its host does not answer; the rest of its images was not tried"
    return FetchFailure(Reason.UNREACHABLE, detail, is_transient=False)
