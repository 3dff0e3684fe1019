"""`state.parquet`: what nights learned that no version holds. Losing it costs work, never data."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import DatasetError
from tasks.storage import Store

PATH = "state.parquet"

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
    """

    touched: pa.Table = field(default_factory=TOUCHED_SCHEMA.empty_table)
    failed: pa.Table = field(default_factory=FAILED_SCHEMA.empty_table)
    absent: pa.Table = field(default_factory=ABSENT_SCHEMA.empty_table)
    notice: str = ""


def read_state(store: Store) -> State:
    """The state of *store*; empty where there is none, or it is damaged."""
    try:
        with store.open(PATH) as file:
            table = pq.read_table(file, page_checksum_verification=True).cast(_SCHEMA)
    except FileNotFoundError:
        return State()
    except (DatasetError, OSError, ValueError, pa.ArrowException) as error:
        return State(notice=f"{PATH} was damaged and is written anew; it costs some fetching: {str(error)[:100]}")
    return State(
        _part(table, "touched", TOUCHED_SCHEMA),
        _part(table, "failed", FAILED_SCHEMA),
        _part(table, "absent", ABSENT_SCHEMA),
    )


def _part(table: pa.Table, kind: str, schema: pa.Schema) -> pa.Table:
    return table.filter(pa.compute.equal(table["kind"], kind)).select(schema.names)


def write_state(store: Store, state: State) -> None:
    """Store *state*, where it differs from what is there."""
    parts = []
    for kind, part in (("touched", state.touched), ("failed", state.failed), ("absent", state.absent)):
        columns = {
            item.name: part[item.name] if item.name in part.column_names else pa.nulls(part.num_rows, item.type)
            for item in _SCHEMA
            if item.name != "kind"
        }
        kinds = pa.array([kind] * part.num_rows, pa.string())
        parts.append(pa.table({"kind": kinds, **columns}, schema=_SCHEMA).sort_by("sample_id"))
    table = pa.concat_tables(parts)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    data = sink.getvalue().to_pybytes()
    if _stored(store) != data and (table.num_rows or store.exists(PATH)):
        store.replace(PATH, data)


def _stored(store: Store) -> bytes:
    try:
        return store.read_bytes(PATH)
    except FileNotFoundError:
        return b""
