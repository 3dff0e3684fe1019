"""What changed from one version to the next: for a person in a few lines, for scripts as JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Rejections
from tasks.label_kinds import LabelKind, classes_in
from tasks.redaction import is_web
from tasks.report.document import ClassChanges, Counts, ImageFacts, Reasons, ShardSums, Spread
from tasks.report.image_plots import plots_of_shard, plots_of_shards

FORMAT = 2
_FLIPS = 100
_PARTS = {"min": 0.0, "p05": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95, "max": 1.0}
_HOSTS = 20


def label_flips(before: pa.Table, after: pa.Table) -> dict[str, int]:
    """How many rows went from one class to another: ``old → new`` to count, the most frequent first."""
    position = pc.index_in(after["sample_id"], value_set=before["sample_id"].combine_chunks())
    old = before["label_name"].take(position)
    differs = pc.fill_null(pc.not_equal(old, after["label_name"]), False)
    pairs = zip(old.filter(differs).to_pylist(), after["label_name"].filter(differs).to_pylist(), strict=True)
    return dict(Counter(f"{past} → {name}" for past, name in pairs).most_common(_FLIPS))


def differences(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, Counts]:
    """For each name its counts before and after, and the change in percent of what was before."""
    made: dict[str, Counts] = {}
    for name in sorted({*before, *after}):
        old, new = before.get(name, 0), after.get(name, 0)
        percent = round(100 * (new - old) / old, 2) if old else (100.0 if new else 0.0)
        made[name] = {"before": old, "after": new, "percent": percent}
    return made


def class_changes(before: Mapping[str, int], after: Mapping[str, int]) -> ClassChanges:
    """The classes that have rows now and had none, and those that had some and have none."""
    return {
        "new": sorted(name for name, count in after.items() if count and not before.get(name)),
        "vanished": sorted(name for name, count in before.items() if count and not after.get(name)),
    }


def split_deviation(
    rows: pa.Table, ratios: Mapping[str, float], kind: LabelKind = "single"
) -> dict[str, dict[str, float]]:
    """For each class and split how far its share is from what *ratios* ask for, in percent of the class's rows.

    Where labels are numbers, ``all`` rows stand together.
    """
    counted = rows.group_by(["label_name", "split"]).aggregate([("sample_id", "count")]).to_pylist()
    counts: dict[str, Counter[str]] = {}
    for row in counted:
        text = row["label_name"]
        names = ["all"] if kind == "number" else classes_in(text, kind) or [""]
        for name in names:
            counts.setdefault(name, Counter())[row["split"]] += row["sample_id_count"]
    return {
        name: {
            split: round(100 * (of_class.get(split, 0) / sum(of_class.values()) - share), 2)
            for split, share in ratios.items()
        }
        for name, of_class in sorted(counts.items())
    }


def quantiles(numbers: pa.ChunkedArray) -> dict[str, float]:
    """How *numbers* are spread: how many, their mean, the least, the greatest, and what parts of them lie below."""
    found = numbers.filter(pc.is_finite(numbers))
    if not len(found):
        return {"count": 0}
    values = pc.quantile(found, q=list(_PARTS.values())).to_pylist()
    named = dict(zip(_PARTS, (round(value, 6) for value in values), strict=True))
    return {"count": len(found), "mean": round(pc.mean(found).as_py(), 6), **named}


def reason_changes(before: Rejections, after: Rejections) -> Reasons:
    """Images newly left out and no longer left out, by reason."""
    old, new = (
        set(zip(table["sample_id"].to_pylist(), table["reason"].to_pylist(), strict=True)) for table in (before, after)
    )
    return {
        "new": dict(Counter(reason for _, reason in new - old).most_common()),
        "resolved": dict(Counter(reason for _, reason in old - new).most_common()),
    }


def top_hosts(rejections: Rejections) -> dict[str, int]:
    """The hosts with most images that could not be fetched, and how many; *rejections* is `REJECTION_SCHEMA`."""
    fetched = rejections.filter(pc.equal(rejections["stage"], "fetch"))["location"].to_pylist()
    hosts = Counter(location.split("/")[2] for location in fetched if is_web(location))
    return dict(hosts.most_common(_HOSTS))


def image_sums(images: pa.Table, pixels: tuple[int, float, float]) -> ShardSums:
    """What `image_statistics` adds up, of the images of one shard.

    Args:
        images: ``orig_width``, ``orig_height`` (pixels), ``orig_format`` and measures, a row an image.
        pixels: Of a few of them, as they are published: how many values, their sum and the sum of their squares.
    """
    widths, heights = (images[name].to_numpy().astype(float) for name in ("orig_width", "orig_height"))
    measured = {"width": widths, "height": heights, "aspect": widths / heights}
    sums = {name: [len(values), float(values.sum()), float((values**2).sum())] for name, values in measured.items()}
    return {
        "width": sums["width"],
        "height": sums["height"],
        "aspect": sums["aspect"],
        "pixel": list(pixels),
        "formats": dict(Counter(images["orig_format"].to_pylist()).most_common()),
        **plots_of_shard(images),
    }


def image_statistics(shards: Mapping[str, ShardSums]) -> ImageFacts:
    """Mean and deviation of sides, aspect and published pixels, and the formats, over the `image_sums` of *shards*."""
    formats: Counter[str] = Counter()
    for shard in shards.values():
        formats.update(shard["formats"])
    return {
        "width": _spread([shard["width"] for shard in shards.values()]),
        "height": _spread([shard["height"] for shard in shards.values()]),
        "aspect": _spread([shard["aspect"] for shard in shards.values()]),
        "pixel": _spread([shard["pixel"] for shard in shards.values()]),
        "formats": dict(formats.most_common()),
        **plots_of_shards(shards),
    }


def _spread(sums: Sequence[Sequence[float]]) -> Spread:
    """Mean and deviation of what *sums* add up: counts, sums and sums of squares."""
    count, total, squares = (sum(parts) for parts in zip(*sums, strict=True)) if sums else (0, 0.0, 0.0)
    mean = total / count if count else 0.0
    deviation = max(0.0, squares / count - mean**2) ** 0.5 if count else 0.0
    return {"mean": round(mean, 3), "deviation": round(deviation, 3)}


def headlines(changes: Mapping[str, int]) -> str:
    """What changed, in one line; empty where nothing did."""
    words = ("added", "changed", "relabelled", "moved", "touched", "recovered", "deleted")
    more = ("stale", "failed", "duplicates", "leaks")
    parts = [f"{changes[word]:,} {word}" for word in words + more if changes.get(word)]
    if changes.get("resplit"):
        parts.append(f"{changes['resplit']:,} put into another split")
    return ", ".join(parts)
