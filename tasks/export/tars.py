"""One shard as a tar file: the same Parquet file gives the same bytes, and a row group at a time is in memory."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import VersionError
from tasks.export.index import TarEntry
from tasks.export.members import Row, members_of
from tasks.publish.documents import FileEntry
from tasks.samples import UNREADABLE
from tasks.storage import Store, redact_url, told

_ROWS = 64
"""How many rows of a row group become Python's own at once."""


def tar_name(shard: FileEntry) -> str:
    """What the tar of *shard* is called: its split and the hash of the Parquet file."""
    return f"{shard.path.rpartition('/')[2].removesuffix('.parquet')}.tar"


def write_tar(store: Store, shard: FileEntry, path: Path) -> TarEntry:
    """Write the rows of *shard*, in their order, into the new local file *path*; return what it holds.

    Raises:
        OutputError: It cannot be written.
        VersionError: The shard is missing, damaged, or has other rows than its version says.
    """
    rows = 0
    with told("writing", str(path)), path.open("xb") as file:
        tar = _Tar(file)
        for row in _rows_of(store, shard.path):
            for name, data in members_of(rows, row):
                tar.add(name, data)
            rows += 1
        tar.finish()
    if rows != shard.rows:
        where = redact_url(f"{store.place.url}/{shard.path}")
        raise VersionError(f"{where} has {rows} rows, not {shard.rows}; `parquetry verify` shows all damage.")
    return TarEntry(path=tar_name(shard), split=shard.split, rows=rows, bytes=tar.bytes, sha256=tar.sha256)


class _Tar:
    """A tar file in the making, in the oldest form that all readers know; nothing in it tells when or by whom."""

    def __init__(self, file: IO[bytes]) -> None:
        self.bytes = 0
        self._file = file
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of what was written, in hexadecimal."""
        return self._digest.hexdigest()

    def add(self, name: str, data: bytes) -> None:
        """One more file; its owner is nobody, and its age that of the epoch."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o644
        self._write(info.tobuf(tarfile.USTAR_FORMAT))
        self._write(data)
        self._fill(tarfile.BLOCKSIZE)

    def finish(self) -> None:
        """Two empty blocks end a tar file, which is of whole records."""
        self._write(bytes(2 * tarfile.BLOCKSIZE))
        self._fill(tarfile.RECORDSIZE)

    def _fill(self, unit: int) -> None:
        self._write(bytes(-self.bytes % unit))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.bytes += len(data)


def _rows_of(store: Store, path: str) -> Iterator[Row]:
    where = redact_url(f"{store.place.url}/{path}")
    try:
        with store.open(path) as file, pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            for number in range(parquet.num_row_groups):
                yield from _rows_in(parquet.read_row_group(number))
    except FileNotFoundError:
        raise VersionError(f"{where} is missing; `parquetry verify` shows all damage.") from None
    except UNREADABLE as error:
        raise VersionError(f"{where} is damaged: {str(error)[:100]}. `parquetry verify` shows more.") from None


def _rows_in(group: pa.Table) -> Iterator[Row]:
    for start in range(0, group.num_rows, _ROWS):
        yield from group.slice(start, _ROWS).to_pylist()
