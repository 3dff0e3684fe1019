"""The version that a run built, in words: its manifest, its report, and what was learned beside it."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from flows.build import BuiltShards, entry_of
from flows.config import DatasetConfig
from flows.outcome import Account, Breakdown
from flows.plan_run import PlannedRun
from tasks.publish import Run
from tasks.publish.documents import FileEntry, Manifest, content_path
from tasks.publish.state import ABSENT_SCHEMA, State
from tasks.report.drift import FORMAT, differences, label_flips, reason_changes
from tasks.report.gates import GateResult
from tasks.shards import published_pixel_spec
from tasks.shards.schema import shard_schema

_LIBRARIES = ("parquetry", "prefect", "pillow", "pandas", "pyarrow", "fsspec")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run did.

    Attributes:
        planned: What was to be built.
        built: What was built.
        rejections: `REJECTION_SCHEMA`, all stages together, with their past.
        failed: What is to be remembered of those that may pass.
        account: Where every image went.
        breakdown: The rows by split, class and reason.
        changes: What changed against the version before, by state.
    """

    planned: PlannedRun
    built: BuiltShards
    rejections: pa.Table
    failed: pa.Table
    account: Account
    breakdown: Breakdown
    changes: dict[str, int]


def make_manifest(
    dataset: DatasetConfig, run: Run, facts: RunFacts, gates: Sequence[GateResult], rejects: FileEntry | None
) -> Manifest:
    """The version that a run built."""
    names = facts.planned.labelled.class_names
    pixel_spec = published_pixel_spec(facts.planned.spec.pixels)
    return Manifest(
        dataset=dataset.name,
        parent=run.history.version or None,
        counts=asdict(facts.account),
        splits=dict(facts.breakdown.splits),
        classes=dict(facts.breakdown.classes),
        reasons=dict(facts.breakdown.reasons),
        warnings=dict(facts.built.warnings),
        class_names={column: list(listed) for column, listed in names.items()},
        columns={field.name: str(field.type) for field in shard_schema(names, pixel_spec, facts.planned.spec.kept)},
        pixel_spec=pixel_spec,
        layout=facts.breakdown.layout,
        why=facts.breakdown.why,
        notices=list(facts.breakdown.notices),
        config=dataset.as_published(),
        config_sha256=dataset.digest(),
        libraries=_versions(),
        gates=[asdict(gate) for gate in gates],
        shards=[entry_of(file) for file in sorted(facts.built.rows.files, key=lambda file: (file.split, file.name))],
        rejects=rejects,
        report=_write_report(run, facts, gates),
    )


def _versions() -> dict[str, str]:
    return {name: importlib.metadata.version(name) for name in _LIBRARIES}


def _write_report(run: Run, facts: RunFacts, gates: Sequence[GateResult]) -> FileEntry:
    """What changed against the version before, stored as JSON."""
    before = run.history.manifest
    libraries = {
        name: {"before": (before.libraries if before else {}).get(name, ""), "after": version}
        for name, version in _versions().items()
        if before is not None and before.libraries.get(name) != version
    }
    report: dict[str, Any] = {
        "format": FORMAT,
        "states": facts.changes,
        "splits": differences(before.splits if before else {}, facts.breakdown.splits),
        "classes": differences(before.classes if before else {}, facts.breakdown.classes),
        "label_flips": label_flips(facts.planned.past.rows.table, facts.built.rows.table),
        "reasons": reason_changes(facts.planned.past.rejects, facts.rejections),
        "account": asdict(facts.account),
        "gates": [asdict(gate) for gate in gates],
        "libraries": libraries,
        "notices": list(facts.breakdown.notices),
    }
    data = json.dumps(report, ensure_ascii=False, indent=1).encode()
    path, digest = content_path("reports", data, ".json")
    run.store.replace(path, data)
    return FileEntry(path=path, rows=0, bytes=len(data), sha256=digest)


def learned_state(facts: RunFacts) -> State:
    """What this night learned, and what earlier ones did that still counts."""
    past, built = facts.planned.past, facts.built
    fresh = set(built.touched["sample_id"].to_pylist())
    there = set(built.rows.table["sample_id"].to_pylist())
    old = [row for row in past.state.touched.to_pylist() if row["sample_id"] in there - fresh]
    touched = pa.Table.from_pylist([*built.touched.to_pylist(), *old], schema=built.touched.schema)
    nights = facts.planned.absent
    absent = pa.table({"sample_id": list(nights), "nights": list(nights.values())}, schema=ABSENT_SCHEMA)
    return State(touched, facts.failed, absent)
