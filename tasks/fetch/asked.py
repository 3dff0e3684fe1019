"""One address that is asked for, over all of its attempts."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.fetch.answers import FetchFailure
from tasks.fetch.budget import Room
from tasks.fetch.kept import ONCE, Purpose


class NoRoomError(Exception):
    """A body does not fit into the budget now: it is asked for again once `Asked.expected` bytes do."""


@dataclass(slots=True)
class Asked:
    """What is asked for, and what came of it so far.

    Attributes:
        url: With query and credentials.
        room: What its body holds of the bytes in flight.
        known: The fingerprint of the body that is there already, or empty.
        expected: Bytes that the next attempt needs room for.
        lacks_room: Whether it waits for room before it waits for its turn.
        attempts: How many times it was asked for.
        taken: Bytes of bodies that came, in all attempts.
        end: Of its time, in seconds of the loop's clock; what it waits for its turn or for room is added.
        is_answered: Whether the attempt under way brought an answer's head.
        gave_way: Whether the last attempt was ended early for others that waited.
        is_pausing: Whether it waits for its next attempt, and holds nothing that others need.
        failure: What the last attempt came to.
        purpose: What it is asked for.
    """

    url: str
    room: Room
    known: str = ""
    expected: int = 1 << 18
    lacks_room: bool = False
    attempts: int = 0
    taken: int = 0
    end: float = 0.0
    is_answered: bool = False
    gave_way: bool = False
    is_pausing: bool = False
    failure: FetchFailure | None = None
    purpose: Purpose = ONCE
