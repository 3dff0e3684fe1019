"""The first half of a run: what the source holds, labelled, split, and held against what is there."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from flows.asked import Asked
from flows.config import DatasetConfig
from flows.past import Past, has_same_columns, read_past, settings_hash, shapes_same_pixels, with_unpublished
from flows.sizing import rows_per_shard
from tasks.discover import discover_sources
from tasks.errors import LayoutError, RefusedError
from tasks.labels import ClassNames, Labelled, assign_labels
from tasks.plan import PlanSettings, RefreshPlan, Rows, choose_by_hash, plan_shards
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.publish.memory import recall
from tasks.publish.runs import now
from tasks.records.plain_copies import with_plain_copies
from tasks.samples import Discovery
from tasks.shards import BuildSpec
from tasks.shards.build import CARRIED
from tasks.splits import assign_splits


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What is to be built and kept.

    Attributes:
        discovery: What the sources hold.
        labelled: Its samples with labels and splits, those that are carried too; and those left out for their label.
        past: What was published before.
        plan: The shards to build, and those to keep.
        rows: The rows that the plan refers to.
        recalled: Rejections that stand as they are, without another look.
        given: Ids of samples whose split the source names.
        absent: For each row that is missing from the listing, in how many listings it was: sample id to nights.
        spec: What all shards share.
        settings: What planning went by.
    """

    discovery: Discovery
    labelled: Labelled
    past: Past
    plan: RefreshPlan
    rows: Rows
    recalled: pa.Table
    given: frozenset[str]
    absent: Mapping[str, int]
    spec: BuildSpec
    settings: PlanSettings

    @property
    def rejections(self) -> pa.Table:
        """What is left out before any byte is fetched."""
        return pa.concat_tables([self.discovery.rejections, self.labelled.rejections, self.recalled])

    @property
    def carried(self) -> int:
        """Rows that are kept although the listing no longer shows them."""
        return int(pc.sum(pc.equal(self.labelled.samples["kind"], CARRIED)).as_py() or 0)


def plan_run(dataset: DatasetConfig, run: Run, asked: Asked) -> PlannedRun:
    """List the sources, label and split their images, and plan what to build and what to keep.

    Raises:
        LayoutError: A source is not as declared, or holds no image.
        RefusedError: A rule forbids a new class, or ``--limit`` where a version is there.
        VersionError: What is there cannot be read.
    """
    tally_of(dataset.name).enter("listing the source")
    discovery = discover_sources(dataset.sources, dataset.splits.names)
    _refuse_equal_ids(discovery.samples)
    labelled = assign_labels(discovery, dataset.labels, run.history.class_names)
    if asked.limit:
        discovery, labelled = _limited(discovery, labelled, asked.limit, run)
    tally_of(dataset.name).enter("planning")
    past = read_past(run, full=asked.full)
    given = frozenset(labelled.samples.filter(pc.not_equal(labelled.samples["split"], ""))["sample_id"].to_pylist())
    samples = assign_splits(labelled.samples, dataset.splits, past.splits)
    recalled = recall(samples, past.rejects, past.state.failed, settings_hash(dataset), now())
    samples = samples.filter(recalled.asked)
    spec = _spec(dataset, _readable(discovery, run), labelled.class_names, run, asked)
    reuse = shapes_same_pixels(dataset, run) and not asked.full
    carried, absent = carry_missing(discovery, samples, past, dataset) if reuse else (samples.slice(0, 0), {})
    samples = pa.concat_tables([samples, carried])
    labelled = replace(labelled, samples=samples)
    settings = PlanSettings(
        rows_per_shard=rows_per_shard(samples, spec, run.history.manifest if reuse else None),
        reuse=reuse,
        rewrite=not has_same_columns(spec, run),
        rehash=asked.rehash,
    )
    rows = past.rows
    plan = plan_shards(samples, rows, settings)
    if reuse and plan.states.get("new", 0) + plan.states.get("suspect", 0):
        rows = with_unpublished(past, run, dataset, spec)
        plan = plan_shards(samples, rows, settings)
    spec = replace(spec, files=tuple(file.name for file in rows.files))
    return PlannedRun(discovery, labelled, past, plan, rows, recalled.rejections, given, absent, spec, settings)


def _readable(discovery: Discovery, run: Run) -> Discovery:
    """*discovery* with label files that every shard can seek in, where records of theirs are read again."""
    again = set(
        discovery.samples.filter(pc.greater(discovery.samples["label_length"], 0))["source"].unique().to_pylist()
    )
    access = tuple(
        with_plain_copies(item, run.store, run.folder) if item.name in again and not run.is_dry else item
        for item in discovery.access
    )
    return replace(discovery, access=access)


def _refuse_equal_ids(samples: pa.Table) -> None:
    counts = pc.value_counts(samples["sample_id"].combine_chunks())
    twice = pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))
    if len(twice):
        raise LayoutError(f"Two images have the id {twice[0].as_py()!r}. Give each source of the list its own `name`.")


def _limited(discovery: Discovery, labelled: Labelled, limit: int, run: Run) -> tuple[Discovery, Labelled]:
    """The first *limit* images by hash, every class among them where that allows."""
    if run.history.version:
        raise RefusedError(
            f"limit: {run.store.place.url} holds version {run.history.version} already, and `--limit` would delete "
            "most of it. Set another `output.path` to try something out"
        )
    ordered = choose_by_hash(labelled.samples, labelled.samples.num_rows)
    names = ordered["label_name"].to_pylist()
    firsts = list(dict.fromkeys(names).keys())
    first_of_class = [names.index(name) for name in firsts][:limit]
    others = [index for index in range(len(names)) if index not in set(first_of_class)]
    chosen = sorted([*first_of_class, *others[: limit - len(first_of_class)]])
    samples = ordered.take(pa.array(chosen, pa.int64())).sort_by([("sample_id", "ascending")])
    nothing = discovery.rejections.slice(0, 0)
    found = replace(discovery, samples=samples.select(discovery.samples.column_names), rejections=nothing)
    return found, replace(labelled, samples=samples, rejections=nothing)


def carry_missing(
    discovery: Discovery, samples: pa.Table, past: Past, dataset: DatasetConfig
) -> tuple[pa.Table, dict[str, int]]:
    """Rows that are kept although the listing no longer shows them, as samples; and how often each was missing."""
    listed = pa.concat_arrays(
        [
            column.cast(pa.string())
            for table in (discovery.samples, discovery.rejections)
            for column in table["sample_id"].chunks
        ]
    )
    rows = past.rows.table
    gone = rows.filter(pc.invert(pc.is_in(rows["sample_id"], value_set=listed)))
    before = dict(zip(past.state.absent["sample_id"].to_pylist(), past.state.absent["nights"].to_pylist(), strict=True))
    nights = {sample_id: before.get(sample_id, 0) + 1 for sample_id in gone["sample_id"].to_pylist()}
    needed = {source.name: source.delete_after for source in dataset.sources}
    stays = [nights[sample_id] < _delete_after(sample_id, needed) for sample_id in gone["sample_id"].to_pylist()]
    kept = gone.filter(pa.array(stays, pa.bool_()))
    return _as_samples(kept, samples.schema), {key: nights[key] for key in kept["sample_id"].to_pylist()}


def _delete_after(sample_id: str, needed: Mapping[str, int]) -> int:
    if len(needed) == 1:
        return next(iter(needed.values()))
    return needed.get(sample_id.partition("/")[0], 1)


def _as_samples(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows that are carried, as samples that are copied as they are."""
    same = {"sample_id", "split", "label_name", "label_path"}
    columns = []
    for item in schema:
        if item.name in same:
            columns.append(rows[item.name].cast(item.type))
        elif item.name == "fingerprint":
            columns.append(rows["source_fingerprint"].cast(item.type))
        else:
            value = CARRIED if item.name == "kind" else ("" if pa.types.is_string(item.type) else -1)
            columns.append(pa.array([value] * rows.num_rows, item.type))
    return pa.table(columns, schema=schema)


def _spec(dataset: DatasetConfig, discovery: Discovery, class_names: ClassNames, run: Run, asked: Asked) -> BuildSpec:
    limit = dataset.gates.max_reject_fraction
    bound = -1 if "max_reject_fraction" in asked.accept else math.floor(limit * discovery.listed)
    begun = discovery.rejections.num_rows
    deadline = dataset.run.deadline
    return BuildSpec(
        dataset=dataset.name,
        output=dataset.store,
        folder=run.folder,
        access=discovery.access,
        fetch=dataset.fetch,
        write=dataset.write,
        pixels=dataset.pixel_spec,
        limits=dataset.limits,
        processes=dataset.run.decoder_processes,
        class_names={column: tuple(names) for column, names in class_names.items()},
        most_rejects=-1 if bound < 0 else max(0, bound - begun),
        deadline=0.0 if deadline is None else time.time() + deadline.total_seconds() - run.seconds,
        kept=dataset.kept_columns,
    )
