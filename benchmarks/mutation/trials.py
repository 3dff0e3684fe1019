"""Tests of the copy, run in forks of a process that has imported what they need: most take a fraction of a second."""

from __future__ import annotations

import importlib
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest
from mutmut.mutation import trampoline

from benchmarks.mutation.reach import Reach

_ARGUMENTS = ["-q", "--rootdir=.", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
_GRACE_S, _TIMES, _WAITS = 20, 5, 10
"""A trial may take so many seconds of a processor, and so many times what its tests took; of a clock ten times that."""
_FIRST = 12
"""So many of the quickest tests are tried before the others are so much as collected."""
_MOST_BYTES = 6 << 30
"""A form that fills the memory ends here."""
_PASSED = "passed"


def warm_up(reach: Reach) -> None:
    """Import what the tests import, so that a fork need not; the working directory is the copy."""
    with _silence():
        pytest.main(["--collect-only", *_ARGUMENTS, *sorted({test.partition("::")[0] for test in reach.seconds})])
        for name in reach.modules:
            with suppress(Exception):  # some are made by the tests, and some import no more
                importlib.import_module(name)


def noticing(form: str, tests: Sequence[str], reach: Reach) -> str:
    """The first of *tests* that fails once *form* stands for its function, and not without; nothing if there is none.

    A test that comes to no end in time has failed if it comes to none again, by itself.
    """
    left = list(tests)
    while left and (test := _stopping(form, left, reach)):
        if _is_fine(test, reach) and _stopping(form, [test], reach):
            return test
        left.remove(test)
    return ""


_fine: dict[str, bool] = {}


def _is_fine(test: str, reach: Reach) -> bool:
    """Whether *test* passes by itself as the project is."""
    if test not in _fine:
        _fine[test] = not _stopping("", [test], reach)
    return _fine[test]


def _stopping(form: str, tests: Sequence[str], reach: Reach) -> str:
    """The test that fails, or does not end in time, while *form* stands for its function; nothing where all pass."""
    limit_s = _GRACE_S + int(_TIMES * sum(reach.seconds[test] for test in tests))
    said = _in_fork(lambda pipe: _try(form, tests, pipe), limit_s).split("\n")[:-1]
    return "" if not said or said[-1] == _PASSED else said[-1]


class _Teller:
    """A plugin that says which test is begun."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        os.write(self._pipe, f"{nodeid}\n".encode())


def _try(form: str, tests: Sequence[str], pipe: int) -> None:
    """Run *tests* until one fails; say to *pipe* which are begun, and whether all have passed."""
    trampoline.set_mutant_under_test(form)
    with _silence():
        for some in filter(None, (tests[:_FIRST], tests[_FIRST:])):
            if pytest.main(["-x", *_ARGUMENTS, *some], plugins=[_Teller(pipe)]):
                return
    os.write(pipe, f"{_PASSED}\n".encode())


def _in_fork(work: Callable[[int], None], limit_s: int) -> str:
    """What *work* writes to the pipe that it is given, in a process of its own that may take *limit_s* seconds."""
    receiving, sending = os.pipe()
    process = os.fork()
    if not process:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
        with suppress(BaseException):
            work(sending)
        os._exit(0)
    os.close(sending)
    said = _read(receiving, process, time.monotonic() + _WAITS * limit_s)
    os.close(receiving)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)  # and what its tests have started
    os.waitpid(process, 0)
    return said.decode()


def _read(pipe: int, process: int, until: float) -> bytes:
    """All that comes through *pipe* until *process* ends, or the clock says *until*; what it started may live on."""
    said, end = b"", os.pidfd_open(process)
    try:
        while ready := select.select([pipe, end], [], [], max(0.0, until - time.monotonic()))[0]:
            more = os.read(pipe, 1 << 16) if pipe in ready else b""
            said += more
            if not more:
                return said
    finally:
        os.close(end)
    return said


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
