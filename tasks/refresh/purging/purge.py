"""Taking images out of everything that an output holds, for good: a person's right to be forgotten.

First what versions will be is written beside what they are. Then one commit, of the kind `purge`, makes the newest
version one without these images, and remembers them by salted hashes. From there on each step can be done again: the
commits of older versions name their new manifests, views and state follow, and the old files are deleted at once. A
mark says that all of it is done; while there is none, the next run, or the next purge, goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from tasks.errors import OutputError, RefusedError, VersionError
from tasks.publish.commits import create_commit
from tasks.publish.derived.repair import pinned_versions, refresh_derived
from tasks.publish.derived.views import list_views, remove_views, write_views
from tasks.publish.documents import PINS, PURGED, PurgedRef, content_path, format_of
from tasks.publish.history import (
    MissingVersionError,
    list_versions,
    read_history,
    read_version,
)
from tasks.publish.manifest import Manifest
from tasks.publish.pool import move_pool
from tasks.publish.purges import (
    FOLDERS,
    Traces,
    done_mark,
    find_traces,
    is_unfinished,
    read_purged,
    write_purged,
)
from tasks.publish.runs import Run, new_run_id, now, others_at_work
from tasks.publish.state import COPY_PATH, PATH
from tasks.publish.versions import settings_of
from tasks.purged import Purged
from tasks.refresh.purging.purged_files import filter_rows, scrubber
from tasks.refresh.purging.purged_versions import Rewritten, paths_of, rewritten
from tasks.storage import LocalStore, Store, is_own, redact_url

_ROUNDS = 3


def purge(store: Store, purged: Purged) -> list[str]:
    """Take all *purged* images out of *store*, as far as it still holds them; return what could not be done.

    It may be called again wherever it was stopped.

    Raises:
        RefusedError: A run is at work, or published meanwhile; or no image would be left.
        VersionError: A file cannot be read, so that nobody knows what it holds.
        OutputError: The output cannot be written.
    """
    told: list[str] = []
    with _working(store) as begun:
        for _ in range(_ROUNDS):
            run = replace(begun, history=read_history(store))
            told = carry_out(run, purged)
            if not is_unfinished(store, read_history(store).newest):
                return told
    return [*told, "Others publish to this output at the same time: run it again once they have ended."]


@contextmanager
def _working(store: Store) -> Iterator[Run]:
    """A run that takes images out; its folder is gone afterwards."""
    store.sweep()
    move_pool(store)
    run = Run(new_run_id(), store, read_history(store), 0.0)
    with store.claim(run.folder):
        if others := others_at_work(run):
            raise RefusedError(
                f"A run is at work on {redact_url(store.place.url)} ({others[0]}), and might write the images anew. "
                "Purge once it has ended; where it died on an object store, delete its folder below runs/ first."
            )
        yield run


def finish_purge(run: Run) -> list[str]:
    """Go on with a purge of the output of *run* that was stopped, where there is one; return what could not be done."""
    newest = run.history.newest
    return carry_out(run, read_purged(run.store, newest)) if is_unfinished(run.store, newest) else []


def carry_out(run: Run, purged: Purged) -> list[str]:
    """One round of it, within *run*; the mark is set where no version came in between."""
    store, newest = run.store, run.history.newest
    if newest is None:
        return []
    traces = find_traces(store, purged)
    if damaged := [path for path in traces.damaged if path not in {PATH, COPY_PATH}]:
        raise VersionError(
            f"{redact_url(store.place.url)}/{damaged[0]} cannot be read, so that nobody knows what it holds. Restore "
            "it from a backup, or delete it, and `parquetry run CONFIG --full`. Nothing was purged."
        )
    versions = list(rewritten(run, traces, purged))
    last = versions[-1]
    if last.manifest is None:
        raise RefusedError(
            "No image would be left in the newest version. Delete the whole output instead, or publish others first."
        )
    ref = newest.purged
    if purged != read_purged(store, newest) or last.is_new:
        ref = write_purged(store, purged)
        _commit(run, last.manifest, ref)
    number = max(list_versions(store))
    settings = settings_of(read_version(store, number), store)
    refresh_derived(store, settings)  # nobody is led to what goes
    for version in versions:
        _rename(store, version)
    told = refresh_derived(store, settings)
    _delete_old(store, versions, traces)
    _clean_state(store, traces, purged)
    if ref is not None and max(list_versions(store)) == number:
        _finish(store, ref)
    return told


def _commit(run: Run, manifest: Manifest, ref: PurgedRef) -> None:
    """The version from which on the images are gone."""
    newest = run.history.newest
    assert newest is not None  # noqa: S101 - its only caller has looked
    path, digest = content_path("manifests", manifest.to_bytes(), ".json")
    commit = newest.model_copy(
        update={
            "format": format_of(newest.class_names, ref),
            "version": newest.version + 1,
            "kind": "purge",
            "time": now(),
            "manifest": path,
            "manifest_sha256": digest,
            "run": run.id,
            "purged": ref,
        }
    )
    run.store.replace(path, manifest.to_bytes())
    if problems := create_commit(run.store, commit):
        raise OutputError(problems[0])


def _rename(store: Store, version: Rewritten) -> None:
    """Let the commit of an older version name its new manifest; one that has no row left goes like a pruned one."""
    if not version.is_new:
        return
    if version.manifest is None:
        store.delete([version.commit.manifest])
        names = pinned_versions(store).get(version.commit.version, [])
        store.delete(f"{PINS}/{name}.json" for name in names)
        return
    path, digest = content_path("manifests", version.manifest.to_bytes(), ".json")
    commit = version.commit.model_copy(update={"manifest": path, "manifest_sha256": digest})
    store.replace(commit.path, commit.to_bytes())


def _delete_old(store: Store, versions: list[Rewritten], traces: Traces) -> None:
    """Delete at once what must not be there any more, and let the views of versions follow."""
    kept = {version.commit.version: version for version in versions if version.manifest is not None}
    named = _named(store)
    listed = [file.path for folder in (*FOLDERS, "reports", "manifests") for file in store.list_files(folder)]
    unnamed = [path for path in listed if is_own(path) and path not in named]
    old = {path for version in versions for path in version.old} | traces.files.keys()
    spoken = [path for path in unnamed if path.startswith(("reports/", "manifests/", "rejects/", "quality/"))]
    if isinstance(store, LocalStore):
        there = list_views(store)
        write_views(store, {number: read_version(store, number) for number in there if number in kept})
        remove_views(store, [version.commit.version for version in versions if version.manifest is None])
    store.delete(sorted({*spoken, *(path for path in unnamed if path in old)}))


def _named(store: Store) -> set[str]:
    """Every file that a version names which is there."""
    named: set[str] = set()
    for number in list_versions(store):
        with suppress(MissingVersionError):
            version = read_version(store, number)
            named |= paths_of(version.commit.manifest, version.manifest)
    return named


def _clean_state(store: Store, traces: Traces, purged: Purged) -> None:
    """Take out of what nights remember what they know of these images; what is damaged goes whole."""
    gone = scrubber(traces.names, traces.contents)
    for path in (PATH, COPY_PATH):
        if path in traces.damaged:
            store.delete([path])
        elif path in traces.files and (found := filter_rows(store, path, purged, gone)) is not None:
            store.replace(path, found[0])


def _finish(store: Store, ref: PurgedRef) -> None:
    """Say that all is done; earlier lists of what was taken out are part of this one."""
    store.replace(done_mark(ref), b"")
    mine = {ref.path, done_mark(ref)}
    store.delete(file.path for file in store.list_files(PURGED) if is_own(file.path) and file.path not in mine)
