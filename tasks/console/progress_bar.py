"""Progress while a run works: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tasks.progress import Progress, Tally, tally_of

_FRAMES_PER_S = 5
_LOOK_EVERY_S = 1.0
_LINE_EVERY_S = 30.0
_FIRST_LINE_S = 10.0


class Display:
    """Shows how far runs are, on one console for all that are under way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.RLock()
        self._shown = 0
        self._bars = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:,.0f} images/s"),
            TextColumn("{task.fields[rejected]} rejected"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            expand=True,
        )

    def watch(self, name: str) -> AbstractContextManager[None]:
        """Show the progress of the dataset *name* while this lasts."""
        return self._bar(name) if self._console.is_terminal else _lines(self._console, name)

    def waiting(self, what: str) -> AbstractContextManager[None]:
        """Say on a terminal *what* is being waited for while this lasts."""
        return _spinning(self._console, what) if self._console.is_terminal else nullcontext()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No bar is drawn while this lasts, so that something can be printed."""
        with self._lock:
            self._draw(0)
            try:
                yield
            finally:
                self._draw(self._shown)

    def _draw(self, count: int) -> None:
        """Draw bars where there are some, at all on a terminal."""
        if not self._console.is_terminal:
            return
        if count:
            self._bars.start()
        else:
            self._bars.stop()

    def _show(self, change: int) -> None:
        with self._lock:
            self._shown += change
            self._draw(self._shown)

    @contextmanager
    def _bar(self, name: str) -> Iterator[None]:
        shown = self._bars.add_task(name, total=None, rate=0.0, rejected=0)
        started, rejects = time.monotonic(), _Rejects()

        def draw(now: Progress) -> None:
            nonlocal started
            if not now.done:
                started = time.monotonic()
            self._bars.update(
                shown,
                description=f"{name}: {now.stage}",
                completed=now.done,
                total=now.planned or None,
                rate=now.done / max(time.monotonic() - started, 1e-9),
                rejected=rejects.up_to(now),
            )

        self._show(+1)
        try:
            with _polled(tally_of(name), draw, 1 / _FRAMES_PER_S):
                yield
        finally:
            self._bars.remove_task(shown)
            self._show(-1)


@contextmanager
def _spinning(console: Console, what: str) -> Iterator[None]:
    with console.status(what):
        yield


@contextmanager
def _lines(console: Console, name: str) -> Iterator[None]:
    lines = _Lines(name)

    def say(now: Progress) -> None:
        if line := lines.due(now, time.monotonic()):
            console.print(line, markup=False, highlight=False, soft_wrap=True)

    with _polled(tally_of(name), say, _LOOK_EVERY_S):
        yield


class _Lines:
    """Which lines a log gets of one run: none of a short one, then one for each stage, and one every half minute."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._stage = ""
        self._since = self._said = time.monotonic()
        self._rejects = _Rejects()

    def due(self, now: Progress, moment: float) -> str:
        """The line that *moment* asks for; empty for none."""
        is_new = now.stage != self._stage
        rejected = self._rejects.up_to(now)
        if is_new:
            self._stage, self._since = now.stage, moment
        if moment - self._said < (_FIRST_LINE_S if is_new else _LINE_EVERY_S):
            return ""
        self._said = moment
        return f"{self._name}: {now.stage}{_counts(now, rejected, moment - self._since)}"


class _Rejects:
    """The rejects of a whole run, whose tally begins anew with each stage."""

    def __init__(self) -> None:
        self._stage, self._earlier, self._here = "", 0, 0

    def up_to(self, now: Progress) -> int:
        """All rejects until *now*, those of earlier stages too."""
        if now.stage != self._stage:
            self._stage, self._earlier = now.stage, self._earlier + self._here
        self._here = now.rejected
        return self._earlier + self._here


def _counts(now: Progress, rejected: int, seconds: float) -> str:
    """How far a stage is that has been at work for so many *seconds*: images, rate, rejects, time left."""
    if not now.planned:
        return ""
    rate = now.done / seconds if seconds > 0 else 0.0
    left = f", about {(now.planned - now.done) / rate:,.0f} s left" if rate else ""
    return f" {now.done:,} of {now.planned:,} images, {rate:,.0f} images/s, {rejected:,} rejected{left}"


@contextmanager
def _polled(tally: Tally, show: Callable[[Progress], None], every_s: float) -> Iterator[None]:
    """Show *tally* at intervals from a thread of its own."""
    ended = threading.Event()

    def poll() -> None:
        while not ended.wait(every_s):
            show(tally.look())

    thread = threading.Thread(target=poll, name="parquetry-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
