"""Every version of an output as it will be without the images that go: written beside what it is, and not yet named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tasks.publish.documents import Commit, content_path
from tasks.publish.history import MissingVersionError, Version, list_all_versions, read_version
from tasks.publish.manifest import FileEntry, Manifest
from tasks.publish.purges import Traces, read_purged
from tasks.publish.runs import Run
from tasks.purged import Purged
from tasks.refresh.purging.purged_files import (
    Removed,
    copy_shard,
    counted_without,
    filter_rows,
    scrubbed_report,
    scrubber,
)
from tasks.refresh.report_page import page_after
from tasks.shards.settings import WriteSettings
from tasks.storage import Store

_WRITE = frozenset({"pixels", "quality", "compression"})


@dataclass(frozen=True, slots=True)
class Rewritten:
    """One version as it will be.

    Attributes:
        commit: Its commit, as it is.
        manifest: Its manifest; None where no row of it is left.
        old: Files that it names now and that go.
    """

    commit: Commit
    manifest: Manifest | None
    old: frozenset[str] = frozenset()

    @property
    def is_new(self) -> bool:
        """Whether anything of it changes."""
        return bool(self.old)


@dataclass(slots=True)
class _Writer:
    """Writes files without the rows of images that go, each once, however many versions name it."""

    store: Store
    folder: str
    purged: Purged
    gone: Callable[[str], str]
    traces: Traces
    done: dict[str, tuple[list[FileEntry], Removed]] = field(default_factory=dict)

    def shard(self, shard: FileEntry, manifest: Manifest) -> tuple[list[FileEntry], Removed]:
        if shard.path not in self.traces.files:
            return [shard], Removed()
        if shard.path not in self.done:
            section = manifest.config.get("write")
            written = section.items() if isinstance(section, dict) else ()
            known = {key: value for key, value in written if key in _WRITE}
            settings = WriteSettings.model_validate(known)
            self.done[shard.path] = copy_shard(self.store, self.folder, shard, settings, self.purged)
        return self.done[shard.path]

    def rejects(self, rejects: FileEntry | None) -> tuple[list[FileEntry], Removed]:
        if rejects is None:
            return [], Removed()
        if rejects.path not in self.done:
            self.done[rejects.path] = self._filtered(rejects)
        return self.done[rejects.path]

    def _filtered(self, rejects: FileEntry) -> tuple[list[FileEntry], Removed]:
        found = filter_rows(self.store, rejects.path, self.purged, self.gone)
        if found is None:
            return [rejects], Removed()
        data, rows, removed = found
        path, digest = content_path("rejects", data, ".parquet")
        if rows:
            self.store.replace(path, data)
        return [FileEntry(path=path, rows=rows, bytes=len(data), sha256=digest)] if rows else [], removed


def rewritten(run: Run, traces: Traces, purged: Purged) -> Iterator[Rewritten]:
    """Every version that is there, oldest first, as it will be; what it will consist of is written."""
    store = run.store
    writer = _Writer(store, f"{run.folder}/purge", purged, scrubber(traces.names, traces.contents), traces)
    known = run.history.newest.purged if run.history.newest else None
    made_by_it = known if purged == read_purged(store, run.history.newest) else None
    before: dict[int, Rewritten] = {}
    for number in list_all_versions(store):
        try:
            version = read_version(store, number)
        except MissingVersionError:
            continue
        parent = before.get(version.manifest.parent or 0)
        if version.commit.kind == "purge" and version.commit.purged == made_by_it:
            before[number] = Rewritten(version.commit, version.manifest)  # one that was stopped after its commit
        else:
            before[number] = _as_it_will_be(writer, version, parent)
        yield before[number]


def _as_it_will_be(writer: _Writer, version: Version, parent: Rewritten | None) -> Rewritten:
    """One version without the images that go."""
    manifest, removed = version.manifest, Removed()
    shards: list[FileEntry] = []
    for shard in manifest.shards:
        made, gone = writer.shard(shard, manifest)
        shards += made
        removed.add(gone)
    rejects, gone = writer.rejects(manifest.rejects)
    removed.add(gone)
    left = manifest.model_copy(
        update={
            "shards": sorted(shards, key=lambda file: (file.split, file.path)),
            "rejects": rejects[0] if rejects else None,
            "notices": [writer.gone(notice) for notice in manifest.notices],
            "why": writer.gone(manifest.why),
        }
    )
    if shards != manifest.shards or (manifest.quality and manifest.quality.path in writer.traces.files):
        left = left.model_copy(update={"quality": None, "near": {}})  # the next night looks for pairs anew
    if not left.shards:
        return Rewritten(version.commit, None, paths_of(version.commit.manifest, manifest))
    left = left.model_copy(update={**counted_without(manifest, removed)})
    if manifest.report is not None and writer.store.exists(manifest.report.path):
        report = scrubbed_report(writer.store, manifest.report, writer.gone)
        left = left.model_copy(update={"report": report})
    if manifest.page is not None and (left != manifest or (parent is not None and parent.is_new)):
        page = _page(writer.store, Version(version.commit, left), parent)
        left = left.model_copy(update={"page": page})
    if left == manifest:
        return Rewritten(version.commit, manifest)
    data = left.to_bytes()
    path, _ = content_path("manifests", data, ".json")
    writer.store.replace(path, data)
    return Rewritten(version.commit, left, paths_of(version.commit.manifest, manifest) - paths_of(path, left))


def paths_of(place: str, manifest: Manifest) -> frozenset[str]:
    """The files of a version, and its manifest at *place*."""
    return frozenset({place, *(file.path for file in manifest.files)})


def _page(store: Store, version: Version, parent: Rewritten | None) -> FileEntry:
    """The page of *version*, made of what it will be and of what the version before will be."""
    data = page_after(store, version, parent.manifest if parent is not None else None)
    path, digest = content_path("reports", data, ".html")
    store.replace(path, data)
    return FileEntry(path=path, rows=0, bytes=len(data), sha256=digest)
