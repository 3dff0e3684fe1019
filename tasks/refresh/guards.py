"""What forbids a run before it builds anything: wrong use, and gates that its plan alone decides."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Rejections
from tasks.errors import BadRecordsError, ConfigError, RefusedError
from tasks.label_kinds import classes_of, count_classes, numbers_of_texts
from tasks.publish import Run, check_output
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.other_meaning import new_doubts, relabelled_rows
from tasks.refresh.planning import PlannedRun
from tasks.report.gates import HOW_TO_GO_ON, GateFacts, GateResult, Gates, check_gates, reject_limit
from tasks.report.rejects import of_label_files, rejects_said


def refuse_wrong_use(dataset: Dataset, options: RefreshOptions, *, write: bool = True) -> None:
    """Raise where a run of *dataset* must not even begin, whoever asks for it.

    Args:
        dataset: What is to be brought up to date.
        options: What is asked of the run.
        write: Whether it will write to the output, which is tried then.

    Raises:
        ConfigError: An option has no meaning.
        OutputError: The output lies in a source or a source in it; it holds something else, cannot be written, or
            cannot fence commits.
    """
    for name in options.accept:
        if name not in Gates.model_fields:
            raise ConfigError(f"accept {name}: no such gate; there are {', '.join(Gates.model_fields)}.")
    if options.limit < 0:
        raise ConfigError(f"limit {options.limit}: write how many images to take, or 0 for all.")
    check_output(dataset.output, dataset.name, [source.place for source in dataset.sources], write=write)


def refuse_hopeless(dataset: Dataset, run: Run, options: RefreshOptions, planned: PlannedRun) -> None:
    """Raise where a gate is crossed whatever the shards of *planned* will come to.

    Raises:
        BadRecordsError: The records of label files alone cross `max_reject_fraction`.
        RefusedError: Something else does, or another gate is crossed.
    """
    if planned.spec.reject_limit is not None and planned.spec.reject_limit < 0:
        raise _bad_records(dataset, planned) or _rejected_unseen(dataset, planned)
    crossed = crossed_gates(check_gates(dataset.gates, _best_case(dataset, run, planned)), options)
    if crossed:
        raise forbidden_by(crossed, planned.rejections)


def _bad_records(dataset: Dataset, planned: PlannedRun) -> BadRecordsError | None:
    """What to say where so many records of label files are bad that nothing could be published; None where not."""
    bad = of_label_files(planned.discovery.rejections)
    if (reject_limit(dataset.gates, (), planned.discovery.listed, bad) or 0) >= 0:
        return None
    return BadRecordsError(
        f"max_reject_fraction: {bad.num_rows:,} of {planned.discovery.listed:,} records are rejected; the limit is "
        f"{dataset.gates.max_reject_fraction:.1%}: {rejects_said(bad)}. Mend the label file, or publish all the "
        "same: `parquetry run CONFIG --accept max_reject_fraction`"
    )


def _rejected_unseen(dataset: Dataset, planned: PlannedRun) -> RefusedError:
    """What to say where more is rejected before any image is fetched than a run admits."""
    listed, count = planned.discovery.listed, planned.rejections.num_rows
    return RefusedError(
        f"max_reject_fraction: {count:,} of {listed:,} images are rejected before any is fetched; the limit "
        f"is {dataset.gates.max_reject_fraction:.1%}: {rejects_said(planned.rejections)}{HOW_TO_GO_ON}"
        "`parquetry run CONFIG --accept max_reject_fraction`"
    )


def crossed_gates(gates: Sequence[GateResult], options: RefreshOptions) -> list[GateResult]:
    """Those of *gates* that are crossed and may not be."""
    return [gate for gate in gates if gate.crossed and gate.gate not in options.accept]


def forbidden_by(gates: Sequence[GateResult], rejections: Rejections) -> RefusedError:
    """What to say of gates that forbid publishing, and of the first *rejections* where these are why."""
    reasons = "; ".join(f"{gate.gate}: {gate.detail}" for gate in gates)
    accept = " ".join(f"--accept {gate.gate}" for gate in gates)
    is_rejecting = any(gate.gate == "max_reject_fraction" for gate in gates)
    first = f": {rejects_said(rejections)}" if is_rejecting and rejections.num_rows else ""
    return RefusedError(f"{reasons}{first}{HOW_TO_GO_ON}`parquetry run CONFIG {accept}`")


def new_classes(run: Run, names: Sequence[str]) -> tuple[str, ...]:
    """Those of *names* that no version had; none on the first run."""
    known = set(classes_of(run.history.class_names))
    return tuple(sorted(set(names) - known)) if known else ()


def _best_case(dataset: Dataset, run: Run, planned: PlannedRun) -> GateFacts:
    """What gates will look at if every image is a good one, and every new one a missing one that moved."""
    samples = planned.labelled.samples
    ids = samples["sample_id"].combine_chunks()
    added, gone = _count_others(ids, planned.past.ids), _count_others(planned.past.ids, ids)
    kind = planned.spec.label_kind
    counts = count_classes(samples["label_name"], kind)
    listed = {name for name in planned.labelled.shown if name}
    return GateFacts(
        listed=planned.discovery.listed,
        rejected=0,
        stale=0,
        written=samples.num_rows,
        rows_before=run.history.manifest.rows if run.history.manifest else 0,
        deleted=max(0, gone - added),
        classes={name: counts.get(name, 0) for name in listed | set(counts) if name},
        new_classes=new_classes(run, classes_of(planned.labelled.class_names)),
        relabelled=relabelled_rows(dataset, run, planned, samples, planned.plan.states),
        doubts=new_doubts(dataset, run, planned),
        targets=numbers_of_texts(samples["label_name"]) if kind == "number" else None,
    )


def _count_others(ids: pa.Array, others: pa.Array) -> int:
    return len(ids) - int(pc.sum(pc.is_in(ids, value_set=others)).as_py() or 0)
