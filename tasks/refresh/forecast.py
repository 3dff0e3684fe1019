"""What a run would do and cost, worked out without writing anything: what `parquetry plan` says."""

from __future__ import annotations

from typing import Literal, TypedDict

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import LabelledSamples
from tasks.images.named_formats import unread_by_name
from tasks.label_kinds import classes_of, count_classes
from tasks.publish import Run
from tasks.refresh.breakdown import classes_without
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.pixels import pixel_notices
from tasks.refresh.planning import PlannedRun
from tasks.refresh.refresh import preview
from tasks.refresh.sizing import probe_images
from tasks.samples import count_values

_SECONDS_AN_IMAGE = 0.004


class Forecast(TypedDict):
    """What a run would do, as `parquetry plan --json` prints it.

    Attributes:
        name: The dataset's.
        layout: How the source is understood.
        why: Why so.
        current_version: The newest version; None without one.
        listed: Images that the source lists.
        rejected: Those that are rejected before any is fetched.
        adds: Images that no version has.
        changes: Rows that may have changed, or whose label did.
        deletes: Rows whose image is no longer listed.
        classes: Rows by class.
        splits: Rows by split.
        reasons: Rejected images by reason.
        ignored: What is skipped, with counts.
        notices: Sentences for a person.
        resplit: Rows that would go to another split, ``"train → test"`` to count; None where nobody asked.
        shards_to_build: How many.
        shards_to_keep: How many.
        bytes_to_fetch: As far as sizes are known.
        sizes_unknown: Images whose size is not.
        estimated_bytes: Of all shards of the version.
        estimated_seconds: For photographs of usual size.
    """

    name: str
    layout: str
    why: str
    current_version: int | None
    listed: int
    rejected: int
    adds: int
    changes: int
    deletes: int
    classes: dict[str, int]
    splits: dict[str, int]
    reasons: dict[str, int]
    ignored: dict[str, int]
    notices: list[str]
    resplit: dict[str, int] | None
    shards_to_build: int
    shards_to_keep: int
    bytes_to_fetch: int
    sizes_unknown: int
    estimated_bytes: int
    estimated_seconds: float


def forecast(dataset: Dataset, options: RefreshOptions) -> Forecast:
    """What a run of *dataset* would do.

    Raises:
        DatasetError: What `refresh` would say before it builds.
    """
    run, planned = preview(dataset, options)
    samples = pa.concat_tables(
        [
            planned.labelled.samples.slice(0, 0),
            *(shard.samples.select(_columns(planned)) for shard in planned.plan.shards),
        ]
    )
    states = planned.plan.states
    actions = [action for shard in planned.plan.shards for action in shard.samples["action"].to_pylist()]
    asked = samples.filter(pa.array([action != "copy" for action in actions], pa.bool_()))
    sizes = asked["size"].filter(pc.greater_equal(asked["size"], 0))
    rows = samples.num_rows
    mean = _mean_bytes(run, planned, samples)
    seconds = asked.num_rows * _SECONDS_AN_IMAGE / planned.spec.decoder_processes
    return {
        "name": dataset.name,
        "layout": planned.discovery.layout,
        "why": planned.discovery.why,
        "current_version": run.history.version or None,
        "listed": planned.discovery.listed,
        "rejected": planned.rejections.num_rows,
        "adds": states.get("new", 0),
        "changes": states.get("suspect", 0) + states.get("relabelled", 0),
        "deletes": states.get("missing", 0),
        "classes": _counts(planned, "label_name"),
        "splits": _counts(planned, "split"),
        "reasons": count_values(planned.rejections["reason"]),
        "ignored": dict(planned.discovery.ignored),
        "notices": [
            *pixel_notices(dataset, run),
            *unread_by_name(asked["location"], dataset.validation.formats)[1],
            *planned.discovery.notices,
            *planned.labelled.notices,
            *classes_without(planned.labelled.samples, planned, dataset.splits.ratios),
        ],
        "resplit": dict(planned.resplit) if options.resplit else None,
        "shards_to_build": len(planned.plan.shards),
        "shards_to_keep": len(planned.plan.kept),
        "bytes_to_fetch": pc.sum(sizes).as_py() or 0,
        "sizes_unknown": asked.num_rows - len(sizes),
        "estimated_bytes": round(mean * rows),
        "estimated_seconds": round(seconds, 1),
    }


def _columns(planned: PlannedRun) -> list[str]:
    return list(planned.labelled.samples.column_names)


def _mean_bytes(run: Run, planned: PlannedRun, samples: LabelledSamples) -> float:
    """The mean size of an encoded image: of those that are there, else of a probe."""
    manifest = run.history.manifest
    if manifest is not None and manifest.rows:
        return sum(shard.bytes for shard in manifest.shards) / manifest.rows
    return probe_images(samples, planned.spec)[0] if samples.num_rows else 0.0


def _counts(planned: PlannedRun, column: Literal["label_name", "split"]) -> dict[str, int]:
    found = planned.labelled.samples[column]
    if column != "label_name":
        return count_values(found)
    return dict.fromkeys(classes_of(planned.labelled.class_names), 0) | count_classes(found, planned.spec.label_kind)
