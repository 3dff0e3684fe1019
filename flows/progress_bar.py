"""Progress while a run works: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from tasks.progress import Progress, Tally, tally_of

_FRAMES_PER_S = 5
_LINE_EVERY_S = 30.0


def watching(console: Console) -> Callable[[str], AbstractContextManager[None]]:
    """What shows the progress of the dataset it is given, on *console*, until its run ends."""

    def watch(name: str) -> AbstractContextManager[None]:
        return _bar(console, name) if console.is_terminal else _lines(console, name)

    return watch


@contextmanager
def _bar(console: Console, name: str) -> Iterator[None]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:,.0f} images/s"),
        TextColumn("{task.fields[rejected]} rejected"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True, expand=True) as bar:
        shown = bar.add_task(name, total=None, rate=0.0, rejected=0)
        started = time.monotonic()

        def draw(now: Progress) -> None:
            nonlocal started
            if not now.done:
                started = time.monotonic()
            rate = now.done / max(time.monotonic() - started, 1e-9)
            description = f"{name}: {now.stage}"
            total = now.planned or None
            bar.update(
                shown, description=description, completed=now.done, total=total, rate=rate, rejected=now.rejected
            )

        with _polled(tally_of(name), draw, 1 / _FRAMES_PER_S):
            yield


@contextmanager
def _lines(console: Console, name: str) -> Iterator[None]:
    last = ""

    def say(now: Progress) -> None:
        nonlocal last
        counts = f" {now.done:,} of {now.planned:,} images, {now.rejected:,} rejected" if now.planned else ""
        line = f"{name}: {now.stage}{counts}"
        if line != last:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
            last = line

    with _polled(tally_of(name), say, _LINE_EVERY_S):
        yield


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
