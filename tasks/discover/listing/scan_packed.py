"""Archives that lie in a folder, each as a folder of what it holds: read in place, member by member."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import repeated
from tasks.discover.listing.listing import FILE_SCHEMA, Listing, sorted_files
from tasks.discover.listing.names import NameRules
from tasks.discover.listing.scan_archives import scan_archive
from tasks.file_names import decode_name
from tasks.redaction import is_web
from tasks.storage.archives import archive_below, bare_name


def with_archives(listing: Listing, rules: NameRules, limit: int | None) -> Listing | None:
    """*listing* with all that its archives hold: `train/cats.zip` as the folder ``train/cats``.

    The paths of files keep the archive's whole name, ``train/cats.zip/1.jpg``; those of folders say what they mean,
    ``train/cats``. Archives within archives stay closed. None where there is more than *limit*, or a short look comes
    to no end.

    Raises:
        LayoutError: An archive is damaged, or its images are encrypted.
        OSError: One cannot be read.
    """
    if is_web(listing.root.url):
        return listing
    found = []
    for path in listing.archives:
        inside = scan_archive(archive_below(listing.root, decode_name(path)), rules, limit)
        if inside is None:
            return None
        found.append((path, inside))
    return _merged(listing, found, rules)


def _merged(listing: Listing, found: list[tuple[str, Listing]], rules: NameRules) -> Listing:
    tables = [listing.files]
    for path, inside in found:
        folder = _folder_of(path)
        tables.append(_below(path, inside.files, len(listing.parents)))
        listing.parents += _under(folder, inside.parents)
        listing.folders += [folder, *_under(folder, inside.folders)]
        listing.holders |= set(_under(folder, inside.holders))
        listing.refused += [(f"{path}/{name}", reason, detail) for name, reason, detail in inside.refused]
        listing.nested += [f"{path}/{name}" for name in inside.archives]
        listing.guessed += [f"{path}/{name}" for name in inside.guessed]
        listing.ignored.update(inside.ignored)
        listing.others.update(inside.others)
        _closed(listing, path)
        for name in inside.beside:
            listing.note_beside(f"{path}/{name}", rules.extension(name))
    listing.files = sorted_files(tables)
    for paths in (listing.folders, listing.refused, listing.beside):
        paths.sort()
    return listing


def _closed(listing: Listing, path: str) -> None:
    """The archive at *path* is a folder now, and no file of another kind."""
    suffix = f".{path.rpartition('.')[2].lower()}"
    listing.others[suffix] -= 1
    if not listing.others[suffix]:
        del listing.others[suffix]
    if path in listing.beside:
        listing.beside.remove(path)


def _folder_of(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{bare_name(name)}"


def _under(folder: str, paths: Iterable[str]) -> list[str]:
    return [f"{folder}/{path}" if path else folder for path in paths]


def _below(path: str, files: pa.Table, first: int) -> pa.Table:
    """*files* of the archive at *path*, whose folders come behind *first* others."""
    paths = pc.binary_join_element_wise(repeated(f"{path}/", files.num_rows), files["path"], "")
    folders = pa.array(np.asarray(files["folder"].to_numpy(), dtype=np.int32) + first, pa.int32())
    columns = {"path": paths, "folder": folders}
    return pa.table([columns.get(name, files[name]) for name in FILE_SCHEMA.names], schema=FILE_SCHEMA)
