"""Folders on a local disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO
from uuid import uuid4

from tasks.samples import StoreUrl
from tasks.storage.store import TEMPORARY_PREFIX, StoredFile, told


class LocalStore:
    """A folder on a local disk."""

    is_local = True

    def __init__(self, place: StoreUrl) -> None:
        self.place = place
        self.root = Path(place.url)

    def read_bytes(self, path: str) -> bytes:
        with told("reading", self._name(path)):
            return (self.root / path).read_bytes()

    def open(self, path: str) -> BinaryIO:
        with told("reading", self._name(path)):
            return (self.root / path).open("rb")

    def create(self, path: str, data: bytes) -> None:
        with told("writing", self._name(path)), self._written(path, data) as temporary:
            os.link(temporary, self.root / path)
            sync_folder((self.root / path).parent)

    def replace(self, path: str, data: bytes) -> None:
        with told("writing", self._name(path)), self._written(path, data) as temporary:
            temporary.replace(self.root / path)
            sync_folder((self.root / path).parent)

    def adopt(self, temporary: Path, path: str) -> None:
        target = self.root / path
        with told("writing", self._name(path)):
            _make_folder(target.parent)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
            sync_folder(target.parent)

    def list_files(self, prefix: str) -> list[StoredFile]:
        with told("listing", self._name(prefix)):
            return sorted(self._walk(prefix), key=lambda file: file.path)

    def exists(self, path: str) -> bool:
        return (self.root / path).is_file()

    def size(self, path: str) -> int | None:
        with suppress(FileNotFoundError, NotADirectoryError):
            return (self.root / path).stat().st_size
        return None

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            with told("deleting", self._name(path)):
                (self.root / path).unlink(missing_ok=True)

    def delete_tree(self, prefix: str) -> None:
        with told("deleting", self._name(prefix)), suppress(FileNotFoundError):
            shutil.rmtree(self.root / prefix)

    @contextmanager
    def temporary(self, folder: str) -> Iterator[Path]:
        with told("making a folder in", self._name(folder)):
            _make_folder(self.root / folder)
            made = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=self.root / folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def renew(self, path: str) -> None:
        with told("renewing", self._name(path)):
            os.utime(self.root / path)

    def _name(self, path: str) -> str:
        return f"{self.place.url}/{path}"

    @contextmanager
    def _written(self, path: str, data: bytes) -> Iterator[Path]:
        """*data* in a synced temporary file beside *path*; gone afterwards."""
        folder = (self.root / path).parent
        _make_folder(folder)
        temporary = folder / f"{TEMPORARY_PREFIX}{uuid4().hex}"
        try:
            with temporary.open("xb") as file:
                file.write(data)
                sync_file(file)
            yield temporary
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()

    def _walk(self, prefix: str) -> Iterator[StoredFile]:
        folders = [prefix.strip("/")]
        while folders:
            folder = folders.pop()
            with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.root / folder) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                    else:
                        found = entry.stat(follow_symlinks=False)
                        yield StoredFile(path, found.st_size, found.st_mtime)


def sync_file(file: IO[bytes]) -> None:
    """Make what was written to *file* survive a power loss."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* survive a power loss."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_folder(folder: Path) -> None:
    """Make *folder* and its parents, each of them synced."""
    if folder.is_dir():
        return
    if not folder.parent.exists():
        _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)
