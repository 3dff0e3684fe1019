"""How rows are split: the source first, then where a row is, then by the hash of its id alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tasks.columns import KnownSplits
from tasks.splits import Assigned, SplitSettings, assign_splits, hash_share, split_for
from tests.tasks.labels.found import samples_of

THIRDS = {"train": 0.5, "validation": 0.3, "test": 0.2}


def rows_at(*rows: tuple[str, str, str]) -> KnownSplits:
    """What is there: id, split and content of each row."""
    names = ("sample_id", "split", "content_sha256")
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    return pa.table({name: pa.array(values, pa.string()) for name, values in zip(names, columns, strict=True)})


def assign(rows: Sequence[Mapping[str, Any]], known: KnownSplits | None = None, **keys: Any) -> Assigned:
    settings = SplitSettings.model_validate(keys)
    return assign_splits(samples_of(rows), settings, rows_at() if known is None else known)


def splits(made: Assigned) -> list[str]:
    values: list[str] = made.samples["split"].to_pylist()
    return values


def ids_of(share: tuple[float, float], count: int) -> list[str]:
    """The first *count* ids whose hash lies within *share*."""
    named = (f"id-{number}" for number in range(100_000))
    within = (name for name in named if share[0] <= hash_share(name, "") < share[1])
    return [next(within) for _ in range(count)]


@given(st.text(max_size=20), st.text(max_size=5))
def test_a_split_depends_on_id_and_salt_alone(name: str, salt: str) -> None:
    (alone,) = splits(assign([{"sample_id": name}], ratios=THIRDS, salt=salt))
    several = splits(assign([{"sample_id": "other"}, {"sample_id": name}], ratios=THIRDS, salt=salt))

    share = hash_share(name, salt)
    assert 0 <= share < 1
    assert alone == several[1] == ("train" if share < 0.5 else "validation" if share < 0.8 else "test")


def test_the_share_is_that_of_sha256_which_later_versions_must_not_change() -> None:
    assert hash_share("cat/1.jpg", "pets") == pytest.approx(0.11848496, abs=1e-8)
    assert hash_share("", "") == pytest.approx(0xE3B0C442 / 2**32, abs=1e-9)
    assert hash_share("\udcff", "") != hash_share("\udcfe", "")  # a name that is no UTF-8


def test_shares_are_what_the_ratios_say() -> None:
    counts = Counter(splits(assign([{"sample_id": f"image-{number}"} for number in range(4000)], ratios=THIRDS)))

    for split, share in THIRDS.items():
        assert abs(counts[split] / 4000 - share) < 0.03


def test_the_last_split_takes_what_rounding_leaves_over_and_a_bound_belongs_to_the_next() -> None:
    share = hash_share("a", "")

    assert split_for("a", "", [("train", share / 4), ("test", share / 2)]) == "test"
    assert split_for("a", "", [("train", share), ("test", 1.0)]) == "test"
    assert split_for("a", "", [("train", share + 1e-9), ("test", 1.0)]) == "train"
    assert split_for("a", "", []) == "train"


def test_without_ratios_every_row_goes_to_train() -> None:
    assert splits(assign([{}, {"split": "test"}])) == ["train", "test"]


def test_the_source_comes_first_then_where_the_row_is() -> None:
    known = rows_at(("2.png", "validation", "b"), ("1.png", "train", "a"))
    made = assign([{"split": "test"}, {}, {}], known, ratios={"train": 0.0, "test": 1.0})

    assert splits(made) == ["test", "validation", "test"]
    assert made.given.to_pylist() == [True, False, False]
    assert made.rebalanced == {}
    assert made.samples.schema == samples_of([]).schema


def test_a_new_row_goes_where_its_group_is_else_all_of_it_by_the_hash_of_the_group() -> None:
    known = rows_at(("1.png", "test", "a"))
    rows = [{"group": "patient-1"}, {"group": "patient-1"}, *[{"group": "patient-2"}] * 5, {"group": ""}]
    made = splits(assign(rows, known, ratios=THIRDS, group_by="patient"))

    bounds = [("train", 0.5), ("validation", 0.8), ("test", 1.0)]
    assert made[:2] == ["test", "test"]
    assert set(made[2:7]) == {split_for("patient-2", "", bounds)}
    assert made[7] == split_for("8.png", "", bounds)


def test_rows_of_a_group_that_the_source_splits_pull_nobody_along() -> None:
    made = splits(assign([{"group": "g", "split": "holdout"}, {"group": "g"}], ratios={"train": 1.0}, group_by="g"))

    assert made == ["holdout", "train"]


def test_of_a_group_in_two_splits_the_row_of_the_first_id_counts() -> None:
    known = rows_at(("b", "test", "1"), ("a", "validation", "2"), ("c", "train", "3"))
    rows = [{"sample_id": name, "group": "g"} for name in ("b", "new", "c", "a")]

    assert splits(assign(rows, known, ratios={"train": 1.0}, group_by="g"))[1] == "validation"


def test_rows_that_are_there_stay_unless_rebalancing_is_asked_for() -> None:
    known = rows_at(*[(f"{number}.png", "train", str(number)) for number in range(1, 41)])
    rows: list[dict[str, Any]] = [{}] * 40
    kept = assign(rows, known, ratios=THIRDS)
    moved = assign(rows, known, ratios=THIRDS, rebalance=True)

    assert set(splits(kept)) == {"train"}
    assert kept.rebalanced == {}
    assert moved.rebalanced == {name: splits(moved).count(name) for name in ("validation", "test")}
    assert Counter(splits(moved)).keys() == THIRDS.keys()
    for name, split in zip(moved.samples["sample_id"].to_pylist(), splits(moved), strict=True):
        assert split == "train" or hash_share(name, "") >= 0.5


def test_splits_are_drawn_anew_for_rows_that_are_there_only_where_they_are_tied_to_others() -> None:
    first = ids_of((0.0, 0.4), 3)  # of train
    other = ids_of((0.9, 1.0), 3)  # of test
    rows = [{"sample_id": name} for name in (*first, *other)]
    known = rows_at(*[(name, "train", name) for name in first], *[(name, "test", name) for name in other])
    alike = {first[0]: "a", other[0]: "a", first[1]: "b", other[1]: "b"}

    made = assign_splits(samples_of(rows), SplitSettings(ratios=THIRDS), known, alike)

    where = dict(zip((*first, *other), splits(made), strict=True))
    pairs = ((first[0], other[0]), (first[1], other[1]))
    for pair in pairs:
        assert {where[name] for name in pair} == {"train" if min(pair) in first else "test"}
    assert (where[first[2]], where[other[2]]) == ("train", "test")
    assert made.resplit == Counter("train → test" if min(pair) in other else "test → train" for pair in pairs)


def test_drawn_anew_a_group_and_equal_bytes_stay_together_and_the_sources_splits_are_left() -> None:
    known = rows_at(
        ("a", "train", "1"), ("b", "test", "2"), ("c", "test", "1"), ("d", "holdout", "3"), ("e", "train", "4")
    )
    rows = [{"sample_id": "a", "group": "g"}, {"sample_id": "b", "group": "g"}, {"sample_id": "c"}]
    rows += [{"sample_id": "d", "split": "holdout"}, {"sample_id": "e"}, {"sample_id": "new"}]

    made = assign_splits(
        samples_of(rows), SplitSettings(ratios=THIRDS, group_by="x"), known, {"d": "near", "e": "near"}
    )

    together = split_for("g", "", [("train", 0.5), ("validation", 0.8), ("test", 1.0)])
    assert splits(made)[:5] == [together] * 3 + ["holdout", "holdout"]
    assert made.given.to_pylist() == [False, False, False, True, False, False]
    moved = [f"{was} → {together}" for was in ("train", "test", "test") if was != together]
    assert made.resplit == Counter([*moved, "train → holdout"])  # nothing is told of "d", whose split the source gives
    assert splits(made)[5] == split_for("new", "", [("train", 0.5), ("validation", 0.8), ("test", 1.0)])


def test_drawn_anew_a_row_goes_where_the_source_has_most_of_those_that_it_is_tied_to_or_to_the_first_name() -> None:
    given = {"a": "train", "b": "test", "c": "test", "d": "", "e": "train", "f": "test", "g": ""}
    rows = [{"sample_id": name, "split": split} for name, split in given.items()]
    known = rows_at(*((name, "validation", name) for name in given))

    made = assign_splits(
        samples_of(rows),
        SplitSettings(ratios=THIRDS),
        known,
        {name: "first" if name <= "d" else "second" for name in given},
    )

    assert splits(made) == ["train", "test", "test", "test", "train", "test", "test"]


def test_a_larger_share_later_only_adds_to_what_left_train() -> None:
    names = [f"{number}.png" for number in range(1, 61)]
    there = ["train"] * 60
    for share in (0.2, 0.5, 0.3):
        known = rows_at(*zip(names, there, names, strict=True))
        after = splits(assign([{}] * 60, known, ratios={"train": 1 - share, "test": share}, rebalance=True))
        assert all(new == "test" for old, new in zip(there, after, strict=True) if old == "test")
        assert there.count("test") <= after.count("test") <= 30
        assert (after.count("test") > there.count("test")) == (share != 0.3)
        there = after


def test_rebalancing_takes_from_train_alone_and_goes_where_most_is_lacking() -> None:
    names = ids_of((0.9, 1.0), 10)
    known = rows_at(*[(name, "train", name) for name in names[:8]], *[(name, "test", name) for name in names[8:]])
    made = assign(
        [{"sample_id": name} for name in names],
        known,
        ratios={"train": 0.5, "test": 0.2, "validation": 0.3},
        rebalance=True,
    )

    assert Counter(splits(made)) == {"train": 5, "test": 2, "validation": 3}
    assert splits(made)[8:] == ["test", "test"]
    assert made.rebalanced == {"validation": 3}


def test_of_two_splits_that_lack_alike_the_later_name_is_filled_first_by_the_lowest_hash() -> None:
    names = ids_of((0.5, 1.0), 4)
    known = rows_at(*[(name, "train", name) for name in names])
    made = assign(
        [{"sample_id": name} for name in names], known, ratios={"train": 0.5, "a": 0.25, "b": 0.25}, rebalance=True
    )

    lowest = sorted(names, key=lambda name: hash_share(name, ""))
    found = dict(zip(names, splits(made), strict=True))
    assert [found[name] for name in lowest] == ["b", "a", "train", "train"]


def test_nothing_moves_without_a_share_for_train_or_with_no_other_split() -> None:
    known = rows_at(("1.png", "train", "a"), ("2.png", "train", "b"))

    for ratios in ({"test": 1.0}, {"train": 1.0}, {}):
        assert assign([{}, {}], known, ratios=ratios, rebalance=True).rebalanced == {}


def test_groups_and_equal_bytes_leave_train_together_or_not_at_all() -> None:
    high = ids_of((0.6, 1.0), 6)
    rows = [{"sample_id": name, "group": "g" if place < 2 else ""} for place, name in enumerate(high)]
    contents = ["1", "2", "same", "same", "split", "split"]
    places = ["train"] * 5 + ["test"]
    known = rows_at(*zip(high, places, contents, strict=True))
    made = splits(assign(rows, known, ratios={"train": 0.0, "test": 1.0}, rebalance=True))

    assert made[0] == made[1]
    assert made[2] == made[3] == "test"
    assert made[4:] == ["train", "test"]  # bytes that stand in two splits already are left where they are


def test_a_unit_is_taken_by_the_hash_of_its_group_or_of_its_first_id() -> None:
    low, high = ids_of((0.0, 0.4), 1), ids_of((0.6, 1.0), 3)
    one = sorted([low[0], high[0]])
    known = rows_at(*[(name, "train", "same") for name in one], *[(name, "train", name) for name in high[1:]])
    rows = [{"sample_id": name} for name in [*one, *high[1:]]]
    made = splits(assign(rows, known, ratios={"train": 0.5, "test": 0.5}, rebalance=True))

    assert made[:2] == (["train"] * 2 if one[0] == low[0] else ["test"] * 2)


def test_a_unit_that_is_twice_too_large_for_what_is_lacking_stays() -> None:
    names = ids_of((0.5, 1.0), 10)
    known = rows_at(*[(name, "train", "same" if place < 5 else name) for place, name in enumerate(names)])
    made = assign([{"sample_id": name} for name in names], known, ratios={"train": 0.8, "test": 0.2}, rebalance=True)

    assert splits(made)[:5] == ["train"] * 5  # five at once, where two are lacking
    assert made.rebalanced == {"test": 2}
    exactly = assign(
        [{"sample_id": name} for name in names[:5]],
        rows_at(*[(name, "train", "same" if place < 4 else name) for place, name in enumerate(names[:5])]),
        ratios={"train": 0.6, "test": 0.4},
        rebalance=True,
    )
    assert exactly.rebalanced in ({"test": 4}, {"test": 1})


def test_ratios_that_make_no_whole_are_refused_with_their_sum() -> None:
    with pytest.raises(ValidationError, match=r"the ratios add up to 1\.1, not to 1"):
        SplitSettings(ratios={"train": 0.9, "test": 0.2})
    assert SplitSettings(ratios={"train": 0.1, "test": 0.2, "validation": 0.7}).ratios
    assert SplitSettings(files={"test": "list.txt"}).files == {"test": ("list.txt",)}
    assert SplitSettings(files={"test": ("a.txt", "b.txt")}).files == {"test": ("a.txt", "b.txt")}
