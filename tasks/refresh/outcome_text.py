"""What became of a run, in lines of text and as Markdown: for a terminal, and for Prefect's artifacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tasks.redaction import is_url
from tasks.refresh.outcome import Account, RunOutcome
from tasks.report.markdown import cell, sentence, table_lines
from tasks.wording import counted, size_text

_ROWS = 8
_MANY = 10
"""A rate is said of so many images, or more."""
_LONG_START_S = 0.5
"""A start that took less is not worth a word."""


def facts_of(outcome: RunOutcome, start_s: float = 0.0) -> Iterator[str]:
    """What a run did, a line each; *start_s* seconds were spent before it."""
    account = outcome.account
    speed = account.images_decoded / outcome.seconds if outcome.seconds else 0.0
    rate = f", {speed:,.0f} images/s" if account.images_decoded >= _MANY else ""
    built = f"{counted(account.shards_built, 'shard')}, {size_text(account.bytes_written)}"
    rate += f", after {start_s:.1f} s to start Prefect" if start_s >= _LONG_START_S else ""
    if outcome.outcome == "refused" and account == Account():
        yield f"ended after {outcome.seconds:.1f} s, before anything was built"
    else:
        yield f"{built}, in {outcome.seconds:.1f} s{rate} ({outcome.breakdown.layout}: {outcome.breakdown.why})"
        yield f"account: {_account_of(account)}"
    yield from outcome.breakdown.drift
    said = {line.casefold() for line in outcome.breakdown.drift}
    notices = [notice for notice in outcome.breakdown.notices if notice.casefold() not in said]
    yield from sorted(notices, key=lambda notice: not warns(notice))[:3]
    if len(notices) > 3:
        where = "the page" if outcome.breakdown.page else "--json"
        yield f"… and {counted(len(notices) - 3, 'more notice')}; {where} has them all"
    yield f"open it: {outcome.root}"
    if outcome.breakdown.page:
        yield f"look at it: {outcome.breakdown.page}"


def warns(notice: str) -> bool:
    """Whether *notice* is of what may be wrong with the labels that are published."""
    return notice.startswith("Warning: ")


def _account_of(account: Account) -> str:
    """Where every image went: ``61 listed = 60 written + 1 rejected``; what is nought is not said."""
    came = [(account.listed, "listed"), (account.carried, "carried")]
    went = [(account.written, "written"), (account.rejected, "rejected"), (account.deduplicated, "deduplicated")]
    sides = (" + ".join(f"{count:,} {word}" for count, word in side if count) for side in (came, went))
    return " = ".join(side or "0" for side in sides)


def first_counts(counts: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The largest counts, and the rest in one row, so that a thousand classes fit a screen."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ordered if len(ordered) <= _ROWS + 1 else ordered[:_ROWS]
    yield from shown
    rest = ordered[len(shown) :]
    if rest:
        yield f"… {len(rest)} more", sum(count for _, count in rest)


def markdown_summary(outcome: RunOutcome) -> str:
    """What became of a run."""
    lines = [f"## {outcome.outcome.capitalize()} {cell(outcome.name)}", "", sentence(outcome.reason), ""]
    for title, counts in (
        ("split", outcome.breakdown.splits),
        ("class", outcome.breakdown.classes),
        ("rejected because", outcome.breakdown.reasons),
    ):
        lines += table_lines([title, "images"], [[name, f"{count:,}"] for name, count in first_counts(counts)])
    return "\n".join(lines + [f"- {cell(fact)}" for fact in facts_of(outcome)])


def rejects_line(outcome: RunOutcome, listed: int) -> str:
    """How many images of a run were rejected for which reason, and where all stand beside the *listed* ones."""
    reasons = outcome.breakdown.reasons
    counts = ", ".join(f"{count:,} × {reason}" for reason, count in reasons.items())
    more = f"; the first {listed} of them" if listed < sum(reasons.values()) else ""
    place = ""
    if outcome.version:
        folder = f"{outcome.root}/versions/{outcome.version:06}/rejects.parquet"
        place = f". All of them: {f'the rejects of version {outcome.version}' if is_url(outcome.root) else folder}"
    return f"Rejected: {counts}{more}{place}"
