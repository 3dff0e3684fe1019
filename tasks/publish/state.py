"""`state.parquet`: what nights learned that no version holds. Losing it costs work, never data."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import DatasetError
from tasks.publish.history import list_versions
from tasks.publish.runs import Run
from tasks.storage import Store

PATH = "state.parquet"
_STAMP = b"parquetry.run"

TOUCHED_SCHEMA = pa.schema([("sample_id", pa.string()), ("fingerprint", pa.string()), ("content_sha256", pa.string())])
"""Other fingerprints of the same bytes."""

FAILED_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("reason", pa.string()),
        ("attempts", pa.int32()),  # all nights together
        ("first_seen", pa.string()),  # ISO 8601, UTC
        ("next_try", pa.string()),  # "" for never, by itself
        ("stale", pa.bool_()),  # whether a version keeps the last good bytes
    ]
)
"""Images whose bytes could not be had."""

ABSENT_SCHEMA = pa.schema([("sample_id", pa.string()), ("nights", pa.int32())])
"""Rows that complete listings no longer show, and how many of these there were."""

_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string()),
        *{item.name: item for part in (TOUCHED_SCHEMA, FAILED_SCHEMA, ABSENT_SCHEMA) for item in part}.values(),
    ]
)


@dataclass(frozen=True, slots=True)
class State:
    """What nights learned.

    Attributes:
        touched: `TOUCHED_SCHEMA`.
        failed: `FAILED_SCHEMA`.
        absent: `ABSENT_SCHEMA`.
        notice: What was wrong with the file, where it could not be read; empty else.
        stamp: The run that wrote it; empty where there is none.
    """

    touched: pa.Table = field(default_factory=TOUCHED_SCHEMA.empty_table)
    failed: pa.Table = field(default_factory=FAILED_SCHEMA.empty_table)
    absent: pa.Table = field(default_factory=ABSENT_SCHEMA.empty_table)
    notice: str = ""
    stamp: str = ""


def read_state(store: Store) -> State:
    """The state of *store*; empty where there is none, or it is damaged."""
    try:
        with store.open(PATH) as file:
            stored = pq.read_table(file, page_checksum_verification=True)
        stamp = (stored.schema.metadata or {}).get(_STAMP, b"").decode(errors="replace")
        table = stored.replace_schema_metadata(None).cast(_SCHEMA)
    except FileNotFoundError:
        return State()
    except (DatasetError, OSError, ValueError, pa.ArrowException) as error:
        return State(notice=f"{PATH} was damaged and is written anew; it costs some fetching: {str(error)[:100]}")
    return State(
        _part(table, "touched", TOUCHED_SCHEMA),
        _part(table, "failed", FAILED_SCHEMA),
        _part(table, "absent", ABSENT_SCHEMA),
        stamp=stamp,
    )


def _part(table: pa.Table, kind: str, schema: pa.Schema) -> pa.Table:
    return table.filter(pa.compute.equal(table["kind"], kind)).select(schema.names)


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
    if stored == _encode(learned, before.stamp) or not (stored or _rows(learned)):
        return
    if _newest(store) != version or read_state(store).stamp != before.stamp:
        return
    store.replace(PATH, _encode(learned, run.id))
    if _newest(store) != version and read_state(store).stamp == run.id:
        store.delete([PATH])  # it may have been put over a newer one; losing it costs work, never data


def _newest(store: Store) -> int:
    return max(list_versions(store), default=0)


def _rows(state: State) -> int:
    return sum(len(part) for part in (state.touched, state.failed, state.absent))


def _encode(state: State, stamp: str) -> bytes:
    """*state* as a Parquet file."""
    parts = []
    for kind, part in (("touched", state.touched), ("failed", state.failed), ("absent", state.absent)):
        columns = {
            item.name: part[item.name] if item.name in part.column_names else pa.nulls(part.num_rows, item.type)
            for item in _SCHEMA
            if item.name != "kind"
        }
        kinds = pa.array([kind] * part.num_rows, pa.string())
        parts.append(pa.table({"kind": kinds, **columns}, schema=_SCHEMA).sort_by("sample_id"))
    table = pa.concat_tables(parts).replace_schema_metadata({_STAMP: stamp.encode()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _stored(store: Store) -> bytes:
    try:
        return store.read_bytes(PATH)
    except FileNotFoundError:
        return b""
