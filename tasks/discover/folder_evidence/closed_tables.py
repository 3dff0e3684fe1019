"""Zips beside class folders that hold tables and no image: what these say of the images nobody has read."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.discover.listing.listing import Listing
from tasks.discover.proposals import Proposal
from tasks.discover.settings import SourceSettings
from tasks.discover.words.folder_names import few
from tasks.errors import DatasetError
from tasks.storage.archive_store import member_files
from tasks.storage.archives import archive_below

_MOST = 8
_TABLES = (".csv", ".tsv", ".tab", ".txt", ".lst", ".json", ".jsonl", ".ndjson", ".xml", ".xlsx", ".parquet", ".yaml")
_TWO = 2


def closed_tables(listing: Listing, source: SourceSettings) -> tuple[str, Proposal]:
    """What speaks against folders for a zip of several tables that stays closed, empty without one; and to read it.

    One that holds a single table is read as that.
    """
    opened = Proposal("the tables in it count, too", {"source": {"archives": True}})
    archives = [] if source.archives or source.is_web else listing.archives[:_MOST]
    for path in (path for path in archives if path.lower().endswith(".zip")):
        names = list(_tables_in(source, path))
        if len(names) >= _TWO:
            return f"{path} holds {few(names)}, which are not read and may say something else of the images", opened
    return "", opened


def _tables_in(source: SourceSettings, path: str) -> Iterator[str]:
    """The tables in the zip at *path* below the source; none where it holds images, too, or cannot be read."""
    try:
        names = member_files(archive_below(source.place, path))
    except (DatasetError, OSError):
        return
    if not any(name.lower().endswith(tuple(source.extensions)) for name in names):
        yield from (name for name in names if name.lower().endswith(_TABLES))
