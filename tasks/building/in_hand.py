"""The shards of a run that one process has in hand: so many are built at once, and the next fetches ahead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from tasks.made_once import made_once

_LOOK_AGAIN_S = 0.1


class Begins(Protocol):
    """What a shard fetches."""

    def begin(self, *, is_early: bool = False) -> None:
        """Start what may be under way now; less of it where the shard's turn is still to come."""


class Place:
    """One shard in hand."""

    def __init__(self, in_hand: ShardsInHand) -> None:
        self._in_hand = in_hand

    def note_all_begun(self) -> None:
        """All that the shard fetches is under way or there: the next one may fetch ahead."""
        self._in_hand.note_all_begun(self)

    def wait(self, fetching: Begins, refuse: Callable[[], None]) -> None:
        """Wait for the shard's turn; once all of those before it are fetching their last images, begin *fetching*.

        Now and then, and at the end, *refuse* is called, which raises where the shard is not to be built any more.
        """
        self._in_hand.wait(self, fetching, refuse)


class ShardsInHand:
    """So many shards are built at once in this process; those that come later wait for their turn."""

    def __init__(self, most: int) -> None:
        """Admit *most* at once; any number where that is 0."""
        self._most = most
        self._changed = threading.Condition()
        self._waiting: list[Place] = []
        self._built: list[Place] = []
        self._begun: set[Place] = set()

    @contextmanager
    def place(self) -> Iterator[Place]:
        """A shard more, until it is built or given up."""
        place = Place(self)
        with self._changed:
            self._waiting.append(place)
        try:
            yield place
        finally:
            with self._changed:
                for places in (self._waiting, self._built):
                    if place in places:
                        places.remove(place)
                self._begun.discard(place)
                self._changed.notify_all()

    def note_all_begun(self, place: Place) -> None:
        """All that the shard at *place* fetches is under way or there."""
        with self._changed:
            self._begun.add(place)
            self._changed.notify_all()

    def wait(self, place: Place, fetching: Begins, refuse: Callable[[], None]) -> None:
        """As `Place.wait` says."""
        with self._changed:
            while not self._is_its_turn(place):
                refuse()
                if place is self._waiting[0] and self._begun.issuperset(self._built):
                    fetching.begin(is_early=True)
                self._changed.wait(_LOOK_AGAIN_S)
            self._waiting.remove(place)
            self._built.append(place)
            self._changed.notify_all()
        refuse()
        fetching.begin()

    def _is_its_turn(self, place: Place) -> bool:
        return not self._most or (place is self._waiting[0] and len(self._built) < self._most)


@made_once
def shards_in_hand(run: str, most: int) -> ShardsInHand:
    """Those of the run of that name in this process, of which *most* are built at once."""
    _ = run
    return ShardsInHand(most)
