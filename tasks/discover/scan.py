"""Every image below a folder, with its size and fingerprint: one scan, and one stat for each file on a local disk."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import fsspec

from tasks.discover.settings import SourceSettings
from tasks.errors import LayoutError
from tasks.reasons import Reason
from tasks.samples import StoreUrl, encode_name
from tasks.storage import TEMPORARY_PREFIX, redact_url

_IGNORED = (
    "__MACOSX __pycache__ Thumbs.db desktop.ini @eaDir $RECYCLE.BIN lost+found *.part *.tmp *.crdownload .*"
).split()


@dataclass(slots=True)
class Listing:
    """What lies below a folder; the lists of files go together, and are ordered by path.

    Attributes:
        root: The folder.
        paths: Of the images, relative to it, `/`-separated, as `encode_name` gives them.
        sizes: Their bytes; -1 where unknown.
        fingerprints: What the listing knows of their bytes; empty where nothing.
        folders: Every folder that is not ignored, relative to the root.
        ignored: How many names were passed over, by reason.
        others: How many files have no image's extension, by extension.
        refused: Files that are no image whatever they hold: path, reason and detail.
    """

    root: StoreUrl
    paths: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    fingerprints: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, Reason, str]] = field(default_factory=list)

    def add(self, path: str, size: int, fingerprint: str) -> None:
        """One more image."""
        self.paths.append(path)
        self.sizes.append(size)
        self.fingerprints.append(fingerprint)

    def sorted(self) -> Listing:
        """The same, ordered by path."""
        order = sorted(range(len(self.paths)), key=self.paths.__getitem__)
        self.paths = [self.paths[index] for index in order]
        self.sizes = [self.sizes[index] for index in order]
        self.fingerprints = [self.fingerprints[index] for index in order]
        self.folders.sort()
        self.refused.sort()
        return self


def scan_images(root: StoreUrl, settings: SourceSettings, limit: int | None = None) -> Listing | None:
    """All images below *root*; None where it holds more than *limit* entries.

    Raises:
        LayoutError: There is no such folder, or it cannot be listed.
    """
    scanner = _Scanner(root, settings, limit)
    try:
        complete = scanner.scan_local() if root.is_local else scanner.scan_remote()
    except FileNotFoundError:
        raise LayoutError(f"There is no folder {redact_url(root.url)}. Check `source.path`.") from None
    except NotADirectoryError:
        raise LayoutError(f"{redact_url(root.url)} is not a folder. Check `source.path`.") from None
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)[:200]
        raise LayoutError(f"{redact_url(root.url)} cannot be listed: {reason}. Check `source.path`.") from None
    except ImportError as error:
        raise LayoutError(f"{redact_url(root.url)}: {error}") from None
    return scanner.listing.sorted() if complete else None


class _Scanner:
    def __init__(self, root: StoreUrl, settings: SourceSettings, limit: int | None) -> None:
        self.listing = Listing(root)
        self._ignored = re.compile("|".join(fnmatch.translate(name) for name in (*_IGNORED, *settings.ignore)))
        self._extensions = settings.extensions
        self._follow = settings.follow_links
        self._left = limit
        self._seen: set[tuple[int, int]] = set()

    def _exhausted(self) -> bool:
        if self._left is not None:
            self._left -= 1
        return self._left is not None and self._left < 0

    def scan_local(self) -> bool:
        root = self.listing.root.url
        real = os.path.realpath(root)
        folders = [""]
        while folders:
            folder = folders.pop()
            with os.scandir(f"{root}/{folder}" if folder else root) as entries:
                for entry in entries:
                    if self._exhausted():
                        return False
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if self._ignored.match(entry.name):
                        self.listing.ignored[_why_ignored(entry.name)] += 1
                    elif entry.is_symlink():
                        self._link(path, entry, real, folders)
                    elif entry.is_dir(follow_symlinks=False):
                        self.listing.folders.append(encode_name(path))
                        folders.append(path)
                    else:
                        self._file(path, entry)
        return True

    def _file(self, path: str, entry: os.DirEntry[str]) -> None:
        extension = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 - a million names; pathlib is ten times slower
        if extension not in self._extensions:
            self.listing.others[extension or "none"] += 1
            return
        try:
            found = entry.stat()
        except OSError as error:
            self.listing.refused.append((encode_name(path), Reason.NOT_FOUND, f"cannot be looked at: {error.strerror}"))
            return
        if stat.S_ISREG(found.st_mode):
            self.listing.add(encode_name(path), found.st_size, f"{found.st_size}-{found.st_mtime_ns}")
        else:
            self.listing.refused.append((encode_name(path), Reason.NOT_A_REGULAR_FILE, "is no regular file"))

    def _link(self, path: str, entry: os.DirEntry[str], real: str, folders: list[str]) -> None:
        is_inside = f"{os.path.realpath(entry.path)}/".startswith(f"{real.rstrip('/')}/")
        if entry.is_dir():
            self._folder_link(path, entry, folders)
        elif is_inside or self._follow:
            self._file(path, entry)
        elif os.path.splitext(entry.name)[1].lower() in self._extensions:  # noqa: PTH122 - as above
            self.listing.refused.append(
                (encode_name(path), Reason.OUTSIDE_ROOT, "is a link that leads out of the source")
            )

    def _folder_link(self, path: str, entry: os.DirEntry[str], folders: list[str]) -> None:
        found = entry.stat()
        if not self._follow or (found.st_dev, found.st_ino) in self._seen:
            self.listing.ignored["links to folders"] += 1
            return
        self._seen.add((found.st_dev, found.st_ino))
        self.listing.folders.append(encode_name(path))
        folders.append(path)

    def scan_remote(self) -> bool:
        place = self.listing.root
        files, root = fsspec.core.url_to_fs(place.url, **dict(place.options))
        files.invalidate_cache()
        found = files.find(root, detail=True)
        if not found and not files.exists(root):
            raise FileNotFoundError(place.url)
        folders: set[str] = set()
        for path, info in self._below(found, str(root)):
            if self._exhausted():
                return False
            parents = path.split("/")[:-1]
            ignored = next((name for name in path.split("/") if self._ignored.match(name)), "")
            if ignored:
                self.listing.ignored[_why_ignored(ignored)] += 1
                continue
            folders.update("/".join(parents[: depth + 1]) for depth in range(len(parents)))
            self._remote_file(path, info)
        self.listing.folders = sorted(folders)
        return True

    def _below(self, found: Mapping[str, dict[str, Any]], root: str) -> Iterator[tuple[str, dict[str, Any]]]:
        is_web = self.listing.root.url.startswith(("http://", "https://"))
        for path, info in found.items():
            if info.get("type") == "directory" or (is_web and urlsplit(path).query):
                continue
            below = path[len(root.rstrip("/")) :].lstrip("/") if path.startswith(root.rstrip("/")) else ""
            if below and not below.endswith("/"):
                yield (unquote(below) if is_web else below), info

    def _remote_file(self, path: str, info: dict[str, Any]) -> None:
        extension = os.path.splitext(path)[1].lower()  # noqa: PTH122 - as above
        if extension not in self._extensions:
            self.listing.others[extension or "none"] += 1
            return
        size = info.get("size")
        self.listing.add(path, -1 if size is None else int(size), remote_fingerprint(info))


def _why_ignored(name: str) -> str:
    if name.startswith(TEMPORARY_PREFIX) or name.endswith((".part", ".tmp", ".crdownload")):
        return "unfinished files"
    return "hidden names" if name.startswith(".") else "ignored names"


def remote_fingerprint(info: Mapping[str, Any]) -> str:
    """What an object store's listing knows of an object's bytes: ETag, generation or time, and the size."""
    for key in ("ETag", "generation", "etag", "md5", "mtime", "LastModified", "last_modified", "created"):
        value = info.get(key)
        if value:
            return f"{info.get('size')}-{str(value).strip(chr(34))}"
    return ""


def stat_local(root: str, path: str) -> tuple[int, str] | None:
    """Size and fingerprint of one local file; None where there is none that can be looked at."""
    with suppress(OSError, ValueError):
        found = Path(root, path).stat()
        return found.st_size, f"{found.st_size}-{found.st_mtime_ns}"
    return None
