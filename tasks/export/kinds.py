"""The formats of exports: what a shard becomes in each, and how readers of it find the files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.export import lance_table, mds
from tasks.export.index import ExportedFile
from tasks.export.shard_rows import schema_of, stem_of
from tasks.export.tars import write_tar
from tasks.publish.history import Version
from tasks.publish.manifest import FileEntry
from tasks.storage import Store

Publish = Callable[[Store, Store, Version, Sequence[tuple[FileEntry, ExportedFile]]], None]


def _nothing(_store: Store, _folder: Store, _version: Version, _files: object) -> None:
    """Readers name the files themselves."""


def _any_place(_folder: Store) -> None:
    """No place is unfit."""


@dataclass(frozen=True, slots=True)
class ExportKind:
    """One format.

    Attributes:
        noun: What a file of it is called.
        title: Who reads it.
        name_of: The name of the file that a shard becomes, below the folder of the export.
        write: Writes a shard into a new local file, and returns what it holds under its name.
        publish: Lets readers of the folder find these files and no others; called once all of them are there, and again
            wherever it was stopped.
        indexes: Further files that tell readers, which go once nothing of theirs is left.
        check: Raises where the folder will not do.
    """

    noun: str
    title: str
    name_of: Callable[[FileEntry], str]
    write: Callable[[Store, FileEntry, Path, str], ExportedFile]
    publish: Publish = _nothing
    indexes: Callable[[Sequence[ExportedFile]], frozenset[str]] = lambda _: frozenset()
    check: Callable[[Store], None] = _any_place


def _publish_mds(
    _store: Store, folder: Store, _version: Version, files: Sequence[tuple[FileEntry, ExportedFile]]
) -> None:
    for path, data in mds.indexes_of([file for _, file in files]).items():
        if not (folder.exists(path) and folder.read_bytes(path) == data):
            folder.replace(path, data)


def _publish_lance(
    store: Store, folder: Store, version: Version, files: Sequence[tuple[FileEntry, ExportedFile]]
) -> None:
    if not files:
        lance_table.commit_nothing(folder)
        return
    names = json.dumps(version.commit.class_names, ensure_ascii=False)
    schema = lance_table.flat_schema(schema_of(store, files[0][0])).with_metadata({"parquetry.class_names": names})
    lance_table.commit_fragments(folder, [file for _, file in files], schema)


KINDS = {
    "wds": ExportKind("tar file", "tar files, as WebDataset reads them", lambda one: f"{stem_of(one)}.tar", write_tar),
    "mds": ExportKind(
        "MDS file",
        "a folder for each split, as MosaicML's streaming reads them",
        lambda one: f"{one.split}/{stem_of(one)}.mds",
        mds.write_mds,
        _publish_mds,
        lambda files: frozenset(f"{file.path.rpartition('/')[0]}/{mds.INDEX_NAME}" for file in files),
    ),
    "lance": ExportKind(
        "fragment",
        "one Lance dataset (needs `parquetry[lance]`)",
        lambda one: f"data/{stem_of(one)}.lance",
        lance_table.write_fragment,
        _publish_lance,
        check=lance_table.check_lance,
    ),
}
"""By the names that the command knows."""
