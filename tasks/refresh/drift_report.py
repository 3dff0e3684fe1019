"""The report of a run: what it changed against the version before, as JSON beside that version."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Failed, Rejections
from tasks.errors import DatasetError
from tasks.json_values import indented_json
from tasks.label_kinds import LabelKind, kind_of_columns, numbers_of_texts
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.publish.documents import content_path
from tasks.publish.lookup import read_columns
from tasks.publish.manifest import FileEntry, Manifest
from tasks.publish.runs import now
from tasks.refresh.dataset import Dataset
from tasks.refresh.near_rows import Near
from tasks.refresh.outcome import Account, Breakdown
from tasks.refresh.pixels import pixel_changes
from tasks.refresh.planning import PlannedRun
from tasks.refresh.rounds import BuiltShards
from tasks.report import drift
from tasks.report.document import ImageChanges, NearPairs, Night, Report, ShardSums, Stale
from tasks.report.gates import GateResult
from tasks.report.learning import measured
from tasks.report.rejects import first_rejects
from tasks.shards.statistics import read_sizes
from tasks.storage import Store, in_pool

_PIXELS_OF = 64
_FIRST_PAIRS = 20
_NIGHTS = 30
"""So many versions are known to a report by their counts."""


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
        near: The near duplicates; None where images are not measured.
    """

    planned: PlannedRun
    built: BuiltShards
    rejections: Rejections
    failed: Failed
    account: Account
    breakdown: Breakdown
    changes: dict[str, int]
    near: Near | None = None

    @property
    def label_kind(self) -> LabelKind:
        """What an image's label is."""
        return self.planned.spec.label_kind


def make_report(
    dataset: Dataset, run: Run, facts: RunFacts, gates: Sequence[GateResult], libraries: Mapping[str, str]
) -> Report:
    """What changed against the version before, as JSON values."""
    before = run.history.manifest
    old, new, kind = facts.planned.past.rows.table, facts.built.rows.table, facts.label_kind
    settled, past = facts.built.settled, read_report(run.store, run.history.manifest)
    return {
        "format": drift.FORMAT,
        "time": now(),
        "parent": run.history.version or None,
        "states": facts.changes,
        "pixels": pixel_changes(dataset, run),
        "classes": drift.differences(before.classes if before else {}, facts.breakdown.classes),
        "class_changes": drift.class_changes(before.classes if before else {}, facts.breakdown.classes),
        "splits": drift.differences(before.splits if before else {}, facts.breakdown.splits),
        "targets": _targets(old, new, before is not None and kind_of_columns(before.columns) == kind, kind),
        "split_deviation": drift.split_deviation(new, dataset.splits.ratios, kind),
        "rebalanced": dict(facts.planned.rebalanced),
        "resplit": dict(facts.planned.resplit),
        "label_flips": drift.label_flips(old, new) if kind != "number" else {},
        "reasons": drift.reason_changes(facts.planned.past.rejects, facts.rejections),
        "first_rejects": first_rejects(facts.rejections),
        "hosts": drift.top_hosts(facts.rejections),
        "duplicates": {"images": len(settled.duplicates), "across_splits": dict(settled.pairs)},
        "near": _near(facts),
        "images": _images(run, facts, _known_sums(past)),
        "stale": _stale(facts),
        "account": asdict(facts.account),
        "bytes_fetched": facts.built.counts["fetched_bytes"],
        "seconds": tally_of(dataset.name).stages,
        "gates": [gate.as_row() for gate in gates],
        "history": [*_known_nights(past)[1 - _NIGHTS :], _night(dataset, run, facts, gates)],
        "libraries": _library_changes(before.libraries if before else None, libraries),
        "notices": list(facts.breakdown.notices),
    }


def store_report(run: Run, report: Report) -> FileEntry:
    """Store *report* under its content's name."""
    data = indented_json(report).encode()
    path, digest = content_path("reports", data, ".json")
    run.store.replace(path, data)
    return FileEntry(path=path, rows=0, bytes=len(data), sha256=digest)


def _library_changes(before: Mapping[str, str] | None, after: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {
        name: {"before": before.get(name, ""), "after": version}
        for name, version in after.items()
        if before is not None and before.get(name) != version
    }


def _images(run: Run, facts: RunFacts, known: Mapping[str, ShardSums]) -> ImageChanges:
    """Sizes, aspect, pixels and formats, before and after; and the sums by shard, by which the next report goes on."""
    files = [file.name for file in facts.built.rows.files]
    new = [name for name in files if "plots" not in known.get(name, {})]  # reports of before had none
    each = math.ceil(_PIXELS_OF / max(1, len(new)))
    sums = {name: known[name] for name in files if name not in new}
    for place, name in enumerate(new):
        sums[name] = drift.image_sums(*read_sizes(run.store, name, each if place < _PIXELS_OF else 0))
    return {
        "before": drift.image_statistics(known) if known else {},
        "after": drift.image_statistics(sums),
        "shards": dict(sorted(sums.items())),
    }


def read_report(store: Store, manifest: Manifest | None) -> Report:
    """The report of the version of *manifest*; empty where there is none, or it is gone or damaged."""
    if manifest is not None and manifest.report is not None:
        with suppress(DatasetError, OSError, ValueError):
            found: Report = json.loads(store.read_bytes(manifest.report.path))
            return found if isinstance(found, dict) else {}
    return {}


def _known_sums(past: Report) -> dict[str, ShardSums]:
    """The sums of the version before, by shard; none where its report lacks them."""
    with suppress(KeyError, TypeError, AttributeError):
        return {in_pool(path): sums for path, sums in past["images"]["shards"].items()}
    return {}


def _known_nights(past: Report) -> list[Night]:
    found = past.get("history")
    return found if isinstance(found, list) else []


def known_nights(run: Run) -> list[Night]:
    """What is known of the versions before, the last 30 of them."""
    return _known_nights(read_report(run.store, run.history.manifest))


def _night(dataset: Dataset, run: Run, facts: RunFacts, gates: Sequence[GateResult]) -> Night:
    """What later reports know of this version."""
    known = night_of(run, facts) if dataset.gates.learn else _counted(facts)
    saw = {gate.gate: gate.value for gate in gates}
    night: Night = {"version": run.history.version + 1, "time": now(), **known, "gates": saw}
    return night | {"near": dict(facts.near.summary)} if facts.near else night


def night_of(run: Run, facts: RunFacts) -> Night:
    """What later nights are held against: what changed, the account, and what the version is like."""
    files = facts.built.rows.files
    row_bytes = sum(file.bytes for file in files) / max(1, sum(file.rows for file in files))
    return _counted(facts) | {"measured": measured(facts.breakdown.classes, row_bytes, _brightness(run, facts))}


def _counted(facts: RunFacts) -> Night:
    return {"changes": facts.changes, "account": asdict(facts.account)}


def _brightness(run: Run, facts: RunFacts) -> float | None:
    """The mean brightness of all images; None where a shard does not say it."""
    total, count = 0.0, 0
    for file in facts.built.rows.files:
        table = read_columns(run.store, file.name, ("mean",))
        if "mean" not in table.column_names:
            return None
        values = pc.drop_null(table["mean"])
        total, count = total + (pc.sum(values).as_py() or 0.0), count + len(values)
    return round(total / count, 2) if count else None


def _near(facts: RunFacts) -> NearPairs:
    """The pairs of near duplicates: how many, and the first of those that are listed."""
    if facts.near is None:
        return {}
    first = facts.near.rows.pairs.slice(0, _FIRST_PAIRS).to_pylist()
    return cast("NearPairs", {**facts.near.summary, "first": first})


def _targets(old: pa.Table, new: pa.Table, has_same_kind: bool, kind: LabelKind) -> dict[str, dict[str, float]]:
    """Where labels are numbers, how they are spread, before and after."""
    if kind != "number":
        return {}
    before = drift.quantiles(numbers_of_texts(old["label_name"])) if has_same_kind else {}
    return {"before": before, "after": drift.quantiles(numbers_of_texts(new["label_name"]))}


def _stale(facts: RunFacts) -> Stale:
    """Rows that are kept for want of their images: how many, by reason, and since when the oldest."""
    failed = facts.failed.filter(facts.failed["stale"])
    since = failed["first_seen"].to_pylist()
    reasons = pc.value_counts(failed["reason"].combine_chunks()).to_pylist()
    return {
        "rows": failed.num_rows,
        "reasons": {entry["values"]: entry["counts"] for entry in reasons},
        "oldest": min(since, default=""),
    }
