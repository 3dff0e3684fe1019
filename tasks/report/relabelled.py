"""How many images have another class than in the version before, those of classes that were renamed left aside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import RowTable

_Pairs = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Relabelled:
    """What became of the classes of images that were there before.

    Attributes:
        count: Images of another class than before, save those of classes that were renamed as a whole. Where no class
            keeps its name, all count.
        known: Images that had a class before and are still there.
        most: The most frequent change, as ``old → new``; empty without one.
    """

    count: int = 0
    known: int = 0
    most: str = ""


NOTHING = Relabelled()
"""No image has another class, or nobody can say."""


def relabelled(before: RowTable, after: pa.Table) -> Relabelled:
    """What became of the classes of the images in *before* that are in *after*, too.

    Args:
        before: The rows of the version before.
        after: Those of the next one, or the samples it is to be made of: ``sample_id``, ``label_name``, and
            ``content_sha256`` or ``fingerprint``. By these an image is known, wherever it lies: another one may have
            come under its name.
    """
    place = pc.index_in(after["sample_id"], value_set=before["sample_id"].combine_chunks())
    if "content_sha256" in after.column_names:
        contents = before["content_sha256"]
        moved = pc.index_in(after["content_sha256"], value_set=contents.combine_chunks())
        place = pc.if_else(_equal(contents.take(place), after["content_sha256"]), place, moved)
    else:
        place = pc.if_else(_equal(before["source_fingerprint"].take(place), after["fingerprint"]), place, None)
    old, new = before["label_name"].take(place), after["label_name"]
    had_one = pc.fill_null(pc.not_equal(old, ""), False)
    counted = pa.table({"old": old, "new": new}).filter(had_one).group_by(["old", "new"]).aggregate([([], "count_all")])
    pairs = {(row["old"], row["new"] or ""): row["count_all"] for row in counted.to_pylist()}
    changed = _changed(pairs)
    most = max(changed, key=lambda pair: (changed[pair], pair), default=None)
    return Relabelled(sum(changed.values()), sum(pairs.values()), " → ".join(most) if most else "")


def _equal(known: pa.ChunkedArray, now: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(known, now), False)


def _changed(pairs: _Pairs) -> Counter[tuple[str, str]]:
    """Those of *pairs*, old and new class to count, that are changes and no mere renaming."""
    changed = Counter({pair: count for pair, count in pairs.items() if pair[0] != pair[1]})
    if len(changed) == len(pairs):
        return changed
    goes_to, comes_from = _partners(pairs), _partners((new, old) for old, new in pairs)
    for old, new in list(changed):
        if goes_to[old] == {new} and comes_from[new] == {old}:
            del changed[old, new]
    return changed


def _partners(pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
    return found
