"""What changed against the version before, as Markdown: for Prefect's artifacts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tasks.report.document import Counts, Reasons, Report

_ROWS = 30
_LIVE = re.compile(
    r"""
      [\\`*\[\]<>|~]                    # markup wherever it stands
    | (?<![^\W_])_ | _(?![^\W_])        # inside of a word an underscore means nothing
    | &(?=\#?\w+;)                     # an entity
    | (?<=:)/(?=/) | (?<=www)\. | @     # what becomes a link by itself
    | ^[-+=\#:!] | (?<=\d)[.)](?=\s|$)          # what makes a list, a heading or a rule at the beginning
    """,
    re.VERBOSE | re.IGNORECASE,
)


def drift_markdown(report: Report) -> str:
    """What changed against the version before, of a version's report."""
    states = {name: count for name, count in report.get("states", {}).items() if count}
    lines = [
        "## What changed",
        "",
        *table_lines(["rows", "count"], [[name, f"{count:,}"] for name, count in states.items()]),
    ]
    for title, changes in (("split", report.get("splits", {})), ("class", report.get("classes", {}))):
        lines += table_lines([title, "before", "after", "change"], list(_moved(changes)))
    flips = [[name, f"{count:,}"] for name, count in report.get("label_flips", {}).items()]
    lines += table_lines(["label before → after", "rows"], flips)
    reasons: Reasons = report.get("reasons") or {"new": {}, "resolved": {}}
    for heading, counts in (
        ("newly rejected because", reasons["new"]),
        ("no longer rejected because", reasons["resolved"]),
    ):
        lines += table_lines([heading, "images"], [[name, f"{count:,}"] for name, count in counts.items()])
    crossed = [[gate["gate"], gate["detail"]] for gate in report.get("gates", []) if gate.get("crossed")]
    lines += table_lines(["gate crossed, and accepted", "what it saw"], crossed)
    return "\n".join(lines)


def _moved(counts: Mapping[str, Counts]) -> Iterator[list[str]]:
    """Rows of names whose counts changed, the largest change first."""
    changed = [(name, item) for name, item in counts.items() if item["before"] != item["after"]]
    for name, item in sorted(changed, key=lambda entry: -abs(entry[1]["percent"])):
        yield [name or "(none)", f"{item['before']:,}", f"{item['after']:,}", f"{item['percent']:+.1f} %"]


def table_lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table and an empty line; nothing where there are no rows."""
    if not rows:
        return
    yield f"| {' | '.join(head)} |"
    yield "|" + " --- |" + " ---: |" * (len(head) - 1)
    for row in rows[:_ROWS]:
        yield f"| {' | '.join(cell(value) for value in row)} |"
    if len(rows) > _ROWS:
        yield f"| … {len(rows) - _ROWS} more |{' |' * (len(head) - 1)}"
    yield ""


def cell(text: str) -> str:
    """*text* in which nothing is live: no markup, no HTML, no address that becomes a link, no line breaks.

    Only what is live is escaped, by a backslash as CommonMark has it: both of Prefect's UIs show the text as it was.
    """
    return _inert(_on_one_line(text))


def sentence(text: str) -> str:
    """*text* as `cell` has it, but for what stands between backticks: it is shown as what can be typed."""
    parts = re.split("(`[^`]+`)", _on_one_line(text))
    return "".join(part if number % 2 else _inert(part) for number, part in enumerate(parts))


def _on_one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split(" ")).strip()


def _inert(text: str) -> str:
    return _LIVE.sub(lambda found: f"\\{found[0]}", text)
