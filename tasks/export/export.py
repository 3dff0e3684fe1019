"""Bring a folder up to date with a published version, shard by shard; only what it lacks is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from tasks.errors import ConfigError, OutputError
from tasks.export.index import INDEX, ExportedFile, ExportIndex, Kind, read_index
from tasks.export.kinds import KINDS, ExportKind
from tasks.publish.history import Version, read_commit
from tasks.publish.manifest import FileEntry
from tasks.publish.versions import open_version
from tasks.storage import WORKPLACE, LocalStore, Store, redact_url

_OWN = f"{WORKPLACE}/{'e4' * 16}"
"""The folder for what is not whole yet: there is one, so that of two exports at once the second is refused."""

_SHARE = 100
"""The index is written again once the files since then are so many times its size."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be exported.

    Attributes:
        number: A version's number; None for the newest.
        splits: Names of splits; none for all.
        kind: The format, one of `KINDS`.
    """

    number: int | None = None
    splits: tuple[str, ...] = ()
    kind: Kind = "wds"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export came to.

    Attributes:
        index: What lies in the folder now.
        written: The names of files that were written.
        removed: Those that the version does not have, and that went.
    """

    index: ExportIndex
    written: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def rows(self) -> int:
        """How many samples there are."""
        return sum(entry.rows for entry in self.index.files)

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(entry.bytes for entry in self.index.files)


def export_version(store: Store, folder: Store, asked: Asked) -> Exported:
    """Make *folder* hold the files of a version of *store*, and no older ones; return what was done.

    A file has its name only once it is whole. Until all are there, readers go on finding the version before.

    Raises:
        ConfigError: The version has no such split, or the folder will not do for the format.
        OutputError: The folder is not one for an export of this dataset, or cannot be written.
        VersionError: There is no such version, or it is damaged.
    """
    kind = KINDS[asked.kind]
    kind.check(folder)
    version = open_version(store, asked.number)
    shards = _chosen(version, asked.splits)
    new = ExportIndex(
        kind=asked.kind,
        dataset=version.commit.dataset,
        root=redact_url(store.place.url),
        origin=read_commit(store, 1).run,
    )
    _refuse_overlap(store.place.url, folder.place.url)
    _refuse_narrower(read_index(folder, new), version, shards)
    with _alone(folder):
        before = read_index(folder, new)
        after = before.model_copy(
            update={"root": new.root, "version": version.commit.version, "splits": sorted({s.split for s in shards})}
        )
        return _Work(kind, store, folder, before, version, shards).done(after)


def _chosen(version: Version, splits: Sequence[str]) -> list[FileEntry]:
    there = sorted({shard.split for shard in version.manifest.shards})
    for name in splits:
        if name not in there:
            has = f"version {version.commit.version} has {', '.join(there)}"
            raise ConfigError(f"--split {name}: no such split; {has}.")
    chosen = [shard for shard in version.manifest.shards if not splits or shard.split in splits]
    return sorted(chosen, key=lambda shard: (shard.split, shard.path))


def _refuse_overlap(root: str, folder: str) -> None:
    ours, theirs = _real(root), _real(folder)
    if ours == theirs or theirs.startswith(f"{ours}/") or ours.startswith(f"{theirs}/"):
        raise OutputError(
            f"The export {redact_url(folder)} and the output {redact_url(root)} lie in one another, and each deletes "
            "files of its own. Name a folder beside the output."
        )


def _real(place: str) -> str:
    return place.rstrip("/") if "://" in place else os.path.realpath(place).rstrip("/")


def _refuse_narrower(index: ExportIndex, version: Version, shards: Sequence[FileEntry]) -> None:
    """Raise where splits that were exported would stay behind at an older version, or go although they are there."""
    asked, there = {shard.split for shard in shards}, {shard.split for shard in version.manifest.shards}
    if left := sorted((set(index.splits) & there) - asked):
        every = " ".join(f"--split {name}" for name in sorted({*left, *asked}))
        raise OutputError(
            f"The export holds {', '.join(left)}, too, and a folder holds one version: ask for {every}, or name "
            "another folder."
        )


@contextmanager
def _alone(folder: Store) -> Iterator[None]:
    """No other export works in *folder* as long as this lasts; what a killed one left behind is swept."""
    if isinstance(folder, LocalStore) and folder.root.exists() and not folder.root.is_dir():
        raise OutputError(f"{folder.root} is not a folder. Name one that is empty or not there yet.")
    folder.sweep()
    try:
        with ExitStack() as stack:
            _claim(folder, stack)
            yield
    finally:
        if isinstance(folder, LocalStore):
            with suppress(OSError):  # another export is at work there
                (folder.root / WORKPLACE).rmdir()


def _claim(folder: Store, stack: ExitStack) -> None:
    try:
        stack.enter_context(folder.claim(_OWN))
    except FileExistsError:
        raise OutputError(f"Another export to {redact_url(folder.place.url)} is at work. Wait for its end.") from None
    except FileNotFoundError:
        raise OutputError(f"{redact_url(folder.place.url)} cannot be made. Name a folder on a disk.") from None


@dataclass(slots=True)
class _Work:
    """One export under way.

    Attributes:
        kind: Its format.
        store: The output.
        folder: Where to.
        before: What lies there, as far as it is known.
        version: What is exported.
        shards: What of it is to lie there.
        entries: The same as files of the format, as far as these are known.
    """

    kind: ExportKind
    store: Store
    folder: Store
    before: ExportIndex
    version: Version
    shards: Sequence[FileEntry]
    entries: dict[str, ExportedFile] = field(default_factory=dict)

    def done(self, after: ExportIndex) -> Exported:
        """Write what is missing, name it, remove what is old; *after* is the index that will hold, save its files."""
        there = {file.path: file.bytes for file in self.folder.list_files("")}
        known = self.before.entries
        self.entries = {name: known.get(name) or self._planned(shard) for name, shard in self._named().items()}
        missing = [name for name, entry in self.entries.items() if not entry.sha256 or there.get(name) != entry.bytes]
        if missing:
            self._write(missing)
        named = self._named()
        files = [(named[name], entry) for name, entry in self.entries.items()]
        self.kind.publish(self.store, self.folder, self.version, files)
        left = [entry for name, entry in known.items() if name not in self.entries]
        whole = after.model_copy(update={"files": list(self.entries.values()), "pending": left})
        if left:
            self._save(whole)
            indexes = self.kind.indexes(left) - self.kind.indexes(list(self.entries.values()))
            self.folder.delete([*indexes, *(entry.path for entry in left)])
            whole = whole.model_copy(update={"pending": []})
        if missing or whole != self.before:
            self._save(whole)
        removed = tuple(entry.path for entry in left if entry.path in there)
        return Exported(whole, tuple(missing), removed)

    def _named(self) -> dict[str, FileEntry]:
        return {self.kind.name_of(shard): shard for shard in self.shards}

    def _write(self, missing: Sequence[str]) -> None:
        """Write the files of these names; the index knew all of them beforehand."""
        named = self._named()
        for name in missing:
            self.entries[name] = self._planned(named[name])
        size, since = self._save_pending(), 0
        with self.folder.temporary(_OWN) as temporary:
            for name in missing:
                path = temporary / name.rpartition("/")[2]
                entry = self.kind.write(self.store, named[name], path, name)
                self.folder.adopt(path, name)
                path.unlink(missing_ok=True)  # a local folder has taken it, a remote one a copy
                self.entries[name] = entry
                since += entry.bytes
                if since >= _SHARE * size:
                    size, since = self._save_pending(), 0

    def _save_pending(self) -> int:
        """Name what is under way beside what the folder holds; return the size of the index."""
        held = {entry.path for entry in self.before.files}
        others = {entry.path: entry for entry in self.before.pending} | self.entries
        pending = [entry for name, entry in others.items() if name not in held]
        return self._save(self.before.model_copy(update={"pending": pending}))

    def _save(self, index: ExportIndex) -> int:
        data = index.to_bytes()
        self.folder.replace(INDEX, data)
        return len(data)

    def _planned(self, shard: FileEntry) -> ExportedFile:
        return ExportedFile(path=self.kind.name_of(shard), split=shard.split, rows=shard.rows)
