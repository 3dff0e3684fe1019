"""Rows into Parquet files, hashed as they are written, and named by that hash once they are whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.samples import ShardFile
from tasks.shards.settings import HARD_CAP_BYTES, WriteSettings
from tasks.storage import POOL, Store, told

_GROUP_BYTES = 512 << 10
_LEAST_ROWS = 16
_MOST_ROWS = 1000
_MOST_BYTES = 8 << 20
"""A row group ends at `_GROUP_BYTES` of images, of which it has `_LEAST_ROWS`, at `_MOST_ROWS` or at `_MOST_BYTES`.

What finds one image reads a whole group, and what counts labels reads 1.6 KB of footer for each: at 512 KiB both are
cheap. A loader gains by small groups, too, since it hands them out and mixes several of them.
"""
_SMALL_JPEG = 4096
_STATISTICS = "label label_name target split sample_id width height orig_width orig_height".split()
_DICTIONARY = [
    "label",
    "label_name",
    "labels.list.element",
    "label_names.list.element",
    "split",
    "width",
    "height",
    "orig_width",
    "orig_height",
    "orig_format",
    "warning",
    "channels",
]


def _leaf(field: pa.Field) -> str:
    """What the column of a file is called that holds the values of *field*."""
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else str(field.name)


class HashingFile:
    """A file that is written front to back, and knows the SHA-256 of its bytes."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        with told("writing", self._path):
            self._file = path.open("xb")
        self._hash = hashlib.sha256()
        self.bytes = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Append *data*."""
        self._hash.update(data)
        self.bytes += len(data)
        try:  # of each part of each column: what an error says is looked up only where there is one
            return self._file.write(data)
        except OSError:
            with told("writing", self._path):
                raise

    def tell(self) -> int:
        """How many bytes there are."""
        return self.bytes

    def flush(self) -> None:
        """Hand what is buffered to the system."""
        with told("writing", self._path):
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self.closed = True
        with told("writing", self._path):
            self._file.close()

    @property
    def sha256(self) -> str:
        """Of what was written, in hexadecimal."""
        return self._hash.hexdigest()


class ShardWriter:
    """Writes the rows of one shard, until `finish`; into more than one file only where they exceed the hard cap.

    Attributes:
        files: The files that are finished and stand in the pool.
    """

    def __init__(self, store: Store, folder: Path, split: str, schema: pa.Schema, settings: WriteSettings) -> None:
        self.files: list[ShardFile] = []
        self._store = store
        self._split = split
        self._folder = folder
        self._schema = schema
        self._settings = settings
        self._rows: list[Mapping[str, object]] = []
        self._buffered = 0
        self._in_file = 0
        self._file: HashingFile | None = None
        self._writer: pq.ParquetWriter | None = None
        self._file_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None and not self._file.closed:
            self._file.close()

    def add(self, row: Mapping[str, object], size: int) -> None:
        """One more row, of *size* image bytes."""
        if self._in_file + size > HARD_CAP_BYTES:
            self.finish()
        self._rows.append(row)
        self._buffered += size
        self._in_file += size
        count = len(self._rows)
        if count >= _MOST_ROWS or self._buffered >= (_GROUP_BYTES if count >= _LEAST_ROWS else _MOST_BYTES):
            self._flush()

    def _flush(self) -> None:
        """Write what is buffered as one row group."""
        if not self._rows:
            return
        if self._writer is None:
            self._file = HashingFile(self._folder / f"shard-{len(self.files)}.parquet")
            self._writer = self._open(self._file, self._buffered / len(self._rows))
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema), row_group_size=_MOST_ROWS)
        self._file_rows += len(self._rows)
        self._rows, self._buffered = [], 0

    def _open(self, file: HashingFile, mean_bytes: float) -> pq.ParquetWriter:
        image = self._schema.names[0]
        column = "image.bytes" if image == "image" else image
        others = [_leaf(field) for field in self._schema][1:]
        leaves = ["image.bytes", "image.path", *others] if image == "image" else [image, *others]
        codecs = dict.fromkeys(leaves, "zstd") | {column: self._codec(mean_bytes)}
        writer = pq.ParquetWriter(
            file,
            self._schema,
            compression=codecs,
            compression_level={leaf: 1 for leaf, codec in codecs.items() if codec == "zstd"},
            use_dictionary=[name for name in _DICTIONARY if name in leaves],
            write_statistics=[name for name in _STATISTICS if name in leaves],
            write_page_index=True,
            write_page_checksum=True,
            store_schema=False,  # it would repeat the metadata: 8 KB a file of a hundred classes
        )
        writer.add_key_value_metadata(dict(self._schema.metadata or {}))
        return writer

    def _codec(self, mean_bytes: float) -> str:
        """Of the image column: small JPEGs all repeat the same tables, and raw pixels compress; nothing else does."""
        if self._settings.compression != "auto":
            return self._settings.compression
        small = self._settings.pixels == "jpeg" and mean_bytes < _SMALL_JPEG
        return "zstd" if small or self._settings.pixels == "raw" else "none"

    def finish(self) -> None:
        """Close the file, and give it its name in the pool."""
        self._flush()
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        self._file.close()
        name = f"{POOL}/{self._split}-{self._file.sha256[:16]}.parquet"
        made = ShardFile(name, self._split, self._file_rows, self._file.bytes, self._file.sha256)
        self._store.adopt(self._folder / f"shard-{len(self.files)}.parquet", name)
        self.files.append(made)
        self._writer, self._file, self._file_rows, self._in_file = None, None, 0, 0
