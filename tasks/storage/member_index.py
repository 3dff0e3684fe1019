"""Where small files stand in an archive: known after one look at it, so that thousands of them are read one by one."""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import BinaryIO

from tasks.image_formats import IMAGE_EXTENSIONS
from tasks.samples import StoreUrl, file_fingerprint
from tasks.storage.archives import Archive, Stored
from tasks.storage.members import member_path, opened_file, read_members

_MOST_BYTES = 16 << 20
_ZIP_FIXED = 30


def small_member(archive: Archive) -> bytes | None:
    """The bytes of the file in *archive* that its `inner` names; None where it is to be looked for front to back.

    Raises:
        LayoutError: The archive is damaged.
        OSError: It cannot be read.
    """
    if archive.compression or not archive.file.is_local:
        return None
    with opened_file(archive.file) as file:
        found = _index(archive.kind, archive.file.url, _stamp(file)).get(archive.inner)
        if found is None:
            return None
        size, text = found
        stored = Stored.from_text(text)
        return _tar_bytes(file, stored) if archive.kind == "tar" else _zip_bytes(file, stored, size)


def _stamp(file: BinaryIO) -> str:
    return file_fingerprint(os.fstat(file.fileno()))


@lru_cache(maxsize=4)
def _index(kind: str, url: str, stamp: str) -> Mapping[str, tuple[int, str]]:  # noqa: ARG001 - it is what makes it new
    """For each small file in the archive at *url* that is no image its size, and where it stands."""
    found: dict[str, tuple[int, str]] = {}
    for member in read_members(Archive(kind, "", "", StoreUrl(url))):
        if member is None or not member.stored or member.problem or member.is_encrypted or member.size > _MOST_BYTES:
            continue
        path = member_path(member.name)
        if path and f".{path.rpartition('.')[2].lower()}" not in IMAGE_EXTENSIONS:
            found[path] = (member.size, member.stored)
    return MappingProxyType(found)


def _tar_bytes(file: BinaryIO, stored: Stored) -> bytes | None:
    file.seek(stored.start)
    data = file.read(stored.length)
    return data if len(data) == stored.length else None


def _zip_bytes(file: BinaryIO, stored: Stored, size: int) -> bytes | None:
    if stored.method not in {0, 8}:
        return None
    file.seek(stored.start)
    header = file.read(_ZIP_FIXED)
    if len(header) < _ZIP_FIXED:
        return None
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    data = file.read(stored.length)
    if stored.method:
        try:
            data = zlib.decompressobj(-15).decompress(data, size + 1)
        except zlib.error:
            return None
    return data if len(data) == size and zlib.crc32(data) == stored.check else None
