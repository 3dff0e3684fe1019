"""How many rows a shard takes, so that it comes out at the size that is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.building.build import rejected_row
from tasks.building.spec import BuildSpec
from tasks.building.stream import fetch_samples, prepare_samples
from tasks.columns import LabelledSamples, Rejections
from tasks.fetch.plain_copies import compressed_archives
from tasks.images.pixel_spec import Prepared
from tasks.plan import as_new, choose_by_hash
from tasks.publish.manifest import Manifest
from tasks.reasons import Reason
from tasks.samples import REJECTION_SCHEMA, Rejection, rejections_table

_PROBE = 200
_LARGEST_SHARE = {"jpeg": 0.6, "webp": 0.6, "png": 1.05, "raw": 1.0}
"""Of an image's raw bytes, what its encoded ones come to at most: noise comes near it, photographs are far below."""


@dataclass(frozen=True, slots=True)
class Sized:
    """How many rows a shard takes.

    Attributes:
        rows: So many.
        left_out: `REJECTION_SCHEMA`: images of the probe that are no good, and need not be asked for again.
    """

    rows: int
    left_out: Rejections


def rows_per_shard(samples: LabelledSamples, spec: BuildSpec, manifest: Manifest | None) -> Sized:
    """How many rows a shard takes: by the mean size of the rows of *manifest*, of a probe, or as many as may be."""
    nothing = REJECTION_SCHEMA.empty_table()
    if manifest is not None and manifest.rows:
        mean = sum(shard.bytes for shard in manifest.shards) / manifest.rows
        return Sized(_fitting(mean, spec), nothing)
    if not samples.num_rows or _all_fit(samples, spec):
        return Sized(spec.write.shard_rows, nothing)
    if spec.pixels.pixels == "original" and (listed := _mean_listed(samples)):
        return Sized(_fitting(listed, spec), nothing)
    mean, left_out = probe_images(samples, spec, is_built=True)
    return Sized(_fitting(mean, spec), left_out)


def _fitting(mean: float, spec: BuildSpec) -> int:
    return max(1, min(spec.write.shard_rows, math.floor(spec.write.shard_bytes / max(mean, 1.0))))


def _all_fit(samples: LabelledSamples, spec: BuildSpec) -> bool:
    """Whether a shard holds as many rows as there can be, whatever their size."""
    bound = _largest_image(spec)
    largest_split = max(entry["counts"] for entry in pc.value_counts(samples["split"]).to_pylist())
    rows = min(spec.write.shard_rows, largest_split)
    return bound is not None and rows * bound <= spec.write.shard_bytes


def _largest_image(spec: BuildSpec) -> float | None:
    share = _LARGEST_SHARE.get(spec.pixels.pixels)
    if spec.pixels.mode not in {"stretch", "crop", "pad"} or share is None:
        return None
    width, height = spec.pixels.size
    return width * height * 3 * share + 2048


def _mean_listed(samples: LabelledSamples) -> float | None:
    sizes = samples["size"].filter(pc.greater_equal(samples["size"], 0))
    return pc.mean(sizes).as_py() if len(sizes) else None


def _readable(samples: LabelledSamples, spec: BuildSpec) -> LabelledSamples:
    """Those of *samples* that can be read by themselves: a dry run makes no copy of what cannot be sought in."""
    packed = [item.name for item in spec.access if compressed_archives(item, samples)]
    return samples.filter(pc.invert(pc.is_in(samples["source"], value_set=pa.array(packed, pa.string()))))


def probe_images(samples: LabelledSamples, spec: BuildSpec, *, is_built: bool = False) -> tuple[float, Rejections]:
    """The mean size of some images as they would be published, 1 without any; and those that are rejected.

    Where the same run builds them afterwards, *is_built*, what the web gave of them is not asked for again.
    """
    probe = as_new(choose_by_hash(_readable(samples, spec), _PROBE))
    finished = list(prepare_samples(probe, spec, fetch_samples(probe, spec, is_look=is_built)))
    sizes = [len(item.outcome.data) for item in finished if isinstance(item.outcome, Prepared)]
    left_out = [
        rejected_row(item, item.outcome, spec.purged)
        for item in finished
        if isinstance(item.outcome, Rejection) and item.outcome.reason is not Reason.PURGED  # whose row names nobody
    ]
    return float(np.mean(sizes)) if sizes else 1.0, rejections_table(left_out)
