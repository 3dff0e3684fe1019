"""The commit: everything is there and whole, then one small file makes the version exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import RefusedError
from tasks.publish.documents import Commit, FileEntry, Manifest, content_path
from tasks.publish.history import list_versions, read_commit
from tasks.publish.runs import Run, now
from tasks.publish.verify import require_files
from tasks.samples import REJECTION_SCHEMA
from tasks.storage import Store


def write_rejects(store: Store, rejections: pa.Table) -> FileEntry | None:
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


def commit_version(run: Run, manifest: Manifest, class_names: Mapping[str, Sequence[str]]) -> Commit:
    """Make *manifest* the next version.

    Args:
        run: The run whose version it is; it began from the version before.
        manifest: The version.
        class_names: Every class name there ever was, by label column, in the order of ids.

    Raises:
        RefusedError: Another run published in the meantime.
        VersionError: A file of the manifest is not there.
    """
    require_files(run.store, manifest.files)
    data = manifest.to_bytes()
    path, digest = content_path("manifests", data, ".json")
    run.store.replace(path, data)
    commit = Commit(
        version=run.history.version + 1,
        dataset=manifest.dataset,
        kind="refresh",
        time=now(),
        manifest=path,
        manifest_sha256=digest,
        class_names={column: list(names) for column, names in class_names.items()},
        run=run.id,
    )
    create_commit(run.store, commit)
    return commit


def create_commit(store: Store, commit: Commit) -> None:
    """Create the commit's file, which must not be there: of many runs that try, one succeeds.

    Raises:
        RefusedError: It is there: another run was first.
    """
    if commit.version > max(list_versions(store), default=0):
        try:
            store.create(commit.path, commit.to_bytes())
        except FileExistsError:
            pass
        else:
            return
    other = read_commit(store, commit.version)
    raise RefusedError(
        f"superseded: version {other.version} was published at {other.time} by the run {other.run or other.kind}, "
        "while this one was at work. Nothing is lost; run it again to go on from there"
    )
