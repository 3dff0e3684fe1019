"""fsspec's file systems for several threads: shared where they are made for it, else lent to one thread at a time."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO, Protocol, TypeAlias, TypedDict

import fsspec
from fsspec.asyn import AsyncFileSystem
from fsspec.spec import AbstractFileSystem
from fsspec.utils import get_protocol

from tasks.redaction import is_web
from tasks.samples import StoreUrl
from tasks.storage.client_errors import plain_errors

_ANSWERS = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
_KNOWN: dict[tuple[str, str, int], Clients] = {}
_LOCK = threading.Lock()
_DEEPEST = 200


class FileInfo(TypedDict, total=False):
    """What a store's client says of a file: its path, size and time, and much else, by names of its own.

    The size is in bytes. Of the times each store has one or another: a moment, or seconds since 1970.
    """

    name: str
    type: str
    size: int | None
    LastModified: datetime | float
    last_modified: datetime | float
    mtime: datetime | float
    created: datetime | float


class Files(Protocol):
    """What is used of one of fsspec's file systems, which ships no types.

    Attributes:
        protocol: The schemes that it answers to.
        async_impl: Whether it is asynchronous by itself, and may be shared.
    """

    protocol: str | tuple[str, ...]
    async_impl: bool

    def invalidate_cache(self) -> None:
        """Forget what was listed."""

    def info(self, path: str) -> FileInfo:
        """What is known of one file."""

    def exists(self, path: str) -> bool:
        """Whether there is something."""

    def isfile(self, path: str) -> bool:
        """Whether it is a file."""

    def ls(self, path: str, detail: bool) -> list[FileInfo]:
        """What lies in a folder."""

    def find(self, path: str, detail: bool) -> dict[str, FileInfo]:
        """What lies below a folder, by path."""

    def open(self, path: str, mode: str, **options: object) -> BinaryIO:
        """A file, open for reading."""

    def cat_file(self, path: str, **options: object) -> bytes:
        """What a file holds."""

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite") -> None:
        """Write a file at once."""

    def put_file(self, lpath: str, rpath: str) -> None:
        """Write what a local file holds."""

    def cp_file(self, path1: str, path2: str, **options: object) -> None:
        """Copy a file to another place of the store."""

    def rm_file(self, path: str) -> None:
        """Delete a file."""


Client: TypeAlias = tuple[Files, str]
"""A file system, and the path of a place in it."""


class Clients:
    """The file systems that reach one place; see `clients_of`."""

    def __init__(self, place: StoreUrl, most: int) -> None:
        self._place = place
        self._turns = threading.BoundedSemaphore(most)
        self._idle: list[Client] = []
        self._shared: Client | None = None

    @contextmanager
    def lent(self) -> Iterator[Client]:
        """A file system, and the path of the place in it, for nobody else as long as this lasts.

        One that is asynchronous by itself is the same for all. Of the others, which hold one connection or one open
        file, each is given back unless it failed in a way after which nobody knows what its connection will say next.
        """
        if self._shared is not None:
            yield self._shared
            return
        with self._turns:
            client = self._idle.pop() if self._idle else self._made()
            if self._shared is None:
                yield from self._used(client)
                return
        yield client

    def _used(self, client: Client) -> Iterator[Client]:
        try:
            yield client
        except _ANSWERS:
            self._idle.append(client)
            raise
        self._idle.append(client)

    def _made(self) -> Client:
        made = own_files(self._place)
        if made[0].async_impl:
            self._shared = made
        return made


def own_files(place: StoreUrl) -> Client:
    """A file system that nobody else uses, unless it is made for that, and the path of *place* in it.

    Raises:
        OSError: It cannot be made: its options are none of its client's, say, or it has no credentials.
        ImportError: A package is missing.
    """
    with plain_errors():
        kind = fsspec.get_filesystem_class(get_protocol(place.url))
        own = {} if kind.async_impl else {"skip_instance_cache": True}
        files, root = fsspec.core.url_to_fs(place.url, **dict(place.options), **own)
    return files, str(root).rstrip("/")


def list_below(place: StoreUrl, absent: Counter[str] | None = None) -> tuple[dict[str, FileInfo], str]:
    """What the store knows of every file below *place*, by its path there, and the path of *place*.

    fsspec's own `find` leaves out a folder that could not be listed; here that is an error, since its images would seem
    to be deleted. Stores without folders list all at once, by a `find` of their own.

    Args:
        place: The folder.
        absent: Counts folders that were listed, and were not there when they were looked into, or showed nothing.

    Raises:
        FileNotFoundError: There is no such folder.
        OSError: It, or a folder below it, cannot be listed.
    """
    files, root = own_files(place)
    files.invalidate_cache()
    with plain_errors():
        found = files.find(root, detail=True) if _lists_at_once(files) else _walked(files, root, absent)
        if not found and not files.exists(root):
            files.info(root)  # says why; where it says nothing, there is nothing
            raise FileNotFoundError(place.url)
    return found, root


def _lists_at_once(files: Files) -> bool:
    kind = type(files)
    if files.async_impl:
        return getattr(kind, "_find", None) is not AsyncFileSystem._find
    return kind.find is not AbstractFileSystem.find


def _walked(files: Files, root: str, absent: Counter[str] | None) -> dict[str, FileInfo]:
    found: dict[str, FileInfo] = {}
    folders, seen = [root], {root}
    while folders:
        folder = folders.pop()
        for info in _shown(files, folder, root, absent):
            path = str(info["name"])
            below = path.rstrip("/")
            if info.get("type") != "directory":
                found[path] = info
            elif below not in seen and _leads_down(below, root):
                seen.add(below)
                folders.append(below)
    return dict(sorted(found.items()))


def _shown(files: Files, folder: str, root: str, absent: Counter[str] | None) -> list[FileInfo]:
    """What lies in *folder*; one below *root* that was listed, and is gone or shows nothing, is counted."""
    try:
        found = _entries(files, folder)
    except FileNotFoundError as error:
        if folder == root or error.__cause__ is not None:
            raise
        if absent is not None:
            absent["folders that were gone when they were looked into"] += 1
        return []
    if not found and folder != root and absent is not None and is_web(folder):
        absent["web folders whose page has no links"] += 1
    return found


def _entries(files: Files, folder: str) -> list[FileInfo]:
    """What lies in *folder*; of web servers some know no folder whose address lacks its last slash."""
    try:
        found = files.ls(folder, detail=True)
    except FileNotFoundError as error:
        if not is_web(folder) or "?" in folder:
            raise
        try:
            found = files.ls(f"{folder}/", detail=True)
        except FileNotFoundError:
            raise error from error.__cause__
    return found


def _leads_down(folder: str, root: str) -> bool:
    """Whether *folder* is one below *root*, and not the same list again, as ``./`` and ``?C=N;O=D/`` are.

    Raises:
        OSError: Folders lie in folders without an end.
    """
    parts = folder[len(root) :].split("/")
    if len(parts) > _DEEPEST:
        raise OSError(f"its folders lie more than {_DEEPEST} deep in each other")
    return parts[-1] not in {".", ".."} and not (is_web(root) and "?" in parts[-1])


def clients_of(place: StoreUrl, most: int) -> Clients:
    """The file systems for *place*, one set a process: so *most* is the number of its connections."""
    key = (place.url, json.dumps(dict(place.options), sort_keys=True, default=str), most)
    with _LOCK:
        return _KNOWN.setdefault(key, Clients(place, most))
