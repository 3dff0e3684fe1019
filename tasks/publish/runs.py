"""A run's own folder in the output: made at its start, gone at its end, swept by the next run if it died."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from tasks.errors import RefusedError
from tasks.publish.history import History, read_history
from tasks.storage import Store

RUNS = "runs"
_LOCK = "lock"


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
        return f"{RUNS}/{self.id}"

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self.started


def now() -> str:
    """The time, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@contextmanager
def open_run(store: Store) -> Iterator[Run]:
    """A run that publishes to *store*; its folder is gone afterwards, and those of dead runs are too.

    Raises:
        VersionError: What was published before cannot be read.
    """
    started = time.monotonic()
    run = Run(f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}", store, read_history(store), started)
    with _locked(store, run):
        _sweep(store, run)
        try:
            yield run
        finally:
            store.delete_tree(run.folder)


def refuse_held(run: Run) -> None:
    """Raise `RefusedError` where the newest version is held."""
    newest = run.history.newest
    if newest is not None and newest.hold:
        raise RefusedError(
            f"held: version {newest.version} was rolled back to and is held; "
            f"`parquetry release {run.store.place.url}` lets runs publish again"
        )


@contextmanager
def _locked(store: Store, run: Run) -> Iterator[None]:
    """A lock by which other runs on this machine see that this one is alive."""
    if not store.is_local:
        yield
        return
    folder = Path(store.place.url, run.folder)
    store.create(f"{run.folder}/{_LOCK}", str(os.getpid()).encode())
    with (folder / _LOCK).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def _sweep(store: Store, run: Run) -> None:
    """Remove what dead runs left; of a store without locks only what is older than three days."""
    if store.is_local:
        runs = Path(store.place.url, RUNS)
        for folder in runs.iterdir():
            if folder.name != run.id and _is_dead(folder):
                store.delete_tree(f"{RUNS}/{folder.name}")
                with suppress(OSError):
                    folder.unlink()
        return
    oldest = time.time() - 3 * 86400
    files = store.list_files(RUNS)
    store.delete(file.path for file in files if file.modified < oldest and not file.path.startswith(run.folder))


def _is_dead(folder: Path) -> bool:
    try:
        with (folder / _LOCK).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return not _is_starting(int(file.read() or b"0"), os.fstat(file.fileno()).st_mtime)
    except BlockingIOError:
        return False
    except (FileNotFoundError, NotADirectoryError):
        return time.time() - folder.lstat().st_mtime > 60


def _is_starting(process: int, since: float) -> bool:
    """Whether *process* may be just about to lock the file that it made at the time *since*."""
    return abs(time.time() - since) < 10 and Path(f"/proc/{process}").exists()
