"""What an archive holds, as its directory or its headers say: read once, front to back, and never unpacked."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import posixpath
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

import pyarrow as pa

from tasks.compressed import plain_stream
from tasks.errors import LayoutError
from tasks.redaction import redact_url
from tasks.samples import StoreUrl, file_fingerprint
from tasks.storage.archives import Archive, Stored, archive_stamp
from tasks.storage.beginnings import opened_once
from tasks.storage.client_errors import plain_errors, plainly_read
from tasks.storage.clients import own_files
from tasks.storage.spooled import open_local
from tasks.storage.tar_headers import read_tar

_DAMAGE = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    UnicodeError,
    zlib.error,
    lzma.LZMAError,
    pa.ArrowException,
)
_BLOCK = 4 << 20
_HEAD = 512
_SHORT_LOOK = 256 << 20
"""Bytes of a compressed archive that a short look takes at most."""
_EXTRA_HEAD, _UNICODE_PATH = 4, 0x7075
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}


class Member(NamedTuple):
    """One entry of an archive's directory.

    Attributes:
        name: As the archive has it.
        size: Its bytes, unpacked; -1 of a folder.
        fingerprint: What tells one state of it from the next.
        stored: Where its bytes stand, as `Stored`; empty where they cannot be had.
        problem: Why they cannot be had; empty otherwise.
        link: For a link in the archive, what it names; empty otherwise.
        is_encrypted: Whether only who knows its password can read it.
        is_guessed: Whether its name is in an encoding that the archive does not state.
    """

    name: str
    size: int
    fingerprint: str = ""
    stored: str = ""
    problem: str = ""
    link: str = ""
    is_encrypted: bool = False
    is_guessed: bool = False


def read_members(archive: Archive, limit: int | None = None) -> Iterator[Member | None]:
    """The members of *archive*, in its order; None, and no more, after *limit* of them, or where a short look ends.

    Raises:
        LayoutError: It is damaged, or its server gives no parts of files.
        FileNotFoundError: There is no such archive.
        OSError: It cannot be read.
    """
    try:
        with opened_file(archive.file) as file:
            if not archive.compression:
                _require_parts(file, archive.file)
            members = _zip_members(file) if archive.kind == "zip" else _tar_members(archive, file, limit)
            for count, member in enumerate(members):
                if member is None or (limit is not None and count >= limit):
                    yield None
                    return
                yield member
    except _DAMAGE as error:
        if other := _other_kind(archive):
            raise LayoutError(
                f"{redact_url(archive.file.url)} is {other}, and not what its name says. Let its name end so."
            ) from None
        raise LayoutError(
            f"{redact_url(archive.file.url)} is damaged or cut off, and cannot be listed to its end: "
            f"{str(error)[:150] or type(error).__name__}. Get it anew."
        ) from None


def _other_kind(archive: Archive) -> str:
    """What *archive* begins like, where that is another kind of archive than its name says; else empty."""
    with opened_file(archive.file) as file:
        head = file.read(_HEAD)
    if head[:4] == b"PK\3\4":
        return "" if archive.kind == "zip" else "a zip (.zip)"
    if head[:2] == b"\x1f\x8b":
        return "" if archive.compression == "gzip" else "packed with gzip (.tar.gz)"
    is_plain = archive.kind == "tar" and not archive.compression
    return "a tar that is not compressed (.tar)" if head[257:262] == b"ustar" and not is_plain else ""


def _require_parts(file: BinaryIO, place: StoreUrl) -> None:
    """Make sure that *file* can be read from anywhere; `zipfile` calls it damaged where its server forbids that."""
    if place.is_local:
        return
    try:
        file.seek(-1, io.SEEK_END)
        file.read(1)
        file.seek(0)
    except OSError as error:
        raise LayoutError(
            f"{redact_url(place.url)} cannot be read in parts, so that no image can be read by itself: "
            f"{str(error).partition('. ')[0]}. "
            "Download the archive, and name the copy in `source.path`."
        ) from None


@contextmanager
def opened_file(place: StoreUrl) -> Iterator[BinaryIO]:
    """The file at *place*, open for reading, with a handle that nobody else has.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be opened, or read.
    """
    if place.is_local:
        with open_local(place.url) as local:
            yield local
        return
    files, path = own_files(place)
    with plain_errors():
        file = opened_once(place, lambda: files.open(path, "rb", block_size=_BLOCK))
    with plainly_read(file) as plain:
        yield plain


def _stamp(place: StoreUrl) -> str:
    """What tells one state of the file at *place* from the next."""
    if place.is_local:
        return file_fingerprint(os.stat(place.url))  # noqa: PTH116 - the place is a text
    files, path = own_files(place)
    files.invalidate_cache()
    with plain_errors():
        info = files.info(path)
    changed = info.get("LastModified") or info.get("last_modified") or info.get("mtime") or info.get("modify") or ""
    return archive_stamp(info, f"{info.get('size')}-{changed}")


def _tar_members(archive: Archive, file: BinaryIO, limit: int | None) -> Iterator[Member | None]:
    """The members of a tar; None where a short look at a compressed one comes to no end."""
    stamp = _stamp(archive.file)
    stream = plain_stream(file, archive.compression)
    for found, check in read_tar(stream, is_stream=bool(archive.compression)):
        if limit is not None and archive.compression and found.offset > _SHORT_LOOK:
            yield None
        if found.isdir():
            yield Member(found.name, -1)
        elif found.islnk() or found.issym():
            folder = posixpath.dirname(found.name) if found.issym() else ""
            absolute = found.linkname.startswith("/")
            yield Member(found.name, 0, link=found.linkname if absolute else posixpath.join(folder, found.linkname))
        elif not found.isreg():
            yield Member(found.name, 0, problem="is not a regular file")
        elif found.issparse():
            yield Member(found.name, found.size, problem="is stored with holes, which are not read; pack it anew")
        else:
            stored = Stored(found.offset_data, found.size, 0, check).as_text()
            yield Member(found.name, found.size, f"{found.size}-{check:08x}-{stamp}", stored)


def _zip_members(file: BinaryIO) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        for found in archive.infolist():
            name, is_guessed = _zip_name(found)
            if name.endswith("/"):
                yield Member(name, -1)
                continue
            extra = len(found.orig_filename) * 3
            stored = Stored(found.header_offset, found.compress_size, found.compress_type, found.CRC, extra)
            date = "".join(f"{part:02}" for part in found.date_time)
            yield Member(
                name,
                found.file_size,
                f"{found.file_size}-{found.CRC:08x}-{date}",
                stored.as_text(),
                _zip_problem(found),
                is_encrypted=bool(found.flag_bits & 1),
                is_guessed=is_guessed,
            )


def _zip_name(found: zipfile.ZipInfo) -> tuple[str, bool]:
    """The name of a member as who packed it meant it, and whether that is a guess.

    Some write UTF-8 without saying so, some backslashes; some use the encoding of their country, which nothing states:
    it is read as the one of the first PCs, as the format has it (APPNOTE.TXT, appendix D).
    """
    name, is_guessed = found.orig_filename, False
    if not found.flag_bits & 0x800 and not name.isascii():
        packed = name.encode("cp437")
        try:
            name = _unicode_path(found.extra, packed) or packed.decode("utf-8")
        except UnicodeError:
            is_guessed = True
    return name.replace("\\", "/") if found.create_system == 0 and "/" not in name else name, is_guessed


def _unicode_path(extra: bytes, name: bytes) -> str:
    """The name in UTF-8 that Info-ZIP and others put beside *name* (APPNOTE.TXT, 4.6.9); empty where there is none."""
    while len(extra) >= _EXTRA_HEAD:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        field, extra = extra[_EXTRA_HEAD : _EXTRA_HEAD + size], extra[_EXTRA_HEAD + size :]
        if kind == _UNICODE_PATH and field[1:5] == zlib.crc32(name).to_bytes(4, "little"):
            return field[5:].decode("utf-8")
    return ""


def _zip_problem(found: zipfile.ZipInfo) -> str:
    if stat.S_ISLNK(found.external_attr >> 16):
        return "is a link, which is not followed in a zip"
    if found.compress_type not in _METHODS:
        name = zipfile.compressor_names.get(found.compress_type, "unknown")  # type: ignore[attr-defined]
        return f"is packed by method {found.compress_type} ({name}), which is not read; pack it anew"
    return ""


def member_path(name: str) -> str | None:
    """The relative path that a member's *name* means, without ``.`` and empty parts; None where it leads out."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    return None if name.startswith("/") or ".." in parts or "\0" in name else "/".join(parts)
