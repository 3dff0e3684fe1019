"""A run's plan as a file, so that any machine can build any shard of it: one record batch a shard."""

from __future__ import annotations

import functools
import json
import socket
from collections.abc import Mapping, Sequence

import pyarrow as pa

from tasks.errors import OutputError
from tasks.json_values import JsonObject
from tasks.plan import RefreshPlan, ShardPlan
from tasks.samples import StoreUrl
from tasks.storage import Store, open_store, redact_url

_KEY = b"parquetry.spec"
_BASES = b"parquetry.bases"
_REUSABLE = "reusable.arrow"


def write_plans(store: Store, folder: str, plan: RefreshPlan, spec: JsonObject) -> StoreUrl:
    """Write the shards of *plan* and *spec* (JSON values) to ``plan.arrow`` in *folder*, and return that file's place.

    Beside it lie the hashes of the rows that can be used again: an image that is new may be one of them, moved.
    """
    bases = json.dumps([shard.base for shard in plan.shards]).encode()
    schema = plan.shards[0].samples.schema.with_metadata({_KEY: json.dumps(spec).encode(), _BASES: bases})
    tables = [shard.samples.cast(schema) for shard in plan.shards]
    path = f"{folder}/plan.arrow"
    store.replace(path, arrow_file(schema, tables))
    reusable = plan.reusable.select(["content_sha256", "file", "row"])
    store.replace(f"{folder}/{_REUSABLE}", arrow_file(reusable.schema, [reusable]))
    return store.place.child(path)


def arrow_file(schema: pa.Schema, tables: Sequence[pa.Table]) -> bytes:
    """*tables* as an Arrow file, a record batch each."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        for table in tables:
            for batch in table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], schema=schema)]:
                writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def read_plan(place: StoreUrl, number: int) -> tuple[ShardPlan, str]:
    """Shard *number* of the plan file at *place*, and the spec that all its shards share, as JSON."""
    folder, _, name = place.url.rpartition("/")
    try:
        with open_store(StoreUrl(folder, place.options)).open(name) as file, pa.ipc.open_file(file) as reader:
            metadata = reader.schema.metadata or {}
            samples = pa.Table.from_batches([reader.get_batch(number)]).replace_schema_metadata(None)
    except FileNotFoundError:
        raise OutputError(
            f"{redact_url(place.url)}: the plan of this run is not there on {socket.gethostname()}. Where several "
            "machines build, set `output.path` to a place that all of them reach: an object store, or a shared folder "
            "under the same path."
        ) from None
    bases: Sequence[int] = json.loads(metadata[_BASES])
    return ShardPlan(number, samples["split"][0].as_py(), samples, bases[number]), metadata[_KEY].decode()


def read_reusable(folder: StoreUrl) -> Mapping[str, tuple[int, int]]:
    """For the content hash of each row that can be used again, the file and row that hold it."""
    return _read_reusable(folder.url, json.dumps(dict(folder.options), sort_keys=True))


@functools.lru_cache(maxsize=4)
def _read_reusable(url: str, options: str) -> Mapping[str, tuple[int, int]]:
    with open_store(StoreUrl(url, json.loads(options))).open(_REUSABLE) as file, pa.ipc.open_file(file) as reader:
        table = reader.read_all()
    places = zip(table["file"].to_pylist(), table["row"].to_pylist(), strict=True)
    found: dict[str, tuple[int, int]] = {}
    for content, place in zip(table["content_sha256"].to_pylist(), places, strict=True):
        found.setdefault(content, place)
    return found
