"""A folder in an archive, for reading what is no image: label files that were packed with them."""

from __future__ import annotations

import tarfile
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from tasks.samples import StoreUrl
from tasks.storage.archives import Archive, archive_of
from tasks.storage.compressed import plain_stream
from tasks.storage.members import member_path, opened_file, read_members

_IN_MEMORY = 16 << 20


def member_files(archive: Archive) -> list[str]:
    """The paths of all files in *archive*, relative to the folder of it that is meant."""
    head = f"{archive.inner}/" if archive.inner else ""
    paths = [member_path(member.name) for member in read_members(archive) if member is not None and member.size >= 0]
    return [path[len(head) :] for path in paths if path and path.startswith(head)]


def members_named(archive: Archive, names: Collection[str]) -> set[str]:
    """Those of *names*, relative to the folder that is meant, under which *archive* holds a file."""
    wanted = {f"{archive.inner}/{name}".strip("/"): name for name in names}
    there = {member_path(member.name) for member in read_members(archive) if member is not None and member.size >= 0}
    return {name for path, name in wanted.items() if path in there}


@contextmanager
def opened_place(place: StoreUrl) -> Iterator[BinaryIO]:
    """The file at *place*, which may lie in an archive, open for reading; its handle is nobody else's.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read.
    """
    archive = archive_of(place)
    with opened_file(place) if archive is None else _opened_member(archive) as file:
        yield file


@contextmanager
def _opened_member(archive: Archive) -> Iterator[BinaryIO]:
    """A copy of the file in *archive* that its `inner` names, which can be sought in; gone afterwards.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        with opened_file(archive.file) as file:
            for piece in _zip_pieces(file, archive) if archive.kind == "zip" else _tar_pieces(file, archive):
                copy.write(piece)
        copy.seek(0)
        yield cast("BinaryIO", copy)


def _zip_pieces(file: BinaryIO, archive: Archive) -> Iterator[bytes]:
    with zipfile.ZipFile(file) as packed:
        found = [info for info in packed.infolist() if member_path(info.filename) == archive.inner]
        if not found:
            raise FileNotFoundError(archive.place.url)
        with packed.open(found[-1]) as member:
            while piece := member.read(1 << 20):
                yield piece


def _tar_pieces(file: BinaryIO, archive: Archive) -> Iterator[bytes]:
    with tarfile.open(fileobj=plain_stream(file, archive.compression), mode="r|") as packed:
        for info in packed:
            if info.isreg() and member_path(info.name) == archive.inner:
                member = packed.extractfile(info)
                while member is not None and (piece := member.read(1 << 20)):
                    yield piece
                return
    raise FileNotFoundError(archive.place.url)
