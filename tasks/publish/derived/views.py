"""Views: on local disks a folder for each version, its Parquet hard-linked from the pool. Derived, and repaired."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from tasks.publish.derived.card import view_card
from tasks.publish.history import Version
from tasks.publish.manifest import FileEntry, Manifest
from tasks.publish.verify import file_problem
from tasks.storage import WORKPLACE, LocalStore, claimed_folder, is_shard_name, sync_folder

VIEWS = "versions"
_ALONE = {"rejects": "rejects.parquet", "quality": "quality.parquet", "reports": "report.html"}
"""What the one file of each of these folders is called in a view."""


def view_name(version: int) -> str:
    """The folder of *version*, below the output's root."""
    return f"{VIEWS}/{version:06}"


def write_views(store: LocalStore, versions: Mapping[int, Version]) -> None:
    """Make the views of *versions*, and repair those that are not as they should be; others stay as they are."""
    (store.root / VIEWS).mkdir(exist_ok=True)
    for number, version in versions.items():
        if not (store.root / view_name(number)).is_dir():
            _make_view(store.root, version)
        _repair_view(store, version)


def remove_views(store: LocalStore, versions: Iterable[int]) -> None:
    """Remove the views of *versions*, which are there no more."""
    for version in versions:
        for path in _files_of(store.root / view_name(version)):
            path.unlink(missing_ok=True)
        for folder in (store.root / view_name(version) / "data", store.root / view_name(version)):
            with suppress(OSError):  # what somebody else has put there stays
                folder.rmdir()


def _files_of(folder: Path) -> Iterator[Path]:
    """What lies in a view that was put there when it was made, or repaired."""
    yield from (path for path in _entries(folder / "data") if is_shard_name(path.name))
    yield from (folder / name for name in ("README.md", "manifest.json", *_ALONE.values()))


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def list_views(store: LocalStore) -> list[int]:
    """The versions that have a view, ascending."""
    names = [path.name for path in _entries(store.root / VIEWS)]
    return sorted(int(name) for name in names if name.isascii() and name.isdigit() and len(name) >= 6)


def view_problem(store: LocalStore, version: int, file: FileEntry) -> Iterator[tuple[str, str]]:
    """What is wrong with *file* in the view of *version*; nothing where there is no view, which any run makes."""
    is_json = file.path.startswith("reports/") and file.path.endswith(".json")
    if is_json or not (store.root / view_name(version)).is_dir():
        return
    folder, _, own_name = file.path.rpartition("/")
    name = f"data/{own_name}" if file.split else _ALONE[folder]
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
    for file in (manifest.rejects, manifest.quality, manifest.page):
        if file is not None:
            yield _ALONE[file.path.partition("/")[0]], file.path


def _documents(root: Path, version: Version) -> dict[str, bytes]:
    card = view_card(version, str(root)).encode("utf-8", "replace")
    return {"README.md": card, "manifest.json": version.manifest.to_bytes()}


def _has_bytes(path: Path, data: bytes) -> bool:
    try:
        return path.read_bytes() == data
    except OSError:
        return False


def _make_view(root: Path, version: Version) -> None:
    """Make the view in a folder of this process, then move it to its place in one step."""
    target = root / view_name(version.commit.version)
    with claimed_folder(root / WORKPLACE, f"view-{uuid4().hex}") as folder:
        made = folder / target.name
        (made / "data").mkdir(parents=True)
        for name, path in _links(version.manifest):
            os.link(root / path, made / name)
        for name, data in _documents(root, version).items():
            (made / name).write_bytes(data)
        sync_folder(made / "data")
        sync_folder(made)
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was first
                raise
        sync_folder(target.parent)


def _repair_view(store: LocalStore, version: Version) -> None:
    """Make the files of a view what they should be, one by one: whoever reads the others never misses them."""
    view = view_name(version.commit.version)
    folder, links = store.root / view, dict(_links(version.manifest))
    for name, path in links.items():
        if not _is_link(folder / name, store.root / path):
            _replace_link(store.root, folder / name, store.root / path)
    for file in _entries(folder / "data"):
        if f"data/{file.name}" not in links and is_shard_name(file.name):
            file.unlink(missing_ok=True)
    for name in set(_ALONE.values()) - links.keys():
        (folder / name).unlink(missing_ok=True)
    for name, data in _documents(store.root, version).items():
        if not _has_bytes(folder / name, data):
            store.replace(f"{view}/{name}", data)


def _replace_link(root: Path, place: Path, pool: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    with claimed_folder(root / WORKPLACE, f"view-{uuid4().hex}") as folder:
        os.link(pool, folder / place.name)
        (folder / place.name).replace(place)
    sync_folder(place.parent)
