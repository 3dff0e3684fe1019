"""A run's own folder in the output: made at its start, gone at its end, swept by the next run if it died."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from tasks.errors import RefusedError
from tasks.publish.history import History, read_history
from tasks.storage import WORKPLACE, Store


@dataclass(frozen=True, slots=True)
class Run:
    """One run that may publish.

    Attributes:
        id: When it began, and a random part.
        store: The output.
        history: What was published when it began.
        started: Of the monotonic clock, in seconds.
        is_dry: Nothing may be written.
    """

    id: str
    store: Store
    history: History
    started: float
    is_dry: bool = False

    @property
    def folder(self) -> str:
        """Its own folder, below the output's root."""
        return f"{WORKPLACE}/{self.id}"

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self.started


def now() -> str:
    """The time, ISO 8601 in UTC, to the second."""
    return as_text(datetime.now(UTC))


def as_text(moment: datetime) -> str:
    """*moment*, which is in UTC, in ISO 8601."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


@contextmanager
def open_run(store: Store) -> Iterator[Run]:
    """A run that publishes to *store*; its folder is gone afterwards, and those of dead runs are too.

    Raises:
        VersionError: What was published before cannot be read.
    """
    started = time.monotonic()
    run = Run(new_run_id(), store, read_history(store), started)
    store.sweep()
    with store.claim(run.folder):
        yield run


def new_run_id() -> str:
    """A name that no other run has: the time, and a random part."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"


def refuse_held(run: Run) -> None:
    """Raise `RefusedError` where the newest version is held."""
    newest = run.history.newest
    if newest is not None and newest.hold:
        raise RefusedError(
            f"held: version {newest.version} was rolled back to and is held; "
            f"`parquetry release {run.store.place.url}` lets runs publish again"
        )
