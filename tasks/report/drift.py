"""What changed from one version to the next: for a person in a few lines, for scripts as JSON. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

FORMAT = 1
_FLIPS = 100


def label_flips(before: pa.Table, after: pa.Table) -> dict[str, int]:
    """How many rows went from one class to another: ``old → new`` to count, the most frequent first."""
    old = dict(zip(before["sample_id"].to_pylist(), before["label_name"].to_pylist(), strict=True))
    flips: Counter[str] = Counter()
    for sample_id, name in zip(after["sample_id"].to_pylist(), after["label_name"].to_pylist(), strict=True):
        past = old.get(sample_id)
        if past is not None and past != name:
            flips[f"{past} → {name}"] += 1
    return dict(flips.most_common(_FLIPS))


def differences(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, dict[str, float]]:
    """For each name its counts before and after, and the change in percent of what was before."""
    made = {}
    for name in sorted({*before, *after}):
        old, new = before.get(name, 0), after.get(name, 0)
        percent = round(100 * (new - old) / old, 2) if old else (100.0 if new else 0.0)
        made[name] = {"before": old, "after": new, "percent": percent}
    return made


def reason_changes(before: pa.Table, after: pa.Table) -> dict[str, dict[str, int]]:
    """Images newly left out and no longer left out, by reason."""
    old, new = (
        set(zip(table["sample_id"].to_pylist(), table["reason"].to_pylist(), strict=True)) for table in (before, after)
    )
    return {
        "new": dict(Counter(reason for _, reason in new - old).most_common()),
        "resolved": dict(Counter(reason for _, reason in old - new).most_common()),
    }


def image_statistics(sizes: pa.Table) -> dict[str, Any]:
    """Mean and deviation of the source images' sides and aspect, and their formats; *sizes* has the shards' columns."""
    if not sizes.num_rows:
        return {}
    widths, heights = (sizes[name].to_numpy().astype(float) for name in ("orig_width", "orig_height"))
    facts = {"width": widths, "height": heights, "aspect": widths / heights}
    made: dict[str, Any] = {
        name: {"mean": round(float(values.mean()), 3), "deviation": round(float(values.std()), 3)}
        for name, values in facts.items()
    }
    return made | {"formats": dict(Counter(sizes["orig_format"].to_pylist()).most_common())}


def headlines(changes: Mapping[str, int]) -> str:
    """What changed, in one line; empty where nothing did."""
    words = ("added", "changed", "relabelled", "moved", "touched", "deleted", "stale", "duplicates", "leaks")
    parts = [f"{changes[word]:,} {word}" for word in words if changes.get(word)]
    return ", ".join(parts)
