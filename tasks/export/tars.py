"""One shard as a tar file: the same Parquet file gives the same bytes, and a row group at a time is in memory."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path
from typing import IO

from tasks.export.index import ExportedFile
from tasks.export.members import members_of
from tasks.export.shard_rows import rows_of
from tasks.publish.manifest import FileEntry
from tasks.storage import Store, told


def write_tar(store: Store, shard: FileEntry, path: Path, name: str) -> ExportedFile:
    """Write the rows of *shard*, in their order, into the new local file *path*; return what it holds, as *name*.

    Raises:
        OutputError: It cannot be written.
        VersionError: The shard is missing, damaged, or has other rows than its version says.
    """
    with told("writing", str(path)), path.open("xb") as file:
        tar = _Tar(file)
        for number, row in enumerate(rows_of(store, shard)):
            for member, data in members_of(number, row):
                tar.add(member, data)
        tar.finish()
    return ExportedFile(path=name, split=shard.split, rows=shard.rows, bytes=tar.bytes, sha256=tar.sha256)


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
