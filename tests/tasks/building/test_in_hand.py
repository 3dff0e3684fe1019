"""Shards in hand: so many are built at once, and the next one fetches ahead as soon as that takes nobody's turn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest

from tasks.building.in_hand import Place, ShardsInHand
from tasks.errors import StoppedError


@dataclass
class Fetching:
    """Says when it began early, and when for good."""

    early: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def begin(self, *, is_early: bool = False) -> None:
        (self.early if is_early else self.begun).set()


def nothing() -> None:
    """Refuse nothing."""


@contextmanager
def built(in_hand: ShardsInHand) -> Iterator[Place]:
    """A shard whose turn it is."""
    with in_hand.place() as place:
        place.wait(Fetching(), nothing)
        yield place


@contextmanager
def waiting(in_hand: ShardsInHand, refuse: Callable[[], None] = nothing) -> Iterator[tuple[Fetching, Future[None]]]:
    """A shard that waits for its turn in a thread of its own, and what comes of that."""
    fetching = Fetching()
    with in_hand.place() as place, ThreadPoolExecutor(1) as thread:
        yield fetching, thread.submit(place.wait, fetching, refuse)


def test_the_next_shard_fetches_once_all_before_it_have_begun_and_is_built_once_one_has_ended() -> None:
    in_hand = ShardsInHand(2)
    with ExitStack() as first, ExitStack() as second:
        one, other = first.enter_context(built(in_hand)), second.enter_context(built(in_hand))
        with waiting(in_hand) as (fetching, turn):
            one.note_all_begun()
            assert not fetching.early.wait(0.3), "the other one has images of which none was asked for"
            other.note_all_begun()
            assert fetching.early.wait(10)
            assert not fetching.begun.is_set()
            assert not turn.done()
            first.close()
            turn.result(10)
            assert fetching.begun.is_set()


def test_of_two_that_wait_the_first_alone_fetches() -> None:
    in_hand = ShardsInHand(1)
    with ExitStack() as before, ExitStack() as between:
        before.enter_context(built(in_hand)).note_all_begun()
        first, first_turn = between.enter_context(waiting(in_hand))
        with waiting(in_hand) as (second, second_turn):
            assert first.early.wait(10)
            before.close()
            first_turn.result(10)
            assert not second.early.wait(0.3)
            assert not second_turn.done()
            between.close()
            second_turn.result(10)


def test_one_that_waits_learns_that_the_run_has_ended_and_leaves_its_place() -> None:
    stop = threading.Event()

    def refuse() -> None:
        if stop.is_set():
            raise StoppedError("stopped")

    in_hand = ShardsInHand(1)
    with built(in_hand):
        with waiting(in_hand, refuse) as (fetching, turn):
            stop.set()
            with pytest.raises(StoppedError):
                turn.result(10)
        assert not fetching.begun.is_set()
    with built(in_hand):
        pass


def test_without_a_bound_none_waits() -> None:
    in_hand = ShardsInHand(0)
    with built(in_hand), built(in_hand), built(in_hand):
        pass
