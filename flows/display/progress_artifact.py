"""Progress in Prefect's UI: an artifact of the flow run that moves while images are built."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from tasks.progress import Progress, Tally

_EVERY_S = 5.0
_LOST = (httpx.HTTPError, RuntimeError, OSError)
"""What Prefect raises where its server does not answer: a run goes on without its progress being seen."""


@contextmanager
def shown_progress(tally: Tally, key: str) -> Iterator[None]:
    """Show *tally* as a progress artifact with the key *key*, until the run ends."""
    try:
        artifact: UUID = create_progress_artifact(0.0, key=key, description="starting")  # type: ignore[assignment]
    except _LOST:
        yield
        return
    ended = threading.Event()
    watch = contextvars.copy_context()
    thread = threading.Thread(target=watch.run, args=(_follow, tally, artifact, ended), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=_EVERY_S)


def _follow(tally: Tally, artifact: UUID, ended: threading.Event) -> None:
    before: tuple[float, str] | None = None
    highest = 0.0
    while True:
        last = ended.wait(_EVERY_S)
        now = tally.look()
        highest = max(highest, percent(now))
        seen = (100.0, "ended") if last else (highest, described(now))
        if seen != before:
            _update(artifact, *seen)
        before = seen
        if last:
            return


def _update(artifact: UUID, progress: float, description: str) -> None:
    try:
        update_progress_artifact(artifact, progress=progress, description=description)
    except _LOST:
        return


def percent(now: Progress) -> float:
    """How much of the images that are built in this stage are finished, from 0 to 100."""
    return min(100.0, round(100 * now.done / now.planned, 1)) if now.planned else 0.0


def described(now: Progress) -> str:
    """What a run is doing, in a few words."""
    counts = f": {now.done:,} of {now.planned:,} images, {now.rejected:,} rejected" if now.planned else ""
    return f"{now.stage}{counts}"
