"""A run's own folder in the output: made at its start, gone at its end, swept by the next run if it died."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from tasks.errors import OutputError, RefusedError
from tasks.publish.guest import refuse_strangers
from tasks.publish.history import History, read_history
from tasks.publish.pool import move_pool
from tasks.storage import WORKPLACE, Store

_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")


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
        OutputError: Nothing was, and the output holds what is somebody else's.
    """
    started = time.monotonic()
    history = read_history(store)
    if history.newest is None:
        refuse_strangers(store)
    store.sweep()
    if not history.is_current:
        move_pool(store)
        history = read_history(store) if history.newest else history
    run = Run(new_run_id(), store, history, started)
    with store.claim(run.folder):
        try:
            yield run
        except OutputError as error:  # what fails once there is a version is a warning
            raise OutputError(f"{error} This run published nothing.") from error.__cause__


def others_at_work(run: Run) -> list[str]:
    """The ids of other runs that have folders of their own in the output; on object stores some may be dead."""
    names = (name.rstrip("/") for name in run.store.list_names(WORKPLACE) if name.endswith("/"))
    return [name for name in names if _RUN_ID.fullmatch(name) and name != run.id]


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
