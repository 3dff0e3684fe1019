"""The second half of a run: its shards are built, and then what only the bytes could tell is put right by copying."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import repeated
from tasks.building.spec import STALE_SCHEMA, BuildSpec, ShardOutcome
from tasks.columns import LabelledSamples, Rejections, Samples, Stale, StaleRow, Touched
from tasks.plan import RefreshPlan, Rows, Settled, plan_shards, settle
from tasks.plan.shard_plans import TOUCHED_SCHEMA
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.publish.manifest import FileEntry
from tasks.publish.row_index import read_rows
from tasks.publish.runs import now
from tasks.quality.groups import near_groups
from tasks.reasons import Reason
from tasks.refresh.dataset import Dataset
from tasks.refresh.planning import PlannedRun
from tasks.samples import REJECTION_SCHEMA, Rejection, ShardFile, rejection_row, rejections_table
from tasks.wording import counted

Filled = TypeVar("Filled", bound="pa.Table[Any, Any]")


@dataclass(frozen=True, slots=True)
class BuiltShards:
    """What building came to.

    Attributes:
        rows: The files of the version to be, and their rows.
        rejections: `REJECTION_SCHEMA`.
        touched: Rows of kept shards whose bytes were found to be as they were, under another fingerprint.
        stale: Rows kept as they were, since their bytes could not be had.
        counts: fetched, fetched_bytes, decoded, copied, changed, touched.
        warnings: Rows written with a warning.
        settled: What equal bytes asked for.
        made: The shards that were written, also those that others took the place of.
    """

    rows: Rows
    rejections: Rejections
    touched: Touched
    stale: Stale
    counts: Counter[str]
    warnings: Counter[str]
    settled: Settled
    made: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledRows:
    """What the first round came to, and the small second one that puts right what only the bytes could tell.

    Attributes:
        built: The files and rows as the first round left them, and everything that was found out.
        plan: Shards that are made by copying alone.
        spec: What they share.
        is_final: Nothing is to be put right.
    """

    built: BuiltShards
    plan: RefreshPlan
    spec: BuildSpec
    is_final: bool = False

    @property
    def headline(self) -> str:
        """What building came to, and what is to be copied anew."""
        facts = [
            (self.built.counts["decoded"], "decoded"),
            (self.built.counts["copied"], "copied"),
            (self.built.rejections.num_rows, "rejected"),
            (len(self.built.settled.moved), "moved"),
            (len(self.built.settled.duplicates), "with the same bytes as another"),
            (self.built.stale.num_rows, "kept, as they could not be fetched"),
        ]
        again = "" if self.is_final else f"; {counted(len(self.plan.shards), 'shard')} to copy anew"
        return (", ".join(f"{count:,} {what}" for count, what in facts if count) or "nothing was built") + again


def settle_rows(dataset: Dataset, planned: PlannedRun, run: Run, outcomes: Sequence[ShardOutcome]) -> SettledRows:
    """What the shards came to whose *outcomes* are given; and what equal bytes and stale rows ask for."""
    tally_of(dataset.name).enter("settling")
    rows = _rows_after(planned.rows, planned.plan, outcomes, run)
    samples = planned.labelled.samples.append_column("given", planned.given)
    near = near_groups(rows.table, planned.past.ids, dataset.quality) if dataset.splits.keep_together else {}
    settled = settle(rows, samples, planned.plan.missing, planned.past.ids, near)
    stale = pa.concat_tables([STALE_SCHEMA.empty_table(), *(outcome.stale for outcome in outcomes)])
    expired = _expired(stale, planned, dataset)
    wanted = _with_splits(_remaining(samples.drop_columns(["given"]), rows), settled)
    left_out = {row["sample_id"]: _failure_of(row) for row in expired.to_pylist()}
    if dataset.output.dedupe == "content":
        copies = _copies(settled, rows)
        left_out |= {key: copy for key, copy in copies.items() if settled.duplicates[key] not in left_out}
    is_out = pc.is_in(wanted["sample_id"], value_set=pa.array(list(left_out), pa.string()))
    rejections = [*(outcome.rejections for outcome in outcomes), _as_rejections(wanted.filter(is_out), left_out)]
    built = BuiltShards(
        rows=rows,
        rejections=pa.concat_tables([REJECTION_SCHEMA.empty_table(), *rejections]),
        touched=pa.concat_tables([TOUCHED_SCHEMA.empty_table(), *(outcome.touched for outcome in outcomes)]),
        stale=stale.filter(pc.invert(pc.is_in(stale["sample_id"], value_set=expired["sample_id"].combine_chunks()))),
        counts=_sum(outcomes, "counts"),
        warnings=_sum(outcomes, "warnings"),
        settled=settled,
        made=_files(outcomes),
    )
    if not settled.splits and not left_out:
        return SettledRows(built, RefreshPlan((), (), {}, rows.table, rows.table), planned.spec, is_final=True)
    return _copying(planned, wanted.filter(pc.invert(is_out)), built, run)


def with_copies(settled: SettledRows, run: Run, copies: Sequence[ShardOutcome]) -> BuiltShards:
    """What both rounds came to; *copies* are the outcomes of the second."""
    built = settled.built
    if settled.is_final:
        return built
    counts = built.counts + Counter({"copied": _sum(copies, "counts")["copied"]})
    rows = _rows_after(built.rows, settled.plan, copies, run)
    return replace(built, rows=rows, counts=counts, made=built.made + _files(copies))


def _files(outcomes: Sequence[ShardOutcome]) -> tuple[str, ...]:
    return tuple(file.name for outcome in outcomes for file in outcome.files)


def _rows_after(rows: Rows, plan: RefreshPlan, outcomes: Sequence[ShardOutcome], run: Run) -> Rows:
    """The files that stay and those that were built, and their rows."""
    stay = sorted({*plan.kept, *(outcome.base for outcome in outcomes if outcome.base >= 0)})
    built = read_rows(run.store, [entry_of(file) for outcome in outcomes for file in outcome.files])
    files = (*(rows.files[number] for number in stay), *built.files)
    places = pc.index_in(rows.table["file"], value_set=pa.array(stay, pa.int32()))
    index = rows.table.schema.get_field_index("file")
    renumbered = rows.table.set_column(index, rows.table.schema.field(index), places)
    kept = renumbered.filter(pc.is_valid(places)) if len(stay) < len(rows.files) else renumbered
    shifted = pc.add(built.table["file"], pa.scalar(len(stay), pa.int32()))
    new = built.table.set_column(index, built.table.schema.field(index), shifted)
    return Rows(files, pa.concat_tables([kept, new]), len(files))


def entry_of(file: ShardFile) -> FileEntry:
    """*file* as a manifest names it."""
    return FileEntry(path=file.name, rows=file.rows, bytes=file.bytes, sha256=file.sha256, split=file.split)


def _remaining(samples: LabelledSamples, rows: Rows) -> LabelledSamples:
    """Those of *samples* that have a row."""
    return samples.filter(pc.is_in(samples["sample_id"], value_set=rows.table["sample_id"].combine_chunks()))


def _with_splits(samples: LabelledSamples, settled: Settled) -> LabelledSamples:
    if not settled.splits:
        return samples
    position = pc.index_in(samples["sample_id"], value_set=pa.array(list(settled.splits), pa.string()))
    wanted = pa.array(list(settled.splits.values()), pa.string()).take(position.combine_chunks())
    index = samples.schema.get_field_index("split")
    return samples.set_column(
        index, samples.schema.field("split"), pc.coalesce(wanted, samples["split"].combine_chunks())
    )


def _expired(stale: Stale, planned: PlannedRun, dataset: Dataset) -> Stale:
    """Those of *stale* that are not kept any longer."""
    if dataset.fetch.on_fetch_error == "reject":
        return stale
    days = dataset.fetch.max_stale_days
    if days is None:
        return stale.slice(0, 0)
    failed = planned.past.state.failed
    since = dict(zip(failed["sample_id"].to_pylist(), failed["first_seen"].to_pylist(), strict=True))
    oldest = datetime.fromisoformat(now()) - timedelta(days=days)
    too_old = [datetime.fromisoformat(since.get(key, now())) <= oldest for key in stale["sample_id"].to_pylist()]
    return stale.filter(pa.array(too_old, pa.bool_()))


def _failure_of(row: StaleRow) -> Rejection:
    return Rejection(Reason(row["reason"]), row["detail"], attempts=row["attempts"])


def _copies(settled: Settled, rows: Rows) -> dict[str, Rejection]:
    """Each row that another stands for, by its id."""
    ids = pa.array(list(settled.duplicates), pa.string())
    there = rows.table.filter(pc.is_in(rows.table["sample_id"], value_set=ids))
    pairs = zip(there["sample_id"].to_pylist(), there["content_sha256"].to_pylist(), strict=True)
    detail, reason = "has the same bytes as {}", Reason.DUPLICATE_CONTENT
    return {
        key: Rejection(reason, detail.format(settled.duplicates[key]), content_sha256=content) for key, content in pairs
    }


def _as_rejections(samples: Samples, left_out: Mapping[str, Rejection]) -> Rejections:
    return rejections_table([rejection_row(row, left_out[row["sample_id"]]) for row in samples.to_pylist()])


def _copying(planned: PlannedRun, samples: LabelledSamples, built: BuiltShards, run: Run) -> SettledRows:
    """The round that puts the rows of *samples* into the splits they belong to, by copying alone."""
    mark, rows = "settled", built.rows
    same = _filled(samples, "fingerprint", mark)
    known = Rows(rows.files, _filled(rows.table, "source_fingerprint", mark), len(rows.files))
    plan = plan_shards(same, known, replace(planned.settings, reuse=True, rewrite=False, rehash=False))
    shards = tuple(replace(shard, samples=_filled(shard.samples, "fingerprint", "")) for shard in plan.shards)
    files = tuple(file.name for file in rows.files)
    spec = replace(planned.spec, folder=f"{run.folder}/settle", files=files, reject_limit=None)
    return SettledRows(built, replace(plan, shards=shards), spec)


def _filled(table: Filled, column: str, value: str) -> Filled:
    index = table.schema.get_field_index(column)
    return table.set_column(index, table.schema.field(index), repeated(value, table.num_rows))


def _sum(outcomes: Sequence[ShardOutcome], name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update(getattr(outcome, name))
    return total
