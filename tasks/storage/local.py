"""Folders on a local disk."""

from __future__ import annotations

import filecmp
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tasks.samples import StoreUrl
from tasks.storage.claims import claimed_file, claimed_folder, claimed_folders, remove_tree, sweep_claims
from tasks.storage.durable import give_name, make_folder, sync_file, sync_folder
from tasks.storage.names import TEMPORARY_PREFIX, WORKPLACE
from tasks.storage.store import StoredFile, told


class LocalStore:
    """A folder on a local disk."""

    is_local = True
    is_fenced = True

    def __init__(self, place: StoreUrl) -> None:
        self.place = place
        self.root = Path(place.url)

    def read_bytes(self, path: str) -> bytes:
        with told("reading", self._name(path)), _absent():
            return (self.root / path).read_bytes()

    def open(self, path: str) -> BinaryIO:
        with told("reading", self._name(path)), _absent():
            return (self.root / path).open("rb")

    def create(self, path: str, data: bytes) -> None:
        with told("writing", self._name(path)), self._written(path, data) as temporary:
            give_name(temporary, self.root / path)
            sync_folder((self.root / path).parent)

    def replace(self, path: str, data: bytes) -> None:
        with told("writing", self._name(path)), self._written(path, data) as temporary:
            temporary.replace(self.root / path)
            sync_folder((self.root / path).parent)

    def adopt(self, temporary: Path, path: str) -> None:
        target = self.root / path
        with told("writing", self._name(path)):
            make_folder(target.parent)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            if not _renewed_same(temporary, target):
                temporary.replace(target)
            sync_folder(target.parent)

    def list_files(self, prefix: str) -> list[StoredFile]:
        with told("listing", self._name(prefix)):
            return sorted(self._walk(prefix), key=lambda file: file.path)

    def list_names(self, folder: str) -> list[str]:
        with (
            told("listing", self._name(folder)),
            suppress(FileNotFoundError, NotADirectoryError),
            os.scandir(self.root / folder) as entries,
        ):
            return sorted(f"{item.name}/" if item.is_dir(follow_symlinks=False) else item.name for item in entries)
        return []

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

    def delete_as_listed(self, file: StoredFile) -> bool:
        path = self.root / file.path
        with told("deleting", self._name(file.path)), suppress(FileNotFoundError):
            if path.stat().st_mtime != file.modified:
                return False
            path.unlink()
        return True

    def delete_tree(self, prefix: str) -> None:
        with told("deleting", self._name(prefix)):
            remove_tree(self.root / prefix)

    @contextmanager
    def temporary(self, folder: str) -> Iterator[Path]:
        with told("making a folder in", self._name(folder)):
            make_folder(self.root / folder)
            made = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=self.root / folder))
        try:
            yield made
        finally:
            with suppress(OSError):  # it goes with its folder
                remove_tree(made)

    @contextmanager
    def claim(self, folder: str) -> Iterator[None]:
        with ExitStack() as stack:
            with told("making", self._name(folder)):
                stack.enter_context(claimed_folder(self.root / WORKPLACE, folder.removeprefix(f"{WORKPLACE}/")))
            yield

    def claimed(self) -> list[str]:
        with told("listing", self._name(WORKPLACE)):
            return claimed_folders(self.root / WORKPLACE)

    def sweep(self) -> None:
        with told("sweeping", self._name(WORKPLACE)):
            sweep_claims(self.root / WORKPLACE)

    def link(self, path: str, name: str) -> None:
        target = self.root / name
        with told("writing", self._name(name)):
            make_folder(target.parent)
            with suppress(FileExistsError):
                self._link_or_copy(self.root / path, target)
            sync_folder(target.parent)

    def _link_or_copy(self, path: Path, target: Path) -> None:
        """Where the disk knows no links, a copy with the same age."""
        try:
            os.link(path, target)
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError:
            with claimed_file(self.root / WORKPLACE) as (temporary, file):
                with path.open("rb") as source:
                    shutil.copyfileobj(source, file)
                sync_file(file)
                shutil.copystat(path, temporary)
                temporary.replace(target)

    def renew(self, path: str) -> None:
        with told("renewing", self._name(path)):
            os.utime(self.root / path)

    def _name(self, path: str) -> str:
        return f"{self.place.url}/{path}"

    @contextmanager
    def _written(self, path: str, data: bytes) -> Iterator[Path]:
        """*data* in a synced temporary file on the same disk as *path*; gone afterwards."""
        make_folder((self.root / path).parent)
        with claimed_file(self.root / WORKPLACE) as (temporary, file):
            file.write(data)
            sync_file(file)
            yield temporary

    def _walk(self, prefix: str) -> Iterator[StoredFile]:
        folders = [prefix.strip("/")]
        while folders:
            folder = folders.pop()
            with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.root / folder) as entries:
                for entry in entries:
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(path)
                        continue
                    with suppress(FileNotFoundError):  # it went while the others are listed
                        found = entry.stat(follow_symlinks=False)
                        yield StoredFile(path, found.st_size, found.st_mtime)


def _renewed_same(one: Path, other: Path) -> bool:
    """Whether *other* is there with the bytes of *one*, and has a new age: links to it stay as they are."""
    with suppress(FileNotFoundError):  # it may be deleted at any moment
        if filecmp.cmp(one, other, shallow=False):
            os.utime(other)
            return True
    return False


@contextmanager
def _absent() -> Iterator[None]:
    """A file below what is no folder is as absent as any other."""
    try:
        yield
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from None
