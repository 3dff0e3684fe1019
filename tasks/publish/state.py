"""`state.parquet`: what nights learned that no version holds. Losing it costs work, never data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.arrow_columns import repeated
from tasks.columns import Absent, Checked, Failed, Rejections, Touched
from tasks.errors import DatasetError
from tasks.plan.shard_plans import TOUCHED_SCHEMA
from tasks.publish.history import list_versions
from tasks.publish.row_index import with_pictures
from tasks.publish.runs import Run
from tasks.samples import REJECTION_SCHEMA, UNREADABLE
from tasks.storage import Store

PATH = "state.parquet"
COPY_PATH = "state-copy.parquet"
"""What decides about rows, once more: without it, the loss of the state would keep some rows a few nights longer."""

FAILED_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("reason", pa.string()),
        ("attempts", pa.int32()),  # all nights together
        ("nights", pa.int32()),  # runs since the one in which it first failed
        ("first_seen", pa.string()),  # ISO 8601, UTC
        ("next_try", pa.string()),  # "" for never, by itself
        ("stale", pa.bool_()),  # whether a version keeps the last good bytes
    ]
)
"""Images whose bytes could not be had."""

ABSENT_SCHEMA = pa.schema([("sample_id", pa.string()), ("nights", pa.int32())])
"""Rows that complete listings no longer show, and how many of these there were."""

CHECKED_SCHEMA = pa.schema([("sample_id", pa.string()), ("last_seen", pa.string())])
"""Images whose server tells nothing by which to know them again, and when they were fetched last."""

_STAMP = b"parquetry.run"
_PARTS = {
    "touched": TOUCHED_SCHEMA,
    "failed": FAILED_SCHEMA,
    "absent": ABSENT_SCHEMA,
    "checked": CHECKED_SCHEMA,
    "rejected": REJECTION_SCHEMA,
}
_COPIED = ("failed", "absent")
_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string()),
        *{item.name: item for schema in _PARTS.values() for item in schema}.values(),
    ]
)


@dataclass(frozen=True, slots=True)
class State:
    """What nights learned.

    Attributes:
        touched: `TOUCHED_SCHEMA`.
        failed: `FAILED_SCHEMA`.
        absent: `ABSENT_SCHEMA`.
        checked: `CHECKED_SCHEMA`.
        rejected: `REJECTION_SCHEMA`: judged since, or otherwise than the newest version has it.
        notice: What was wrong with the file, where it could not be read; empty else.
        stamp: The run that wrote it; empty where there is none.
    """

    touched: Touched = field(default_factory=TOUCHED_SCHEMA.empty_table)
    failed: Failed = field(default_factory=FAILED_SCHEMA.empty_table)
    absent: Absent = field(default_factory=ABSENT_SCHEMA.empty_table)
    checked: Checked = field(default_factory=CHECKED_SCHEMA.empty_table)
    rejected: Rejections = field(default_factory=REJECTION_SCHEMA.empty_table)
    notice: str = ""
    stamp: str = ""


def read_state(store: Store) -> State:
    """The state of *store*; where it is gone or damaged, what its copy holds, or nothing."""
    try:
        return _read(store, PATH)
    except FileNotFoundError:
        return _read_copy(store)
    except (DatasetError, *UNREADABLE) as error:
        notice = f"{PATH} was damaged and is written anew; it costs some fetching: {str(error)[:100]}"
        return replace(_read_copy(store), notice=notice)


def _read(store: Store, path: str) -> State:
    with store.open(path) as file:
        stored = pq.read_table(file, page_checksum_verification=True)
    stamp = (stored.schema.metadata or {}).get(_STAMP, b"").decode(errors="replace")
    table = with_pictures(stored.replace_schema_metadata(None)).cast(_SCHEMA)
    parts = {kind: table.filter(pc.equal(table["kind"], kind)).select(schema.names) for kind, schema in _PARTS.items()}
    return State(parts["touched"], parts["failed"], parts["absent"], parts["checked"], parts["rejected"], stamp=stamp)


def _read_copy(store: Store) -> State:
    try:
        return _read(store, COPY_PATH)
    except (DatasetError, *UNREADABLE):
        return State()


def save_state(run: Run, learned: State, before: State, version: int) -> None:
    """Store what *run* learned, unless another run went on from there since: its state is newer.

    Args:
        run: The run.
        learned: Its state.
        before: The state that it began from.
        version: The newest version, as the run knows it.

    Raises:
        OutputError: It could not be written.
    """
    store = run.store
    stored = _stored(store)
    if stored == _encode(learned, before.stamp, _PARTS) or not (stored or _rows(learned)):
        return
    if _newest(store) != version or read_state(store).stamp != before.stamp:
        return
    store.replace(PATH, _encode(learned, run.id, _PARTS))
    store.replace(COPY_PATH, _encode(learned, run.id, _COPIED))
    if _newest(store) != version and read_state(store).stamp == run.id:
        store.delete([PATH, COPY_PATH])  # put over a newer one, perhaps; losing it costs work, never data


def _newest(store: Store) -> int:
    return max(list_versions(store), default=0)


def _rows(state: State) -> int:
    return sum(len(getattr(state, kind)) for kind in _PARTS)


def _encode(state: State, stamp: str, kinds: Iterable[str]) -> bytes:
    """*state* as a Parquet file, with the parts of *kinds*."""
    table = pa.concat_tables([_as_part(kind, getattr(state, kind)) for kind in kinds])
    sink = pa.BufferOutputStream()
    stamped = table.replace_schema_metadata({_STAMP: stamp.encode()})
    pq.write_table(stamped, sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue().to_pybytes()


def _as_part(kind: str, part: pa.Table) -> pa.Table:
    columns = {
        item.name: part[item.name] if item.name in part.column_names else pa.nulls(part.num_rows, item.type)
        for item in _SCHEMA
        if item.name != "kind"
    }
    kinds = repeated(kind, part.num_rows)
    return pa.table({"kind": kinds, **columns}, schema=_SCHEMA).sort_by("sample_id")


def _stored(store: Store) -> bytes:
    try:
        return store.read_bytes(PATH)
    except FileNotFoundError:
        return b""
