"""What is known of one host: how many requests are under way, how quick it is, and whether it is down."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tasks.fetch.answers import FetchFailure
from tasks.fetch.settings import FetchSettings
from tasks.fetch.streaks import Streak
from tasks.reasons import Reason

_DOWN_FAILURES = 5  # in a row, before the rest is not even tried
_DOWN_SHARE = 0.25  # of `deadline_s`, from the first of them on: a host may be restarting
_CLOSED_S = 30.0
_PATIENCE_S = 5.0
_GOOD_FOR_ONE_MORE = 8  # answers at most, after which a host that was slowed down is asked for one more at once
_SLOW_AGAIN_S = 1.0  # what was under way when a host was slowed down says nothing of how it is asked now
_TIMES_USUAL = 10
_PROBE_S = 1.0  # while a host is ill, and enough images wait for it to recover, so often a new one is asked for


class Turns:
    """So many may do something at once; those who come back and those who are new get turns in turn."""

    def __init__(self, count: int) -> None:
        self._most = self._admitted = self._free = count
        self._owed = 0
        self._is_for_new = False
        self._waiting: tuple[deque[asyncio.Future[None]], deque[asyncio.Future[None]]] = (deque(), deque())

    @property
    def admitted(self) -> int:
        """How many may do it at once, now."""
        return self._admitted

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

    def narrow(self) -> None:
        """Admit half as many from now on, one at least."""
        fewer = self._admitted - max(1, self._admitted // 2)
        self._admitted -= fewer
        taken = min(fewer, self._free)
        self._free -= taken
        self._owed += fewer - taken

    def widen(self) -> None:
        """Admit one more, where there were more once."""
        if self._admitted < self._most:
            self._admitted += 1
            self._give()

    def _give(self) -> None:
        if self._owed:
            self._owed -= 1
            return
        self._is_for_new = not self._is_for_new
        for waiting in self._waiting[:: -1 if self._is_for_new else 1]:
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
        held_until: Before it, in seconds of the loop's clock, nothing is asked: the server says so.
        retrying: Images that failed, and are asked for again.
    """

    def __init__(self, settings: FetchSettings) -> None:
        self.turns = Turns(settings.per_host)
        self.held_until = 0.0
        self.retrying = 0
        self._most_retrying = settings.per_host
        self._silence_s = 2 * settings.attempt_timeout_s
        self._down_s = _DOWN_SHARE * settings.deadline_s
        self._long_wait_s = settings.deadline_s
        self._long_waits, self._failing = Streak(), Streak()
        self._is_ill = False
        self._ill_since = self._next_probe = 0.0
        self._recovery = asyncio.Event()
        self._slowed_at = 0.0
        self._good = 0
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

    @property
    def is_ill(self) -> bool:
        """Whether nothing came of it since an attempt failed for a passing reason."""
        return self._is_ill

    def admits(self, now: float) -> bool:
        """Whether one more image is to be asked for; while it is ill, one a second besides those that failed.

        Those may be bad for good, wherever they lie, and would never tell when it is well again.
        """
        if not self._is_ill or self.retrying < self._most_retrying or self.is_closed(now):
            return True
        if now < self._next_probe:
            return False
        self._next_probe = now + _PROBE_S
        return True

    def note_good(self) -> None:
        """An attempt came to its end, as it should: whoever waits for the host need not any longer."""
        self._is_ill = False
        self._failing.note_other()
        self._recovery.set()
        self._recovery = asyncio.Event()
        self._good += 1
        if self._good >= min(_GOOD_FOR_ONE_MORE, self.turns.admitted):
            self._good = 0
            self.turns.widen()

    def note_served(self) -> None:
        """The head of an answer came that asks nobody to wait; its body may be long in coming."""
        self._long_waits.note_other()

    def note_trouble(self, failure: FetchFailure, url: str, now: float, *, is_first: bool = True) -> None:
        """An attempt at *url* failed for a passing reason; a server that says it is asked too much is asked less.

        Only the first failure of an address is one more reason to leave the host alone: it may be bad by itself.
        """
        if not self._is_ill:
            self._is_ill, self._ill_since = True, now
        if is_first:
            self._failing.note(url)
        if not failure.slows:
            if self._failing.is_of_host and now - self._ill_since >= self._down_s:
                self._closed_until = now + _CLOSED_S
            return
        if failure.wait_s is not None:
            self._hold(failure.wait_s, url, now)
        if now - self._slowed_at >= _SLOW_AGAIN_S:
            self._slowed_at, self._good = now, 0
            self.turns.narrow()

    def _hold(self, wait_s: float, url: str, now: float) -> None:
        """Ask nothing for *wait_s* seconds; a long wait holds for *url* alone, until the host says so of everything."""
        is_long = wait_s >= self._long_wait_s
        if is_long:
            self._long_waits.note(url)
        if not is_long or self._long_waits.is_of_host:
            self.held_until = max(self.held_until, now + wait_s)

    async def pause(self, least_s: float, most_s: float) -> None:
        """Wait for *least_s* seconds, and up to *most_s* for an attempt of others that goes well."""
        recovery = self._recovery
        await asyncio.sleep(least_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(most_s - least_s, 0)):
                await recovery.wait()

    def note_answer(self, seconds: float) -> None:
        """It answered, whatever it said, after *seconds*."""
        self._failures = 0
        self._usual_s = 0.8 * self._usual_s + 0.2 * seconds if self._usual_s else seconds

    def note_failure(self, reason: Reason, started: float, now: float) -> None:
        """It did not answer an attempt that began at *started*; too many such in a row close it for a while."""
        if not self._failures:
            self._failing_since = started
        self._failures += 1
        enough_s = self._silence_s if reason == Reason.TIMEOUT else self._down_s
        if self._failures >= _DOWN_FAILURES and now - self._failing_since >= enough_s:
            self._closed_until = now + _CLOSED_S


def not_tried() -> FetchFailure:
    """Why nothing is asked of a host that is down."""
    detail = "its host gives no answer, or no good one; the rest of its images was not tried"
    return FetchFailure(Reason.UNREACHABLE, detail, is_transient=False)
