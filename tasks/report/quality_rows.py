"""What a page shows of the quality of images: pairs that look alike, images that look wrong, and plots. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tasks.report.changed_rows import Shown, VersionRow, in_words
from tasks.report.document import ImageChanges
from tasks.report.image_plots import PLOTS
from tasks.report.page_facts import PageFacts
from tasks.report.page_lines import Bar, PlotLine

FLAGS = {
    "black": "black",
    "white": "white",
    "blank": "of one colour",
    "blurred": "blurred, or without any edge",
}
"""What images are said to be, by the words of a report."""

_LEAKS, _SUSPECTS, _OTHERS = 12, 12, 6
_OF_A_FLAG = 12
_ROWS = 1 << 31


@dataclass(frozen=True, slots=True)
class ShownPair:
    """Two rows that look alike.

    Attributes:
        one: The first.
        other: The second.
        distance: In so many bits their hashes differ.
    """

    one: Shown
    other: Shown
    distance: int


@dataclass(frozen=True, slots=True)
class ShownPairs:
    """Pairs of one kind.

    Attributes:
        title: What they are.
        count: How many there are in all.
        pairs: Some of them, the nearest first.
    """

    title: str
    count: int
    pairs: Sequence[ShownPair]


def pairs_of(facts: PageFacts) -> list[ShownPairs]:
    """The pairs that are shown, leaks first; none where nobody looked for them, or their rows are gone."""
    near = facts.report.get("near") or {}
    if facts.rows is None or facts.pairs is None or not near.get("pairs"):
        return []
    listed = facts.pairs
    both = pc.or_(listed["is_leak"], listed["is_suspect"])
    others = near["pairs"] - pc.sum(both).as_py() if near["pairs"] == listed.num_rows else near["pairs"]
    kinds = (
        ("in two splits", near.get("leaks", 0), _various(listed.filter(listed["is_leak"]), _LEAKS)),
        ("of two labels", near.get("suspects", 0), _various(listed.filter(listed["is_suspect"]), _SUSPECTS)),
        ("in one split, of one label", others, _various(listed.filter(pc.invert(both)), _OTHERS)),
    )
    rows = _by_id(facts, [table for _, _, table in kinds])
    found = [ShownPairs(title, count, list(_pairs(table, rows))) for title, count, table in kinds]
    return [kind for kind in found if kind.pairs]


def _various(pairs: pa.Table, most: int) -> pa.Table:
    """At most *most* of *pairs*, first those of which neither image was shown yet: many may be copies of one."""
    ids = list(zip(pairs["sample_id"].to_pylist(), pairs["other_id"].to_pylist(), strict=True))
    seen: set[str] = set()
    first = []
    for place, pair in enumerate(ids):
        if seen.isdisjoint(pair):
            first.append(place)
            seen |= {*pair}
    chosen = set(first[:most])
    rest = [place for place in range(min(len(ids), 2 * most)) if place not in chosen]
    return pairs.take(pa.array(sorted(chosen) + rest[: most - len(chosen)], pa.int64()))


def _by_id(facts: PageFacts, tables: Sequence[pa.Table]) -> dict[str, Shown]:
    """The rows that pairs name, by their ids."""
    assert facts.rows is not None  # noqa: S101 - its only caller has looked
    names = [name for table in tables for column in ("sample_id", "other_id") for name in table[column].to_pylist()]
    found = facts.rows.table.filter(pc.is_in(facts.rows.table["sample_id"], value_set=pa.array(names, pa.string())))
    return {row["sample_id"]: _shown(row, facts) for row in found.to_pylist()}


def _shown(row: VersionRow, facts: PageFacts) -> Shown:
    label = f"{in_words(row['label_name'], facts.kind)} · {row['split']}"
    return Shown(row["sample_id"], row["file"], row["row"], is_old=False, label=label)


def _pairs(table: pa.Table, rows: Mapping[str, Shown]) -> Iterator[ShownPair]:
    for pair in table.to_pylist():
        if pair["sample_id"] in rows and pair["other_id"] in rows:
            yield ShownPair(rows[pair["sample_id"]], rows[pair["other_id"]], pair["distance"])


def flagged_of(facts: PageFacts) -> dict[str, list[Shown]]:
    """Some images of each flag that there are any of."""
    images: ImageChanges = facts.report.get("images") or {}
    counts = images.get("after", {}).get("flags") or {}
    if facts.rows is None or not counts:
        return {}
    shards = images.get("shards") or {}
    found: dict[str, list[Shown]] = {}
    for flag in FLAGS:
        places = [
            number * _ROWS + row
            for number, name in enumerate(facts.rows.files)
            for row in (shards.get(name, {}).get("flagged") or {}).get(flag, ())
        ]
        if places:
            found[flag] = _at(facts, places[:_OF_A_FLAG])
    return found


def _at(facts: PageFacts, places: Sequence[int]) -> list[Shown]:
    assert facts.rows is not None  # noqa: S101 - its only caller has looked
    table = facts.rows.table
    keys = pc.add(pc.multiply(table["file"].cast(pa.int64()), _ROWS), table["row"].cast(pa.int64()))
    rows = table.filter(pc.is_in(keys, value_set=pa.array(places))).sort_by(
        [("file", "ascending"), ("row", "ascending")]
    )
    return [_shown(row, facts) for row in rows.to_pylist()]


def plots_of(images: ImageChanges) -> Iterator[PlotLine]:
    """What is drawn of the images: a histogram each, as bars in a field 100 wide and 40 high."""
    found = images.get("after", {}).get("plots") or {}
    for name, plot in PLOTS.items():
        counts = found.get(name) or []
        most = max(counts, default=0)
        if not most:
            continue
        step = 100 / len(counts)
        bars: list[Bar] = [
            {
                "x": f"{number * step + 0.4:.2f}",
                "width": f"{step - 0.8:.2f}",
                "y": f"{40 - 38 * count / most:.2f}",
                "height": f"{38 * count / most:.2f}",
                "count": count,
                "range": plot.ranges[number],
            }
            for number, count in enumerate(counts)
        ]
        busiest = plot.ranges[counts.index(most)]
        yield {"title": plot.title, "bars": bars, "first": plot.ranges[0], "last": plot.ranges[-1], "most": busiest}
