"""Every image below a folder of one of fsspec's stores: one listing, paged by the store."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import fsspec
import numpy as np
import pyarrow as pa

from tasks.discover.listing import FILE_SCHEMA, Listing, sorted_files
from tasks.discover.names import NameRules, why_ignored
from tasks.samples import StoreUrl


def scan_remote(place: StoreUrl, rules: NameRules, limit: int | None) -> Listing | None:
    """All images below *place*; None where it holds more than *limit* entries.

    Raises:
        FileNotFoundError: There is no such folder.
        OSError: It cannot be listed.
    """
    files, root = fsspec.core.url_to_fs(place.url, **dict(place.options))
    files.invalidate_cache()
    found = files.find(root, detail=True)
    if not found and not files.exists(root):
        raise FileNotFoundError(place.url)
    if limit is not None and len(found) > limit:
        return None
    return _RemoteScan(place, rules).scan(found, str(root).rstrip("/"))


class _RemoteScan:
    def __init__(self, place: StoreUrl, rules: NameRules) -> None:
        self._listing = Listing(place)
        self._rules = rules
        self._is_web = place.url.startswith(("http://", "https://"))
        self._numbers: dict[str, int] = {}
        self._paths: list[str] = []
        self._fingerprints: list[str] = []
        self._sizes = array("q")
        self._folders = array("i")

    def scan(self, found: Mapping[str, dict[str, Any]], root: str) -> Listing:
        folders: set[str] = set()
        for path, info in self._below(found, root):
            parts = path.split("/")
            ignored = next((name for name in parts if self._rules.is_ignored(name)), "")
            if ignored:
                self._listing.ignored[why_ignored(ignored)] += 1
                continue
            if "/".join(parts[:-1]) not in folders:
                folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
            self._file(path, info)
        columns = [self._paths, np.frombuffer(self._sizes, np.int64), self._fingerprints]
        table = pa.table([*map(pa.array, columns), pa.array(np.frombuffer(self._folders, np.int32))], FILE_SCHEMA.names)
        self._listing.files = sorted_files([table.cast(FILE_SCHEMA)])
        self._listing.parents = list(self._numbers)
        self._listing.folders = sorted(folders)
        self._listing.beside.sort()
        return self._listing

    def _below(self, found: Mapping[str, dict[str, Any]], root: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for path, info in found.items():
            if info.get("type") == "directory" or (self._is_web and urlsplit(path).query):
                continue
            below = path[len(root) :].lstrip("/") if path.startswith(root) else ""
            if below and not below.endswith("/"):
                yield (unquote(below) if self._is_web else below), info

    def _file(self, path: str, info: dict[str, Any]) -> None:
        folder, _, name = path.rpartition("/")
        if not self._rules.has_extension(name):
            self._listing.note_other(path, self._rules.extension(name))
            return
        size = info.get("size")
        self._paths.append(path)
        self._sizes.append(-1 if size is None else int(size))
        self._fingerprints.append(remote_fingerprint(info))
        self._folders.append(self._numbers.setdefault(folder, len(self._numbers)))


def remote_fingerprint(info: Mapping[str, Any]) -> str:
    """What an object store's listing knows of an object's bytes: ETag, generation or time, and the size."""
    for key in ("ETag", "generation", "etag", "md5", "mtime", "LastModified", "last_modified", "created"):
        value = info.get(key)
        if value:
            return f"{info.get('size')}-{str(value).strip(chr(34))}"
    return ""
