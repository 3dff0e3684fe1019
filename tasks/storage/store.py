"""What a folder in the output or a source promises, wherever it lies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from tasks.errors import OutputError
from tasks.samples import StoreUrl
from tasks.storage.urls import redact_url


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
    is_fenced: bool
    """Whether of many that create the same file at once, only one can succeed."""

    def read_bytes(self, path: str) -> bytes:
        """The whole file."""

    def open(self, path: str) -> BinaryIO:
        """The file, open for reading and seeking."""

    def create(self, path: str, data: bytes) -> None:
        """Make the file, atomically and only if it is absent; see `is_fenced`. One with just these bytes is no other.

        Raises:
            UnansweredError: Nobody knows whether it was made.
        """

    def replace(self, path: str, data: bytes) -> None:
        """Make or replace the file, atomically; the last writer wins."""

    def adopt(self, temporary: Path, path: str) -> None:
        """Make the finished local file *temporary* the file *path*; one that is there already has the same bytes."""

    def list_files(self, prefix: str) -> list[StoredFile]:
        """Every file below the folder *prefix*, as it is now, sorted by path; none where there is no such folder."""

    def list_names(self, folder: str) -> list[str]:
        """What lies in *folder* itself, sorted; folders end in a slash. None where there is no such folder."""

    def exists(self, path: str) -> bool:
        """Whether the file is there."""

    def size(self, path: str) -> int | None:
        """The file's bytes, or `None` where it is absent."""

    def delete(self, paths: Iterable[str]) -> None:
        """Delete the files that are there."""

    def delete_as_listed(self, file: StoredFile) -> bool:
        """Delete *file* unless it was made or renewed since it was listed; whether it is gone."""

    def delete_tree(self, prefix: str) -> None:
        """Delete the folder *prefix* and all below it."""

    def temporary(self, folder: str) -> AbstractContextManager[Path]:
        """A local folder for files that are not whole yet; below the root's *folder* where that is local."""

    def claim(self, folder: str) -> AbstractContextManager[None]:
        """The folder *folder* of the workplace is this process's own as long as this lasts, and is gone afterwards."""

    def claimed(self) -> list[str]:
        """The folders of the workplace that processes hold, by name; on object stores, also of dead ones."""

    def sweep(self) -> None:
        """Remove what processes left behind that are gone, as far as that can be known."""

    def link(self, path: str, name: str) -> None:
        """Let the file *path* be the file *name* too, whole or not at all; one that is there has the same bytes."""

    def renew(self, path: str) -> None:
        """Give the file a new age by the store's clock; its bytes stay."""


@contextmanager
def told(action: str, place: str) -> Iterator[None]:
    """Turn what the operating system or a store says into an error for people."""
    try:
        yield
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)[:200] or type(error).__name__
        raise OutputError(f"{reason}, while {action} {redact_url(place)}. Mend it and run again.") from error
