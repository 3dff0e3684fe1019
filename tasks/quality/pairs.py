"""Near duplicates among the rows of a version: every pair counted, so many as a person may look at listed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.quality.crowd import Counts, Crowd, comparable, count_pairs, crowds_of, without
from tasks.quality.near import Pairs, near_pairs
from tasks.quality.settings import QualitySettings

PAIRS_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("other_id", pa.string()),
        ("distance", pa.int32()),  # in so many bits the hashes differ; of mirrored ones where that is less
        ("split", pa.string()),
        ("other_split", pa.string()),
        ("label_name", pa.string()),
        ("other_label_name", pa.string()),
        ("is_leak", pa.bool_()),  # they lie in two splits
        ("is_suspect", pa.bool_()),  # both have a label, and not the same
    ]
)
"""One row per pair of near duplicates, as `quality/<sha16>.parquet` holds them: leaks first, then suspects."""

LISTED = 50_000
"""So many pairs are listed at most."""

_LOOKED_AT = 20
"""Where more are near than are listed, so many times as many are looked at for those that come first."""

_OF_A_HASH = 12
"""And of many rows of one hash so many, of different splits and labels."""

_HELD = 4_000_000
_WHOLE_AGAIN = 0.3
"""From this share of changed rows on, all pairs are looked for anew."""


@dataclass(frozen=True, slots=True)
class NearRows:
    """The near duplicates of a version.

    Attributes:
        counts: Of all pairs.
        pairs: `PAIRS_SCHEMA`: those that are listed.
        unknown: Rows that have no hash, and are in no pair.
        even: Rows of images without anything that could be compared, such as those of one colour; in no pair, too.
    """

    counts: Counts
    pairs: pa.Table
    unknown: int = 0
    even: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all pairs are listed."""
        return self.pairs.num_rows == self.counts.pairs


def find_near(
    rows: pa.Table, settings: QualitySettings, known: NearRows | None = None, before: pa.Table | None = None
) -> NearRows:
    """The near duplicates among *rows*, at the cost of those that changed where the ones of a version are *known*.

    Args:
        rows: ``sample_id``, ``phash``, ``split`` and ``label_name`` of each; where labels are numbers, that is empty.
        settings: The `quality` section.
        known: What this came to for the version before, by the same settings.
        before: The rows of that version, as *rows*.
    """
    after, unknown, even = _hashed(rows)
    if known is not None and before is not None:
        old = _hashed(before)[0]
        came, went = without(after, old), without(old, after)
        if came.num_rows + went.num_rows <= _WHOLE_AGAIN * max(1, after.num_rows):
            gone, _ = _touching(went, old, settings, listing=False)
            new, pairs = _touching(came, after, settings)
            counts = known.counts - gone + new
            if counts.pairs > LISTED or known.is_whole:
                return NearRows(counts, _first(pa.concat_tables([_still(known.pairs, went), pairs])), unknown, even)
    crowd = crowds_of(after)[0]
    search = _Search()
    search.among(crowd, settings)
    return NearRows(search.counts, _first(search.listed()), unknown, even)


def _hashed(rows: pa.Table) -> tuple[pa.Table, int, int]:
    """Those of *rows* that can be compared, how many have no hash, and how many one without a bit."""
    table = rows.select(["sample_id", "phash", "split", "label_name"])
    hashed, unknown = comparable(table), table["phash"].null_count
    return hashed, unknown, table.num_rows - unknown - hashed.num_rows


def _touching(
    some: pa.Table, rows: pa.Table, settings: QualitySettings, *, listing: bool = True
) -> tuple[Counts, pa.Table]:
    """The pairs among *rows* of which one or both are of *some*, which are rows of them."""
    search = _Search()
    if some.num_rows:
        others = rows.filter(pc.invert(pc.is_in(rows["sample_id"], value_set=some["sample_id"].combine_chunks())))
        changed, stayed = crowds_of(some, others)
        search.among(changed, settings)
        search.between(changed, stayed, settings)
    return search.counts, search.listed() if listing else PAIRS_SCHEMA.empty_table()


def _still(pairs: pa.Table, went: pa.Table) -> pa.Table:
    """Those of *pairs* of which both rows are as they were."""
    gone = went["sample_id"].combine_chunks()
    touched = pc.or_(pc.is_in(pairs["sample_id"], value_set=gone), pc.is_in(pairs["other_id"], value_set=gone))
    return pairs.filter(pc.invert(touched))


def _first(pairs: pa.Table) -> pa.Table:
    """*pairs* in their order: leaks, then suspects, then the others, nearest first; no more than are listed."""
    keys = [("is_leak", "descending"), ("is_suspect", "descending"), ("distance", "ascending")]
    ordered = pairs.sort_by([*keys, ("sample_id", "ascending"), ("other_id", "ascending")])
    return ordered.slice(0, LISTED).combine_chunks()


class _Search:
    """Counts pairs as they are found, and holds as many of their hashes as may have to be listed."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._held: list[tuple[Crowd, Crowd, Pairs]] = []
        self._count = 0

    def among(self, crowd: Crowd, settings: QualitySettings) -> None:
        """Find the pairs among the rows of *crowd*."""
        self.counts += crowd.inner()
        several = np.flatnonzero(crowd.sizes > 1)
        self._hold(crowd, crowd, (several, several, np.zeros(len(several), np.uint8)))
        for pairs in near_pairs(crowd.hashes, None, settings.distance, mirrored=settings.mirrored):
            self._take(crowd, crowd, pairs)

    def between(self, one: Crowd, other: Crowd, settings: QualitySettings) -> None:
        """Find the pairs of a row of *one* and a row of *other*."""
        for pairs in near_pairs(one.hashes, other.hashes, settings.distance, mirrored=settings.mirrored):
            self._take(one, other, pairs)

    def _take(self, one: Crowd, other: Crowd, pairs: Pairs) -> None:
        self.counts += count_pairs(one, other, pairs)
        self._hold(one, other, pairs)

    def _hold(self, one: Crowd, other: Crowd, pairs: Pairs) -> None:
        if self._count < _HELD and len(pairs[0]):
            self._held.append((one, other, pairs))
            self._count += len(pairs[0])

    def listed(self) -> pa.Table:
        """The pairs of rows, all where they are not too many; else those that come first, as far as is known."""
        each = _OF_A_HASH if self.counts.pairs > LISTED else 0
        left = _LOOKED_AT * LISTED
        tables = [PAIRS_SCHEMA.empty_table()]
        for distance in range(max((int(pairs[2].max()) for _, _, pairs in self._held), default=-1) + 1):
            for one, other, pairs in self._held:
                here = np.flatnonzero(pairs[2] == distance)
                if len(here) and left > 0:
                    made = _spread_out(one, other, (pairs[0][here], pairs[1][here], pairs[2][here]), each, left)
                    left -= made.num_rows
                    tables.append(made)
        return pa.concat_tables(tables)


def _spread_out(one: Crowd, other: Crowd, pairs: Pairs, each: int, most: int) -> pa.Table:
    """The pairs of rows whose hashes are *pairs*; of each hash *each* rows where that is not 0, and about *most*."""
    left, right, apart = pairs
    sizes, widths = one.sizes[left], other.sizes[right]
    if each:
        sizes, widths = np.minimum(sizes, each), np.minimum(widths, each)
    chosen = np.cumsum(sizes * widths) <= max(most, int(sizes[0] * widths[0]))
    left, right, apart, sizes, widths = left[chosen], right[chosen], apart[chosen], sizes[chosen], widths[chosen]
    counts = sizes * widths
    which = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    first = one.order[one.starts[left[which]] + number // widths[which]]
    second = other.order[other.starts[right[which]] + number % widths[which]]
    if one is other:  # two rows of one hash are met twice, and each with itself
        once = (left[which] != right[which]) | (first < second)
        which, first, second = which[once], first[once], second[once]
    return _as_pairs(one.rows.take(pa.array(first)), other.rows.take(pa.array(second)), apart[which])


def _as_pairs(one: pa.Table, other: pa.Table, distance: np.typing.NDArray[np.uint8]) -> pa.Table:
    """`PAIRS_SCHEMA`: each row of *one* and the one of *other* in the same place, that with the lesser id first."""
    is_first = pc.less(one["sample_id"], other["sample_id"])
    left = [pc.if_else(is_first, one[name], other[name]) for name in ("sample_id", "split", "label_name")]
    right = [pc.if_else(is_first, other[name], one[name]) for name in ("sample_id", "split", "label_name")]
    both = pc.and_(pc.not_equal(left[2], ""), pc.not_equal(right[2], ""))
    columns = {
        "sample_id": left[0],
        "other_id": right[0],
        "distance": pa.array(distance.astype(np.int32)),
        "split": left[1],
        "other_split": right[1],
        "label_name": left[2],
        "other_label_name": right[2],
        "is_leak": pc.not_equal(left[1], right[1]),
        "is_suspect": pc.and_(both, pc.not_equal(left[2], right[2])),
    }
    return pa.table(columns, schema=PAIRS_SCHEMA)
