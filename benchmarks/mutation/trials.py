"""Tests of the copy, run in forks of a process that has imported what they need: most take a fraction of a second."""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from mutmut.mutation import trampoline

_ARGUMENTS = ["-q", "--rootdir=.", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
_GRACE_S, _TIMES = 20, 5
"""A trial may take that many seconds and so many times what its tests took: what goes on has come to no end."""
_FIRST = 12
"""So many of the quickest tests are tried before the others are so much as collected."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Which tests reach which function.

    Attributes:
        tests: By a function's name in the copy, the tests that call it.
        seconds: What each test takes.
        modules: What was imported when all had run.
    """

    tests: dict[str, set[str]]
    seconds: dict[str, float]
    modules: list[str]

    def reaching(self, form: str, among: Sequence[str]) -> list[str]:
        """The tests below the paths *among* that call the function of which *form* is a broken form, quickest first."""
        tests = self.tests.get(form.partition("__mutmut_")[0], set())
        return sorted((test for test in tests if test.startswith(tuple(among))), key=lambda test: self.seconds[test])


@dataclass(eq=False)  # pytest puts plugins into sets
class _Watch:
    """A plugin that notes which functions each test calls."""

    called: set[str] = field(default_factory=set)
    tests: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def pytest_runtest_logstart(self) -> None:
        self.called.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        for name in self.called if report.when == "teardown" else ():
            self.tests[name].add(report.nodeid)


def watched(paths: Sequence[str]) -> Reach:
    """Run the tests below *paths* as they are; the working directory is the copy."""
    data = _in_fork(lambda: _watch(paths), None)
    if not data:
        sys.exit("The tests fail as they are, before anything is broken: see above.")
    tests, seconds, modules = json.loads(data)
    return Reach({name: set(found) for name, found in tests.items()}, seconds, modules)


def _watch(paths: Sequence[str]) -> bytes:
    watch = _Watch()
    trampoline.record_trampoline_hit = lambda name, **_: watch.called.add(name)
    os.environ["MUTMUT_DEPENDENCY_DEPTH"] = str(sys.maxsize)
    trampoline.set_mutant_under_test("stats")
    if pytest.main([*_ARGUMENTS, *paths], plugins=[watch]):
        return b""
    tests = {name: sorted(found) for name, found in watch.tests.items()}
    return json.dumps([tests, watch.seconds, [*sys.modules]]).encode()


def warm_up(reach: Reach) -> None:
    """Import what the tests import, so that a fork need not."""
    with _silence():
        pytest.main(["--collect-only", *_ARGUMENTS, *sorted({test.partition("::")[0] for test in reach.seconds})])
        for name in reach.modules:
            with suppress(Exception):  # some are made by the tests, and some import no more
                importlib.import_module(name)


def is_noticed(form: str, tests: Sequence[str], reach: Reach) -> bool:
    """Whether one of *tests*, if there are any, fails or comes to no end, once *form* stands for its function."""
    if not tests:
        return False
    wait_s = _GRACE_S + _TIMES * sum(reach.seconds[test] for test in tests)
    return _in_fork(lambda: _tried(form, tests), wait_s) != b"0"


def _tried(form: str, tests: Sequence[str]) -> bytes:
    """What pytest ends with, as text; 0 where all *tests* pass."""
    trampoline.set_mutant_under_test(form)
    with _silence():
        ended = (int(pytest.main(["-x", *_ARGUMENTS, *some])) for some in (tests[:_FIRST], tests[_FIRST:]) if some)
        return str(next((code for code in ended if code), 0)).encode()


def _in_fork(work: Callable[[], bytes], wait_s: float | None) -> bytes:
    """What *work* returns in a process of its own; nothing where that dies, or does not end within *wait_s*."""
    receiving, sending = os.pipe()
    process = os.fork()
    if not process:
        os.setsid()
        with suppress(BaseException), os.fdopen(sending, "wb") as file:
            file.write(work())
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as file:
        data = file.read() if select.select([file], [], [], wait_s)[0] else b""
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)  # and what its tests have started
    os.waitpid(process, 0)
    return data


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing that is written within is seen."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
