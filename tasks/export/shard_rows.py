"""The rows of a published shard, as exports read them: a row group at a time is in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from tasks.columns import ShardRow, ShardRows
from tasks.errors import VersionError
from tasks.publish.manifest import FileEntry
from tasks.shards.opened import opened_parquet
from tasks.storage import Store, redact_url

_ROWS = 64
"""How many rows of a row group become Python's own at once."""


def groups_of(store: Store, shard: FileEntry) -> Iterator[ShardRows]:
    """The row groups of *shard*, one after the other.

    Raises:
        VersionError: It is missing, damaged, or has other rows than its version says.
    """
    with opened_parquet(store, shard.path) as parquet:
        if (rows := parquet.metadata.num_rows) != shard.rows:
            where = redact_url(f"{store.place.url}/{shard.path}")
            raise VersionError(f"{where} has {rows} rows, not {shard.rows}. `parquetry verify` shows all damage.")
        for number in range(parquet.num_row_groups):
            yield parquet.read_row_group(number)


def schema_of(store: Store, shard: FileEntry) -> pa.Schema:
    """The columns of *shard*; `VersionError` as above."""
    for group in groups_of(store, shard):
        return group.schema
    raise VersionError(f"{redact_url(f'{store.place.url}/{shard.path}')} has no rows; `parquetry verify` shows more.")


def rows_of(store: Store, shard: FileEntry) -> Iterator[ShardRow]:
    """The rows of *shard*, in their order; `VersionError` as above."""
    for group in groups_of(store, shard):
        yield from rows_in(group)


def rows_in(group: ShardRows) -> Iterator[ShardRow]:
    """The rows of *group*; few of them become Python's own at once."""
    for start in range(0, group.num_rows, _ROWS):
        yield from group.slice(start, _ROWS).to_pylist()


def stem_of(shard: FileEntry) -> str:
    """What a file that is made of *shard* is called, without its end: its split and the hash of the Parquet file."""
    return shard.path.rpartition("/")[2].removesuffix(".parquet")
