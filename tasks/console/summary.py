"""The end of a run in words and tables, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from tasks.console.printing import facts, indented, printable, show
from tasks.publish.versions import VersionLine
from tasks.refresh.outcome import Account, RunOutcome
from tasks.wording import counted, size_text

_ROWS = 8
_LONG_START_S = 0.5
"""A start that took less is not worth a word."""
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


def print_explanations(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    """Print what became of images: a sentence and a block each."""
    for row in found:
        known = [(key, str(value)) for key, value in row.items() if value is not None]
        show(console, printable(_sentence(row), "bold"), facts(known), "")


def _sentence(row: Mapping[str, Any]) -> str:
    """What became of one image."""
    name, version = row.get("sample_id") or row["location"], row["version"]
    match row["outcome"]:
        case "left out":
            became = f"was left out of version {version}: {row['reason']}, {row['detail']}"
        case "gone":
            became = f"was in version {row['in_version']}, and is no longer there since version {row['since']}"
        case "moved":
            became = f"was in version {row['in_version']}; in version {version} it has moved to {row['moved_to']}"
        case "not yet there":
            became = f"is not in version {version}; it is in version {row['since']}"
        case "passed over":
            became = f"is skipped: {row['reason']}"
        case "purged":
            became = f"was taken out of all versions on {row['since']}, and does not come back"
        case _:
            became = f"is in version {version}: split {row['split']}, {_label_of(row)}"
    return f"{name} {became}"


def _label_of(row: Mapping[str, Any]) -> str:
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


def facts_of(outcome: RunOutcome, start_s: float = 0.0) -> Iterator[str]:
    """What a run did, a line each; *start_s* seconds were spent before it."""
    account = outcome.account
    rate = f", {account.images_decoded / outcome.seconds:,.0f} images/s" if outcome.seconds else ""
    built = f"{counted(account.shards_built, 'shard')}, {size_text(account.bytes_written)}"
    rate += f", after {start_s:.1f} s to start Prefect" if start_s >= _LONG_START_S else ""
    yield f"{built}, in {outcome.seconds:.1f} s{rate} ({outcome.breakdown.layout}: {outcome.breakdown.why})"
    yield f"account: {_account_of(account)}"
    yield from outcome.breakdown.drift
    yield from outcome.breakdown.notices[:3]
    if len(outcome.breakdown.notices) > 3:
        yield f"… and {len(outcome.breakdown.notices) - 3} more notices; `parquetry plan` shows them all"
    yield f"open it: {outcome.root}"
    if outcome.breakdown.page:
        yield f"look at it: {outcome.breakdown.page}"


def _account_of(account: Account) -> str:
    """Where every image went: ``61 listed = 60 written + 1 rejected``; what is nought is not said."""
    came = [(account.listed, "listed"), (account.carried, "carried")]
    went = [(account.written, "written"), (account.rejected, "rejected"), (account.deduplicated, "deduplicated")]
    sides = (" + ".join(f"{count:,} {word}" for count, word in side if count) for side in (came, went))
    return " = ".join(side or "0" for side in sides)


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


def first_counts(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The largest counts, and the rest in one row, so that a thousand classes fit a screen."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ordered if len(ordered) <= _ROWS + 1 else ordered[:_ROWS]
    yield from shown
    rest = ordered[len(shown) :]
    if rest:
        yield f"… {len(rest)} more", sum(count for _, count in rest)
