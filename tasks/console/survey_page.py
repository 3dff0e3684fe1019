"""The page of `parquetry discover`: what a source is, or may be, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table

from tasks.console.printing import facts, printable, show
from tasks.survey.described import Described, FolderLine
from tasks.wording import some


def print_survey(console: Console, found: Described) -> None:
    """Print what a source is, or may be, as `describe` has it: the reading, counts, evidence, folders, first rows."""
    unread = "not settled: choose one of the readings below" if found["proposals"] else "not settled"
    rows = [
        ("layout", f"{found['layout']}: {found['why']}" if found["layout"] else unread),
        ("images", f"{found['images']:,}"),
    ]
    rows += [("classes", f"{len(found['classes'])}: {some(found['classes'])}")] if found["layout"] else []
    counts = (("splits", found["splits"]), ("skipped", found["ignored"]), ("rejected because", found["rejected"]))
    rows += [(title, some(each)) for title, each in counts if each]
    rows += [("note", sentence) for sentence in found["notices"]]
    show(console, facts(rows))
    for part in (_evidence(found), _tree(found["tree"]), _rows(found)):
        if part is not None:
            show(console, "", part)
    if not found["layout"]:
        show(console, "")


def _evidence(found: Described) -> Table | None:
    """What was seen, and the readings that were not taken, with why."""
    seen = [
        (place, what) if colon else ("", place) for place, colon, what in (t.partition(": ") for t in found["evidence"])
    ]
    rivals = [(f"not taken: {says}", why) for says, _, why in (text.rpartition(": ") for text in found["rivals"])]
    proposed = [(one["says"], one["evidence"]) for one in found["proposals"]]
    rivals += [
        (f"possible: {says}", ", ".join(told) or "nothing speaks for it, nor against") for says, told in proposed
    ]
    return _table(("evidence", ""), [*seen, *rivals]) if seen or rivals else None


def _tree(tree: Sequence[FolderLine]) -> Table | None:
    rows = [(one["folder"], f"{one['images']:,}" if one["images"] else "", some_of(one["others"])) for one in tree]
    return _table(("folder", "images", "other files"), rows) if rows else None


def some_of(others: Mapping[str, int]) -> str:
    """Files of other kinds in a few words: ``12 .xml, 1 .txt``."""
    return ", ".join(f"{count:,} {kind}" for kind, count in others.items())


def _rows(found: Described) -> Table | None:
    if not found["rows"]:
        return None
    has_splits = any(row["split"] for row in found["rows"])
    titles = ("image", "label", "from", "split", "from")[: 5 if has_splits else 3]
    cells = [
        (row["location"], row["label"], row["label_from"], row["split"], row["split_from"])[: len(titles)]
        for row in found["rows"]
    ]
    return _table(titles, cells)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold", justify="right" if title == "images" else "left")
    for row in rows:
        table.add_row(*map(printable, row))
    return table
