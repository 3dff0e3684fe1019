"""The end of a run: the account, the gates, the commit, and what is derived from it."""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from flows.build import BuiltShards
from flows.config import DatasetConfig
from flows.outcome import Account, Breakdown, RunOutcome
from flows.plan_run import PlannedRun
from tasks.errors import DatasetError, RefusedError
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.publish.commits import commit_version, write_rejects
from tasks.publish.derived import refresh_derived
from tasks.publish.documents import FileEntry, Manifest
from tasks.publish.retention import apply_retention
from tasks.publish.runs import now
from tasks.publish.verify import verify_built
from tasks.reasons import Reason
from tasks.report.gates import GateFacts, GateResult, check_gates
from tasks.shards import published_pixel_spec
from tasks.shards.schema import shard_schema

_LIBRARIES = ("parquetry", "prefect", "pillow", "pandas", "pyarrow", "fsspec")
_UNCOUNTED = {Reason.QUARANTINED_NEW_CLASS.value}
"""Reasons for which images are left out on purpose: they do not count for `gates.max_reject_fraction`."""


def publish_run(dataset: DatasetConfig, run: Run, planned: PlannedRun, built: BuiltShards) -> RunOutcome:
    """Publish what was built as the next version, unless a gate forbids it.

    Raises:
        RefusedError: Another run published in the meantime.
        VersionError: What was written cannot be read back.
    """
    tally_of(dataset.name).enter("publishing")
    rejections = _stamped(pa.concat_tables([planned.rejections, built.rejections]), run)
    account = _account(planned, built, rejections)
    breakdown = _breakdown(planned, built, rejections)
    gates = check_gates(dataset.gates, _gate_facts(run, account, breakdown))
    if any(gate.crossed for gate in gates):
        return replace(refused_run(dataset, run, _crossed(gates)), account=account, breakdown=breakdown)
    facts = RunFacts(planned, built, account, breakdown)
    manifest = make_manifest(dataset, run, facts, gates, write_rejects(run.store, rejections))
    schema = shard_schema(planned.spec.class_names, manifest.pixel_spec)
    for shard in manifest.shards:
        verify_built(run.store, shard, schema)
    commit = commit_version(run, manifest, planned.labelled.class_names)
    warnings = [*refresh_derived(run.store, dataset.output), *apply_retention(run.store, dataset.output)]
    return RunOutcome(
        name=dataset.name,
        outcome="published",
        reason=f"version {commit.version}, {account.written:,} images, {account.rejected:,} rejected",
        root=dataset.output.path,
        version=commit.version,
        seconds=run.seconds,
        account=account,
        breakdown=breakdown if not warnings else breakdown.with_notices(warnings),
    )


def refused_run(dataset: DatasetConfig, run: Run, refusal: RefusedError) -> RunOutcome:
    """The outcome of a run that a rule stopped."""
    return RunOutcome(
        name=dataset.name,
        outcome="refused",
        reason=str(refusal),
        root=dataset.output.path,
        version=run.history.version or None,
        seconds=run.seconds,
    )


def _stamped(rejections: pa.Table, run: Run) -> pa.Table:
    """*rejections* with the run and the time that saw them."""
    for column, value in (("run", run.id), ("first_seen", now()), ("last_seen", now())):
        index = rejections.schema.get_field_index(column)
        rejections = rejections.set_column(index, column, pa.array([value] * rejections.num_rows, pa.string()))
    return rejections


def _account(planned: PlannedRun, built: BuiltShards, rejections: pa.Table) -> Account:
    """Where every image went.

    Raises:
        DatasetError: The sums differ, which no input can bring about.
    """
    deduplicated = pc.sum(pc.equal(rejections["stage"], "dataset")).as_py() or 0
    account = Account(
        listed=planned.discovery.listed,
        written=sum(file.rows for file in built.files),
        rejected=rejections.num_rows - deduplicated,
        deduplicated=deduplicated,
        images_fetched=built.fetched,
        images_decoded=built.decoded,
        shards_built=len(built.files),
        bytes_written=sum(file.bytes for file in built.files),
    )
    if not account.balances:
        raise DatasetError(
            f"The account does not balance: {account.listed} listed + {account.carried} carried is not "
            f"{account.written} written + {account.rejected} rejected + {account.deduplicated} deduplicated. "
            "Nothing was published; this is a defect of parquetry."
        )
    return account


def _breakdown(planned: PlannedRun, built: BuiltShards, rejections: pa.Table) -> Breakdown:
    splits: Counter[str] = Counter()
    for file in built.files:
        splits[file.split] += file.rows
    notices = [*planned.discovery.notices, *planned.labelled.notices]
    notices += [f"Passed over: {count:,} × {what}" for what, count in planned.discovery.ignored.items()]
    notices += [f"{count:,} images are written with the warning {word}" for word, count in built.warnings.items()]
    classes = dict.fromkeys(planned.labelled.class_names["label"], 0) | dict(built.classes)
    reasons = Counter(rejections["reason"].to_pylist())
    return Breakdown(
        layout=planned.discovery.layout,
        why=planned.discovery.why,
        notices=tuple(notices),
        splits=dict(sorted(splits.items())),
        classes=classes,
        reasons=dict(reasons.most_common()),
    )


def _gate_facts(run: Run, account: Account, breakdown: Breakdown) -> GateFacts:
    uncounted = sum(breakdown.reasons.get(reason, 0) for reason in _UNCOUNTED)
    before = run.history.manifest
    known = set(run.history.class_names.get("label", ()))
    present = {name: count for name, count in breakdown.classes.items() if name}
    return GateFacts(
        listed=account.listed,
        rejected=account.rejected - uncounted,
        written=account.written,
        rows_before=before.rows if before else 0,
        deleted=max(0, before.rows - account.written) if before else 0,
        classes=present,
        new_classes=tuple(sorted(set(present) - known)) if known else (),
    )


def _crossed(gates: Sequence[GateResult]) -> RefusedError:
    """What to say of gates that forbid publishing."""
    crossed = [gate for gate in gates if gate.crossed]
    reasons = "; ".join(f"{gate.gate}: {gate.detail}" for gate in crossed)
    return RefusedError(f"{reasons}. Mend the source, or raise the limit: `--set gates.{crossed[0].gate}=…`")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a run did.

    Attributes:
        planned: What was to be built.
        built: What was built.
        account: Where every image went.
        breakdown: The rows by split, class and reason.
    """

    planned: PlannedRun
    built: BuiltShards
    account: Account
    breakdown: Breakdown


def make_manifest(
    dataset: DatasetConfig, run: Run, facts: RunFacts, gates: Sequence[GateResult], rejects: FileEntry | None
) -> Manifest:
    """The version that a run built."""
    names = facts.planned.labelled.class_names
    pixel_spec = published_pixel_spec(facts.planned.spec.pixels)
    schema = shard_schema(names, pixel_spec)
    return Manifest(
        dataset=dataset.name,
        parent=run.history.version or None,
        counts=asdict(facts.account),
        splits=dict(facts.breakdown.splits),
        classes=dict(facts.breakdown.classes),
        reasons=dict(facts.breakdown.reasons),
        warnings=dict(facts.built.warnings),
        class_names={column: list(listed) for column, listed in names.items()},
        columns={field.name: str(field.type) for field in schema},
        pixel_spec=pixel_spec,
        layout=facts.breakdown.layout,
        why=facts.breakdown.why,
        notices=list(facts.breakdown.notices),
        config=dataset.as_published(),
        config_sha256=dataset.digest(),
        libraries={name: importlib.metadata.version(name) for name in _LIBRARIES},
        gates=[asdict(gate) for gate in gates],
        shards=[
            FileEntry(path=file.name, rows=file.rows, bytes=file.bytes, sha256=file.sha256, split=file.split)
            for file in facts.built.files
        ],
        rejects=rejects,
    )
