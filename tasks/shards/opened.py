"""A shard, or another Parquet file of an output, open for reading; and what to say where it cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow.parquet as pq

from tasks.errors import VersionError
from tasks.samples import UNREADABLE
from tasks.storage import Store, redact_url

REBUILT = "`--full` builds it anew"
"""What helps a run whose rows lie in a shard that cannot be read."""


@contextmanager
def opened_parquet(store: Store, path: str, remedy: str = "") -> Iterator[pq.ParquetFile]:
    """The file *path*, whose pages are held against their sums as they are read.

    Args:
        store: The output.
        path: Below its root.
        remedy: What helps besides `parquetry verify`, where something does.

    Raises:
        VersionError: It is missing or damaged, which may show only as it is read.
    """
    try:
        with store.open(path) as file, pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            yield parquet
    except UNREADABLE as error:
        raise unreadable(store, path, error, remedy) from None


def unreadable(store: Store, path: str, error: Exception, remedy: str = "") -> VersionError:
    """What to say of the file *path*, which *error* kept from being read."""
    where, known = redact_url(f"{store.place.url}/{path}"), f"{remedy}; " if remedy else ""
    if isinstance(error, FileNotFoundError):
        return VersionError(f"{where} is missing. {known}`parquetry verify` shows all damage.")
    return VersionError(f"{where} is damaged: {str(error)[:100]}. {known}`parquetry verify` shows more.")
