"""One shard as a fragment of a Lance dataset, and the dataset that is made of them.

Lance takes fragments that are there: so each is written by itself, named by what it holds, and what a new version has
in common with the one before is not written again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypedDict, cast

import pyarrow as pa

from tasks.errors import ConfigError, DatasetError, OutputError
from tasks.export.index import ExportedFile
from tasks.export.shard_rows import groups_of, schema_of
from tasks.publish.manifest import FileEntry
from tasks.storage import LocalStore, Store

_VERSION = "2.1"
"""Of the file format: files of one dataset have one, whichever the library would choose by itself."""


def check_lance(folder: Store) -> None:
    """Raise where no Lance dataset can be made in *folder*."""
    if find_spec("lance") is None:
        raise ConfigError("export lance needs a package that is not installed: pip install 'parquetry[lance]'.")
    if not isinstance(folder, LocalStore):
        raise ConfigError("export lance writes to a folder on a disk. Name one, and copy it to where it is read from.")


def write_fragment(store: Store, shard: FileEntry, path: Path, name: str) -> ExportedFile:
    """Write the rows of *shard*, in their order, into the new local file *path*; return what it holds, as *name*.

    Raises:
        OutputError: It cannot be written.
        VersionError: The shard is missing, damaged, or has other rows than its version says.
    """
    from lance.fragment import LanceFragment  # noqa: PLC0415 - an extra

    rows = _Rows(store, shard)
    schema = flat_schema(schema_of(store, shard))
    reader = pa.RecordBatchReader.from_batches(schema, rows.batches())
    made = path.parent / f"{path.name}.made"
    try:
        fragment = LanceFragment.create(str(made), reader, fragment_id=0, data_storage_version=_VERSION)
    except (OSError, ValueError, RuntimeError, pa.ArrowException) as error:
        raise rows.error or OutputError(f"{str(error)[:200]}, while writing {path}. Mend it and run again.") from None
    facts = fragment.to_json()
    Path(made, "data", facts["files"][0]["path"]).rename(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    return ExportedFile(
        path=name, split=shard.split, rows=shard.rows, bytes=size, sha256=digest, facts={"fragment": facts}
    )


class _Rows:
    """The rows of a shard on their way through a library that tells of errors in words of its own."""

    def __init__(self, store: Store, shard: FileEntry) -> None:
        self.error: DatasetError | None = None
        self._store = store
        self._shard = shard

    def batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for group in groups_of(self._store, self._shard):
                yield from _flat(group).to_batches()
        except DatasetError as error:
            self.error = error
            raise


def flat_schema(schema: pa.Schema) -> pa.Schema:
    """The columns of a shard, with the image's bytes alone in the place of a struct."""
    fields = [pa.field(field.name, pa.binary()) if field.name == "image" else field for field in schema]
    return pa.schema([field.remove_metadata() for field in fields])


def _flat(table: pa.Table) -> pa.Table:
    schema = flat_schema(table.schema)
    columns = [
        pa.chunked_array([chunk.field("bytes") for chunk in table[name].chunks], pa.binary())
        if name == "image"
        else table[name]
        for name in table.column_names
    ]
    return pa.table(columns, schema=schema)


def commit_fragments(folder: Store, files: Sequence[ExportedFile], schema: pa.Schema) -> None:
    """Let the dataset in *folder* be of *files*, all of them there, and forget its earlier versions."""
    before = _dataset_in(folder)
    wanted = [file.path.rpartition("/")[2] for file in files]
    if before is None or _names(before) != wanted or not before.schema.equals(schema, check_metadata=True):
        before = _commit(folder, schema, [_fragment(number, file) for number, file in enumerate(files)], before)
    _forget_earlier(before)


def commit_nothing(folder: Store) -> None:
    """Let the dataset in *folder*, where there is one, have no row: its version has no shard to take columns from."""
    before = _dataset_in(folder)
    if before is not None:
        _forget_earlier(_commit(folder, before.schema, [], before) if _names(before) else before)


def _dataset_in(folder: Store) -> Any:
    """The dataset that lies in *folder*; None where there is none."""
    import lance  # noqa: PLC0415 - an extra

    with suppress(ValueError, OSError):
        return lance.dataset(str(folder.place.url))
    return None


def _commit(folder: Store, schema: pa.Schema, fragments: Sequence[Any], before: Any) -> Any:
    """The dataset in *folder* as it is of *fragments* alone, in the place of what was *before*."""
    import lance  # noqa: PLC0415 - an extra

    operation = lance.LanceOperation.Overwrite(schema, list(fragments))
    return lance.LanceDataset.commit(
        str(folder.place.url), operation, read_version=before.version if before is not None else None
    )


def _forget_earlier(dataset: Any) -> None:
    dataset.cleanup_old_versions(older_than=timedelta(0), delete_unverified=True)


def _names(dataset: Any) -> list[str]:
    return [file.path for fragment in dataset.get_fragments() for file in fragment.metadata.files]


class _FileFacts(TypedDict):
    """What Lance says of a file of a fragment, as far as it is looked at."""

    path: str


class _FragmentFacts(TypedDict):
    """What Lance says of a fragment, as far as it is looked at."""

    files: list[_FileFacts]


def _fragment(number: int, file: ExportedFile) -> Any:
    from lance.fragment import FragmentMetadata  # noqa: PLC0415 - an extra

    facts = cast("_FragmentFacts", file.facts["fragment"])
    (data,) = facts["files"]
    named = {**facts, "id": number, "files": [{**data, "path": file.path.rpartition("/")[2]}]}
    return FragmentMetadata.from_json(json.dumps(named))
