"""Files in the output and the sources: local disks and every fsspec store, behind one small set of promises."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast
from urllib.parse import urlsplit
from uuid import uuid4

import fsspec

from tasks.errors import OutputError
from tasks.samples import StoreUrl

TEMPORARY_PREFIX = ".parquetry-tmp-"
"""How the name of every file begins that is not whole yet."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a store.

    Attributes:
        path: Relative to the store's root, `/`-separated.
        bytes: Its size.
        modified: Its age by the store's clock: seconds since the epoch.
    """

    path: str
    bytes: int
    modified: float


class Store(Protocol):
    """A folder on some file system; paths are relative to it and `/`-separated.

    What writes is synced when it returns. Each failure is an `OutputError` that says what, where and what to do, save
    `FileNotFoundError` where a file to be read is absent and `FileExistsError` where one to be created is there.
    """

    place: StoreUrl
    is_local: bool

    def read_bytes(self, path: str) -> bytes:
        """The whole file."""

    def open(self, path: str) -> BinaryIO:
        """The file, open for reading and seeking."""

    def create(self, path: str, data: bytes) -> None:
        """Make the file, atomically and only if it is absent: of many that try at once, one succeeds."""

    def replace(self, path: str, data: bytes) -> None:
        """Make or replace the file, atomically; the last writer wins."""

    def adopt(self, temporary: Path, path: str) -> None:
        """Make the finished local file *temporary* the file *path*; one that is there already has the same bytes."""

    def list_files(self, prefix: str) -> list[StoredFile]:
        """Every file below the folder *prefix*, as it is now, sorted by path; none where there is no such folder."""

    def exists(self, path: str) -> bool:
        """Whether the file is there."""

    def size(self, path: str) -> int | None:
        """The file's bytes, or `None` where it is absent."""

    def delete(self, paths: Iterable[str]) -> None:
        """Delete the files that are there."""

    def delete_tree(self, prefix: str) -> None:
        """Delete the folder *prefix* and all below it."""

    def temporary(self, folder: str) -> AbstractContextManager[Path]:
        """A local folder for files that are not whole yet; below the root's *folder* where that is local."""

    def renew(self, path: str) -> None:
        """Give the file a new age by the store's clock; its bytes stay."""


def open_store(place: StoreUrl) -> Store:
    """The store at *place*: a local folder, or whatever fsspec reaches.

    Raises:
        OutputError: No such file system is known, or the package for it is missing.
    """
    url = (
        place.url.removeprefix("file://").removeprefix("local://") if place.url.startswith(("file:", "local:")) else ""
    )
    if place.is_local or url:
        return LocalStore(StoreUrl(url or place.url))
    return RemoteStore(place)


def is_url(text: str) -> bool:
    """Whether *text* names a place by scheme, and is not a local path."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.replace("+", "").replace("-", "").replace(".", "").isalnum()


def redact_url(text: str) -> str:
    """Scheme, host and path of a URL; query string, fragment and userinfo go. Other text stays as it is."""
    if not is_url(text):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text.partition("://")[0] + "://…"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def quote_location(text: str) -> str:
    """*text* for a message: redacted, without control characters, at most 100 characters."""
    shown = "".join(char if char.isprintable() else repr(char)[1:-1] for char in redact_url(text)[:200])
    return shown if len(shown) <= 100 else f"{shown[:99]}…"


@contextmanager
def _told(action: str, place: str) -> Iterator[None]:
    """Turn what the operating system or a store says into an error for people."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)[:200] or type(error).__name__
        raise OutputError(
            f"{reason}, while {action} {redact_url(place)}. The published version is as it was; mend it and run again."
        ) from error


class LocalStore:
    """A folder on a local disk."""

    is_local = True

    def __init__(self, place: StoreUrl) -> None:
        self.place = place
        self.root = Path(place.url)

    def read_bytes(self, path: str) -> bytes:
        with _told("reading", self._name(path)):
            return (self.root / path).read_bytes()

    def open(self, path: str) -> BinaryIO:
        with _told("reading", self._name(path)):
            return (self.root / path).open("rb")

    def create(self, path: str, data: bytes) -> None:
        with _told("writing", self._name(path)), self._written(path, data) as temporary:
            os.link(temporary, self.root / path)
            sync_folder((self.root / path).parent)

    def replace(self, path: str, data: bytes) -> None:
        with _told("writing", self._name(path)), self._written(path, data) as temporary:
            temporary.replace(self.root / path)
            sync_folder((self.root / path).parent)

    def adopt(self, temporary: Path, path: str) -> None:
        target = self.root / path
        with _told("writing", self._name(path)):
            _make_folder(target.parent)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            temporary.replace(target)
            sync_folder(target.parent)

    def list_files(self, prefix: str) -> list[StoredFile]:
        with _told("listing", self._name(prefix)):
            return sorted(self._walk(prefix), key=lambda file: file.path)

    def exists(self, path: str) -> bool:
        return (self.root / path).is_file()

    def size(self, path: str) -> int | None:
        with suppress(FileNotFoundError, NotADirectoryError):
            return (self.root / path).stat().st_size
        return None

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            with _told("deleting", self._name(path)):
                (self.root / path).unlink(missing_ok=True)

    def delete_tree(self, prefix: str) -> None:
        with _told("deleting", self._name(prefix)), suppress(FileNotFoundError):
            shutil.rmtree(self.root / prefix)

    @contextmanager
    def temporary(self, folder: str) -> Iterator[Path]:
        with _told("making a folder in", self._name(folder)):
            _make_folder(self.root / folder)
            made = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=self.root / folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def renew(self, path: str) -> None:
        with _told("renewing", self._name(path)):
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


class RemoteStore:
    """A folder of an object store or of another file system that fsspec reaches."""

    is_local = False

    def __init__(self, place: StoreUrl) -> None:
        self.place = place
        try:
            self._files, root = fsspec.core.url_to_fs(place.url, **dict(place.options))
        except (ImportError, ValueError) as error:
            raise OutputError(f"{redact_url(place.url)}: {error}") from None
        self._root = str(root).rstrip("/")

    def read_bytes(self, path: str) -> bytes:
        with _told("reading", self._name(path)):
            return cast("bytes", self._files.cat_file(self._at(path)))

    def open(self, path: str) -> BinaryIO:
        with _told("reading", self._name(path)):
            return cast("BinaryIO", self._files.open(self._at(path), "rb"))

    def create(self, path: str, data: bytes) -> None:
        with _told("writing", self._name(path)):
            self._files.pipe_file(self._at(path), data, mode="create")

    def replace(self, path: str, data: bytes) -> None:
        with _told("writing", self._name(path)):
            self._files.pipe_file(self._at(path), data)

    def adopt(self, temporary: Path, path: str) -> None:
        with _told("writing", self._name(path)):
            self._files.put_file(str(temporary), self._at(path))

    def list_files(self, prefix: str) -> list[StoredFile]:
        self._files.invalidate_cache()
        with _told("listing", self._name(prefix)):
            try:
                found = self._files.find(self._at(prefix), detail=True)
            except FileNotFoundError:
                return []
        listed = [self._stored(path, info) for path, info in found.items() if info.get("type") == "file"]
        return sorted(listed, key=lambda file: file.path)

    def exists(self, path: str) -> bool:
        return self.size(path) is not None

    def size(self, path: str) -> int | None:
        self._files.invalidate_cache()
        try:
            with _told("looking at", self._name(path)):
                return int(self._files.info(self._at(path))["size"])
        except FileNotFoundError:
            return None

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            with _told("deleting", self._name(path)), suppress(FileNotFoundError):
                self._files.rm_file(self._at(path))

    def delete_tree(self, prefix: str) -> None:
        self.delete([file.path for file in self.list_files(prefix)])

    @contextmanager
    def temporary(self, folder: str) -> Iterator[Path]:  # noqa: ARG002 - a remote store has no local folder to use
        with tempfile.TemporaryDirectory(prefix="parquetry-", ignore_cleanup_errors=True) as made:
            yield Path(made)

    def renew(self, path: str) -> None:
        with _told("renewing", self._name(path)):
            self._files.cp_file(self._at(path), self._at(path))

    def _name(self, path: str) -> str:
        return f"{self.place.url}/{path}"

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")

    def _stored(self, path: str, info: dict[str, Any]) -> StoredFile:
        changed = info.get("LastModified") or info.get("last_modified") or info.get("mtime") or info.get("created")
        modified = changed.timestamp() if isinstance(changed, datetime) else float(changed or time.time())
        return StoredFile(path.removeprefix(f"{self._root}/"), int(info.get("size") or 0), modified)
