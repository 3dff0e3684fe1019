"""Broken forms, shown to the tests beside their room, and then to all others that reach what is broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.mutation.places import Place
from benchmarks.mutation.reach import Reach
from benchmarks.mutation.rooms import ROOMS
from benchmarks.mutation.trials import noticing


@dataclass(frozen=True, slots=True)
class Trial:
    """A form that is tried.

    Attributes:
        form: Its name.
        room: Where its function is.
        place: What it changes.
    """

    form: str
    room: str
    place: Place


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial.

    Attributes:
        trial: The trial.
        beside: The test beside the room that noticed the form; empty where none did.
        test: The test that noticed it, wherever that is; empty where none did.
        reaching: How many tests reach the place.
        untried: How many of them were not tried, for want of time.
    """

    trial: Trial
    beside: str
    test: str
    reaching: int
    untried: int


@dataclass(frozen=True, slots=True)
class Judge:
    """Shows forms to tests.

    Attributes:
        reach: What tests reach.
        seconds: What those beside the room may take together for one form, and as much again all others.
        others: Whether others are asked, too.
    """

    reach: Reach
    seconds: float
    others: bool

    def __call__(self, trial: Trial) -> Outcome:
        """What comes of *trial*."""
        tests = self.reach.reaching(trial.place)
        beside = [test for test in tests if test.startswith(ROOMS[trial.room].beside)]
        others = [test for test in tests if test not in {*beside}] if self.others else []
        near, far = [*self._affordable(beside)], [*self._affordable(others)]
        first = noticing(trial.form, near, self.reach)
        test = first or noticing(trial.form, far, self.reach)
        return Outcome(trial, first, test, len(tests), len(beside) + len(others) - len(near) - len(far))

    def _affordable(self, tests: Sequence[str]) -> Iterator[str]:
        left = self.seconds
        for test in tests:
            left -= self.reach.seconds[test]
            if left >= 0:
                yield test
