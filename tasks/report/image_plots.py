"""What images are like: histograms of their sides, proportions and brightness, and which of them look wrong. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.report.document import ImageFacts, ShardSums

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plot:
    """One histogram.

    Attributes:
        title: What it counts.
        edges: Where a range ends and the next one begins.
        ranges: What each range is called; one more than there are edges.
    """

    title: str
    edges: tuple[float, ...]
    ranges: tuple[str, ...]


def _plot(title: str, edges: Collection[float]) -> Plot:
    texts = [f"{edge:g}" for edge in edges]
    middle = [f"{low} to {high}" for low, high in pairwise(texts)]
    return Plot(title, tuple(edges), (f"under {texts[0]}", *middle, f"{texts[-1]} and more"))


PLOTS = {
    "side": _plot("longer side of the source, pixels", [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]),
    "aspect": _plot("width / height of the source", [0.5, 0.66, 0.74, 0.9, 1.1, 1.34, 1.51, 2]),
    "brightness": _plot("mean brightness of the source, 0 to 255", range(16, 256, 16)),
}

_EVEN, _BLACK, _ONE_COLOUR, _BLURRED = 8.0, 16.0, 2.0, 60.0
_FLAGGED = 12
"""So many of a shard are named."""


def plots_of_shard(images: pa.Table) -> ShardSums:
    """The histograms of the images of one shard, and which of them are black, white, of one colour or blurred.

    Args:
        images: ``orig_width`` and ``orig_height`` (pixels), and where they are measured ``mean``, ``deviation`` and
            ``sharpness``, a row an image.
    """
    width, height = (_numbers(images[name]) for name in ("orig_width", "orig_height"))
    values = {"side": np.maximum(width, height), "aspect": width / height}
    if "mean" not in images.column_names:
        return {"plots": _histograms(values)}
    mean, deviation, sharpness = (_numbers(images[name]) for name in ("mean", "deviation", "sharpness"))
    rows = {name: np.flatnonzero(places).tolist() for name, places in _flags(mean, deviation, sharpness).items()}
    return {
        "plots": _histograms(values | {"brightness": mean[np.isfinite(mean)]}),
        "flags": {name: len(found) for name, found in rows.items()},
        "flagged": {name: found[:_FLAGGED] for name, found in rows.items() if found},
    }


def _numbers(column: pa.ChunkedArray) -> Numbers:
    return np.asarray(pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy(), dtype=np.float64)


def _histograms(values: Mapping[str, Numbers]) -> dict[str, list[int]]:
    made = {}
    for name, found in values.items():
        places = np.searchsorted(PLOTS[name].edges, found, side="right")
        made[name] = np.bincount(places, minlength=len(PLOTS[name].ranges)).tolist()
    return made


def _flags(mean: Numbers, deviation: Numbers, sharpness: Numbers) -> dict[str, npt.NDArray[np.bool_]]:
    """Which images are what; none is two of these, and one that is not measured is none."""
    even = deviation < _EVEN
    black, white = even & (mean < _BLACK), even & (mean > 255 - _BLACK)
    blank = (deviation < _ONE_COLOUR) & ~black & ~white
    blurred = (sharpness < _BLURRED) & ~black & ~white & ~blank
    return {"black": black, "white": white, "blank": blank, "blurred": blurred}


def plots_of_shards(shards: Mapping[str, ShardSums]) -> ImageFacts:
    """The histograms and flags of all *shards* that have any, as `plots_of_shard` made them."""
    plots: dict[str, list[int]] = {}
    for name in PLOTS:
        counts = [shard["plots"][name] for shard in shards.values() if name in shard.get("plots", {})]
        if counts:
            plots[name] = np.sum(counts, axis=0).tolist()
    flags: Counter[str] = Counter()
    for shard in shards.values():
        flags.update(shard.get("flags", {}))
    made: ImageFacts = {"plots": plots}
    if any("flags" in shard for shard in shards.values()):
        made["flags"] = dict(flags)
    return made
