"""The first half of a run: what the source holds, labelled, split and planned into shards."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from flows.config import DatasetConfig
from tasks.discover import discover_sources
from tasks.errors import LayoutError
from tasks.images.pixel_spec import Prepared
from tasks.labels import ClassNames, Labelled, assign_labels
from tasks.plan import ShardPlan, choose_probe, plan_shards
from tasks.plan_files import write_plans
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.samples import Discovery, StoreUrl
from tasks.shards import BuildSpec, prepare_samples
from tasks.splits import assign_splits

_PROBE = 200
_LARGEST_SHARE = {"jpeg": 0.6, "webp": 0.6, "png": 1.05, "raw": 1.0}
"""Of an image's raw bytes, what its encoded ones come to at most: noise comes near it, photographs are far below."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What is to be built.

    Attributes:
        discovery: What the sources hold.
        labelled: Its samples with labels and splits, and those that were left out for their label.
        shards: The shards to build.
        spec: What they all share.
    """

    discovery: Discovery
    labelled: Labelled
    shards: Sequence[ShardPlan]
    spec: BuildSpec

    @property
    def rejections(self) -> pa.Table:
        """What is left out before any byte is fetched."""
        return pa.concat_tables([self.discovery.rejections, self.labelled.rejections])


def plan_run(dataset: DatasetConfig, known: ClassNames, folder: str) -> PlannedRun:
    """List the sources, label and split their images, and plan the shards.

    Args:
        dataset: The config.
        known: Every class name there ever was, by label column.
        folder: The run's folder, below the output's root.

    Raises:
        LayoutError: A source is not as declared, or holds no image.
        RefusedError: A rule forbids a new class.
    """
    tally = tally_of(dataset.name)
    tally.enter("listing the source")
    discovery = discover_sources(dataset.sources, dataset.splits.names)
    _refuse_equal_ids(discovery.samples)
    labelled = assign_labels(discovery, dataset.labels, known)
    samples = assign_splits(labelled.samples, dataset.splits)
    labelled = Labelled(samples, labelled.rejections, labelled.class_names, labelled.notices)
    spec = _spec(dataset, discovery, labelled.class_names, folder)
    tally.enter("planning")
    shards = plan_shards(samples, rows_per_shard(samples, spec))
    return PlannedRun(discovery, labelled, shards, spec)


def _refuse_equal_ids(samples: pa.Table) -> None:
    counts = pc.value_counts(samples["sample_id"].combine_chunks())
    twice = pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))
    if len(twice):
        raise LayoutError(f"Two images have the id {twice[0].as_py()!r}. Give each source of the list its own `name`.")


def _spec(dataset: DatasetConfig, discovery: Discovery, class_names: ClassNames, folder: str) -> BuildSpec:
    return BuildSpec(
        dataset=dataset.name,
        output=dataset.store,
        folder=folder,
        access=discovery.access,
        fetch=dataset.fetch,
        write=dataset.write,
        pixels=dataset.pixel_spec,
        limits=dataset.limits,
        processes=dataset.run.decoder_processes,
        class_names={column: tuple(names) for column, names in class_names.items()},
    )


def rows_per_shard(samples: pa.Table, spec: BuildSpec) -> int:
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
    probe = choose_probe(samples, _PROBE)
    done = prepare_samples(ShardPlan(0, "", probe), spec)
    sizes = [len(outcome.data) for _, _, outcome in done if isinstance(outcome, Prepared)]
    return sum(sizes) / len(sizes) if sizes else 1.0


def write_plan(planned: PlannedRun, run: Run) -> StoreUrl:
    """Store the plan in the run's folder, for shard tasks to read; return its place."""
    return write_plans(run.store, run.folder, planned.shards, planned.spec.as_json())
