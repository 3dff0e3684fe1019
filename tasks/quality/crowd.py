"""Rows by their hashes, with the splits and labels of each: what counts pairs of rows without making them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.quality.near import Hashes, Ints, Pairs

_NONE, _SEVERAL = -1, -2


@dataclass(frozen=True, slots=True)
class Counts:
    """How many pairs of near duplicates there are.

    Attributes:
        pairs: In all.
        leaks: Those across two splits.
        suspects: Those of two labels.
    """

    pairs: int = 0
    leaks: int = 0
    suspects: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.pairs + other.pairs, self.leaks + other.leaks, self.suspects + other.suspects)

    def __sub__(self, other: Counts) -> Counts:
        return Counts(self.pairs - other.pairs, self.leaks - other.leaks, self.suspects - other.suspects)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Rows by their hashes.

    Attributes:
        rows: ``sample_id``, ``split`` and ``label_name`` of each.
        hashes: Distinct ones, ascending.
        order: The places of the rows, by hash; of one hash those of different splits and labels first.
        starts: Where the rows of each hash begin in that order, and where the last ones end.
        splits: For each hash its rows in each split.
        labelled: For each hash its rows that have a label.
        label: For each hash the number of its label, below zero where it has none or several.
        several: For each hash that has several labels its rows by their number.
    """

    rows: pa.Table
    hashes: Hashes
    order: Ints
    starts: Ints
    splits: Ints
    labelled: Ints
    label: Ints
    several: dict[int, Counter[int]]

    @property
    def sizes(self) -> Ints:
        """How many rows each hash has."""
        return np.diff(self.starts)

    def inner(self) -> Counts:
        """The pairs of rows of one hash."""
        sizes, labelled = self.sizes, self.labelled
        several = sum(count * count for counts in self.several.values() for count in counts.values())
        alike = int((labelled * labelled)[self.label >= 0].sum()) + several
        return Counts(
            int((sizes * (sizes - 1)).sum()) // 2,
            (int((sizes * sizes).sum()) - int((self.splits * self.splits).sum())) // 2,
            (int((labelled * labelled).sum()) - alike) // 2,
        )


def count_pairs(one: Crowd, other: Crowd, pairs: Pairs) -> Counts:
    """The pairs of rows whose hashes are *pairs*, places in the hashes of *one* and of *other*."""
    left, right, _ = pairs
    product = one.sizes[left] * other.sizes[right]
    same_split = (one.splits[left] * other.splits[right]).sum()
    labelled = one.labelled[left] * other.labelled[right]
    first, second = one.label[left], other.label[right]
    suspects = int(labelled[(first >= 0) & (second >= 0) & (first != second)].sum())
    for place in np.flatnonzero((first == _SEVERAL) | (second == _SEVERAL)).tolist():
        few, many = sorted((_labels(one, left[place]), _labels(other, right[place])), key=len)
        suspects += int(labelled[place]) - sum(count * many[label] for label, count in few.items())
    return Counts(int(product.sum()), int(product.sum() - same_split), suspects)


def _labels(crowd: Crowd, place: int) -> Counter[int]:
    found = crowd.several.get(int(place))
    if found is not None:
        return found
    label = int(crowd.label[place])
    return Counter({label: int(crowd.labelled[place])} if label >= 0 else {})


def crowds_of(*tables: pa.Table) -> list[Crowd]:
    """*tables* of rows that all have a hash, each by its hashes; splits and labels have the same numbers in all."""
    splits, labels = (_numbers([table[name] for table in tables]) for name in ("split", "label_name"))
    count = 1 + max((int(part.max(initial=0)) for part in splits), default=0)
    return [_crowd(*parts, count) for parts in zip(tables, splits, labels, strict=True)]


def _numbers(columns: Sequence[pa.ChunkedArray]) -> list[Ints]:
    """Equal texts of *columns* as equal numbers, the empty one as -1."""
    whole = pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string()).combine_chunks()
    encoded = whole.dictionary_encode()
    numbers = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    empty = encoded.dictionary.to_pylist().index("") if "" in encoded.dictionary.to_pylist() else _SEVERAL
    numbers[numbers == empty] = _NONE
    ends = np.cumsum([0, *(len(column) for column in columns)])
    return [numbers[start:end] for start, end in pairwise(ends.tolist())]


def _crowd(rows: pa.Table, splits: Ints, labels: Ints, count: int) -> Crowd:
    hashes, place = np.unique(hashes_of(rows["phash"]), return_inverse=True)
    order = _varied(place, splits, labels)
    starts = np.searchsorted(place[order], np.arange(len(hashes) + 1))
    by_split = np.zeros((len(hashes), count), np.int64)
    np.add.at(by_split, (place, np.maximum(splits, 0)), 1)
    has_label = labels >= 0
    labelled = np.bincount(place[has_label], minlength=len(hashes)).astype(np.int64)
    low = np.full(len(hashes), np.iinfo(np.int64).max)
    high = np.full(len(hashes), _NONE)
    np.minimum.at(low, place[has_label], labels[has_label])
    np.maximum.at(high, place[has_label], labels[has_label])
    label = np.where(labelled > 0, np.where(low == high, high, _SEVERAL), _NONE)
    several: dict[int, Counter[int]] = {}
    mixed = np.flatnonzero(has_label & (label[place] == _SEVERAL))
    for one, number in zip(place[mixed].tolist(), labels[mixed].tolist(), strict=True):
        several.setdefault(one, Counter())[number] += 1
    return Crowd(
        rows.select(["sample_id", "split", "label_name"]), hashes, order, starts, by_split, labelled, label, several
    )


def _varied(place: Ints, splits: Ints, labels: Ints) -> Ints:
    """Rows by their hash; of one hash first one of each split and label, then the second ones, and so on."""
    kinds = np.lexsort((labels, splits, place))
    keys = np.stack([place[kinds], splits[kinds], labels[kinds]])
    begins = np.flatnonzero(np.concatenate([[True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)])[: len(kinds)])
    lengths = np.diff(np.append(begins, len(kinds)))
    number = np.arange(len(kinds)) - np.repeat(begins, lengths)
    return kinds[np.lexsort((number, place[kinds]))]


def hashes_of(column: pa.ChunkedArray) -> Hashes:
    """Hashes of 8 bytes, none of them null, as numbers in big-endian order."""
    return np.frombuffer(b"".join(column.to_pylist()), dtype=">u8").astype(np.uint64)


def comparable(rows: pa.Table) -> pa.Table:
    """Those of *rows* whose ``phash`` is known and has a bit: what has none is the same for black and for white."""
    return rows.filter(pc.fill_null(pc.not_equal(rows["phash"], pa.scalar(bytes(8), pa.binary(8))), False))


def without(rows: pa.Table, others: pa.Table) -> pa.Table:
    """Those of *rows* whose hash, split and label are not those of the row of the same id in *others*."""
    position = pc.index_in(rows["sample_id"], value_set=others["sample_id"].combine_chunks())
    same = pc.is_valid(position)
    for name in ("phash", "split", "label_name"):
        same = pc.and_(same, pc.fill_null(pc.equal(rows[name], others[name].take(position)), False))
    return rows.filter(pc.invert(same))
