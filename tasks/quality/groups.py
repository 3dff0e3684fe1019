"""Which new rows belong together since they look alike, and to which rows that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.quality.crowd import comparable, hashes_of
from tasks.quality.near import near_pairs
from tasks.quality.settings import QualitySettings
from tasks.ties import Ties


def near_groups(rows: pa.Table, known: pa.Array, settings: QualitySettings) -> Mapping[str, str]:
    """For the id of each row that is tied to a new one the name of its group; rows of one group look alike.

    A new row is tied to every row, new or not, within `quality.distance`; what is tied to one row is tied together.
    Rows that were there before tie nothing by themselves.

    Args:
        rows: ``sample_id`` and ``phash`` of all rows.
        known: Ids of those that were there before.
        settings: The `quality` section.
    """
    hashed = comparable(rows.select(["sample_id", "phash"]))
    is_old = pc.is_in(hashed["sample_id"], value_set=known)
    new, old = hashed.filter(pc.invert(is_old)), hashed.filter(is_old)
    if not new.num_rows:
        return {}
    here, there = hashes_of(new["phash"]), hashes_of(old["phash"])
    own, others = np.unique(here), np.unique(there)
    ties = Ties[int]()
    for left, right, _ in near_pairs(own, None, settings.distance, mirrored=settings.mirrored):
        _tie_all(ties, own[left].tolist(), own[right].tolist())
    for left, right, _ in near_pairs(own, others, settings.distance, mirrored=settings.mirrored):
        _tie_all(ties, own[left].tolist(), others[right].tolist())
    names = [*new["sample_id"].to_pylist(), *old["sample_id"].to_pylist()]
    values = [*here.tolist(), *there.tolist()]
    mine = set(own.tolist())
    roots = {
        name: ties.root(value) for name, value in zip(names, values, strict=True) if value in mine or value in ties
    }
    counts = Counter(roots.values())
    return {name: f"{root:016x}" for name, root in roots.items() if counts[root] > 1}


def _tie_all(ties: Ties[int], ones: list[int], others: list[int]) -> None:
    """Tie each of *ones* to the one of *others* in the same place."""
    for one, other in zip(ones, others, strict=True):
        ties.tie(one, other)
