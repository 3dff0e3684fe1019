"""The end of a run in words and tables, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from tasks.console.printing import facts, indented, printable, show
from tasks.publish.lookup import Explanation
from tasks.publish.versions import VersionLine
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.outcome_text import facts_of, first_counts, warns
from tasks.wording import size_text

_COLOURS = {"published": "green", "unchanged": "green", "refused": "yellow", "failed": "red"}


def print_outcome(console: Console, outcome: RunOutcome, start_s: float = 0.0) -> None:
    """Print what became of a run, on one screen.

    Args:
        console: Where to.
        outcome: What became of it.
        start_s: How many seconds were spent before it, to start Prefect.
    """
    show(console, _headline(outcome))
    if outcome.outcome == "refused":
        if outcome.breakdown.reasons:
            show(console, _counts("rejected because", outcome.breakdown.reasons))
        page = [f"look at it: {outcome.breakdown.page}"] if outcome.breakdown.page else []
        show(console, *map(indented, (*outcome.breakdown.drift, *outcome.breakdown.notices[:3], *page)))
    if outcome.outcome == "published":
        show(console, _tables(outcome), *map(indented, facts_of(outcome, start_s)))
    if outcome.outcome == "unchanged":
        show(console, *map(indented, filter(warns, outcome.breakdown.notices)))


def print_versions(console: Console, versions: Sequence[VersionLine]) -> None:
    """Print the versions of an output, a line each."""
    table = Table(box=None, pad_edge=False)
    for column in ("version", "rows", "shards", "size", "rejected"):
        table.add_column(column, justify="right")
    table.add_column("made by")
    table.add_column("time")
    for line in versions:
        facts = (line.rows, line.shards, line.bytes, line.rejected)
        numbers = ["pruned", "", "", ""] if line.rows is None else [f"{value:,}" for value in facts]
        numbers[2] = size_text(line.bytes) if line.bytes is not None else ""
        marks = ["newest"] * line.newest + ["held"] * line.hold + [f"pinned as {name}" for name in line.pins]
        table.add_row(str(line.version), *numbers, ", ".join([line.kind, *marks]), line.time)
    show(console, table)


def print_explanations(console: Console, found: Sequence[Explanation]) -> None:
    """Print what became of images: a sentence and a block each."""
    for row in found:
        known = [(key, str(value)) for key, value in row.items() if value is not None]
        show(console, printable(_sentence(row), "bold"), facts(known), "")


def _sentence(row: Explanation) -> str:
    """What became of one image."""
    name, version = row.get("sample_id") or row["location"], row["version"]
    match row["outcome"]:
        case "left out":
            became = f"was left out of version {version}: {row['reason']}: {row['detail']}"
        case "gone":
            became = f"was in version {row['in_version']}, and is gone from version {row['since']} on"
        case "moved":
            became = f"was in version {row['in_version']}; in version {version} it has moved to {row['moved_to']}"
        case "not yet there":
            became = f"is not in version {version}; it is in version {row['since']}"
        case "passed over":
            became = f"is passed over by the listing: {row['reason']}"
        case "purged":
            became = f"was taken out of all versions on {row['since']}, and does not come back"
        case _:
            became = f"is in version {version}: split {row['split']}, {_label_of(row)}"
    return f"{name} {became}"


def _label_of(row: Explanation) -> str:
    """The label of a row of any kind, in words."""
    if "label_names" in row:
        return f"labels {', '.join(row['label_names'])}" if row["label_names"] else "no label"
    if "target" in row:
        return f"target {row['target']:g}"
    return f"label {row['label_name']}" if row["label_name"] else "no label"


def _headline(outcome: RunOutcome) -> Text:
    line = Text(outcome.headline, overflow="fold")
    line.stylize(f"bold {_COLOURS[outcome.outcome]}", 0, len(outcome.word))
    return line


def _tables(outcome: RunOutcome) -> RenderableType:
    grid = Table.grid(padding=(0, 3, 0, 2))
    parts = [("split", outcome.breakdown.splits), ("class", outcome.breakdown.classes)]
    if outcome.breakdown.reasons:
        parts.append(("rejected because", outcome.breakdown.reasons))
    grid.add_row(*(_counts(title, counts) for title, counts in parts))
    return grid


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(title, overflow="ellipsis", max_width=32, no_wrap=True)
    table.add_column("images", justify="right")
    for name, count in first_counts(counts):
        table.add_row(printable(name), f"{count:,}")
    return table
