"""The commit: everything is there and whole, then one small file makes the version exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.columns import Rejections
from tasks.errors import OutputError, RefusedError, UnansweredError, UnknownOutcomeError, VersionError
from tasks.publish.documents import Commit, content_path, format_of
from tasks.publish.history import list_versions, read_commit
from tasks.publish.manifest import FileEntry, Manifest
from tasks.publish.runs import Run, now
from tasks.publish.verify import require_files
from tasks.samples import REJECTION_SCHEMA
from tasks.storage import Store


def write_rejects(store: Store, rejections: Rejections) -> FileEntry | None:
    """Store *rejections* as one content-named Parquet file; None where there are none."""
    if not rejections.num_rows:
        return None
    ordered = rejections.sort_by([("source", "ascending"), ("sample_id", "ascending"), ("label_row", "ascending")])
    sink = pa.BufferOutputStream()
    pq.write_table(ordered.cast(REJECTION_SCHEMA), sink, compression="zstd", write_page_checksum=True)
    data = sink.getvalue().to_pybytes()
    path, digest = content_path("rejects", data, ".parquet")
    store.replace(path, data)
    return FileEntry(path=path, rows=ordered.num_rows, bytes=len(data), sha256=digest)


def commit_version(run: Run, manifest: Manifest, class_names: Mapping[str, Sequence[str]]) -> tuple[Commit, list[str]]:
    """Make *manifest* the next version.

    Args:
        run: The run whose version it is; it began from the version before.
        manifest: The version.
        class_names: Every class name there ever was, by label column, in the order of ids.

    Returns:
        The commit, and what could not be done once it was there, a sentence each.

    Raises:
        RefusedError: Another run published in the meantime.
        VersionError: A file of the manifest is not there.
    """
    require_files(run.store, manifest.files)
    data = manifest.to_bytes()
    path, digest = content_path("manifests", data, ".json")
    run.store.replace(path, data)
    newest = run.history.newest
    purged = newest.purged if newest else None
    commit = Commit(
        format=format_of(class_names, purged),
        version=run.history.version + 1,
        dataset=manifest.dataset,
        kind="refresh",
        time=now(),
        hold=False,
        manifest=path,
        manifest_sha256=digest,
        class_names={column: list(names) for column, names in class_names.items()},
        run=run.id,
        purged=purged,
    )
    return commit, create_commit(run.store, commit)


def create_commit(store: Store, commit: Commit) -> list[str]:
    """Create the commit's file, which must not be there: of many runs that try, one succeeds.

    Returns:
        What could not be done once the file was there, a sentence each.

    Raises:
        RefusedError: It is there: another run was first.
        UnknownOutcomeError: The store does not say whether it made it.
    """
    data = commit.to_bytes()
    if commit.version <= max(list_versions(store), default=0) and _stored(store, commit.path) != data:
        raise _superseded(store, commit)
    try:
        store.create(commit.path, data)
    except FileExistsError:
        if _stored(store, commit.path) != data:  # else an answer was lost, and the store was asked again
            raise _superseded(store, commit) from None
    except OutputError as error:
        return _written_after_all(store, commit, data, error)
    return []


def _written_after_all(store: Store, commit: Commit, data: bytes, error: OutputError) -> list[str]:
    """What to say of a commit that is there although its writing ended with *error*; else that is raised.

    What a store did not answer may still be under way: that the commit is not there yet says nothing.
    """
    there = _stored(store, commit.path)
    if there == data:
        is_lost = isinstance(error, UnansweredError)
        lost = f"Version {commit.version} is published, but a power loss may undo that: {error.__cause__ or error}"
        return [] if is_lost else [lost]
    if there:
        raise _superseded(store, commit) from None
    if isinstance(error, UnansweredError):
        raise UnknownOutcomeError(
            f"It is not known whether version {commit.version} was published: the store gave no answer to its commit "
            f"({error.__cause__ or error}). Nothing is lost; the next run will tell, and goes on from what is there"
        ) from None
    raise error


def _superseded(store: Store, commit: Commit) -> RefusedError:
    return RefusedError(
        f"superseded: {_described(store, commit.version)}, while this one was at work. "
        "Nothing is lost; run it again to go on from there"
    )


def refuse_superseded(run: Run) -> None:
    """Raise `RefusedError` where another run has published since *run* began."""
    if max(list_versions(run.store), default=0) > run.history.version:
        raise RefusedError(
            f"superseded: {_described(run.store, run.history.version + 1)}, while this one was at work. "
            "Its finished shards wait for the next run"
        )


def _described(store: Store, version: int) -> str:
    """Who made *version*, and when."""
    try:
        other = read_commit(store, version)
    except VersionError:
        return f"version {version} was published by another run"
    by = f"the run {other.run}" if other.kind == "refresh" else f"a {other.kind}"
    return f"version {version} was published at {other.time} by {by}"


def _stored(store: Store, path: str) -> bytes:
    """The file, or nothing where it is absent or cannot be read."""
    try:
        return store.read_bytes(path)
    except (FileNotFoundError, OutputError):
        return b""
