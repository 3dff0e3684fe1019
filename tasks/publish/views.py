"""Views: on local disks a folder for each version, its Parquet hard-linked from the pool. Derived, and repaired."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from uuid import uuid4

from tasks.publish.card import view_card
from tasks.publish.documents import FileEntry, Manifest
from tasks.publish.verify import file_problem
from tasks.storage import WORKPLACE, LocalStore, claimed_folder, sync_folder

VIEWS = "versions"


def view_name(version: int) -> str:
    """The folder of *version*, below the output's root."""
    return f"{VIEWS}/{version:06}"


def write_views(store: LocalStore, versions: Mapping[int, Manifest]) -> None:
    """Make the views of *versions*, and repair those that are not as they should be; others stay as they are."""
    (store.root / VIEWS).mkdir(exist_ok=True)
    for version, manifest in versions.items():
        if not is_whole(store.root, version, manifest):
            _replace_view(store.root, version, manifest)
        for name, data in _documents(version, manifest).items():
            path = f"{view_name(version)}/{name}"
            if not _has_bytes(store.root / path, data):
                store.replace(path, data)


def remove_views(store: LocalStore, versions: Iterable[int]) -> None:
    """Remove the views of *versions*, which are there no more."""
    for version in versions:
        store.delete_tree(view_name(version))


def list_views(store: LocalStore) -> list[int]:
    """The versions that have a view, ascending."""
    folder = store.root / VIEWS
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(int(name) for name in names if name.isdigit())


def is_whole(root: Path, version: int, manifest: Manifest) -> bool:
    """Whether the view's Parquet files are those of *manifest*: links to the pool, and no others."""
    links, target = dict(_links(manifest)), root / view_name(version)
    try:
        names = {f"data/{path.name}" for path in (target / "data").iterdir()}
        return names == {name for name in links if name.startswith("data/")} and all(
            (target / name).samefile(root / path) for name, path in links.items()
        )
    except OSError:
        return False


def view_problem(store: LocalStore, version: int, file: FileEntry) -> Iterator[tuple[str, str]]:
    """What is wrong with *file* in the view of *version*; nothing where there is no view, which any run makes."""
    if file.path.startswith("reports/") or not (store.root / view_name(version)).is_dir():
        return
    name = f"data/{file.path.rpartition('/')[2]}" if file.split else "rejects.parquet"
    path = f"{view_name(version)}/{name}"
    if _is_link(store.root / path, store.root / file.path):
        return
    if problem := file_problem(store, file.model_copy(update={"path": path})):
        yield path, f"{problem}; any run of the dataset makes it anew"


def _is_link(path: Path, pool: Path) -> bool:
    try:
        return path.samefile(pool)
    except OSError:
        return False


def _links(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Where each file of a view is, and the file of the pool that it is a link to."""
    for shard in manifest.shards:
        yield f"data/{shard.path.rpartition('/')[2]}", shard.path
    if manifest.rejects is not None:
        yield "rejects.parquet", manifest.rejects.path


def _documents(version: int, manifest: Manifest) -> dict[str, bytes]:
    return {"README.md": view_card(version, manifest).encode(), "manifest.json": manifest.to_bytes()}


def _has_bytes(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _replace_view(root: Path, version: int, manifest: Manifest) -> None:
    """Make the view in a folder of this process, then move it to its place in one step."""
    target = root / view_name(version)
    with claimed_folder(root / WORKPLACE, f"view-{uuid4().hex}") as folder:
        made, old = folder / "new", folder / "old"
        (made / "data").mkdir(parents=True)
        for name, path in _links(manifest):
            os.link(root / path, made / name)
        for name, data in _documents(version, manifest).items():
            (made / name).write_bytes(data)
        sync_folder(made / "data")
        sync_folder(made)
        try:
            _move(made, target, old)
        except OSError:
            if not is_whole(root, version, manifest):  # else another process was first
                raise
        sync_folder(target.parent)


def _move(made: Path, target: Path, old: Path) -> None:
    """Put *made* into the place of *target*."""
    try:
        made.rename(target)
    except OSError:  # one that is not whole is there
        target.rename(old)
        made.rename(target)
