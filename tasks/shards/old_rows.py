"""Encoded rows out of shards that are there: copied, never decoded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from tasks.columns import ShardRow
from tasks.images.measures import MEASURES
from tasks.images.thumb import KINDRED
from tasks.samples import UNREADABLE
from tasks.shards.opened import REBUILT, unreadable
from tasks.shards.schema import pixel_spec_of
from tasks.storage import Store

_GROUPS = 6


class OldRows:
    """Reads rows by file and place; a few row groups are in memory at a time.

    Attributes:
        paths: The files, below the root of the store.
        columns: Those that rows are read with, as Parquet names them: ``image.bytes`` leaves out the path; all where
            this is None.
        measures: How rows are to be measured, by the name of the way; rows that were measured in a way that is not
            akin to it, or not at all, come without measures.
    """

    def __init__(
        self, store: Store, paths: Sequence[str], measures: str = "", columns: frozenset[str] | None = None
    ) -> None:
        self.paths = paths
        self.columns = columns
        self.measures = measures
        self._store = store
        self._files: dict[int, _OldFile] = {}
        self._groups: OrderedDict[tuple[int, int], list[ShardRow]] = OrderedDict()

    def read(self, file: int, row: int) -> ShardRow:
        """Row *row* of file *file*, with those of the columns that it has.

        Raises:
            VersionError: The file is missing or damaged.
        """
        if file not in self._files:
            self._files[file] = _OldFile(self._store, self.paths[file], self.measures, self.columns)
        opened = self._files[file]
        group = int(np.searchsorted(opened.starts, row, side="right")) - 1
        key = (file, group)
        if key not in self._groups:
            self._groups[key] = opened.read_group(group)
            while len(self._groups) > _GROUPS:
                self._groups.popitem(last=False)
        self._groups.move_to_end(key)
        return self._groups[key][row - int(opened.starts[group])]

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()


class _OldFile:
    def __init__(self, store: Store, path: str, measures: str, columns: frozenset[str] | None) -> None:
        self._store, self._path = store, path
        try:
            self._opened = store.open(path)
            self._parquet = pq.ParquetFile(self._opened, page_checksum_verification=True)
        except UNREADABLE as error:
            raise unreadable(store, path, error, REBUILT) from None
        if not {"image", "pixels"} & set(self._parquet.schema_arrow.names):
            raise unreadable(store, path, ValueError("it has no column of images"), REBUILT)
        schema = self._parquet.schema_arrow
        way = pixel_spec_of(schema).get("measures") or ""
        is_other = way != measures and not {way, measures} <= KINDRED
        there = [name for name in schema.names if not (is_other and name in MEASURES)]
        if columns is not None:
            there = [name for name in ("image.bytes" if name == "image" else name for name in there) if name in columns]
        self._columns = there

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """The first row of each row group."""
        metadata = self._parquet.metadata
        counts = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
        return np.cumsum([0, *counts[:-1]], dtype=np.int64)

    def read_group(self, group: int) -> list[ShardRow]:
        """The rows of one group. Handing columns as short as these to threads costs more than reading them."""
        try:
            table = self._parquet.read_row_group(group, columns=self._columns, use_threads=False)
            rows: list[ShardRow] = table.to_pylist()
        except UNREADABLE as error:
            raise unreadable(self._store, self._path, error, REBUILT) from None
        return rows

    def close(self) -> None:
        self._parquet.close()
        self._opened.close()
