"""Which rows go into which shard. Pure: tables in, tables out."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """One shard to build.

    Attributes:
        number: Its place in the plan, from 0.
        split: The split of all its rows.
        samples: Its rows, ordered by hash of `sample_id`.
    """

    number: int
    split: str
    samples: pa.Table


def plan_shards(samples: pa.Table, rows_per_shard: int) -> list[ShardPlan]:
    """Shards of at most *rows_per_shard* rows, of one split each; every sample is in exactly one.

    Rows are spread over the shards of their split by the hash of their id, so that every shard mixes the classes.
    """
    plans: list[ShardPlan] = []
    for split in sorted(samples["split"].unique().to_pylist()):
        rows = samples.filter(pc.equal(samples["split"], split))
        rows = rows.take(pa.array(np.argsort(hash_keys(rows["sample_id"]), kind="stable")))
        count = math.ceil(rows.num_rows / rows_per_shard)
        bounds = np.linspace(0, rows.num_rows, count + 1).round().astype(int).tolist()
        for start, end in pairwise(bounds):
            plans.append(ShardPlan(len(plans), split, rows.slice(start, end - start)))
    return plans


def hash_keys(sample_ids: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """What rows are ordered by: of the SHA-256 of each id the first 64 bits, as uint64."""
    starts = b"".join(hashlib.sha256(text.encode("utf-8")).digest()[:8] for text in sample_ids.to_pylist())
    return np.frombuffer(starts, dtype=">u8").astype(np.uint64)


def choose_probe(samples: pa.Table, count: int) -> pa.Table:
    """*count* samples, chosen by the hash of their ids: the same ones every time."""
    if samples.num_rows <= count:
        return samples
    order = np.argsort(hash_keys(samples["sample_id"]), kind="stable")[:count]
    return samples.take(pa.array(order))
