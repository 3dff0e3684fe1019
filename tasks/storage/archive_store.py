"""A folder in an archive, for reading what is not an image: label files that were packed with them."""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from tasks.compressed import plain_stream
from tasks.samples import StoreUrl
from tasks.storage.archives import Archive, archive_below, archive_of, packed_path
from tasks.storage.client_errors import plain_errors
from tasks.storage.clients import own_files
from tasks.storage.member_index import small_member
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


def place_below(root: StoreUrl, path: str) -> StoreUrl:
    """Where the file at *path* below *root* lies; one in an archive there, ``train.zip/labels.csv``, in that."""
    packed, inner = packed_path(path)
    if not packed or archive_of(root) is not None or not _is_file(root.child(packed)):
        return root.child(path)
    return replace(archive_below(root, packed), inner=inner).place


def _is_file(place: StoreUrl) -> bool:
    if place.is_local:
        return Path(place.url).is_file()
    files, path = own_files(place)
    with plain_errors():
        return bool(files.isfile(path))


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


def beginning_of(root: StoreUrl, path: str, most: int) -> bytes:
    """The first *most* bytes of the file at *path* below *root*; none where it cannot be read."""
    try:
        with opened_place(place_below(root, path)) as file:
            return file.read(most)
    except OSError:
        return b""


@contextmanager
def _opened_member(archive: Archive) -> Iterator[BinaryIO]:
    """A copy of the file in *archive* that its `inner` names, which can be sought in; gone afterwards.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read.
    """
    if (data := small_member(archive)) is not None:
        yield io.BytesIO(data)
        return
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
