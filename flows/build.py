"""The second half of a run, on Prefect: shard tasks mapped over the plan, what they came to, and what that asks for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from prefect import unmapped

from flows.plan_run import PlannedRun
from flows.runners import RunSettings, task_runner
from tasks.build_shard import build_shard
from tasks.errors import FetchError
from tasks.plan import RefreshPlan, Rows, Settled, plan_shards, settle
from tasks.plan_files import write_plans
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.publish.documents import FileEntry
from tasks.publish.row_index import read_rows
from tasks.reasons import Reason
from tasks.samples import REJECTION_SCHEMA, Rejection, ShardFile, rejection_row, rejections_table
from tasks.shards import BuildSpec, ShardOutcome
from tasks.shards.spec import STALE_SCHEMA, TOUCHED_SCHEMA

_TASKS = 1000


@dataclass(frozen=True, slots=True)
class BuiltShards:
    """What building came to.

    Attributes:
        rows: The files of the version to be, and their rows.
        rejections: `REJECTION_SCHEMA`.
        touched: Rows of kept shards whose bytes were found to be as they were, under another fingerprint.
        stale: Rows kept as they were, since their bytes could not be had.
        counts: fetched, decoded, copied, changed, moved.
        warnings: Rows written with a warning.
        settled: What equal bytes asked for.
    """

    rows: Rows
    rejections: pa.Table
    touched: pa.Table
    stale: pa.Table
    counts: Counter[str]
    warnings: Counter[str]
    settled: Settled


def build_shards(planned: PlannedRun, run: Run, settings: RunSettings, *, dedupe: bool) -> BuiltShards:
    """Build every shard of the plan, each in a Prefect task; then a small round for what only the bytes could tell.

    Raises:
        DatasetError: A shard could not be built, for a reason that concerns all of them.
    """
    outcomes = _run_tasks(planned.plan, planned.spec, run, settings)
    rows = _rows_after(planned.rows, planned.plan, outcomes, run)
    known = frozenset(planned.past.splits)
    settled = settle(rows, planned.given, planned.plan.missing, known)
    rejections = pa.concat_tables([REJECTION_SCHEMA.empty_table(), *(outcome.rejections for outcome in outcomes)])
    samples = _remaining(planned.labelled.samples, rows)
    wanted = _with_splits(samples, settled)
    duplicates = settled.duplicates if dedupe else {}
    if duplicates:
        rejections = pa.concat_tables([rejections, _duplicate_rows(wanted, duplicates)])
        wanted = wanted.filter(
            pc.invert(pc.is_in(wanted["sample_id"], value_set=pa.array(list(duplicates), pa.string())))
        )
    counts = _sum(outcomes, "counts")
    if settled.splits or duplicates:
        rows, copied = _second_round(planned, wanted, rows, run, settings)
        counts["copied"] += copied
    return BuiltShards(
        rows=rows,
        rejections=rejections,
        touched=pa.concat_tables([TOUCHED_SCHEMA.empty_table(), *(outcome.touched for outcome in outcomes)]),
        stale=pa.concat_tables([STALE_SCHEMA.empty_table(), *(outcome.stale for outcome in outcomes)]),
        counts=counts,
        warnings=_sum(outcomes, "warnings"),
        settled=settled,
    )


def _run_tasks(plan: RefreshPlan, spec: BuildSpec, run: Run, settings: RunSettings) -> list[ShardOutcome]:
    """The outcomes of the plan's shards, in their order."""
    if not plan.shards:
        return []
    place = write_plans(run.store, spec.folder, plan, spec.as_json())
    tally_of(spec.dataset).enter("building", sum(shard.samples.num_rows for shard in plan.shards))
    stride = math.ceil(len(plan.shards) / _TASKS)
    firsts = list(range(0, len(plan.shards), stride))
    lasts = [min(first + stride, len(plan.shards)) - 1 for first in firsts]
    with task_runner(settings) as runner, _stopping_with_the_flow(spec.dataset):
        futures: Any = runner.map(build_shard, {"plans": unmapped(place), "first": firsts, "last": lasts})
        results = [future.result(raise_on_failure=False) for future in futures]
    _raise_first(results)
    return [
        ShardOutcome.from_bytes(run.store.read_bytes(f"{spec.folder}/outcomes/{shard.number:06}.arrow"))
        for shard in plan.shards
    ]


@contextmanager
def _stopping_with_the_flow(dataset: str) -> Iterator[None]:
    """Stop the shard threads when the flow is: Prefect's cancelling reaches only the main thread."""
    try:
        yield
    except BaseException:
        tally_of(dataset).stop()
        raise


def _raise_first(results: Sequence[Any]) -> None:
    """Raise what kept a shard from being built."""
    for result in results:
        if isinstance(result, BaseException):
            raise result
        if not isinstance(result, str):
            raise FetchError(f"A shard was not built: {result!r}. Run it again.")


def _rows_after(rows: Rows, plan: RefreshPlan, outcomes: Sequence[ShardOutcome], run: Run) -> Rows:
    """The files that stay and those that were built, and their rows."""
    stay = sorted({*plan.kept, *(outcome.base for outcome in outcomes if outcome.base >= 0)})
    built = read_rows(run.store, [entry_of(file) for outcome in outcomes for file in outcome.files])
    files = (*(rows.files[number] for number in stay), *built.files)
    kept = rows.table.filter(pc.is_in(rows.table["file"], value_set=pa.array(stay, pa.int32())))
    places = {number: place for place, number in enumerate(stay)}
    renumbered = pa.array([places[number] for number in kept["file"].to_pylist()], pa.int32())
    index = kept.schema.get_field_index("file")
    kept = kept.set_column(index, kept.schema.field(index), renumbered)
    shifted = pc.add(built.table["file"], pa.scalar(len(stay), pa.int32()))
    new = built.table.set_column(index, built.table.schema.field(index), shifted)
    return Rows(files, pa.concat_tables([kept, new]), len(files))


def entry_of(file: ShardFile) -> FileEntry:
    """*file* as a manifest names it."""
    return FileEntry(path=file.name, rows=file.rows, bytes=file.bytes, sha256=file.sha256, split=file.split)


def _remaining(samples: pa.Table, rows: Rows) -> pa.Table:
    """Those of *samples* that have a row."""
    return samples.filter(pc.is_in(samples["sample_id"], value_set=rows.table["sample_id"].combine_chunks()))


def _with_splits(samples: pa.Table, settled: Settled) -> pa.Table:
    splits = zip(samples["sample_id"].to_pylist(), samples["split"].to_pylist(), strict=True)
    column = pa.array([settled.splits.get(sample_id, split) for sample_id, split in splits], pa.string())
    index = samples.schema.get_field_index("split")
    return samples.set_column(index, samples.schema.field(index), column)


def _duplicate_rows(samples: pa.Table, duplicates: Any) -> pa.Table:
    rows = [row for row in samples.to_pylist() if row["sample_id"] in duplicates]
    detail = "has the same bytes as {}"
    return rejections_table(
        [
            rejection_row(row, Rejection(Reason.DUPLICATE_CONTENT, detail.format(duplicates[row["sample_id"]])))
            for row in rows
        ]
    )


def _second_round(
    planned: PlannedRun, samples: pa.Table, rows: Rows, run: Run, settings: RunSettings
) -> tuple[Rows, int]:
    """Put rows into the splits they belong to, by copying alone; return the rows after it, and how many were copied."""
    mark = "settled"
    same = _filled(samples, "fingerprint", mark)
    known = Rows(rows.files, _filled(rows.table, "source_fingerprint", mark), len(rows.files))
    plan = plan_shards(same, known, replace(planned.settings, reuse=True, rewrite=False, rehash=False))
    shards = tuple(replace(shard, samples=_filled(shard.samples, "fingerprint", "")) for shard in plan.shards)
    folder = f"{run.folder}/settle"
    spec = replace(planned.spec, folder=folder, files=tuple(file.name for file in rows.files))
    outcomes = _run_tasks(replace(plan, shards=shards), spec, run, settings)
    return _rows_after(rows, plan, outcomes, run), _sum(outcomes, "counts")["copied"]


def _filled(table: pa.Table, column: str, value: str) -> pa.Table:
    index = table.schema.get_field_index(column)
    return table.set_column(index, table.schema.field(index), pa.array([value] * table.num_rows, pa.string()))


def _sum(outcomes: Sequence[ShardOutcome], name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update(getattr(outcome, name))
    return total
