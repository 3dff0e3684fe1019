"""Every image below a folder of one of fsspec's stores: all of it, or an error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

from tasks.discover.listing.listing import ListedFiles, Listing
from tasks.discover.listing.names import NameRules, why_ignored
from tasks.redaction import is_web
from tasks.samples import StoreUrl
from tasks.storage.clients import FileInfo, list_below


def scan_remote(place: StoreUrl, rules: NameRules, limit: int | None) -> Listing | None:
    """All images below *place*; None where it holds more than *limit* entries.

    Raises:
        FileNotFoundError: There is no such folder.
        OSError: It cannot be listed.
    """
    absent: Counter[str] = Counter()
    found, root = list_below(place, absent)
    if limit is not None and len(found) > limit:
        return None
    listing = _RemoteScan(place, rules).scan(found, root)
    listing.ignored.update(absent)
    return listing


class _RemoteScan:
    def __init__(self, place: StoreUrl, rules: NameRules) -> None:
        self._listing = Listing(place)
        self._rules = rules
        self._is_web = is_web(place.url)
        self._files = ListedFiles()

    def scan(self, found: Mapping[str, FileInfo], root: str) -> Listing:
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
        self._listing.folders = sorted(folders)
        self._listing.beside.sort()
        self._listing.archives.sort()
        return self._files.finish(self._listing)

    def _below(self, found: Mapping[str, FileInfo], root: str) -> Iterator[tuple[str, FileInfo]]:
        for path, info in found.items():
            if info.get("type") == "directory" or (self._is_web and urlsplit(path).query):
                continue
            below = path[len(root) :].lstrip("/") if path.startswith(root) else ""
            if below and not below.endswith("/"):
                yield (unquote(below) if self._is_web else below), info

    def _file(self, path: str, info: FileInfo) -> None:
        name = path.rpartition("/")[2]
        if not self._rules.has_extension(name):
            self._listing.note_other(path, self._rules.extension(name))
            return
        size = info.get("size")
        self._files.add(path, -1 if size is None else int(size), remote_fingerprint(info))


_MARKS = (
    "ETag generation etag md5 content_md5 sha checksum mtime LastModified last_modified modify modificationTime "
    "last_write_time created"
).split()
"""What stores call that by which one state of a file is told from the next; the surest first."""


def remote_fingerprint(info: Mapping[str, object]) -> str:
    """What an object store's listing knows of an object's bytes: ETag, generation or time, and the size."""
    for key in _MARKS:
        value = info.get(key)
        if value:
            return f"{info.get('size')}-{str(value).strip(chr(34))}"
    return ""
