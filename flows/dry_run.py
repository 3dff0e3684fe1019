"""`parquetry plan`: what a run would do, worked out without writing anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc
from rich.console import Console
from rich.table import Table

from flows.local_run import check_config
from flows.plan_run import PlannedRun, mean_encoded_bytes, plan_run
from flows.summary import printable, some
from tasks.publish.history import read_history
from tasks.samples import count_values
from tasks.storage import open_store


def describe_plan(url: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What a run of the config at *url* would do, as JSON values.

    Raises:
        DatasetError: What `run` would say before it begins.
    """
    dataset = check_config(url, overrides, write=False)
    history = read_history(open_store(dataset.store))
    planned = plan_run(dataset, history.class_names, "runs/plan")
    samples = planned.labelled.samples
    sizes = samples["size"].filter(pc.greater_equal(samples["size"], 0))
    rows = samples.num_rows
    mean = mean_encoded_bytes(samples, planned.spec) if rows else 0.0
    return {
        "name": dataset.name,
        "layout": planned.discovery.layout,
        "why": planned.discovery.why,
        "current_version": history.version or None,
        "listed": planned.discovery.listed,
        "rejected": planned.rejections.num_rows,
        "adds": rows,
        "changes": 0,
        "deletes": 0,
        "classes": _counts(planned, "label_name"),
        "splits": _counts(planned, "split"),
        "reasons": count_values(planned.rejections["reason"]),
        "ignored": dict(planned.discovery.ignored),
        "notices": [*planned.discovery.notices, *planned.labelled.notices],
        "shards_to_build": len(planned.shards),
        "shards_to_keep": 0,
        "bytes_to_fetch": pc.sum(sizes).as_py() or 0,
        "sizes_unknown": rows - len(sizes),
        "estimated_bytes": round(mean * rows),
    }


def _counts(planned: PlannedRun, column: str) -> dict[str, int]:
    known = dict.fromkeys(planned.labelled.class_names["label"], 0) if column == "label_name" else {}
    return known | count_values(planned.labelled.samples[column])


def print_plan(console: Console, plan: Mapping[str, Any]) -> None:
    """Print what `describe_plan` found."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("layout", printable(f"{plan['layout']}: {plan['why']}"))
    table.add_row("images", f"{plan['listed']:,} listed, {plan['rejected']:,} rejected before any is fetched")
    table.add_row("splits", printable(some(plan["splits"])))
    table.add_row("classes", printable(f"{len(plan['classes'])}: {some(plan['classes'])}"))
    if plan["reasons"]:
        table.add_row("rejected because", printable(some(plan["reasons"])))
    if plan["ignored"]:
        table.add_row("passed over", printable(some(plan["ignored"])))
    table.add_row("shards", f"{plan['shards_to_build']:,} to build, {plan['shards_to_keep']:,} to keep")
    unknown = f", and {plan['sizes_unknown']:,} of unknown size" if plan["sizes_unknown"] else ""
    table.add_row("to fetch", f"{plan['bytes_to_fetch'] / 2**20:,.1f} MiB{unknown}")
    table.add_row("to write", f"about {plan['estimated_bytes'] / 2**20:,.1f} MiB")
    for notice in plan["notices"]:
        table.add_row("note", printable(notice))
    console.print(printable(f"plan of {plan['name']}: nothing is written"))
    console.print(table)
