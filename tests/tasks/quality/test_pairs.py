"""Near duplicates: no pair missed, none made up, and nights come to what a look at everything comes to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.quality import near, pairs
from tasks.quality.crowd import Counts
from tasks.quality.near import MIRRORED, near_pairs
from tasks.quality.pairs import NearRows, find_near
from tasks.quality.settings import QualitySettings

Row = tuple[str, int | None, str, str]
SEEDS = [0, 0x0123_4567_89AB_CDEF, 0xFFFF_0000_FFFF_0000, 0x5555_5555_5555_5555]

bits = st.lists(st.integers(0, 63), max_size=7)
hashes = st.builds(lambda seed, turned: seed ^ sum({1 << bit for bit in turned}), st.sampled_from(SEEDS), bits)
values = st.tuples(
    st.one_of(hashes, hashes, hashes, st.none()),
    st.sampled_from(["train", "test"]),
    st.sampled_from(["cat", "dog", ""]),
)


def table(rows: Sequence[Row]) -> pa.Table:
    names = ("sample_id", "phash", "split", "label_name")
    columns: list[Any] = [[row[place] for row in rows] for place in range(4)]
    columns[1] = [None if value is None else value.to_bytes(8) for value in columns[1]]
    types = (pa.string(), pa.binary(8), pa.string(), pa.string())
    return pa.table({name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=True)})


def apart(one: int, other: int, *, mirrored: bool) -> int:
    straight = (one ^ other).bit_count()
    return min(straight, (one ^ other ^ int(MIRRORED)).bit_count()) if mirrored else straight


def by_brute_force(rows: Sequence[Row], asked: QualitySettings) -> dict[tuple[str, str], tuple[int, bool, bool]]:
    found = {}
    for one, other in combinations(sorted(row for row in rows if row[1]), 2):
        assert one[1]
        assert other[1]
        distance = apart(one[1], other[1], mirrored=asked.mirrored)
        if distance <= asked.distance:
            is_suspect = bool(one[3] and other[3] and one[3] != other[3])
            found[one[0], other[0]] = (distance, one[2] != other[2], is_suspect)
    return found


def as_found(result: NearRows) -> dict[tuple[str, str], tuple[int, bool, bool]]:
    columns = ("distance", "is_leak", "is_suspect")
    rows = result.pairs.to_pylist()
    assert len({(row["sample_id"], row["other_id"]) for row in rows}) == len(rows)
    return {(row["sample_id"], row["other_id"]): tuple(row[name] for name in columns) for row in rows}


def counts_of(found: dict[tuple[str, str], tuple[int, bool, bool]]) -> Counts:
    return Counts(len(found), *(sum(pair[place] for pair in found.values()) for place in (1, 2)))


def test_images_without_anything_to_compare_are_in_no_pair_and_are_counted() -> None:
    rows: list[Row] = [("black", 0, "train", "cat"), ("white", 0, "test", "dog"), ("faint", 1, "train", "cat")]

    found = find_near(table([*rows, ("unknown", None, "test", "cat")]), QualitySettings())

    assert (found.counts.pairs, found.even, found.unknown) == (0, 2, 1)
    later = find_near(table([*rows, ("grey", 0, "test", "cat")]), QualitySettings(), found, table(rows))
    assert (later.counts.pairs, later.even, later.unknown) == (0, 3, 0)


asked_for = st.builds(QualitySettings, distance=st.sampled_from([0, 3, 6, 10, 13]), mirrored=st.booleans())


@pytest.fixture(params=["all held against all", "by quarters"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(near, "_FEW", 1 << 22 if request.param == "all held against all" else 0)
    monkeypatch.setattr(near, "_AT_ONCE", 50)
    monkeypatch.setattr(near, "_LOOKED_UP", 30)
    return str(request.param)


@settings(max_examples=40, deadline=None)
@given(first=st.lists(values, max_size=24), second=st.lists(values, max_size=24), asked=asked_for)
@pytest.mark.usefixtures("way")
def test_every_pair_is_found_in_the_first_night_and_in_each_after(
    first: list[tuple[int | None, str, str]], second: list[tuple[int | None, str, str]], asked: QualitySettings
) -> None:
    before: list[Row] = [(f"{number:02}", *row) for number, row in enumerate(first)]
    kept = before[: len(before) * 3 // 4]
    after: list[Row] = [*kept, *((f"{len(kept) + number:02}", *row) for number, row in enumerate(second[:4]))]

    known = find_near(table(before), asked)
    found = find_near(table(after), asked, known, table(before))

    for rows, result in ((before, known), (after, found)):
        expected = by_brute_force(rows, asked)
        assert as_found(result) == expected
        assert result.counts == counts_of(expected)
        assert result.unknown == sum(row[1] is None for row in rows)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("mirrored", [False, True])
def test_two_lists_are_held_against_each_other(mirrored: bool) -> None:
    random = np.random.default_rng(4)
    one = np.unique(random.integers(0, 2**63, 40, np.uint64))
    turned = [np.uint64(1 << bit) for bit in range(0, 64, 7)]
    other = np.unique(np.concatenate([one ^ bit for bit in turned] + [one ^ MIRRORED, one[:9]]))

    found = {
        (int(one[left]), int(other[right])): int(distance)
        for block in near_pairs(one, other, 10, mirrored=mirrored)
        for left, right, distance in zip(*block, strict=True)
    }
    every = {(int(a), int(b)): apart(int(a), int(b), mirrored=mirrored) for a in one for b in other}

    assert found == {pair: distance for pair, distance in every.items() if distance <= 10}


def test_ten_thousand_images_of_one_placeholder_are_counted_and_few_of_their_pairs_listed() -> None:
    rows: list[Row] = [(f"{n:05}", 77, "test" if n % 10 == 0 else "train", f"class {n % 7}") for n in range(10_000)]
    settings_of_test = QualitySettings()

    found = find_near(table(rows), settings_of_test)

    assert found.counts.pairs == 10_000 * 9_999 // 2
    assert found.counts.leaks == 1_000 * 9_000
    sizes = [sum(n % 7 == rest for n in range(10_000)) for rest in range(7)]
    assert found.counts.suspects == (10_000**2 - sum(size**2 for size in sizes)) // 2
    assert 0 < found.pairs.num_rows <= pairs.LISTED
    assert found.pairs["is_leak"][0].as_py()
    assert not found.is_whole

    fewer = find_near(table(rows[:-1]), settings_of_test, found, table(rows))
    assert fewer.counts.pairs == 9_999 * 9_998 // 2
    assert fewer.counts.leaks == 1_000 * 8_999


def test_counts_stay_exact_over_nights_where_not_all_pairs_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "LISTED", 20)
    random = np.random.default_rng(7)
    rows: list[Row] = []
    asked = QualitySettings()
    known, before = None, None
    for night in range(12):
        rows = [row for row in rows if random.random() > 0.1]
        for number in range(4):
            value = SEEDS[int(random.integers(0, 2))] ^ (1 << int(random.integers(0, 4)))
            rows.append((f"{night:02}-{number}", value, ["train", "test"][number % 2], ["cat", "dog"][night % 2]))
        known = find_near(table(rows), asked, known, before)
        before = table(rows)

        assert known.counts == counts_of(by_brute_force(rows, asked))
        assert known.pairs.num_rows == min(20, known.counts.pairs) or not known.is_whole


def test_rows_of_numbers_have_no_suspects_and_nothing_has_no_pairs() -> None:
    rows: list[Row] = [("1", 5, "train", ""), ("2", 5, "test", "")]

    assert find_near(table(rows), QualitySettings()).counts == Counts(1, 1, 0)
    assert find_near(table([]), QualitySettings()).counts == Counts()
    assert find_near(table([("1", None, "train", "cat")]), QualitySettings()).unknown == 1


def test_a_new_label_or_split_is_counted_anew() -> None:
    rows: list[Row] = [(str(number), number, "train", "cat") for number in range(1, 9)]
    known = find_near(table(rows), QualitySettings())
    changed = [(rows[0][0], rows[0][1], "test", "dog"), *rows[1:]]

    found = find_near(table(changed), QualitySettings(), known, table(rows))

    assert (known.counts, found.counts) == (Counts(28, 0, 0), Counts(28, 7, 7))
    assert {row["other_label_name"] for row in found.pairs.slice(0, 7).to_pylist()} == {"cat"}
