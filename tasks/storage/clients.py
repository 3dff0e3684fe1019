"""fsspec's file systems for several threads: shared where they are made for it, else lent to one thread at a time."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import fsspec
from fsspec.utils import get_protocol

from tasks.samples import StoreUrl

_ANSWERS = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
_KNOWN: dict[tuple[str, str, int], Clients] = {}
_LOCK = threading.Lock()


class Clients:
    """The file systems that reach one place; see `clients_of`."""

    def __init__(self, place: StoreUrl, most: int) -> None:
        self._place = place
        self._turns = threading.BoundedSemaphore(most)
        self._idle: list[tuple[Any, str]] = []
        self._shared: tuple[Any, str] | None = None

    @contextmanager
    def lent(self) -> Iterator[tuple[Any, str]]:
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

    def _used(self, client: tuple[Any, str]) -> Iterator[tuple[Any, str]]:
        try:
            yield client
        except _ANSWERS:
            self._idle.append(client)
            raise
        self._idle.append(client)

    def _made(self) -> tuple[Any, str]:
        made = own_files(self._place)
        if made[0].async_impl:
            self._shared = made
        return made


def own_files(place: StoreUrl) -> tuple[Any, str]:
    """A file system that nobody else uses, unless it is made for that, and the path of *place* in it."""
    kind = fsspec.get_filesystem_class(get_protocol(place.url))
    own = {} if kind.async_impl else {"skip_instance_cache": True}
    files, root = fsspec.core.url_to_fs(place.url, **dict(place.options), **own)
    return files, str(root).rstrip("/")


def clients_of(place: StoreUrl, most: int) -> Clients:
    """The file systems for *place*, one set a process: so *most* is the number of its connections."""
    key = (place.url, json.dumps(dict(place.options), sort_keys=True, default=str), most)
    with _LOCK:
        return _KNOWN.setdefault(key, Clients(place, most))
