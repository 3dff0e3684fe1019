"""The version that a run built, in words: its manifest, its report, and what was learned beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa
import pyarrow.compute as pc

from tasks import __version__
from tasks.building.spec import (
    STALE_SCHEMA,
    ShardOutcome,
    installed_version,
    pixel_libraries,
    published_pixel_spec,
)
from tasks.columns import Checked, Rejections, RowTable, Touched
from tasks.images.pixel_spec import PixelSpec
from tasks.plan.shard_plans import TOUCHED_SCHEMA
from tasks.publish import Run
from tasks.publish.documents import format_of
from tasks.publish.manifest import FileEntry, Manifest
from tasks.publish.memory import newer, overlaid, remember
from tasks.publish.runs import now
from tasks.publish.state import ABSENT_SCHEMA, CHECKED_SCHEMA, State
from tasks.refresh.dataset import Dataset
from tasks.refresh.drift_report import RunFacts
from tasks.refresh.past import moment_of
from tasks.refresh.planning import PlannedRun
from tasks.refresh.rounds import entry_of
from tasks.report.gates import GateResult
from tasks.shards.schema import shard_schema

_LIBRARIES = ("prefect", "pillow", "pandas", "pyarrow", "fsspec")


def make_manifest(
    dataset: Dataset,
    run: Run,
    facts: RunFacts,
    gates: Sequence[GateResult],
    written: tuple[FileEntry | None, FileEntry, FileEntry | None, FileEntry | None],
) -> Manifest:
    """The version that a run built; *written* are its rejects, if there are any, its report, page and pairs."""
    names, spec = facts.planned.labelled.class_names, facts.planned.spec
    pixel_spec = published_pixel_spec(spec.pixels)
    return Manifest(
        format=format_of(names),
        dataset=dataset.name,
        parent=run.history.version or None,
        counts=asdict(facts.account),
        splits=dict(facts.breakdown.splits),
        classes=dict(facts.breakdown.classes),
        reasons=dict(facts.breakdown.reasons),
        warnings=dict(facts.built.warnings),
        class_names={column: list(listed) for column, listed in names.items()},
        columns={field.name: str(field.type) for field in shard_schema(names, pixel_spec, spec.kept, spec.label_kind)},
        pixel_spec={**pixel_spec},
        layout=facts.breakdown.layout,
        why=facts.breakdown.why,
        notices=list(facts.breakdown.notices),
        config=dataset.as_published(),
        config_sha256=dataset.digest(),
        libraries=library_versions(spec.pixels),
        gates=[{**gate.as_row()} for gate in gates],
        shards=[entry_of(file) for file in sorted(facts.built.rows.files, key=lambda file: (file.split, file.name))],
        rejects=written[0],
        report=written[1],
        page=written[2],
        quality=written[3],
        near=dict(facts.breakdown.near),
    )


def library_versions(pixels: PixelSpec) -> dict[str, str]:
    """The versions of what makes a dataset whose images become *pixels*."""
    names = (*_LIBRARIES, *pixel_libraries(pixels))
    return {"parquetry": __version__} | {name: installed_version(name) for name in names}


def is_unchanged(run: Run, facts: RunFacts) -> bool:
    """Whether the version would have the same shards, class lists and images left out as the newest one."""
    manifest = run.history.manifest
    if manifest is None or not run.history.is_current:
        return False
    same_files = {shard.path for shard in manifest.shards} == {file.name for file in facts.built.rows.files}
    names = {column: list(listed) for column, listed in facts.planned.labelled.class_names.items()}
    before, after = (
        sorted(zip(table["sample_id"].to_pylist(), table["reason"].to_pylist(), strict=True))
        for table in (facts.planned.past.rejects, facts.rejections)
    )
    return same_files and names == manifest.class_names and before == after


def learned_state(facts: RunFacts, published: Rejections) -> State:
    """What this night learned, and what earlier ones did that still counts.

    Args:
        facts: Of the night.
        published: `REJECTION_SCHEMA`: what the newest version says of images left out.
    """
    past, rows = facts.planned.past.state, facts.built.rows.table
    nights = facts.planned.absent
    return State(
        touched=_touched(facts.built.touched, past.touched, rows),
        failed=facts.failed,
        absent=pa.table({"sample_id": list(nights), "nights": list(nights.values())}, schema=ABSENT_SCHEMA),
        checked=_checked(facts.built.touched, past.checked, rows),
        rejected=newer(facts.rejections, published),
    )


def _touched(found: Touched, before: Touched, rows: RowTable) -> Touched:
    """The fingerprints found now, and those found *before* of rows that still have the bytes they were found for."""
    found = found.filter(pc.not_equal(found["fingerprint"], ""))
    position = pc.index_in(before["sample_id"], value_set=rows["sample_id"].combine_chunks())
    same = pc.fill_null(pc.equal(rows["content_sha256"].take(position), before["content_sha256"]), False)
    again = pc.is_in(before["sample_id"], value_set=found["sample_id"].combine_chunks())
    return pa.concat_tables([found, before.filter(pc.and_(same, pc.invert(again)))])


def _checked(found: Touched, before: Checked, rows: RowTable) -> Checked:
    """When each row was fetched last whose server tells nothing by which to know it again."""
    looked_at = found.filter(pc.equal(found["fingerprint"], ""))["sample_id"].combine_chunks()
    made = pa.table({"sample_id": looked_at, "last_seen": pa.repeat(now(), len(looked_at))}, schema=CHECKED_SCHEMA)
    there = pc.is_in(before["sample_id"], value_set=rows["sample_id"].combine_chunks())
    again = pc.is_in(before["sample_id"], value_set=looked_at)
    return pa.concat_tables([made, before.filter(pc.and_(there, pc.invert(again)))])


def state_of_refused(dataset: Dataset, run: Run, planned: PlannedRun) -> State:
    """What a run learned that published nothing: its shards wait in the pool, the rest is remembered here."""
    past = planned.past.state
    outcomes = [
        ShardOutcome.from_bytes(run.store.read_bytes(file.path))
        for file in run.store.list_files(f"{run.folder}/outcomes")
        if file.path.endswith(".arrow")
    ]
    found = pa.concat_tables([planned.recalled, *(outcome.rejections for outcome in outcomes)])
    stale = pa.concat_tables([STALE_SCHEMA.empty_table(), *(outcome.stale for outcome in outcomes)])
    touched = pa.concat_tables([TOUCHED_SCHEMA.empty_table(), *(outcome.touched for outcome in outcomes)])
    rejections, failed = remember(found, stale, past.failed, planned.past.left_out, moment_of(dataset, run))
    rows = planned.past.rows.table
    others = past.failed.filter(
        pc.invert(pc.is_in(past.failed["sample_id"], value_set=failed["sample_id"].combine_chunks()))
    )
    return State(
        touched=_touched(touched, past.touched, rows),
        failed=pa.concat_tables([failed, others]),
        absent=past.absent,
        checked=_checked(touched, past.checked, rows),
        rejected=newer(overlaid(past.rejected, rejections), planned.past.rejects),
    )
