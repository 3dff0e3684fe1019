"""The parts of a page: counts, classes, gates, rejects and measures as its template takes them. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.report.album import Place
from tasks.report.changed_rows import Change, Shown
from tasks.report.document import GateRow, ImageChanges, Night
from tasks.report.page_facts import PageFacts
from tasks.report.quality_rows import FLAGS, ShownPairs

Pictures = Mapping[bool, Mapping[Place, str]]
"""The pictures of rows of the version before (True) and of this one (False), by their place."""

_CLASSES, _FEWEST = 1000, 100
_REJECTS, _OF_A_REASON = 1000, 100
_REJECT_COLUMNS = (
    "sample_id location label_file label_row stage reason detail attempts first_seen content_sha256".split()
)


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


def figures(facts: PageFacts) -> Iterator[tuple[str, str]]:
    """The counts on top, each with its name."""
    account = facts.report.get("account")
    if account:
        names = ("listed", "written", "rejected", "deduplicated", "images_decoded", "rows_copied", "shards_built")
        yield from ((name.replace("_", " "), f"{account[name]:,}") for name in names if name in account)
    for name, count in (facts.report.get("plan") or {}).items():
        yield f"planned: {name}", f"{count:,}"
    if facts.report.get("seconds"):
        yield "seconds", f"{sum(facts.report['seconds'].values()):,.1f}"


def pictured(change: Change, pictures: Pictures) -> dict[str, Any]:
    """A kind of change with its pictures."""
    return {"title": change.title, "count": change.count, "pictures": [picture(row, pictures) for row in change.shown]}


def picture(row: Shown, pictures: Pictures) -> dict[str, str]:
    """One picture: whose it is, its label, and the address that holds it, empty where there is none."""
    return {
        "id": row.sample_id,
        "label": row.label,
        "address": pictures[row.is_old].get((row.file, row.row), ""),
    }


def pictured_pairs(kind: ShownPairs, pictures: Pictures) -> dict[str, Any]:
    """Pairs of one kind with their pictures."""
    pairs = [(picture(pair.one, pictures), picture(pair.other, pictures), pair.distance) for pair in kind.pairs]
    return {"title": kind.title, "count": kind.count, "pairs": pairs}


def flagged(
    facts: PageFacts, rows: Mapping[str, Iterable[Shown]], pictures: Pictures
) -> Iterator[tuple[str, int, list[dict[str, str]]]]:
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
) -> Iterator[dict[str, Any]]:
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


def splits(facts: PageFacts) -> list[dict[str, Any]]:
    """The splits with their counts and their share in percent."""
    counts = facts.report.get("splits", {})
    total = sum(entry["after"] for entry in counts.values())
    return [{"name": name, **counts[name], "share": _share(counts[name]["after"], total)} for name in facts.split_names]


def gate_row(gate: GateRow, history: Sequence[Night]) -> dict[str, Any]:
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


def reasons(facts: PageFacts) -> list[tuple[str, int]]:
    """The reject reasons with their counts, the commonest first."""
    if facts.rejections.num_rows:
        return Counter(facts.rejections["reason"].to_pylist()).most_common()
    return list(facts.report["reasons"]["new"].items()) if facts.refused and "reasons" in facts.report else []


def rejects_shown(rejections: pa.Table) -> list[dict[str, Any]]:
    """The rejects that are listed: of each reason some, the commonest reason first."""
    found: list[dict[str, Any]] = []
    for reason, _ in Counter(rejections["reason"].to_pylist()).most_common():
        same = rejections.filter(pc.equal(rejections["reason"], reason)).select(_REJECT_COLUMNS)
        found += same.slice(0, _OF_A_REASON).to_pylist()
    return found[:_REJECTS]


def reject_row(row: Mapping[str, Any], twins: Mapping[str, Shown], pictures: Pictures) -> dict[str, Any]:
    """One rejected image: its place, its record, and a picture of the row that stands for it, where one does."""
    line = f", line {row['label_row']}" if row["label_row"] > 0 else ""
    twin = twins.get(row["content_sha256"]) if row["stage"] == "dataset" else None
    return {
        **row,
        "image": row["location"] or row["sample_id"],
        "record": f"{row['label_file']}{line}" if row["label_file"] else "",
        "picture": picture(twin, pictures) if twin else None,
    }


def measures(images: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What is measured of the images, before and now."""
    before, after = images.get("before") or {}, images.get("after") or {}
    for key, name in (
        ("width", "width, pixels"),
        ("height", "height, pixels"),
        ("aspect", "width / height"),
        ("pixel", "brightness of what is published, 0 to 255"),
    ):
        if key in after:
            yield name, _spread(before.get(key)), _spread(after[key])
    if "formats" in after:
        yield "formats of the sources", _formats(before.get("formats")), _formats(after["formats"])


def _spread(entry: Mapping[str, float] | None) -> str:
    return f"{entry['mean']:,.4g} ± {entry['deviation']:,.3g}" if entry else ""


def _formats(counts: Mapping[str, int] | None) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in (counts or {}).items())
