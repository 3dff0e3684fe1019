"""How many rows a shard takes, so that it comes out at the size that is asked for."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.images.pixel_spec import Prepared
from tasks.plan import as_new, choose_by_hash
from tasks.publish.documents import Manifest
from tasks.shards import BuildSpec, prepare_samples

_PROBE = 200
_LARGEST_SHARE = {"jpeg": 0.6, "webp": 0.6, "png": 1.05, "raw": 1.0}
"""Of an image's raw bytes, what its encoded ones come to at most: noise comes near it, photographs are far below."""


def rows_per_shard(samples: pa.Table, spec: BuildSpec, manifest: Manifest | None) -> int:
    """How many rows a shard takes: by the mean size of the rows of *manifest*, of a probe, or as many as may be."""
    most = spec.write.shard_rows
    if manifest is not None and manifest.rows:
        mean = sum(shard.bytes for shard in manifest.shards) / manifest.rows
        return max(1, min(most, math.floor(spec.write.shard_bytes / max(mean, 1.0))))
    return rows_of_first_build(samples, spec)


def rows_of_first_build(samples: pa.Table, spec: BuildSpec) -> int:
    """How many rows a shard takes: by the mean encoded size of a probe, unless all fit whatever their size."""
    most = spec.write.shard_rows
    if not samples.num_rows:
        return most
    bound = _largest_image(spec)
    largest_split = max(entry["counts"] for entry in pc.value_counts(samples["split"]).to_pylist())
    rows = min(most, largest_split)
    if bound is not None and rows * bound <= spec.write.shard_bytes:
        return most
    mean = _mean_listed(samples) if spec.pixels.pixels == "original" else None
    mean = mean or mean_encoded_bytes(samples, spec)
    return max(1, min(most, math.floor(spec.write.shard_bytes / max(mean, 1.0))))


def _largest_image(spec: BuildSpec) -> float | None:
    share = _LARGEST_SHARE.get(spec.pixels.pixels)
    if spec.pixels.mode not in {"stretch", "crop", "pad"} or share is None:
        return None
    width, height = spec.pixels.size
    return width * height * 3 * share + 2048


def _mean_listed(samples: pa.Table) -> float | None:
    sizes = samples["size"].filter(pc.greater_equal(samples["size"], 0))
    return pc.mean(sizes).as_py() if len(sizes) else None


def mean_encoded_bytes(samples: pa.Table, spec: BuildSpec) -> float:
    """The mean size of the images of a probe, as they would be published; 1 where none of them can be used."""
    probe = as_new(choose_by_hash(samples, _PROBE))
    sizes = [len(item.outcome.data) for item in prepare_samples(probe, spec) if isinstance(item.outcome, Prepared)]
    return float(np.mean(sizes)) if sizes else 1.0
