"""The parts of a page: counts, classes, gates, rejects and measures as its template takes them. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from tasks.report.album import Place, as_address
from tasks.report.changed_rows import Change, Shown
from tasks.report.document import GateRow, ImageChanges, Night, Spread
from tasks.report.page_facts import PageFacts
from tasks.report.page_lines import (
    ClassLine,
    GateLine,
    ListedReject,
    Picture,
    PicturedChange,
    PicturedPairs,
    RejectLine,
    SplitLine,
)
from tasks.report.quality_rows import FLAGS, ShownPairs
from tasks.report.reject_words import meaning_of

Pictures = Mapping[bool, Mapping[Place, str]]
"""The pictures of rows of the version before (True) and of this one (False), by their place."""

_CLASSES, _FEWEST = 1000, 100
_REJECTS, _OF_A_REASON, _AT_ONCE = 1000, 100, 12
_REJECT_COLUMNS = (
    "sample_id location label_file label_row stage reason detail attempts first_seen content_sha256 picture".split()
)


_MEASURED: Mapping[Literal["width", "height", "aspect", "pixel"], str] = {
    "width": "width, pixels",
    "height": "height, pixels",
    "aspect": "width / height",
    "pixel": "brightness of what is published, 0 to 255",
}


def names_shown(facts: PageFacts) -> list[str]:
    """The classes that are listed: the largest first, and where there are too many also those with fewest images."""
    counts = facts.report.get("classes", {})
    ordered = sorted(counts, key=lambda name: (-counts[name]["after"], name))
    return ordered if len(ordered) <= _CLASSES else [*ordered[: _CLASSES - _FEWEST], *ordered[-_FEWEST:]]


def names_hidden(facts: PageFacts) -> str:
    """What to say of the classes that are not listed."""
    count = len(facts.report.get("classes", {}))
    if count <= _CLASSES:
        return ""
    return (
        f"Of {count:,} classes the {_CLASSES - _FEWEST:,} with most images and the {_FEWEST} with fewest are listed; "
        "the report as JSON has them all."
    )


def pictured(change: Change, pictures: Pictures) -> PicturedChange:
    """A kind of change with its pictures; where an image was another one, with that one before it."""
    pairs = [
        (picture(row.before, pictures) if row.before and not _is_same_place(row) else None, _named(row, pictures))
        for row in change.shown
    ]
    return {"title": change.title, "note": change.note, "count": change.count, "pairs": pairs}


def _is_same_place(row: Shown) -> bool:
    """Whether the picture of before would be the same one: it moved."""
    return row.before is not None and row.before.sample_id != row.sample_id


def _named(row: Shown, pictures: Pictures) -> Picture:
    was = row.before.sample_id if row.before is not None and _is_same_place(row) else ""
    return {**picture(row, pictures), "was": was}


def picture(row: Shown, pictures: Pictures) -> Picture:
    """One picture: whose it is, its label, and the address that holds it, empty where there is none."""
    return {
        "id": row.sample_id,
        "label": row.label,
        "address": pictures[row.is_old].get((row.file, row.row), ""),
        "was": "",
    }


def pictured_pairs(kind: ShownPairs, pictures: Pictures) -> PicturedPairs:
    """Pairs of one kind with their pictures."""
    pairs = [(picture(pair.one, pictures), picture(pair.other, pictures), pair.distance) for pair in kind.pairs]
    return {"title": kind.title, "count": kind.count, "pairs": pairs}


def flagged(
    facts: PageFacts, rows: Mapping[str, Iterable[Shown]], pictures: Pictures
) -> Iterator[tuple[str, int, list[Picture]]]:
    """What images look wrong by, how many they are, and some of them."""
    images: ImageChanges = facts.report.get("images") or {}
    counts = images.get("after", {}).get("flags") or {}
    for flag, title in FLAGS.items():
        if counts.get(flag):
            yield title, counts[flag], [picture(row, pictures) for row in rows.get(flag, ())]


def class_rows(
    facts: PageFacts,
    samples: Mapping[str, Iterable[Shown]],
    by_split: Mapping[str, Mapping[str, int]],
    pictures: Pictures,
) -> Iterator[ClassLine]:
    """The classes that are listed, each with its counts, bars and samples."""
    entries = facts.report.get("classes", {})
    most = max((entry["after"] for entry in entries.values()), default=0)
    ids = {name: number for number, name in enumerate(facts.class_names)}
    for name in names_shown(facts):
        entry, counts = entries[name], by_split.get(name, {})
        yield {
            "id": ids.get(name, ""),
            "name": name or "no label",
            "count": entry["after"],
            "change": entry["after"] - entry["before"] if facts.report.get("parent") else 0,
            "parts": [(split, counts.get(split, 0), _share(counts.get(split, 0), most)) for split in facts.split_names],
            "pictures": [picture(row, pictures) for row in samples.get(name, ())],
        }


def _share(count: int, total: int) -> float:
    return round(100 * count / total, 2) if total else 0.0


def splits(facts: PageFacts) -> list[SplitLine]:
    """The splits with their counts and their share in percent."""
    counts = facts.report.get("splits", {})
    total = sum(entry["after"] for entry in counts.values())
    return [{"name": name, **counts[name], "share": _share(counts[name]["after"], total)} for name in facts.split_names]


def gate_row(gate: GateRow, history: Sequence[Night]) -> GateLine:
    """A gate with the values of the last versions as the points of a line, 100 wide and 26 high."""
    past = [float(night["gates"][gate["gate"]]) for night in history if gate["gate"] in night.get("gates", {})]
    values = [value for value in past if math.isfinite(value)]
    top = max([*values, float(gate["limit"]), 1e-9])
    step = 100 / max(1, len(values) - 1)
    points = [f"{number * step:.1f},{24 - 22 * max(0.0, value) / top:.1f}" for number, value in enumerate(values)]
    return {
        **gate,
        "points": " ".join(points) if len(points) > 1 else "",
        "line": f"{24 - 22 * gate['limit'] / top:.1f}",
    }


def reasons(facts: PageFacts) -> list[tuple[str, int, str]]:
    """The reject reasons with their counts and what they mean, the commonest first."""
    counts = Counter(facts.rejections["reason"].to_pylist()).most_common()
    if not counts and facts.refused:
        counts = list((facts.report.get("reasons") or {"new": {}})["new"].items())
    return [(reason, count, meaning_of(reason)) for reason, count in counts]


def rejects_shown(facts: PageFacts) -> tuple[list[ListedReject], list[ListedReject]]:
    """The rejects that are listed: of each reason a few that are shown at once, and some more.

    The commonest reason comes first, of each reason what is new, of that what has a picture.
    """
    nights = facts.report.get("history") or ()
    since = str(nights[-2].get("time", "")) if facts.report.get("parent") and len(nights) > 1 else ""
    first: list[ListedReject] = []
    more: list[ListedReject] = []
    for reason, _ in Counter(facts.rejections["reason"].to_pylist()).most_common():
        same = facts.rejections.filter(pc.equal(facts.rejections["reason"], reason)).select(_REJECT_COLUMNS)
        is_new = (
            pc.greater(same["first_seen"], since) if since else pa.nulls(same.num_rows, pa.bool_()).fill_null(False)
        )
        has_picture = pc.greater(pc.fill_null(pc.binary_length(same["picture"]), 0), 0)
        rank = pc.add(pc.multiply(pc.invert(is_new).cast(pa.int8()), 2), pc.invert(has_picture).cast(pa.int8()))
        marked = same.append_column("is_new", is_new).append_column("rank", rank)
        places = pa.array(range(same.num_rows))
        ordered = marked.append_column("place", places).sort_by([("rank", "ascending"), ("place", "ascending")])
        rows = ordered.slice(0, _OF_A_REASON).to_pylist()
        first += rows[:_AT_ONCE]
        more += rows[_AT_ONCE:]
    return first[:_REJECTS], more[: max(0, _REJECTS - len(first))]


def reject_row(row: ListedReject, twins: Mapping[str, Shown], pictures: Pictures) -> RejectLine:
    """One rejected image: its place, its record, and a picture of it, or of the row that stands for it."""
    line = f", line {row['label_row']}" if row["label_row"] > 0 else ""
    twin = twins.get(row["content_sha256"]) if row["stage"] == "dataset" else None
    return {
        "image": row["location"] or row["sample_id"],
        "is_new": row["is_new"],
        "record": f"{row['label_file']}{line}" if row["label_file"] else "",
        "reason": row["reason"],
        "detail": row["detail"],
        "first_seen": row["first_seen"],
        "picture": as_address(row["picture"]) if row["picture"] else "",
        "twin": picture(twin, pictures) if twin else None,
    }


def measures(images: ImageChanges) -> Iterator[tuple[str, str, str]]:
    """What is measured of the images, before and now."""
    before, after = images.get("before") or {}, images.get("after") or {}
    for key, name in _MEASURED.items():
        if key in after:
            yield name, _spread(before.get(key)), _spread(after[key])
    if "formats" in after:
        yield "formats of the sources", _formats(before.get("formats")), _formats(after["formats"])


def _spread(entry: Spread | None) -> str:
    return f"{entry['mean']:,.4g} ± {entry['deviation']:,.3g}" if entry else ""


def _formats(counts: Mapping[str, int] | None) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in (counts or {}).items())
