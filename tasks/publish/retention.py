"""What of the past may go: files that no kept version names, once they are older than the grace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from tasks.errors import DatasetError, VersionError
from tasks.publish.ages import clock_of
from tasks.publish.derived.repair import pinned_versions
from tasks.publish.derived.views import list_views, remove_views
from tasks.publish.documents import COMMITS, FORMAT, commit_path
from tasks.publish.guest import names_beside, some_names
from tasks.publish.history import MissingVersionError, Version, list_versions, read_commit, read_version
from tasks.publish.runs import Run, others_at_work
from tasks.publish.settings import OutputSettings
from tasks.storage import OLD_POOL, POOL, LocalStore, Store, StoredFile, is_own
from tasks.wording import counted

_FOLDERS = (POOL, OLD_POOL, "rejects", "quality", "manifests", "reports")
_MISSING = 5  # pruned versions in a row, below which all are taken for pruned


@dataclass(frozen=True, slots=True)
class Garbage:
    """What may go.

    Attributes:
        files: Files that no kept version names, and that have been so for longer than the grace.
        waiting: How many more there are that the grace still protects.
        strangers: What lies in the output and is not this dataset's; it is left alone.
    """

    files: tuple[StoredFile, ...]
    waiting: int
    strangers: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of what may go."""
        return sum(file.bytes for file in self.files)

    @property
    def headline(self) -> str:
        """What went, and what waits."""
        return f"{counted(len(self.files), 'file')} deleted{self.waiting_text}"

    @property
    def waiting_text(self) -> str:
        """What to add of those that wait; empty for none."""
        return f"; {self.waiting:,} more may be deleted once `output.grace_days` are over" if self.waiting else ""


def find_garbage(store: Store, settings: OutputSettings) -> Garbage:
    """Files that may be deleted: superseded, or lying unnamed, for longer than the grace by the store's own clock.

    Raises:
        VersionError: Something is damaged that says what is kept.
    """
    newest = max(list_versions(store), default=0)
    if not newest:
        return Garbage((), 0)
    kept = _kept(store, settings, newest)
    named = {path for version in kept.values() for path in _paths(version)}
    commits = store.list_files(COMMITS)
    listed = [file for folder in _FOLDERS for file in store.list_files(folder)]
    there = [file for file in listed if is_own(file.path)]
    clock = clock_of(store, [*commits, *there])
    grace = settings.grace.total_seconds()
    superseded = _superseded(store, kept, commits, clock - grace) | _moved(store, newest, there, commits)
    unnamed = [file for file in there if file.path not in named]
    old = [file for file in unnamed if clock - max(file.modified, superseded.get(file.path, 0.0)) > grace]
    strangers = [*names_beside(store), *(file.path for file in listed if not is_own(file.path))]
    return Garbage(tuple(old), len(unnamed) - len(old), tuple(strangers))


def _moved(store: Store, newest: int, there: Sequence[StoredFile], commits: Sequence[StoredFile]) -> dict[str, float]:
    """When each name in the pool of format 1 was superseded: at the first commit of today's format, if there is one."""
    old = [file.path for file in there if file.path.startswith(f"{OLD_POOL}/")]
    if not old:
        return {}
    number, since = newest, math.inf
    times = {file.path: file.modified for file in commits}
    with suppress(VersionError):
        while number and read_commit(store, number).format >= FORMAT:
            since = times.get(commit_path(number), since)
            number -= 1
    return dict.fromkeys(old, since)


def _kept(store: Store, settings: OutputSettings, newest: int) -> dict[int, Version]:
    """The versions whose files stay.

    Raises:
        VersionError: One of them is damaged, or one that a pin keeps is missing: nobody knows which files it names.
    """
    kept = {newest: read_version(store, newest)}
    pins = pinned_versions(store)
    for number in {*range(max(1, newest - settings.keep_versions + 1), newest), *pins} - {newest}:
        try:
            kept[number] = read_version(store, number)
        except MissingVersionError as error:
            if number in pins:
                names = ", ".join(sorted(pins[number]))
                raise VersionError(f"{error} It is pinned ({names}); `parquetry unpin` gives it up.") from None
    return kept


def _paths(version: Version) -> list[str]:
    return [version.commit.manifest, *(file.path for file in version.manifest.files)]


def _superseded(
    store: Store, kept: Mapping[int, Version], commits: Sequence[StoredFile], since: float
) -> dict[str, float]:
    """When each file of versions that are no longer kept was last replaced: at the commit after theirs.

    Versions that were replaced before *since* protect nothing any more, and are not read.
    """
    replaced = {file.path: file.modified for file in commits}
    times: dict[str, float] = {}
    missing = 0
    for number in range(max(kept), 0, -1):
        after = replaced.get(commit_path(number + 1), 0.0)
        if number in kept or after < since:
            continue
        try:
            version = read_version(store, number)
        except VersionError:
            missing += 1
            if missing >= _MISSING:
                break
            continue
        missing = 0
        for path in _paths(version):
            times[path] = max(times.get(path, 0.0), after)
    return times


def prune(store: Store, settings: OutputSettings) -> Garbage:
    """Delete what may go; return what it was.

    Manifests go first, so that a version is whole or not there at all. What another run has renewed meanwhile stays.
    """
    garbage = find_garbage(store, settings)
    ordered = sorted(garbage.files, key=lambda file: not file.path.startswith("manifests/"))
    gone = [file for file in ordered if store.delete_as_listed(file)]
    if isinstance(store, LocalStore):
        remove_views(store, [version for version in list_views(store) if _is_pruned(store, version)])
    return replace(garbage, files=tuple(sorted(gone, key=lambda file: file.path)))


def _is_pruned(store: Store, version: int) -> bool:
    """Whether the files of *version* were deleted: its commit is there, and its manifest is not."""
    try:
        return not store.exists(read_commit(store, version).manifest)
    except VersionError:
        return False


def drop_unnamed(run: Run, settings: OutputSettings, made: Iterable[str]) -> list[str]:
    """Delete at once those shards, *made* by *run*, that no version names: others of its own took their place.

    Where another run is at work they stay for the grace: it may have taken them over. Returns what could not be done.
    """
    store, spare = run.store, {*made}
    try:
        if spare and not others_at_work(run):
            kept = _kept(store, settings, max(list_versions(store)))
            named = {path for version in kept.values() for path in _paths(version)}
            commits = store.list_files(COMMITS)
            since = clock_of(store, commits) - settings.grace.total_seconds()
            store.delete(sorted(spare - named - _superseded(store, kept, commits, since).keys()))
    except (DatasetError, OSError) as error:
        return [f"Shards that no version names are not deleted for now: {error}"]
    return []


def apply_retention(store: Store, settings: OutputSettings) -> list[str]:
    """`prune` at a run's end; return what could not be done and what was left alone, a sentence each."""
    try:
        strangers = prune(store, settings).strangers
    except (DatasetError, OSError) as error:
        return [f"Old files are not deleted for now: {error}"]
    return [left_alone(strangers)] if strangers else []


def left_alone(strangers: Sequence[str]) -> str:
    """What to say of what is not this dataset's."""
    return f"The output holds what is not this dataset's, and is left alone: {some_names(strangers)}"
