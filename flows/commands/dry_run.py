"""`parquetry plan`: what a run would do, worked out without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
from rich.console import Console

from flows.commands.local_run import check_config
from tasks.console.printing import facts, printable, show
from tasks.console.summary import counted, size_text, some
from tasks.label_kinds import classes_of, count_classes
from tasks.pandas_aside import leave_pandas_aside
from tasks.publish import Run
from tasks.refresh.planning import PlannedRun
from tasks.refresh.refresh import preview
from tasks.refresh.sizing import probe_images
from tasks.samples import count_values

_SECONDS_AN_IMAGE = 0.004


def describe_plan(url: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What a run of the config at *url* would do, as JSON values.

    Raises:
        DatasetError: What `run` would say before it begins.
    """
    leave_pandas_aside()
    dataset = check_config(url, overrides, write=False)
    run, planned = preview(dataset, dataset.options(full=False, limit=0, accept=(), rehash=False))
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
        "notices": [*planned.discovery.notices, *planned.labelled.notices],
        "shards_to_build": len(planned.plan.shards),
        "shards_to_keep": len(planned.plan.kept),
        "bytes_to_fetch": pc.sum(sizes).as_py() or 0,
        "sizes_unknown": asked.num_rows - len(sizes),
        "estimated_bytes": round(mean * rows),
        "estimated_seconds": round(seconds, 1),
    }


def _columns(planned: PlannedRun) -> list[str]:
    return list(planned.labelled.samples.column_names)


def _mean_bytes(run: Run, planned: PlannedRun, samples: pa.Table) -> float:
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


def print_plan(console: Console, plan: Mapping[str, Any]) -> None:
    """Print what `describe_plan` found."""
    unknown = f", and {counted(plan['sizes_unknown'], 'image')} of unknown size" if plan["sizes_unknown"] else ""
    seconds = max(1, plan["estimated_seconds"])
    rows = [
        ("layout", f"{plan['layout']}: {plan['why']}"),
        ("images", f"{plan['listed']:,} listed, {plan['rejected']:,} rejected before any is fetched"),
        ("splits", some(plan["splits"])),
        ("classes", f"{len(plan['classes'])}: {some(plan['classes'])}"),
        ("rejected because", some(plan["reasons"])),
        ("skipped", some(plan["ignored"])),
        ("changes", f"{plan['adds']:,} new, {plan['changes']:,} perhaps changed, {plan['deletes']:,} gone"),
        ("shards", f"{plan['shards_to_build']:,} to build, {plan['shards_to_keep']:,} to keep"),
        ("to fetch", size_text(plan["bytes_to_fetch"]) + unknown),
        ("to write", f"about {size_text(plan['estimated_bytes'])}"),
        ("time", f"about {seconds:,.0f} s for photographs of usual size, and some to start Prefect"),
        *(("note", notice) for notice in plan["notices"]),
    ]
    show(console, printable(f"plan of {plan['name']}: nothing is written"), facts(row for row in rows if row[1]))
