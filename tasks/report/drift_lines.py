"""What a report says, in a few lines for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tasks.report.document import Counts, ImageChanges, Report

_SHOWN = 6
_QUANTILES = ("min", "p05", "median", "p95", "max")


def drift_lines(report: Report) -> Iterator[str]:
    """What *report* says of a version against its parent."""
    states = [f"{count:,} {state}" for state, count in report["states"].items() if count and state != "resplit"]
    yield f"against version {report['parent']}: {', '.join(states) or 'the same images'}"
    yield from _label_lines(report)
    yield from _trouble_lines(report)
    yield from _image_lines(report["images"])
    if report["libraries"]:
        shown = [f"{name} {versions['before']} → {versions['after']}" for name, versions in report["libraries"].items()]
        yield f"libraries: {_some(shown)}"


def _label_lines(report: Report) -> Iterator[str]:
    for word in ("new", "vanished"):
        if names := report["class_changes"][word]:
            yield f"{word} classes: {_some(names)}"
    changes = [*_largest("class", report["classes"]), *_largest("split", report["splits"])]
    if changes:
        yield f"rows: {', '.join(changes)}"
    if moved := report.get("resplit"):
        yield f"splits drawn anew: {_counts(moved)}"
    if flips := report["label_flips"]:
        yield f"labels: {_counts(flips)}"
    if spread := _moved_targets(report.get("targets") or {}):
        yield f"targets: {spread}"


def _trouble_lines(report: Report) -> Iterator[str]:
    for word in ("new", "resolved"):
        if reasons := report["reasons"][word]:
            yield f"rejects {word}: {_counts(reasons)}"
    if hosts := report["hosts"]:
        yield f"hosts that failed: {_counts(hosts)}"
    if report["stale"]["rows"]:
        yield f"stale: {report['stale']['rows']:,} rows, the oldest since {report['stale']['oldest']}"
    if pairs := report["duplicates"]["across_splits"]:
        yield f"equal bytes in two splits: {_counts(pairs)}"


def _image_lines(images: ImageChanges) -> Iterator[str]:
    """The means that moved by more than one in a hundred."""
    before, after = images["before"], images["after"]
    means = {
        name: (before[name]["mean"], after[name]["mean"]) for name in ("width", "height", "aspect", "pixel") if before
    }
    moved = {name: pair for name, pair in means.items() if abs(pair[1] - pair[0]) > 0.01 * max(abs(pair[0]), 1e-9)}
    if moved:
        yield "images, on average: " + ", ".join(f"{name} {old:g} → {new:g}" for name, (old, new) in moved.items())


def _moved_targets(targets: Mapping[str, Mapping[str, float]]) -> str:
    """The quantiles of labels that are numbers, as far as they differ."""
    before, after = targets.get("before") or {}, targets.get("after") or {}
    pairs = [(name, before[name], after[name]) for name in _QUANTILES if name in before and name in after]
    return ", ".join(f"{name} {old:g} → {new:g}" for name, old, new in pairs if old != new)


def _largest(what: str, counts: Mapping[str, Counts]) -> list[str]:
    """The *counts* that changed most, a few words each."""
    changed = [(name, entry) for name, entry in counts.items() if entry["before"] != entry["after"]]
    changed.sort(key=lambda item: (-abs(item[1]["after"] - item[1]["before"]), item[0]))
    shown = [
        f"{name} {entry['before']:,} → {entry['after']:,} ({entry['percent']:+g} %)" for name, entry in changed[:3]
    ]
    return shown + ([f"and {len(changed) - 3} more of a {what}"] if len(changed) > 3 else [])


def _counts(counts: Mapping[str, int]) -> str:
    return _some([f"{name} {count:,}" for name, count in counts.items()])


def _some(texts: Sequence[str]) -> str:
    return ", ".join(texts[:_SHOWN]) + (f", and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else "")
