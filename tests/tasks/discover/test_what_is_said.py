"""Every word that is said of a layout: how it is read and why, or why not and what would settle it.

`said_of_layouts.txt` holds it, to be read as a stranger would. Where a sentence is to change, the new text comes from
``python -m tests.tasks.discover.test_what_is_said``, and what that changed is to be read before it is kept.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from tasks.discover import Source, discover_sources
from tasks.discover.proposals import Proposal, UnsettledLayoutError, yaml_lines
from tasks.samples import Discovery
from tests.tasks.discover.layouts import LAYOUTS, Layout, draw
from tests.tasks.discover.table_layouts import TABLE_LAYOUTS

BOOK = Path(__file__).with_name("said_of_layouts.txt")
EVERY = [*LAYOUTS, *TABLE_LAYOUTS]
SHOWN = 3
"""The keys of so many proposals stand in the message of a refusal."""


def said_of(layout: Layout, root: Path) -> str:
    """All that is said of *layout*, drawn below *root*, which is called SOURCE there."""
    draw(layout, root)
    source: Source = TypeAdapter(Source).validate_python({"path": str(root)})
    try:
        lines = [*_of_reading(discover_sources([source], {}))]
    except UnsettledLayoutError as error:
        lines = [*_of_refusal(error)]
    return "\n".join(lines).replace(str(root), "SOURCE")


def _of_reading(found: Discovery) -> Iterator[str]:
    yield f"{found.layout}: {found.why}"
    yield from (f"notice: {notice}" for notice in found.notices)
    yield from (f"ignored: {count} × {reason}" for reason, count in sorted(found.ignored.items()))
    yield from (f"evidence: {fact}" for fact in found.evidence)
    yield from (f"  {line}" for line in yaml_lines(found.keys, sections=True))


def _of_refusal(error: UnsettledLayoutError) -> Iterator[str]:
    yield str(error)
    yield from (f"evidence: {fact}" for fact in error.unsettled.evidence)
    for place, proposal in enumerate(error.unsettled.proposals):
        yield f"{'certainly' if proposal is error.certain else 'perhaps'} {proposal.says}"
        yield from (f"  {line}" for line in proposal.yaml_lines() if place >= SHOWN)
        yield from _of_proposal(proposal)


def _of_proposal(proposal: Proposal) -> Iterator[str]:
    yield from (f"  {row.location} = {row.label}{f' @ {row.split}' if row.split else ''}" for row in proposal.rows)
    yield from (f"  evidence: {fact}" for fact in proposal.evidence)


def book() -> dict[str, str]:
    """What the book says of each layout."""
    parts = BOOK.read_text("utf-8").split("\n\n# ")[1:]
    return {name: text.strip("\n") for name, _, text in (part.partition("\n") for part in parts)}


@pytest.mark.parametrize("layout", EVERY, ids=lambda layout: layout.what)
def test_what_is_said_of_a_layout_stands_in_the_book(tmp_path: Path, layout: Layout) -> None:
    assert said_of(layout, tmp_path) == book()[layout.what]


def test_the_book_has_every_layout_once() -> None:
    assert [*book()] == [layout.what for layout in EVERY]


def write_book() -> None:
    """Write the book anew."""
    parts = ["What is said of layouts, each by its name in `layouts.py` or `table_layouts.py`."]
    for layout in EVERY:
        with tempfile.TemporaryDirectory() as folder:
            parts.append(f"# {layout.what}\n{said_of(layout, Path(folder))}")
    BOOK.write_text("\n\n".join(parts) + "\n", "utf-8")


if __name__ == "__main__":
    write_book()
