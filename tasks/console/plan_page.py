"""The page of `parquetry plan`: what a run would do."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from tasks.console.printing import facts, printable, show
from tasks.refresh.forecast import Forecast
from tasks.wording import counted, size_text, some


def _resplit(moves: Mapping[str, int] | None) -> str:
    """How many rows would go to another split; empty where nobody asked."""
    if not moves:
        return "" if moves is None else "no row would move: all are in the split that would be drawn for them"
    return f"{counted(sum(moves.values()), 'row')} of the newest version would move: {some(moves)}"


def print_plan(console: Console, plan: Forecast) -> None:
    """Print what `forecast` found."""
    unknown = f", and {counted(plan['sizes_unknown'], 'image')} of unknown size" if plan["sizes_unknown"] else ""
    seconds = max(1, plan["estimated_seconds"])
    rows = [
        ("layout", f"{plan['layout']}: {plan['why']}"),
        ("images", f"{plan['listed']:,} listed, {plan['rejected']:,} rejected before any is fetched"),
        ("splits", some(plan["splits"])),
        ("classes", f"{len(plan['classes'])}: {some(plan['classes'])}"),
        ("rejected because", some(plan["reasons"])),
        ("skipped", some(plan["ignored"])),
        ("changes", f"{plan['adds']:,} new, {plan['changes']:,} to check for changes, {plan['deletes']:,} gone"),
        ("resplit", _resplit(plan["resplit"])),
        ("shards", f"{plan['shards_to_build']:,} to build, {plan['shards_to_keep']:,} to keep"),
        ("to fetch", size_text(plan["bytes_to_fetch"]) + unknown),
        ("to write", f"about {size_text(plan['estimated_bytes'])}"),
        ("time", f"about {seconds:,.0f} s for photographs of usual size, and some seconds to start Prefect"),
        *(("note", notice) for notice in plan["notices"]),
    ]
    show(console, printable(f"plan of {plan['name']}: nothing is written"), facts(row for row in rows if row[1]))
