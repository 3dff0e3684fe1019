"""All pairs of hashes that differ in few bits: exactly those, found by looking at few of the others.

Of two hashes that differ in 10 of 64 bits, one quarter of the bits differs in 2 at most. So each hash is looked up by
its four quarters, with up to 2 bits turned over, and held against those alone that have such a quarter.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import combinations

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

MIRRORED = np.uint64(0x5555_5555_5555_5555)
"""The bits of a hash that mirroring its image from left to right turns over."""

_QUARTERS = 4
_BITS = 16
_FEW = 1 << 22  # so many pairs are all looked at
_AT_ONCE = 1 << 20
_LOOKED_UP = 1 << 18
_EVERY_FOURTH = 0x1111_1111_1111_1111

Pairs = tuple[Ints, Ints, npt.NDArray[np.uint8]]
"""Places in the one and in the other list, and in how many bits each two differ."""


def near_pairs(one: Hashes, other: Hashes | None, distance: int, *, mirrored: bool = False) -> Iterator[Pairs]:
    """All pairs within *distance*, each once, some at a time.

    Args:
        one: Distinct hashes.
        other: Distinct ones that they are held against; None for *one* itself, in which a hash is no pair of itself.
        distance: In so many bits two may differ.
        mirrored: A hash is also held against those of mirrored images; the lesser of both distances counts.
    """
    against = one if other is None else other
    for left, right, apart in _found(one, other, distance):
        turned = np.bitwise_count(one[left] ^ against[right] ^ MIRRORED) if mirrored else apart
        yield left, right, np.minimum(apart, turned)
    if mirrored:
        yield from _mirrored_alone(one, against, distance, is_itself=other is None)


def _mirrored_alone(one: Hashes, other: Hashes, distance: int, *, is_itself: bool) -> Iterator[Pairs]:
    """The pairs that are near only where one of both is mirrored."""
    for left, right, apart in _found(one ^ MIRRORED, other, distance):
        new = np.bitwise_count(one[left] ^ other[right]) > distance
        if is_itself:
            new &= left < right
        yield left[new], right[new], apart[new]


def _found(one: Hashes, other: Hashes | None, distance: int) -> Iterator[Pairs]:
    size = len(one) * len(one if other is None else other)
    if not size:
        return
    if size <= _FEW or distance >= _QUARTERS * _BITS // 2:
        yield from _all_held(one, other, distance)
        return
    for quarter in range(_QUARTERS):
        yield from _by_quarter(one, other, distance, quarter)


def _all_held(one: Hashes, other: Hashes | None, distance: int) -> Iterator[Pairs]:
    """The pairs, by holding each hash against each."""
    against = one if other is None else other
    step = max(1, _AT_ONCE // len(against))
    for first in range(0, len(one), step):
        counts = np.bitwise_count(one[first : first + step, np.newaxis] ^ against)
        left, right = np.nonzero(counts <= distance)
        apart = counts[left, right]
        left = left + first
        chosen = slice(None) if other is not None else left < right
        yield left[chosen], right[chosen], apart[chosen]


def _by_quarter(one: Hashes, other: Hashes | None, distance: int, quarter: int) -> Iterator[Pairs]:
    """The pairs that agree well enough in *quarter*, and in none before it."""
    radius = distance // _QUARTERS
    keys = _keys(one, quarter)
    order = np.argsort(keys, kind="stable")
    if other is None:
        sorted_keys, places, values = keys[order], order, one[order]
    else:
        there = _keys(other, quarter)
        places = np.argsort(there, kind="stable")
        sorted_keys, values = there[places], other[places]
    starts = np.searchsorted(sorted_keys, np.arange((1 << _BITS) + 1))
    for low, high, asked in _lookups(keys[order], starts, radius, is_itself=other is None):
        for rows, at in _spread_out(low, high, asked):
            differ = one[order[rows]] ^ values[at]
            near = np.flatnonzero(np.bitwise_count(differ) <= distance)
            differ = differ[near]
            for before in range(quarter):
                new = np.bitwise_count(differ & np.uint64(_EVERY_FOURTH << before)) > radius
                near, differ = near[new], differ[new]
            left, right = order[rows[near]], places[at[near]]
            if other is None:
                left, right = np.minimum(left, right), np.maximum(left, right)
            yield left, right, np.bitwise_count(differ)


def _keys(hashes: Hashes, quarter: int) -> Ints:
    """Every fourth bit of *hashes*, from *quarter* on, as numbers of 16 bits."""
    keys = np.zeros(len(hashes), np.uint64)
    for bit in range(_BITS):
        keys |= (hashes >> np.uint64(_QUARTERS * bit + quarter) & np.uint64(1)) << np.uint64(bit)
    return keys.astype(np.int64)


@cache
def _masks(radius: int) -> Ints:
    """All numbers of 16 bits of which up to *radius* are set, 0 first."""
    chosen = (bits for count in range(radius + 1) for bits in combinations(range(_BITS), count))
    return np.array([sum(1 << bit for bit in bits) for bits in chosen], np.int64)


def _lookups(keys: Ints, starts: Ints, radius: int, *, is_itself: bool) -> Iterator[tuple[Ints, Ints, Ints]]:
    """From where to where those lie that each of *keys*, sorted, is held against, and its place.

    Where they are held against themselves, each two are met once: of two keys by the lower one.
    """
    masks = _masks(radius)
    some = max(1, _LOOKED_UP // min(len(keys), _LOOKED_UP))
    for first in range(0, len(keys), _LOOKED_UP):
        here = np.arange(first, min(first + _LOOKED_UP, len(keys)))
        for group in range(0, len(masks), some):
            asked = np.repeat(here, len(masks[group : group + some]))
            own = keys[asked]
            wanted = own ^ np.tile(masks[group : group + some], len(here))
            low, high = starts[wanted], starts[wanted + 1]
            if is_itself:
                low = np.where(wanted == own, asked + 1, low)
                high = np.where(wanted < own, low, high)
            filled = high > low
            yield low[filled], high[filled], asked[filled]


def _spread_out(low: Ints, high: Ints, asked: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Each of *asked* beside each place from *low* to *high* of it, so many at once as memory should hold."""
    counts = high - low
    ends = np.cumsum(counts)
    done = first = 0
    while first < len(counts):
        last = max(first + 1, int(np.searchsorted(ends, done + _AT_ONCE, side="right")))
        total = int(ends[last - 1]) - done
        starts = low[first:last] - (ends[first:last] - counts[first:last] - done)
        yield np.repeat(asked[first:last], counts[first:last]), np.repeat(starts, counts[first:last]) + np.arange(total)
        done, first = int(ends[last - 1]), last
