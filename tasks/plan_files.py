"""A run's plan as a file, so that any machine can build any shard of it: one record batch a shard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from tasks.plan import ShardPlan
from tasks.samples import StoreUrl
from tasks.storage import Store, open_store

_KEY = b"parquetry.spec"


def write_plans(store: Store, folder: str, plans: Sequence[ShardPlan], spec: Mapping[str, Any]) -> StoreUrl:
    """Write *plans* and *spec* (JSON values) to ``<folder>/plan.arrow`` in *store*, and return that file's place."""
    schema = plans[0].samples.schema.with_metadata({_KEY: json.dumps(spec).encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, schema) as writer:
        for plan in plans:
            table = plan.samples.cast(schema).combine_chunks()
            writer.write_batch(table.to_batches()[0])
    path = f"{folder}/plan.arrow"
    store.replace(path, sink.getvalue().to_pybytes())
    return store.place.child(path)


def read_plan(place: StoreUrl, number: int) -> tuple[ShardPlan, dict[str, Any]]:
    """Shard *number* of the plan file at *place*, and the spec that all its shards share."""
    folder, _, name = place.url.rpartition("/")
    with open_store(StoreUrl(folder, place.options)).open(name) as file, pa.ipc.open_file(file) as reader:
        spec = json.loads(reader.schema.metadata[_KEY])
        samples = pa.Table.from_batches([reader.get_batch(number)]).replace_schema_metadata(None)
    return ShardPlan(number, samples["split"][0].as_py(), samples), spec
