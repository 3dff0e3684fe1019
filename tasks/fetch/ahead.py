"""The images of one shard on their way: fetched ahead of whoever takes them, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple

from tasks.columns import SampleRow
from tasks.fetch.asked import Asked
from tasks.fetch.budget import Budget, Room
from tasks.fetch.fetched import Fetched

_FARTHEST = 2048  # groups that may be fetched behind one that is late
_LOOK_AGAIN_S = 0.1


@dataclass(slots=True)
class Group:
    """Rows that are fetched together, and what they hold of the budget."""

    room: Room
    done: Future[list[Fetched]]
    asked: Asked | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether it is under way, and does not wait for a host to recover."""
        return not self.done.done() and not (self.asked is not None and self.asked.is_pausing)


class Planned(NamedTuple):
    """Rows that are to be fetched together.

    Attributes:
        rows: They.
        size: Their bytes, as far as they are known.
        window: How many groups may be under way before this one.
        is_local: They lie on a disk of this machine.
    """

    rows: Sequence[SampleRow]
    size: int
    window: int
    is_local: bool


class FetchAhead(Iterator[Fetched]):
    """What each of a shard's samples came to, in their order; fetching runs ahead as far as the bounds allow.

    It begins with the first that is taken, or with `begin`; `close` drops what is under way.
    """

    def __init__(
        self,
        groups: Iterator[Planned],
        start: Callable[[Planned, Room], Group],
        budget: Budget,
        note_all_begun: Callable[[], None],
    ) -> None:
        """Fetch *groups*, each by *start*, within *budget*; once all are under way, *note_all_begun* is called."""
        self._groups = groups
        self._start = start
        self._budget = budget
        self._note_all_begun = note_all_begun
        self._ahead: deque[Group] = deque()
        self._next: tuple[Planned, Room] | None = None
        self._is_early = self._is_all_begun = False
        self._results = self._taken()

    def __next__(self) -> Fetched:
        """What the next sample came to, as soon as that is known."""
        return next(self._results)

    def begin(self, *, is_early: bool = False) -> None:
        """Start what may be under way now.

        Where that *is_early*, since the shard's turn is still to come: nothing that lies on this machine, which answers
        at once, and no more than leaves those before it half of the bytes that may be in flight.
        """
        self._is_early = is_early
        for group in self._ahead:
            group.room.is_early = is_early
        while (planned := self._planned()) is not None:
            rows, room = planned
            room.is_early, room.is_next = is_early, not is_early and not self._ahead
            waits = (is_early and rows.is_local) or not _may_start(self._ahead, rows.window)
            if waits or not room.hold(rows.size):
                return
            self._ahead.append(self._start(rows, room))
            self._next = None

    def _planned(self) -> tuple[Planned, Room] | None:
        """The group that is to be started next, and its room; None once all are."""
        if self._next is None and not self._is_all_begun:
            group = next(self._groups, None)
            if group is None:
                self._is_all_begun = True
                self._note_all_begun()
            else:
                self._next = group, self._budget.room()
        return self._next

    def _taken(self) -> Generator[Fetched, None, None]:
        try:
            while True:
                self.begin()
                if not self._ahead:
                    return
                if (found := _found(self._ahead[0])) is not None:
                    yield from _handed_on(self._ahead.popleft(), found)
        finally:
            self._drop()

    def close(self) -> None:
        """Drop what is under way, and give back its room and that of what was taken last."""
        self._results.close()
        self._drop()

    def _drop(self) -> None:
        for group in self._ahead:
            group.done.cancel()
            group.room.close()
        self._ahead.clear()


def _may_start(ahead: deque[Group], window: int) -> bool:
    """Whether a group more may be under way; a slow one at the head is no reason for the rest to wait."""
    if len(ahead) < window:
        return True
    if ahead[0].done.done() or len(ahead) >= _FARTHEST:
        return False
    return sum(group.is_at_work for group in ahead) < window


def _found(group: Group) -> list[Fetched] | None:
    """What came of *group*, the next one that is wanted; None where that takes a while."""
    group.room.is_next = True
    try:
        return group.done.result(_LOOK_AGAIN_S)
    except TimeoutError:
        if group.done.done():
            raise
        return None


def _handed_on(group: Group, found: list[Fetched]) -> Iterator[Fetched]:
    try:
        yield from found
    finally:
        group.room.close()
