"""Bytes from files: local ones below a root, and those of fsspec's stores."""

from __future__ import annotations

import errno
import ftplib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import fsspec
import fsspec.asyn

from tasks.fetch.answers import Body, FetchFailure
from tasks.fetch.settings import FetchSettings
from tasks.file_names import decode_name
from tasks.reasons import Reason
from tasks.samples import StoreUrl, file_fingerprint
from tasks.storage.client_errors import is_trouble
from tasks.storage.clients import Clients, clients_of

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class LocalFiles:
    """Files below a folder of this machine; only regular ones, and none that a link leads out to."""

    is_local = True

    def __init__(self, root: str, settings: FetchSettings, *, follow_links: bool) -> None:
        self._root = root
        self._real = os.path.realpath(root).rstrip("/")
        self._max_bytes = settings.max_bytes
        self._follow = follow_links

    def read(self, location: str) -> Body:
        """The file *location*, relative to the root.

        Raises:
            FetchFailure: It is not there, no regular file, too large, or changed while it was read.
        """
        path = f"{self._root}/{decode_name(location)}"
        try:
            handle = os.open(path, _FLAGS)
        except OSError as error:
            raise local_failure(error) from None
        except ValueError:
            raise FetchFailure(Reason.NOT_FOUND, "no such file", is_transient=False) from None
        try:
            return self._read(handle)
        except OSError as error:
            raise local_failure(error) from None
        finally:
            os.close(handle)

    def _read(self, handle: int) -> Body:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise FetchFailure(Reason.NOT_A_REGULAR_FILE, "is not a regular file", is_transient=False)
        if not self._follow and not self._is_inside(handle):
            raise FetchFailure(Reason.OUTSIDE_ROOT, "a link leads out of the source's folder", is_transient=False)
        if before.st_size > self._max_bytes:
            detail = f"{before.st_size} bytes are more than `fetch.max_bytes`, {self._max_bytes}"
            raise FetchFailure(Reason.TOO_MANY_BYTES, detail, is_transient=False)
        data = _read_all(handle, before.st_size)
        after = os.fstat(handle)
        if len(data) != before.st_size or _state(after) != _state(before):
            raise FetchFailure(Reason.CHANGED_WHILE_READ, "changed while it was read", is_transient=True)
        return Body(data, file_fingerprint(after))

    def _is_inside(self, handle: int) -> bool:
        """Whether the file that was really opened lies below the root; asked of the handle, so that no race matters."""
        try:
            return os.readlink(f"/proc/self/fd/{handle}").startswith(f"{self._real}/")  # noqa: PTH115 - for every image
        except OSError:
            return os.path.realpath(f"/dev/fd/{handle}").startswith(f"{self._real}/")


def _state(found: os.stat_result) -> tuple[int, int, int]:
    """What a fingerprint is made of."""
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _read_all(handle: int, size: int) -> bytes:
    data = os.read(handle, size + 1)
    if len(data) >= size:
        return data
    parts = [data]
    while chunk := os.read(handle, 1 << 20):
        parts.append(chunk)
    return b"".join(parts)


_LOCAL_ERRORS = {
    errno.ENOENT: (Reason.NOT_FOUND, "no such file"),
    errno.ENOTDIR: (Reason.NOT_FOUND, "no such file"),
    errno.ENAMETOOLONG: (Reason.NOT_FOUND, "no such file: its name is too long"),
    errno.ELOOP: (Reason.NOT_FOUND, "a link that leads to itself"),
    errno.EACCES: (Reason.FORBIDDEN, "may not be read"),
    errno.EPERM: (Reason.FORBIDDEN, "may not be read"),
    errno.EISDIR: (Reason.NOT_A_REGULAR_FILE, "is a folder"),
    errno.ENXIO: (Reason.NOT_A_REGULAR_FILE, "is not a regular file"),
    errno.ENODEV: (Reason.NOT_A_REGULAR_FILE, "is not a regular file"),
}


def local_failure(error: OSError) -> FetchFailure:
    """What *error*, of a local file, says of an image."""
    if error.errno in _LOCAL_ERRORS:
        reason, detail = _LOCAL_ERRORS[error.errno]
        return FetchFailure(reason, detail, is_transient=False)
    return FetchFailure(Reason.UNREACHABLE, f"cannot be read: {error.strerror}", is_transient=True)


class RemoteFiles:
    """Objects of one of fsspec's stores."""

    is_local = False

    def __init__(self, root: StoreUrl, settings: FetchSettings) -> None:
        self._clients = clients_of(root, settings.per_host)
        self._max_bytes = settings.max_bytes
        self._seconds = settings.attempt_timeout_s

    def read(self, location: str, size: int, fingerprint: str) -> Body:
        """The object *location*, relative to the root, listed with *size* bytes (-1 unknown) and *fingerprint*.

        Raises:
            FetchFailure: It is not there, too large, or did not come whole.
        """
        with _failures(), self._clients.lent() as (files, root):
            path = f"{root}/{location}"
            self._refuse_large(size if size >= 0 else int(_ask(files, "info", self._seconds, path).get("size") or 0))
            data = cast("bytes", _ask(files, "cat_file", self._seconds, path))
        self._refuse_large(len(data))
        if size not in {-1, len(data)}:
            raise FetchFailure(Reason.CHANGED_WHILE_READ, f"{len(data)} of {size} bytes came", is_transient=True)
        return Body(data, fingerprint)

    def _refuse_large(self, size: int) -> None:
        if size > self._max_bytes:
            detail = f"{size} bytes are more than `fetch.max_bytes`, {self._max_bytes}"
            raise FetchFailure(Reason.TOO_MANY_BYTES, detail, is_transient=False)


def _ask(files: Any, name: str, seconds: float, path: str, **options: int) -> Any:
    """What the store's method *name* says of *path*, within *seconds* where the store is asynchronous."""
    if files.async_impl:
        return fsspec.asyn.sync(files.loop, getattr(files, f"_{name}"), path, timeout=seconds, **options)
    return getattr(files, name)(path, **options)


def read_range(clients: Clients, name: str | None, span: tuple[int, int], seconds: float) -> bytes:
    """The bytes from the first to before the second of *span*, of a file below the clients' place, or of that itself.

    Raises:
        FetchFailure: They cannot be had.
    """
    start, end = span
    with _failures(), clients.lent() as (files, root):
        path = root if name is None else f"{root}/{name}"
        data = cast("bytes", _ask(files, "cat_file", seconds, path, start=start, end=end))
    is_whole_file = len(data) > end - start  # from a server that knows no ranges
    return data[start:end] if is_whole_file else data


@contextmanager
def _failures() -> Iterator[None]:
    """Turn what a store's client says into what it says of an image."""
    try:
        yield
    except FetchFailure:
        raise
    except Exception as error:  # noqa: BLE001 - each store's client has errors of its own
        raise _store_failure(error) from None


def _store_failure(error: Exception) -> FetchFailure:
    said = error.__cause__
    if isinstance(said, ftplib.Error) and is_trouble(said):  # fsspec calls all of them "not found"
        return FetchFailure(Reason.UNREACHABLE, "the FTP server did not send it", is_transient=True)
    match error:
        case FileNotFoundError():
            return FetchFailure(Reason.NOT_FOUND, "no such object", is_transient=False)
        case PermissionError():
            return FetchFailure(Reason.FORBIDDEN, "may not be read", is_transient=False)
        case IsADirectoryError():
            return FetchFailure(Reason.NOT_A_REGULAR_FILE, "is a folder", is_transient=False)
        case TimeoutError():
            return FetchFailure(Reason.TIMEOUT, "took more than `fetch.attempt_timeout_s`", is_transient=True)
    return FetchFailure(Reason.HTTP_ERROR, f"{type(error).__name__} while reading", is_transient=True)


class RecordFiles:
    """Records of label files, read again from where discovery found them."""

    def __init__(self, root: StoreUrl, settings: FetchSettings, url: str = "") -> None:
        self._place = root
        self._clients = clients_of(StoreUrl(url, root.options) if url else root, settings.per_host)
        self._is_whole = bool(url)
        self._seconds = settings.attempt_timeout_s

    def read(self, label_file: str, offset: int, length: int) -> bytes:
        """The record's bytes.

        Raises:
            FetchFailure: The file is not as it was when it was listed.
        """
        data = b""
        with suppress(OSError, ValueError, FetchFailure):
            if self._place.is_local:
                data = self._read_local(f"{self._place.url}/{label_file}", offset, length)
            else:
                name = None if self._is_whole else label_file
                data = read_range(self._clients, name, (offset, offset + length), self._seconds)
        if len(data) != length:
            raise FetchFailure(
                Reason.CHANGED_WHILE_READ, "the label file changed since it was listed", is_transient=True
            )
        return data

    @staticmethod
    def _read_local(path: str, offset: int, length: int) -> bytes:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return os.pread(handle, length, offset)
        finally:
            os.close(handle)
