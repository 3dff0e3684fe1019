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
from tasks.samples import StoreUrl
from tasks.storage import WORKPLACE, LocalStore, Store

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
    """The ids of other runs that are at work on the output; on object stores some may be dead."""
    return [name for name in run.store.claimed() if _RUN_ID.fullmatch(name) and name != run.id]


def told_of_others(place: StoreUrl) -> str:
    """What to say before a run of the output at *place* where another one is at work; empty where none is known.

    Only on local disks is that known: there a run holds a lock while it lives. The run may go on all the same, since a
    commit has one winner, and the other one may be frozen.
    """
    ids = [name for name in LocalStore(place).claimed() if _RUN_ID.fullmatch(name)] if place.is_local else []
    if not ids:
        return ""
    began = datetime.strptime(ids[0][:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return (
        f"another run of this dataset has been at work since {as_text(began)} ({ids[0]}): the one that publishes first "
        "wins, and the other one is refused once its work is done"
    )


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
