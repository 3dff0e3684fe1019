"""What is derived from the commits, and repaired by every run: the card, latest.json, the local views."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tasks.errors import DatasetError, VersionError
from tasks.publish.card import root_card, view_card
from tasks.publish.documents import FORMAT, Manifest
from tasks.publish.history import Version, list_versions, read_version
from tasks.publish.settings import OutputSettings
from tasks.storage import TEMPORARY_PREFIX, Store, sync_folder

VIEWS = "versions"
_ROUNDS = 5


def refresh_derived(store: Store, settings: OutputSettings) -> list[str]:
    """Make what is derived fit the newest commit; return what could not be done, a sentence each.

    The newest commit is read just before, and looked at again after: a run that slept must not put older ones back.
    """
    try:
        for _ in range(_ROUNDS):
            newest = max(list_versions(store), default=0)
            if newest:
                kept = kept_versions(store, settings, newest)
                _write(store, {number: version.manifest for number, version in kept.items()}, newest)
            if max(list_versions(store), default=0) == newest:
                return []
    except (DatasetError, OSError) as error:
        return [f"The card, latest.json or a view could not be brought up to date: {error}"]
    return []


def kept_versions(store: Store, settings: OutputSettings, newest: int) -> dict[int, Version]:
    """The versions that retention keeps and that are still whole enough to be named, by number."""
    oldest = max(1, newest - settings.keep_versions + 1)
    kept = {newest: read_version(store, newest)}
    for number in {*range(oldest, newest), *pinned_versions(store)} - {newest}:
        with suppress(VersionError):
            kept[number] = read_version(store, number)
    return dict(sorted(kept.items()))


def pinned_versions(store: Store) -> dict[int, list[str]]:
    """The versions that are kept for good, each with the names of its pins."""
    pins: dict[int, list[str]] = {}
    for file in store.list_files("pins"):
        with suppress(ValueError, KeyError, TypeError, FileNotFoundError):
            version = int(json.loads(store.read_bytes(file.path))["version"])
            pins.setdefault(version, []).append(file.path.removeprefix("pins/").removesuffix(".json"))
    return pins


def _write(store: Store, kept: Mapping[int, Manifest], newest: int) -> None:
    _replace_if_other(store, "README.md", root_card(newest, kept).encode())
    _replace_if_other(store, "latest.json", latest_json(newest, kept[newest]))
    if store.is_local:
        _write_views(Path(store.place.url), kept)


def latest_json(version: int, manifest: Manifest) -> bytes:
    """The newest version and its files, for scripts."""
    files = [shard.model_dump(include={"path", "split", "rows", "bytes", "sha256"}) for shard in manifest.shards]
    value = {
        "format": FORMAT,
        "dataset": manifest.dataset,
        "version": version,
        "rows": manifest.rows,
        "class_names": manifest.class_names,
        "files": files,
        "rejects": manifest.rejects.path if manifest.rejects else None,
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _replace_if_other(store: Store, path: str, data: bytes) -> None:
    with suppress(FileNotFoundError):
        if store.read_bytes(path) == data:
            return
    store.replace(path, data)


def _write_views(root: Path, kept: Mapping[int, Manifest]) -> None:
    views = root / VIEWS
    views.mkdir(exist_ok=True)
    wanted = {f"{version:06}" for version in kept}
    for folder in views.iterdir():
        if folder.name not in wanted:
            shutil.rmtree(folder, ignore_errors=True)
    for version, manifest in kept.items():
        target = views / f"{version:06}"
        if not _is_whole(target, root, manifest):
            _replace_view(root, target, version, manifest)
    sync_folder(views)


def _links(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Where each file of a view is, and the file of the pool that it is a link to."""
    for shard in manifest.shards:
        yield f"data/{shard.path.rpartition('/')[2]}", shard.path
    if manifest.rejects is not None:
        yield "rejects.parquet", manifest.rejects.path


def _is_whole(target: Path, root: Path, manifest: Manifest) -> bool:
    links = dict(_links(manifest))
    try:
        names = {f"data/{path.name}" for path in (target / "data").iterdir()}
        return names == {name for name in links if name.startswith("data/")} and all(
            (target / name).samefile(root / path) for name, path in links.items()
        )
    except OSError:
        return False


def _replace_view(root: Path, target: Path, version: int, manifest: Manifest) -> None:
    """Make the view beside its place, then move it there in one step."""
    made = target.with_name(f"{TEMPORARY_PREFIX}{target.name}-{os.getpid()}")
    shutil.rmtree(made, ignore_errors=True)
    (made / "data").mkdir(parents=True)
    for name, path in _links(manifest):
        os.link(root / path, made / name)
    (made / "README.md").write_text(view_card(version, manifest), encoding="utf-8")
    (made / "manifest.json").write_bytes(manifest.to_bytes())
    sync_folder(made / "data")
    sync_folder(made)
    if target.exists():
        shutil.rmtree(target)
    made.rename(target)
