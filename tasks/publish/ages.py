"""How old files are, by the clock of the store that holds them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta

from tasks.storage import WORKPLACE, Store, StoredFile


def clock_of(store: Store, files: Iterable[StoredFile]) -> float:
    """Now: seconds since the epoch; of a store that is not on this machine at least the age of its newest file."""
    if store.is_local:
        return time.time()
    return max((file.modified for file in [*files, *store.list_files(WORKPLACE)]), default=0.0)


def renew_old(store: Store, files: Iterable[StoredFile], clock: float, grace: timedelta) -> None:
    """Give a new age to those of *files* that are older than half of *grace* at *clock*: nobody deletes them for now.

    Raises:
        FileNotFoundError: One of them has just been deleted.
    """
    for file in files:
        if clock - file.modified > grace.total_seconds() / 2:
            store.renew(file.path)
