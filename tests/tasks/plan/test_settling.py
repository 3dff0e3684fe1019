"""What equal bytes and groups ask for, over random rows; how splits are assigned; what is remembered of rejects."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.columns import RowTable
from tasks.plan import Rows, settle
from tasks.plan.shard_plans import ROWS_SCHEMA
from tasks.publish.memory import Moment, recall, remember
from tasks.publish.state import FAILED_SCHEMA
from tasks.reasons import Reason
from tasks.samples import Rejection, ShardFile, named_image, rejection_row, rejections_table
from tasks.splits import SplitSettings, assign_splits, hash_share

IDS = [f"image-{number}" for number in range(16)]
SPLITS = ["train", "validation", "test"]

row = st.fixed_dictionaries(
    {
        "content": st.integers(0, 6),
        "split": st.sampled_from(SPLITS),
        "group": st.sampled_from(["", "", "a", "b", "c"]),
        "given": st.booleans(),
        "known": st.booleans(),
    }
)
rows_by_id = st.dictionaries(st.sampled_from(IDS), row, max_size=len(IDS))


def as_rows(found: dict[str, dict[str, Any]]) -> RowTable:
    rows = [
        {
            "sample_id": key,
            "split": value["split"],
            "label_name": "",
            "label_path": "",
            "kept": "",
            "source_fingerprint": "",
            "content_sha256": str(value["content"]),
            "file": 0,
            "row": place,
        }
        for place, (key, value) in enumerate(found.items())
    ]
    return pa.Table.from_pylist(rows, schema=ROWS_SCHEMA)


def as_samples(found: dict[str, dict[str, Any]]) -> pa.Table:
    return pa.table(
        {
            "sample_id": pa.array(list(found), pa.string()),
            "group": pa.array([value["group"] for value in found.values()], pa.string()),
            "given": pa.array([value["given"] for value in found.values()], pa.bool_()),
        }
    )


def settled(
    found: dict[str, dict[str, Any]], gone: dict[str, dict[str, Any]], near: dict[str, str] | None = None
) -> Any:
    known = pa.array([key for key, value in found.items() if value["known"]], pa.string())
    built = Rows((ShardFile("", "train", len(found), 0, ""),), as_rows(found), 1)
    return settle(built, as_samples(found), as_rows(gone), known, near)


@pytest.mark.fuzz
@given(rows_by_id)
def test_rows_that_are_tied_end_in_one_split_unless_the_source_says_otherwise(found: dict[str, dict[str, Any]]) -> None:
    result = settled(found, {})
    after = {key: result.splits.get(key, value["split"]) for key, value in found.items()}

    assert all(not found[key]["given"] for key in result.splits)
    ties: dict[Any, set[str]] = defaultdict(set)
    for key, value in found.items():
        if not value["given"]:
            ties["content", value["content"]].add(after[key])
            if value["group"]:
                ties["group", value["group"]].add(after[key])
    assert all(len(splits) == 1 for splits in ties.values())


@pytest.mark.fuzz
@given(rows_by_id, st.dictionaries(st.sampled_from(IDS), st.sampled_from(["x", "y"])))
def test_new_rows_that_look_alike_share_a_split_and_none_that_is_there_moves_for_it(
    found: dict[str, dict[str, Any]], near: dict[str, str]
) -> None:
    plain, together = settled(found, {}), settled(found, {}, near)
    after = {key: together.splits.get(key, value["split"]) for key, value in found.items()}

    assert all(not found[key]["given"] for key in together.splits)
    for key, value in found.items():
        if value["known"]:
            assert together.splits.get(key) == plain.splits.get(key)
    alone = {
        key: value
        for key, value in found.items()
        if not (value["known"] or value["given"] or value["group"])
        and not any(other["content"] == value["content"] for name, other in found.items() if name != key)
    }
    for name in ("x", "y"):
        assert len({after[key] for key in alone if near.get(key) == name}) <= 1
    moved = {key: value | {"split": after[key]} for key, value in found.items()}
    assert not settled(moved, {}, near).splits or any(value["given"] for value in found.values())


def test_a_new_row_goes_where_most_rows_that_look_like_it_are() -> None:
    there = {"group": "", "given": False, "known": True}
    found = {f"old-{number}": there | {"content": number, "split": "test"} for number in range(2)}
    found |= {"old-2": there | {"content": 2, "split": "train"}}
    found |= {name: there | {"content": name, "split": "validation", "known": False} for name in ("new-1", "new-2")}

    result = settled(found, {}, dict.fromkeys(found, "x"))

    assert result.splits == {"new-1": "test", "new-2": "test"}
    assert settled(found, {}).splits == {}


def test_rows_that_move_to_those_of_equal_bytes_count_where_they_will_be() -> None:
    row = {"group": "", "given": False, "known": False}
    found = {
        "new": row | {"content": 0, "split": "train"},
        "old": row | {"content": 1, "split": "train", "known": True},
    }
    found |= {name: row | {"content": 1, "split": "validation"} for name in ("copy-1", "copy-2")}

    result = settled(found, {}, {"old": "x", "new": "x"})

    assert result.splits == {"copy-1": "train", "copy-2": "train"}


@pytest.mark.fuzz
@given(rows_by_id)
def test_settling_twice_changes_nothing_more_and_the_order_does_not_matter(found: dict[str, dict[str, Any]]) -> None:
    first = settled(found, {})
    again = settled(dict(reversed(found.items())), {})
    after = {key: value | {"split": first.splits.get(key, value["split"])} for key, value in found.items()}

    assert (first.splits, first.duplicates) == (again.splits, again.duplicates)
    assert not settled(after, {}).splits


@pytest.mark.fuzz
@given(rows_by_id)
def test_one_row_of_equal_bytes_stands_for_the_others_and_it_is_an_old_one(found: dict[str, dict[str, Any]]) -> None:
    duplicates = settled(found, {}).duplicates
    by_content: dict[int, list[str]] = defaultdict(list)
    for key, value in found.items():
        by_content[value["content"]].append(key)

    for keys in by_content.values():
        left = [key for key in keys if key not in duplicates]
        assert len(left) == 1
        assert {duplicates[key] for key in keys if key in duplicates} <= set(left)
        assert found[left[0]]["known"] or not any(found[key]["known"] for key in keys)


@pytest.mark.fuzz
@given(rows_by_id, st.lists(row, max_size=6))
def test_each_missing_row_is_found_again_at_most_once(
    found: dict[str, dict[str, Any]], gone_rows: list[dict[str, Any]]
) -> None:
    gone = {f"gone-{number}": value for number, value in enumerate(gone_rows)}
    moved = settled(found, gone).moved

    assert len(set(moved.values())) == len(moved)
    for new, old in moved.items():
        assert found[new]["content"] == gone[old]["content"]
        assert not found[new]["known"]
    for content in {value["content"] for value in gone.values()}:
        fresh = sum(value["content"] == content and not value["known"] for value in found.values())
        lost = sum(value["content"] == content for value in gone.values())
        assert sum(found[new]["content"] == content for new in moved) == min(fresh, lost)


ratios = st.lists(st.integers(1, 9), min_size=3, max_size=3).map(
    lambda parts: dict(zip(SPLITS, [part / sum(parts) for part in parts], strict=True))
)


def split_of(found: dict[str, dict[str, Any]], settings: SplitSettings, known: dict[str, str]) -> dict[str, str]:
    samples = pa.table(
        {
            "sample_id": pa.array(list(found), pa.string()),
            "split": pa.array([value["split"] if value["given"] else "" for value in found.values()], pa.string()),
            "group": pa.array([value["group"] for value in found.values()], pa.string()),
        }
    )
    there = pa.table(
        {
            "sample_id": pa.array(list(known), pa.string()),
            "split": pa.array(list(known.values()), pa.string()),
            "content_sha256": pa.array([str(found[key]["content"]) for key in known], pa.string()),
        }
    )
    samples = assign_splits(samples, settings, there).samples
    return dict(zip(samples["sample_id"].to_pylist(), samples["split"].to_pylist(), strict=True))


@pytest.mark.fuzz
@given(rows_by_id, ratios, ratios, st.booleans())
def test_splits_stay_whatever_becomes_of_the_ratios_and_rebalancing_takes_from_train_alone(
    found: dict[str, dict[str, Any]], before: dict[str, float], after: dict[str, float], rebalance: bool
) -> None:
    old = {key: value for key, value in found.items() if value["known"]}
    known = split_of(old, SplitSettings(ratios=before, group_by="g"), {})
    assigned = split_of(found, SplitSettings(ratios=after, group_by="g", rebalance=rebalance), known)

    for key, value in found.items():
        if value["given"]:
            assert assigned[key] == value["split"]
        elif key in known:
            assert assigned[key] == known[key] or (rebalance and known[key] == "train")


@pytest.mark.fuzz
@given(st.sampled_from(IDS), ratios, st.text(max_size=5))
def test_a_new_row_goes_where_its_hash_says(key: str, shares: dict[str, float], salt: str) -> None:
    found = {key: {"content": 1, "split": "", "group": "", "given": False, "known": False}}
    number = int.from_bytes(hashlib.sha256(f"{salt}{key}".encode()).digest()) / 2**256
    bounds = [(split, sum(list(shares.values())[: place + 1])) for place, split in enumerate(shares)]
    expected = next((split for split, bound in bounds if number < bound), "test")

    assert hash_share(key, salt) == number
    assert split_of(found, SplitSettings(ratios=shares, salt=salt), {}) == {key: expected}


@pytest.mark.fuzz
@given(st.lists(st.booleans(), min_size=1, max_size=45), st.sampled_from([0.1, 1.0, 3.0]))
def test_what_fails_is_asked_for_ever_less_often_until_it_is_parked(failing: list[bool], days: float) -> None:
    """A new image that fails on some nights and is listed on all of them, with runs *days* apart."""
    image = named_image("a", location="a.png")
    image |= {"fingerprint": "f"}
    rejects, failed, asked = rejections_table([]), FAILED_SCHEMA.empty_table(), []
    for night, fails in enumerate(failing):
        now = "2026-01-01T00:00:00+00:00" if not night else _after(night * days)
        moment = Moment(f"run-{night}", now, "settings")
        table = pa.table({"sample_id": ["a"], "fingerprint": ["f"]})
        recalled = recall(table, rejects, failed, pa.array([], pa.string()), moment)
        is_asked = recalled.asked.to_pylist() == [True]
        made = [rejection_row(image, Rejection(Reason.TIMEOUT, "late", 1))] if is_asked and fails else []
        found = pa.concat_tables([recalled.rejections, rejections_table(made)])
        rejects, failed = remember(found, pa.table({"sample_id": pa.array([], pa.string())}), failed, rejects, moment)
        asked += [night] if is_asked else []
        assert rejects.num_rows == int(not is_asked or fails)
        if is_asked and not fails:
            return
    if days == 1.0:
        assert asked == [night for night in (0, 1, 2, 4, 8, 16, 32) if night < len(failing)]
    assert rejects["attempts"].to_pylist() == [len(asked)]
    is_old = max(asked) * days >= 30
    assert rejects["reason"].to_pylist() == ["parked" if is_old else "timeout"]


def _after(days: float) -> str:
    from datetime import datetime, timedelta  # noqa: PLC0415

    return (datetime.fromisoformat("2026-01-01T00:00:00+00:00") + timedelta(days=days)).isoformat()
