"""Folders of object stores, and of every other file system that fsspec reaches."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import uuid4

import fsspec
from fsspec.asyn import AsyncFileSystem
from fsspec.spec import AbstractFileSystem

from tasks.errors import DatasetError, OutputError
from tasks.samples import StoreUrl
from tasks.storage.claims import claimed_folder, sweep_claims
from tasks.storage.names import WORKPLACE, is_own
from tasks.storage.store import StoredFile, told
from tasks.storage.urls import redact_url

_ABANDONED_S = 3 * 86400.0


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
        self.is_fenced = not _asks_first(type(self._files))

    def read_bytes(self, path: str) -> bytes:
        with _reached("reading", self._name(path)):
            return cast("bytes", self._files.cat_file(self._at(path)))

    def open(self, path: str) -> BinaryIO:
        with _reached("reading", self._name(path)):
            return cast("BinaryIO", self._files.open(self._at(path), "rb"))

    def create(self, path: str, data: bytes) -> None:
        with _reached("writing", self._name(path)):
            self._files.pipe_file(self._at(path), data, mode="create")

    def replace(self, path: str, data: bytes) -> None:
        with _reached("writing", self._name(path)):
            self._files.pipe_file(self._at(path), data)

    def adopt(self, temporary: Path, path: str) -> None:
        with _reached("writing", self._name(path)):
            self._files.put_file(str(temporary), self._at(path))

    def list_files(self, prefix: str) -> list[StoredFile]:
        self._files.invalidate_cache()
        with _reached("listing", self._name(prefix)):
            try:
                found = self._files.find(self._at(prefix), detail=True)
            except FileNotFoundError:
                return []
        listed = [self._stored(path, info) for path, info in found.items() if info.get("type") == "file"]
        return sorted(listed, key=lambda file: file.path)

    def list_names(self, folder: str) -> list[str]:
        self._files.invalidate_cache()
        place = self._at(folder)
        with _reached("listing", self._name(folder)):
            try:
                found = self._files.ls(place, detail=True)
            except (FileNotFoundError, NotADirectoryError):
                return []
        named = ((str(info["name"]).removeprefix(place).strip("/"), info.get("type")) for info in found)
        return sorted(f"{name}/" if kind == "directory" else name for name, kind in named if name)

    def exists(self, path: str) -> bool:
        return self.size(path) is not None

    def size(self, path: str) -> int | None:
        self._files.invalidate_cache()
        try:
            with _reached("looking at", self._name(path)):
                return int(self._files.info(self._at(path))["size"])
        except FileNotFoundError:
            return None

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            with _reached("deleting", self._name(path)), suppress(FileNotFoundError):
                self._files.rm_file(self._at(path))

    def delete_as_listed(self, file: StoredFile) -> bool:
        self._files.invalidate_cache()
        with _reached("deleting", self._name(file.path)), suppress(FileNotFoundError):
            if self._stored(self._at(file.path), self._files.info(self._at(file.path))).modified != file.modified:
                return False
            self._files.rm_file(self._at(file.path))
        return True

    def delete_tree(self, prefix: str) -> None:
        self.delete([file.path for file in self.list_files(prefix)])

    @contextmanager
    def temporary(self, folder: str) -> Iterator[Path]:  # noqa: ARG002 - a remote store has no local folder to use
        with ExitStack() as stack:
            with _reached("making a folder in", tempfile.gettempdir()):
                made = stack.enter_context(claimed_folder(_own_folder(), uuid4().hex))
            yield made

    @contextmanager
    def claim(self, folder: str) -> Iterator[None]:
        try:
            yield
        finally:
            with suppress(OutputError, OSError):  # a later run removes it
                self._delete_abandoned(folder)

    def _delete_abandoned(self, own: str) -> None:
        """Delete the folder *own*, and what is three days older than it: without locks, who is gone cannot be known."""
        files = self.list_files(WORKPLACE)
        newest = max((file.modified for file in files), default=0.0)
        old = [file for file in files if newest - file.modified > _ABANDONED_S and is_own(file.path)]
        gone = [*old, *(file for file in files if file not in old and file.path.startswith(f"{own}/"))]
        self.delete(file.path for file in gone)

    def sweep(self) -> None:
        sweep_claims(_own_folder())

    def link(self, path: str, name: str) -> None:
        with _reached("writing", self._name(name)):
            self._files.cp_file(self._at(path), self._at(name))

    def renew(self, path: str) -> None:
        """Copy the file onto itself; S3 admits that only where something of it is set anew."""
        set_anew = {"MetadataDirective": "REPLACE"} if "s3" in self._files.protocol else {}
        with _reached("renewing", self._name(path)):
            self._files.cp_file(self._at(path), self._at(path), **set_anew)

    def _name(self, path: str) -> str:
        return f"{self.place.url}/{path}"

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")

    def _stored(self, path: str, info: dict[str, Any]) -> StoredFile:
        changed = info.get("LastModified") or info.get("last_modified") or info.get("mtime") or info.get("created")
        modified = changed.timestamp() if isinstance(changed, datetime) else float(changed or time.time())
        return StoredFile(path.removeprefix(f"{self._root}/"), int(info.get("size") or 0), modified)


@contextmanager
def _reached(action: str, place: str) -> Iterator[None]:
    """`told`, also of the errors that stores' clients have of their own."""
    with told(action, place):
        try:
            yield
        except (OSError, DatasetError):
            raise
        except Exception as error:
            raise OSError(f"{type(error).__name__}: {error}") from error


def _asks_first(kind: type[AbstractFileSystem]) -> bool:
    """Whether a file system creates files in fsspec's own way: it asks whether one is there, and then writes it."""
    if issubclass(kind, AsyncFileSystem):
        return bool(kind._pipe_file is AsyncFileSystem._pipe_file)
    return bool(kind.pipe_file is AbstractFileSystem.pipe_file)


def _own_folder() -> Path:
    """This user's folder for files on their way to a store."""
    folder = Path(tempfile.gettempdir(), f"parquetry-{os.getuid()}")
    with _reached("making", str(folder)):
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.lstat().st_uid != os.getuid():
            raise PermissionError(1, "It is another user's", str(folder))
    return folder
