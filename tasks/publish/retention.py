"""What of the past may go: files that no kept version names, once they are older than the grace."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tasks.errors import DatasetError, VersionError
from tasks.publish.derived import kept_versions
from tasks.publish.documents import commit_path
from tasks.publish.history import Version, list_versions, read_commit, read_manifest
from tasks.publish.settings import OutputSettings
from tasks.storage import Store, StoredFile

_FOLDERS = ("shards", "rejects", "manifests", "reports")
_MISSING = 5  # pruned versions in a row, below which all are taken for pruned


@dataclass(frozen=True, slots=True)
class Garbage:
    """What may go.

    Attributes:
        files: Files that no kept version names, and that have been so for longer than the grace.
        waiting: How many more there are that the grace still protects.
    """

    files: tuple[StoredFile, ...]
    waiting: int

    @property
    def bytes(self) -> int:
        """The size of what may go."""
        return sum(file.bytes for file in self.files)


def find_garbage(store: Store, settings: OutputSettings) -> Garbage:
    """Files that may be deleted: superseded, or lying unnamed, for longer than the grace by the store's own clock."""
    newest = max(list_versions(store), default=0)
    if not newest:
        return Garbage((), 0)
    kept = kept_versions(store, settings, newest)
    named = {path for version in kept.values() for path in _paths(version)}
    commits = {file.path: file.modified for file in store.list_files("commits")}
    superseded = _superseded(store, kept, commits)
    clock = time.time() if store.is_local else max(commits.values())
    unnamed = [file for folder in _FOLDERS for file in store.list_files(folder) if file.path not in named]
    grace = settings.grace.total_seconds()
    old = [file for file in unnamed if clock - max(file.modified, superseded.get(file.path, 0.0)) > grace]
    return Garbage(tuple(old), len(unnamed) - len(old))


def _paths(version: Version) -> list[str]:
    return [version.commit.manifest, *(file.path for file in version.manifest.files)]


def _superseded(store: Store, kept: Mapping[int, Version], commits: Mapping[str, float]) -> dict[str, float]:
    """When each file of versions that are no longer kept was last replaced: at the commit after theirs."""
    times: dict[str, float] = {}
    missing = 0
    for number in range(max(kept), 0, -1):
        if number in kept:
            continue
        try:
            commit = read_commit(store, number)
            version = Version(commit, read_manifest(store, commit))
        except VersionError:
            missing += 1
            if missing >= _MISSING:
                break
            continue
        missing = 0
        after = commits.get(commit_path(number + 1), 0.0)
        for path in _paths(version):
            times[path] = max(times.get(path, 0.0), after)
    return times


def prune(store: Store, settings: OutputSettings) -> Garbage:
    """Delete what may go, manifests last; return what it was."""
    garbage = find_garbage(store, settings)
    ordered = sorted(garbage.files, key=lambda file: file.path.startswith("manifests/"))
    store.delete(file.path for file in ordered)
    return garbage


def apply_retention(store: Store, settings: OutputSettings) -> list[str]:
    """`prune` at a run's end; return what could not be done, a sentence each."""
    try:
        prune(store, settings)
    except DatasetError as error:
        return [f"Old files could not be deleted: {error}"]
    return []
