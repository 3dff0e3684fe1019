"""Folders of object stores, and of every other file system that fsspec reaches."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec

from tasks.errors import OutputError
from tasks.samples import StoreUrl
from tasks.storage.store import StoredFile, told
from tasks.storage.urls import redact_url


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
        with told("reading", self._name(path)):
            return cast("bytes", self._files.cat_file(self._at(path)))

    def open(self, path: str) -> BinaryIO:
        with told("reading", self._name(path)):
            return cast("BinaryIO", self._files.open(self._at(path), "rb"))

    def create(self, path: str, data: bytes) -> None:
        with told("writing", self._name(path)):
            self._files.pipe_file(self._at(path), data, mode="create")

    def replace(self, path: str, data: bytes) -> None:
        with told("writing", self._name(path)):
            self._files.pipe_file(self._at(path), data)

    def adopt(self, temporary: Path, path: str) -> None:
        with told("writing", self._name(path)):
            self._files.put_file(str(temporary), self._at(path))

    def list_files(self, prefix: str) -> list[StoredFile]:
        self._files.invalidate_cache()
        with told("listing", self._name(prefix)):
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
            with told("looking at", self._name(path)):
                return int(self._files.info(self._at(path))["size"])
        except FileNotFoundError:
            return None

    def delete(self, paths: Iterable[str]) -> None:
        for path in paths:
            with told("deleting", self._name(path)), suppress(FileNotFoundError):
                self._files.rm_file(self._at(path))

    def delete_tree(self, prefix: str) -> None:
        self.delete([file.path for file in self.list_files(prefix)])

    @contextmanager
    def temporary(self, folder: str) -> Iterator[Path]:  # noqa: ARG002 - a remote store has no local folder to use
        with tempfile.TemporaryDirectory(prefix="parquetry-", ignore_cleanup_errors=True) as made:
            yield Path(made)

    def renew(self, path: str) -> None:
        with told("renewing", self._name(path)):
            self._files.cp_file(self._at(path), self._at(path))

    def _name(self, path: str) -> str:
        return f"{self.place.url}/{path}"

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}".rstrip("/")

    def _stored(self, path: str, info: dict[str, Any]) -> StoredFile:
        changed = info.get("LastModified") or info.get("last_modified") or info.get("mtime") or info.get("created")
        modified = changed.timestamp() if isinstance(changed, datetime) else float(changed or time.time())
        return StoredFile(path.removeprefix(f"{self._root}/"), int(info.get("size") or 0), modified)
