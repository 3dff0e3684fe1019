"""Ctrl-C, SIGTERM and a closed terminal: a run's shards stop at their next image, and all ends within ten seconds."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress

from tasks.progress import tally_of

_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_GRACE_S = 6.0  # for shards, Prefect and the server to end in order
_CLEANUP_S = 2.0
_LOOK_EVERY_S = 0.1


class Interrupt:
    """Whether a signal came.

    Attributes:
        number: The signal; 0 while there was none.
        datasets: Whose runs have begun.
        cleanup: What to do before the process is ended.
    """

    def __init__(self) -> None:
        self.number = 0
        self.datasets: Sequence[str] = ()
        self.cleanup: Callable[[], None] = lambda: None

    def begin(self, datasets: Sequence[str], cleanup: Callable[[], None]) -> None:
        """The runs of *datasets* begin: they are given time to end in order, and *cleanup* is called if they do not."""
        self.datasets, self.cleanup = datasets, cleanup

    @property
    def exit_code(self) -> int:
        """128 and the signal, as shells count."""
        return 128 + self.number


@contextmanager
def stopped_by_signals() -> Iterator[Interrupt]:
    """While this lasts, a signal stops the runs that have begun; after a grace the process ends whatever it does.

    A thread waits for the signals, so that they interrupt no write. Threads that libraries start at their import do not
    know of it, so this comes before the imports.
    """
    is_nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    signals = _SIGNALS - ({signal.SIGHUP} if is_nohup else set())
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    interrupt = Interrupt()
    ended = threading.Event()
    thread = threading.Thread(target=_wait, args=(interrupt, ended, signals), name="signals", daemon=True)
    thread.start()
    try:
        yield interrupt
    finally:
        ended.set()
        thread.join()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def ended_in_time(dataset: str) -> Iterator[None]:
    """While this lasts in a flow process of a worker or of `serve`, a SIGTERM ends it within ten seconds.

    Prefect turns the signal into an exception of the main thread, and kills the process only 30 s later; the threads of
    the shards get nothing. So they are told to stop at their next image, and whatever waits longer, as for a slow
    server, is not waited for: what is published is as it was, and the next run sweeps. The signal's handler must stay
    Prefect's own, or a cancelled run would be shown as crashed; so a thread reads Python's own note of signals.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not callable(signal.getsignal(signal.SIGTERM)):
        yield
        return
    noted, notes = os.pipe()
    os.set_blocking(notes, False)
    threading.Thread(target=_end_on_sigterm, args=(noted, dataset), name="end", daemon=True).start()
    before = signal.set_wakeup_fd(notes, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(notes)


def _end_on_sigterm(noted: int, dataset: str) -> None:
    """End the process a while after SIGTERM is noted, one byte a signal; return when the notes are closed."""
    while found := os.read(noted, 64):
        if signal.SIGTERM in found:
            _stop([dataset], threading.Event())
            os._exit(128 + signal.SIGTERM)
    os.close(noted)


def _wait(interrupt: Interrupt, ended: threading.Event, signals: AbstractSet[signal.Signals]) -> None:
    while not ended.wait(_LOOK_EVERY_S):
        # sigtimedwait would do, but gives a signal out of thin air when the process is stopped and goes on
        if pending := signal.sigpending() & signals:
            interrupt.number = signal.sigwait(pending)
            break
    if not interrupt.number:
        return
    if not interrupt.datasets:
        _say(b"error: stopped before any run began; what is published is as it was\n")
        os._exit(interrupt.exit_code)
    if not _stop(interrupt.datasets, ended):
        _say(b"error: stopped; what is published is as it was, and the next run goes on from there\n")
        cleaner = threading.Thread(target=_clean, args=(interrupt.cleanup,), daemon=True)
        cleaner.start()
        cleaner.join(_CLEANUP_S)
        os._exit(interrupt.exit_code)


def _say(words: bytes) -> None:
    with suppress(OSError):  # the terminal may be gone
        os.write(2, words)


def _stop(datasets: Sequence[str], ended: threading.Event) -> bool:
    """Stop the runs of *datasets* for as long as they may take to end; whether they did.

    They are told again and again: a run that is only just beginning forgets what it was told before.
    """
    last = time.monotonic() + _GRACE_S
    while not ended.wait(_LOOK_EVERY_S):
        for name in datasets:
            tally_of(name).stop()
        if time.monotonic() > last:
            return False
    return True


def _clean(cleanup: Callable[[], None]) -> None:
    with suppress(OSError, ValueError):  # a ValueError: settings cannot be put back by another thread than set them
        cleanup()
