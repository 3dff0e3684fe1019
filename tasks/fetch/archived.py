"""Members of archives: each its own range of bytes, read by itself, however many threads do."""

from __future__ import annotations

import bz2
import lzma
import os
import stat
import struct
import zlib
from collections.abc import Callable
from typing import Protocol

from tasks.fetch.answers import Body, FetchFailure
from tasks.fetch.files import local_failure, read_range
from tasks.fetch.settings import FetchSettings
from tasks.reasons import Reason
from tasks.samples import file_fingerprint
from tasks.storage.archives import Archive, Stored
from tasks.storage.clients import clients_of

_ZIP_HEADER = struct.Struct("<4s5H3L2H")
_SLACK = 64
"""Bytes that a zip's header for a member is often longer than what its directory says of it."""
_TAR_BLOCK = 512


class ArchivedFiles:
    """The members of one archive that can be sought in; none is ever written to a disk, whatever its name.

    Args:
        archive: It, or what it was before it was compressed.
        settings: The `fetch` section.
        is_copy: Whether it is a copy, so that what was listed says nothing of its own age.
    """

    def __init__(self, archive: Archive, settings: FetchSettings, *, is_copy: bool = False) -> None:
        self._archive = archive
        self._is_copy = is_copy
        self._max_bytes = settings.max_bytes
        self._seconds = settings.attempt_timeout_s
        self._clients = clients_of(archive.file, settings.per_host)

    @property
    def is_local(self) -> bool:
        """Whether the archive lies on a disk of this machine."""
        return self._archive.file.is_local

    def read(self, stored: Stored, size: int, fingerprint: str) -> Body:
        """The member that was listed as *stored*, with *size* bytes and *fingerprint*.

        Raises:
            FetchFailure: It is too large, damaged, or no longer there.
        """
        if max(size, stored.length) > self._max_bytes:
            detail = f"{max(size, stored.length)} bytes are more than `fetch.max_bytes`, {self._max_bytes}"
            raise FetchFailure(Reason.TOO_MANY_BYTES, detail, is_transient=False)
        if self._archive.kind == "zip":
            return Body(self._of_zip(stored, size), fingerprint)
        return Body(self._of_tar(stored, "" if self._is_copy else fingerprint), fingerprint)

    def _of_tar(self, stored: Stored, fingerprint: str) -> bytes:
        data = self._bytes(stored.start - _TAR_BLOCK, stored.length + _TAR_BLOCK, fingerprint)
        if len(data) < stored.length + _TAR_BLOCK or zlib.crc32(data[:_TAR_BLOCK]) != stored.check:
            raise _changed()
        return data[_TAR_BLOCK:]

    def _of_zip(self, stored: Stored, size: int) -> bytes:
        fixed = _ZIP_HEADER.size
        data = self._bytes(stored.start, fixed + stored.extra + _SLACK + stored.length)
        if len(data) < fixed or not data.startswith(b"PK\3\4"):
            raise _changed()
        *_, name_length, extra_length = _ZIP_HEADER.unpack_from(data)
        start = fixed + name_length + extra_length
        if len(data) < start + stored.length:
            data = self._bytes(stored.start, start + stored.length)
        try:
            found = _unpacked(data[start : start + stored.length], stored.method, size)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
            raise _damaged() from None
        if len(found) != size or zlib.crc32(found) != stored.check:
            raise _damaged()
        return found

    def _bytes(self, start: int, length: int, fingerprint: str = "") -> bytes:
        """Bytes of the archive from *start* on, *length* of them where there are so many."""
        if self._archive.file.is_local:
            return self._local_bytes(start, length, fingerprint)
        return read_range(self._clients, None, (start, start + length), self._seconds)

    def _local_bytes(self, start: int, length: int, fingerprint: str) -> bytes:
        try:
            handle = os.open(self._archive.file.url, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise local_failure(error) from None
        try:
            found = os.fstat(handle)
            is_listed = not fingerprint or fingerprint.endswith(f"-{file_fingerprint(found)}")
            if not stat.S_ISREG(found.st_mode) or not is_listed:
                raise _changed()
            return _pread(handle, length, start)
        except OSError as error:
            raise local_failure(error) from None
        finally:
            os.close(handle)


def _pread(handle: int, length: int, start: int) -> bytes:
    """*length* bytes of the file from *start* on, or all that there are."""
    parts: list[bytes] = []
    while length and (data := os.pread(handle, length, start)):
        parts.append(data)
        start, length = start + len(data), length - len(data)
    return b"".join(parts)


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


_UNPACKERS: dict[int, Callable[[], _Decompressor]] = {
    8: lambda: zlib.decompressobj(-15),
    12: bz2.BZ2Decompressor,
}


def _unpacked(data: bytes, method: int, size: int) -> bytes:
    """What a zip packed by *method* into *data*: at most one byte more than *size*, whatever it claims."""
    if method == 0:
        return data
    if method == 14:
        return _of_lzma(data, size)
    return _UNPACKERS[method]().decompress(data, size + 1)


def _of_lzma(data: bytes, size: int) -> bytes:
    """LZMA as zips hold it: two bytes of version, two with the length of the properties, these, then the stream."""
    (length,) = struct.unpack_from("<H", data, 2)
    properties, packed = data[4 : 4 + length], data[4 + length :]
    filters = [lzma._decode_filter_properties(lzma.FILTER_LZMA1, properties)]  # type: ignore[attr-defined]
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters).decompress(packed, size + 1)


def _changed() -> FetchFailure:
    return FetchFailure(
        Reason.CHANGED_WHILE_READ, "the archive is no longer as it was when it was listed", is_transient=False
    )


def _damaged() -> FetchFailure:
    detail = "is damaged in its archive: its bytes do not have the checksum that stands there"
    return FetchFailure(Reason.SHORT_BODY, detail, is_transient=False)
