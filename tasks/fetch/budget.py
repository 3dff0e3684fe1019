"""Bytes that may be under way, for all shards of this process together."""

from __future__ import annotations

import asyncio
import threading

_LOOK_AGAIN_S = 0.02


class Budget:
    """So many bytes may be fetched and not yet handed on.

    Whoever waits for room holds nothing that others need; and the part that a shard waits for gets room in any case:
    so all go on, and no more than the budget, and one part for each shard in hand, is ever in memory. What is fetched
    before its shard's turn leaves half of the budget to the others.
    """

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._half = limit // 2
        self._lock = threading.Lock()

    def room(self) -> Room:
        """Room for one part, empty at first."""
        return Room(self)

    def hold(self, room: Room, count: int) -> bool:
        """Make *room* hold *count* bytes; whether it could."""
        with self._lock:
            more = count - room.held
            free = self._left - (self._half if room.is_early else 0)
            if room.is_closed or (more > free and more > 0 and not room.is_next):
                return room.is_closed
            room.held, self._left = count, self._left - more
            return True

    def close(self, room: Room) -> None:
        """Take back all that *room* holds; whatever it asks for from now on is nobody's memory any more."""
        with self._lock:
            self._left, room.held, room.is_closed = self._left + room.held, 0, True


class Room:
    """What one part holds of the budget.

    Attributes:
        held: Bytes.
        is_next: Whether a shard waits for this part, which then gets what it asks for.
        is_early: Whether its shard's turn is still to come.
        is_closed: Whether nobody wants the part any more.
    """

    __slots__ = ("_budget", "held", "is_closed", "is_early", "is_next")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.held = 0
        self.is_next = False
        self.is_early = False
        self.is_closed = False

    def hold(self, count: int) -> bool:
        """Hold *count* bytes, more or fewer than before; whether there was room for them."""
        return self._budget.hold(self, count)

    async def wait(self, count: int) -> None:
        """Hold *count* bytes as soon as there is room for them."""
        while not self.hold(count):
            await asyncio.sleep(_LOOK_AGAIN_S)

    def close(self) -> None:
        """Hold nothing any more."""
        self._budget.close(self)
