"""What is to be built and kept: what the sources list, split, and held against what is there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from tasks.building.spec import BuildSpec
from tasks.columns import LabelledSamples, Rejections
from tasks.fetch.plain_copies import with_plain_copies, with_unpacked_archives
from tasks.fetch.samples import well_places
from tasks.labels import Labelled, with_carried
from tasks.plan import PlanSettings, RefreshPlan, Rows, plan_shards
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.publish.memory import Recalled, recall
from tasks.publish.purges import read_purged
from tasks.quality.groups import near_groups
from tasks.refresh.dataset import Dataset
from tasks.refresh.listed import Listed, carry_missing
from tasks.refresh.options import RefreshOptions
from tasks.refresh.past import (
    Past,
    has_same_columns,
    has_same_kind,
    moment_of,
    read_past,
    rows_to_use,
    stable_contents,
    with_entry_times,
    with_measures,
    with_unpublished,
)
from tasks.refresh.pixels import pixels_wanted, shapes_same_pixels
from tasks.refresh.sizing import rows_per_shard
from tasks.report.gates import reject_limit
from tasks.samples import CARRIED, Discovery
from tasks.splits import assign_splits
from tasks.wording import counted, size_text


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
        given: For each of the labelled samples whether the source names its split.
        absent: For each row that is missing from the listing, in how many listings it was: sample id to nights.
        rebalanced: How many rows left ``train``, by the split that they went to.
        resplit: How many rows went elsewhere since splits were drawn anew: ``"train → test"`` to count.
        spec: What all shards share.
        settings: What planning went by.
    """

    discovery: Discovery
    labelled: Labelled
    past: Past
    plan: RefreshPlan
    rows: Rows
    recalled: Rejections
    given: pa.ChunkedArray
    absent: Mapping[str, int]
    rebalanced: Mapping[str, int]
    resplit: Mapping[str, int]
    spec: BuildSpec
    settings: PlanSettings

    @property
    def headline(self) -> str:
        """What changed, what is to be fetched, and which shards are to be built."""
        states = ", ".join(f"{count:,} {state}" for state, count in self.plan.states.items() if count)
        images = size = 0
        for shard in self.plan.shards:
            wanted = shard.samples.filter(pc.not_equal(shard.samples["action"], "copy"))
            images += wanted.num_rows
            size += pc.sum(pc.max_element_wise(wanted["size"], 0)).as_py() or 0
        fetched = f"{counted(images, 'image')}{f' ({size_text(size)})' if size else ''} to fetch"
        shards = f"{counted(len(self.plan.shards), 'shard')} to build, {len(self.plan.kept):,} to keep"
        return f"{states or 'nothing listed'}; {fetched}; {shards}"

    @property
    def rejections(self) -> Rejections:
        """What is left out before any byte is fetched."""
        return pa.concat_tables([self.discovery.rejections, self.labelled.rejections, self.recalled])

    @property
    def carried(self) -> int:
        """Rows that are kept although the listing no longer shows them."""
        return int(pc.sum(pc.equal(self.labelled.samples["kind"], CARRIED)).as_py() or 0)


def plan_run(dataset: Dataset, run: Run, options: RefreshOptions, listed: Listed) -> PlannedRun:
    """Plan which shards to build of the images that are *listed*, and which to keep.

    Raises:
        VersionError: What is there cannot be read.
    """
    tally_of(dataset.name).enter("planning")
    discovery, labelled = listed.discovery, listed.labelled
    past = with_entry_times(read_past(run, full=options.full), labelled.samples)
    readable = _readable(discovery, run)
    recalled = recalled_of(dataset, run, options, Listed(readable, labelled), past)
    labelled = replace(labelled, samples=labelled.samples.filter(recalled.asked))
    same = shapes_same_pixels(dataset, run)
    reuse = same and not options.full
    may_carry = reuse and has_same_kind(dataset, run)
    carried, absent = carry_missing(discovery, past, dataset.sources if may_carry else [])
    labelled = with_carried(labelled, carried, discovery.levels, dataset.labels)
    alike = _alike(dataset, past) if options.resplit else None
    assigned = assign_splits(labelled.samples, dataset.splits, past.rows.table, alike)
    labelled = replace(labelled, samples=assigned.samples)
    spec = with_measures(_spec(dataset, Listed(readable, labelled), run, options), dataset, run, reuse=reuse)
    manifest = run.history.manifest if reuse else None
    spec = _unpacked(spec, run, labelled.samples) if manifest is None else spec
    sized = rows_per_shard(labelled.samples, spec, manifest)
    planned = PlannedRun(
        discovery=discovery,
        labelled=labelled,
        past=past,
        plan=RefreshPlan((), (), {}, past.rows.table, past.rows.table),
        rows=rows_to_use(dataset, past, recalled.judged),
        recalled=recalled.rejections,
        given=assigned.given,
        absent=absent,
        rebalanced=assigned.rebalanced,
        resplit=assigned.resplit,
        spec=spec,
        settings=PlanSettings(
            sized.rows,
            dataset.write.shards_per_split,
            reuse=reuse,
            rewrite=not has_same_columns(spec, run),
            rehash=options.rehash,
            same_pixels=same,
        ),
    )
    return _with_plan(dataset, run, options, _without(planned, sized.left_out))


def _alike(dataset: Dataset, past: Past) -> Mapping[str, str]:
    """The groups of rows of the newest version that look alike, where such rows are to be kept together."""
    if dataset.splits.keep_together is None:
        return {}
    return near_groups(past.rows.table, pa.array([], pa.string()), dataset.quality)


def _without(planned: PlannedRun, left_out: Rejections) -> PlannedRun:
    """*planned* without the images that are *left_out*, since a look at them was enough."""
    if not left_out.num_rows:
        return planned
    samples = planned.labelled.samples
    stays = pc.invert(pc.is_in(samples["sample_id"], value_set=left_out["sample_id"].combine_chunks()))
    return replace(
        planned,
        labelled=replace(planned.labelled, samples=samples.filter(stays)),
        given=planned.given.filter(stays),
        recalled=pa.concat_tables([planned.recalled, left_out]),
    )


def _with_plan(dataset: Dataset, run: Run, options: RefreshOptions, planned: PlannedRun) -> PlannedRun:
    """*planned* with its shards, and how many of its images more may be rejected."""
    samples, settings, rows = planned.labelled.samples, planned.settings, planned.rows
    plan = plan_shards(samples, rows, settings)
    if settings.reuse and plan.states.get("new", 0) + plan.states.get("suspect", 0):
        rows = with_unpublished(rows, run, dataset, planned.spec)
        plan = plan_shards(samples, rows, settings) if len(rows.files) > rows.current else plan
    most = reject_limit(dataset.gates, options.accept, planned.discovery.listed, planned.rejections)
    files = tuple(file.name for file in rows.files)
    spec = replace(planned.spec, reject_limit=most, files=files)
    return replace(planned, plan=plan, rows=rows, spec=_unpacked(spec, run, *(s.samples for s in plan.shards)))


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


def _to_fetch(samples: pa.Table) -> pa.Table:
    """Those of *samples* whose bytes are asked for, where they are planned already."""
    return samples.filter(pc.not_equal(samples["action"], "copy")) if "action" in samples.column_names else samples


def _unpacked(spec: BuildSpec, run: Run, *samples: LabelledSamples) -> BuildSpec:
    """*spec* with archives that every shard can seek in, where some of *samples* are to be read from them."""
    if not samples:
        return spec
    columns = ["source", "location", "stored"]
    wanted = pa.concat_tables([_to_fetch(table).select(columns) for table in samples])
    names = set(wanted["source"].unique().to_pylist())
    access = tuple(
        with_unpacked_archives(item, wanted, run.store, run.folder) if item.name in names and not run.is_dry else item
        for item in spec.access
    )
    return replace(spec, access=access)


def _spec(dataset: Dataset, listed: Listed, run: Run, options: RefreshOptions) -> BuildSpec:
    deadline = options.deadline
    return BuildSpec(
        dataset=dataset.name,
        output=dataset.store,
        folder=run.folder,
        access=listed.discovery.access,
        fetch=dataset.fetch,
        write=dataset.write,
        pixels=pixels_wanted(dataset, run),
        limits=dataset.limits,
        processes=options.processes,
        class_names={column: tuple(names) for column, names in listed.labelled.class_names.items()},
        deadline=0.0 if deadline is None else time.time() + deadline.total_seconds() - run.seconds,
        kept=dataset.kept_columns,
        label_kind=dataset.labels.kind,
        rehash=options.rehash,
        purged=read_purged(run.store, run.history.newest),
    )


def recalled_of(dataset: Dataset, run: Run, options: RefreshOptions, listed: Listed, past: Past) -> Recalled:
    """Which of the *listed* images need not be asked for, and what is known of others; a full run asks for all.

    Images that wait for their time are asked for all the same where their host, or their source, is well again: after
    an outage they would else be missing for as long again. A few of them tell.
    """
    samples = listed.labelled.samples
    nothing = past.rejects.slice(0, 0)
    settled = pa.array([], pa.string())
    if dataset.output.dedupe == "content" and past.left_out.num_rows:
        settled = stable_contents(samples, past.rows.table)
    rejects = nothing if options.full else past.left_out
    moment = moment_of(dataset, run, rehash=options.rehash)
    recalled = recall(samples, rejects, past.state.failed, settled, moment)
    if run.is_dry or not recalled.waiting.num_rows:
        return recalled
    well = well_places(recalled.waiting, samples, listed.discovery.access, dataset.fetch)
    return recall(samples, rejects, past.state.failed, settled, replace(moment, well=well)) if well else recalled
