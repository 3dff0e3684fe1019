"""The rows that are there already: what planning needs of them, read out of the shards themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.columns import Rejections, RowTable, Touched
from tasks.errors import VersionError
from tasks.label_kinds import texts_of_lists, texts_of_numbers
from tasks.plan import Rows
from tasks.plan.shard_plans import ROWS_SCHEMA
from tasks.publish.ages import clock_of, renew_old
from tasks.publish.documents import COMMITS
from tasks.publish.manifest import FileEntry
from tasks.publish.verify import hash_file
from tasks.samples import REJECTION_SCHEMA, UNREADABLE, ShardFile, kept_text
from tasks.shards.opened import REBUILT, opened_parquet
from tasks.shards.schema import kept_columns_of
from tasks.storage import POOL, Store, StoredFile, is_own, redact_url

_COLUMNS = ("sample_id", "split", "label_name", "label_path", "source_fingerprint", "content_sha256")
_OTHER_LABELS = ("label_names", "target")  # of lists and numbers, which become the text of ``label_name``
_HASH = "phash"
_READERS = 8


def read_rows(store: Store, shards: Sequence[FileEntry]) -> Rows:
    """The rows of *shards*, in their order.

    Raises:
        VersionError: A shard is missing or damaged.
    """
    files = tuple(ShardFile(shard.path, shard.split, shard.rows, shard.bytes, shard.sha256) for shard in shards)
    if store.is_local:  # where threads would wait for each other
        tables = [_read(store, file, number) for number, file in enumerate(files)]
    else:
        with ThreadPoolExecutor(_READERS) as pool:
            tables = list(pool.map(lambda item: _read(store, item[1], item[0]), enumerate(files)))
    return Rows(files, pa.concat_tables([ROWS_SCHEMA.empty_table(), *tables]), len(files))


def _read(store: Store, file: ShardFile, number: int) -> RowTable:
    with opened_parquet(store, file.name, REBUILT) as parquet:
        table = _as_rows(_columns_of(parquet), number)
    if table.num_rows != file.rows:
        where = redact_url(f"{store.place.url}/{file.name}")
        raise VersionError(f"{where} has {table.num_rows} rows, not {file.rows}. {REBUILT}.")
    return table


def _columns_of(parquet: pq.ParquetFile) -> pa.Table:
    """What planning needs of a shard; kept columns as one. Handing a few short columns to threads costs more."""
    kept = kept_columns_of(parquet.schema_arrow)
    there = [column for column in (*_COLUMNS, *_OTHER_LABELS) if column in parquet.schema_arrow.names]
    there += [name for name in (_HASH,) if name in parquet.schema_arrow.names and name not in kept]
    table = parquet.read(columns=[*there, *kept], use_threads=False).replace_schema_metadata(None)
    texts = [kept_text(row) for row in table.select(kept).to_pylist()] if kept else [""] * table.num_rows
    return _with_label_texts(table.select(there)).append_column("kept", pa.array(texts, pa.string()))


def _with_label_texts(table: pa.Table) -> pa.Table:
    """*table* with the text of its labels, by which they are compared, whatever their kind."""
    if "label_names" in table.column_names:
        return table.append_column("label_name", texts_of_lists(table["label_names"]))
    if "target" in table.column_names:
        return table.append_column("label_name", texts_of_numbers(table["target"]))
    return table


def _as_rows(table: pa.Table, number: int) -> RowTable:
    count = table.num_rows
    if "label_path" not in table.column_names:
        table = table.append_column("label_path", pa.array([""] * count, pa.string()))
    if _HASH not in table.column_names:
        table = table.append_column(_HASH, pa.nulls(count, pa.binary(8)))
    table = table.append_column("file", pa.array(np.full(count, number, dtype=np.int32)))
    table = table.append_column("row", pa.array(np.arange(count, dtype=np.int32)))
    return table.select(ROWS_SCHEMA.names).cast(ROWS_SCHEMA)


def with_pictures(table: pa.Table) -> pa.Table:
    """*table*, rejections as a file holds them; those of before had no pictures, and none stand for theirs."""
    if "picture" in table.column_names:
        return table
    return table.append_column("picture", pa.array([b""] * table.num_rows, pa.binary()))


def read_rejects(store: Store, rejects: FileEntry | None) -> Rejections:
    """`REJECTION_SCHEMA`: those of a version; none where it has none.

    Raises:
        VersionError: The file is missing or damaged.
    """
    if rejects is None:
        return REJECTION_SCHEMA.empty_table()
    with opened_parquet(store, rejects.path) as parquet:
        return with_pictures(parquet.read()).select(REJECTION_SCHEMA.names).cast(REJECTION_SCHEMA)


def with_touched(rows: Rows, touched: Touched) -> Rows:
    """*rows* with the fingerprints that were learned since: *touched* has sample_id, fingerprint and content_sha256.

    A fingerprint counts only for a row of the bytes that it was learned for.
    """
    touched = touched.filter(pc.not_equal(touched["fingerprint"], ""))
    if not touched.num_rows or not rows.table.num_rows:
        return rows
    found = pc.index_in(rows.table["sample_id"], value_set=touched["sample_id"].combine_chunks())
    same = pc.equal(touched["content_sha256"].take(found), rows.table["content_sha256"])
    learned = pc.if_else(
        pc.fill_null(same, False), touched["fingerprint"].take(found), rows.table["source_fingerprint"]
    )
    index = rows.table.schema.get_field_index("source_fingerprint")
    return replace(rows, table=rows.table.set_column(index, "source_fingerprint", learned))


def with_spare(
    store: Store, rows: Rows, named: Iterable[str], fits: Callable[[pa.Schema], bool], grace: timedelta
) -> Rows:
    """*rows* and those of finished shards that no version names: what runs left that died or were refused.

    Args:
        store: The output.
        rows: Of the current version.
        named: Files that kept versions name.
        fits: Whether a shard of that schema is what would be written today.
        grace: How long files are kept that no version names; those that are old for it are renewed.
    """
    known = {*named, *(file.name for file in rows.files)}
    files, tables = list(rows.files), [rows.table]
    listed = store.list_files(POOL)
    clock = clock_of(store, [*listed, *store.list_files(COMMITS)])
    for stored in listed:
        if stored.path in known or not is_own(stored.path):
            continue
        made = _spare(store, stored, fits, len(files))
        if made is not None and _is_renewed(store, stored, clock, grace):
            files.append(made[0])
            tables.append(made[1])
    return replace(rows, files=tuple(files), table=pa.concat_tables(tables))


def _is_renewed(store: Store, stored: StoredFile, clock: float, grace: timedelta) -> bool:
    """Whether the file is still there, and will not be deleted while a run goes on."""
    try:
        renew_old(store, [stored], clock, grace)
    except FileNotFoundError:
        return False
    return store.exists(stored.path)


def _spare(
    store: Store, stored: StoredFile, fits: Callable[[pa.Schema], bool], number: int
) -> tuple[ShardFile, RowTable] | None:
    """A spare shard and its rows; None where it is of no use."""
    path = stored.path
    split, _, digits = path.removeprefix(f"{POOL}/").removesuffix(".parquet").rpartition("-")
    try:
        with store.open(path) as opened, pq.ParquetFile(opened, page_checksum_verification=True) as parquet:
            if not fits(parquet.schema_arrow):
                return None
            table = _columns_of(parquet)
        digest = hash_file(store, path)
    except UNREADABLE:
        return None
    if digest[:16] != digits:
        return None
    return ShardFile(path, split, table.num_rows, stored.bytes, digest), _as_rows(table, number)
