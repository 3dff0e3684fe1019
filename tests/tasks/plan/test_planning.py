"""What is planned, case by case: what becomes of a row, which shard it goes to, and which shards stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pytest

from tasks.columns import LabelledSamples, RowTable
from tasks.plan import PlanSettings, RefreshPlan, Rows, as_new, choose_by_hash, plan_shards
from tasks.plan.compare import compare
from tasks.plan.shard_plans import JUDGED_SCHEMA, PLAN_FIELDS, ROWS_SCHEMA, as_renewed, hash_keys
from tasks.samples import ShardFile
from tests.tasks.labels.found import samples_of

_ROW: dict[str, Any] = dict.fromkeys(ROWS_SCHEMA.names, "") | {
    "split": "train",
    "phash": None,
    "source_fingerprint": "f",
}
ACTIONS = [item.name for item in PLAN_FIELDS]


def table_of(*files: Sequence[str | Mapping[str, Any]]) -> RowTable:
    """Rows that are there: in each of *files* ids, or rows that say more. An id's bytes are called ``sha of <id>``."""
    rows = []
    for file, members in enumerate(files):
        for place, member in enumerate(members):
            row = {"sample_id": member} if isinstance(member, str) else member
            rows.append(_ROW | {"content_sha256": f"sha of {row['sample_id']}", "file": file, "row": place} | dict(row))
    return pa.Table.from_pylist(rows, schema=ROWS_SCHEMA)


def rows_of(*files: Sequence[str | Mapping[str, Any]], current: int | None = None, **others: Any) -> Rows:
    """*files* in the pool, the first *current* of them of the newest version (all, where it is left out)."""
    table = table_of(*files)
    splits = table["split"].to_pylist()
    starts = [sum(len(members) for members in files[:number]) for number in range(len(files))]
    made = tuple(
        ShardFile(f"_shards/{number}", splits[start] if start < len(splits) else "train", len(members), 1, "")
        for number, (members, start) in enumerate(zip(files, starts, strict=True))
    )
    return Rows(made, table, len(files) if current is None else current, **others)


def today(*rows: str | Mapping[str, Any]) -> LabelledSamples:
    """What the listing shows: ids, or rows that say more, with the fingerprint ``f`` and the split ``train``."""
    full = [{"sample_id": row} if isinstance(row, str) else dict(row) for row in rows]
    samples = samples_of([{"split": "train", "fingerprint": "f", "kind": "store"} | row for row in full])
    return samples.append_column("label_name", pa.array([""] * len(full), pa.string()))


def actions(samples: pa.Table) -> list[tuple[Any, ...]]:
    columns = (samples[name].to_pylist() for name in ACTIONS)
    return list(zip(*columns, strict=True))


def members(plan: RefreshPlan) -> list[list[str]]:
    return [sorted(shard.samples["sample_id"].to_pylist()) for shard in plan.shards]


def test_an_unchanged_row_is_copied_a_changed_one_checked_and_a_new_one_fetched() -> None:
    listing = today("a", {"sample_id": "b", "fingerprint": "g"}, {"sample_id": "c", "fingerprint": ""}, "d")
    made = compare(listing, rows_of(["x", "a"], ["c", "b"]))

    assert actions(made.samples) == [
        ("copy", 0, 1, "", "", ""),
        ("check", 1, 1, "sha of b", "f", ""),
        ("check", 1, 0, "sha of c", "f", ""),
        ("fetch", -1, -1, "", "", ""),
    ]
    assert made.known.tolist() == [True, True, True, False]
    assert made.suspect.tolist() == [False, True, True, False]
    assert made.relabelled.tolist() == [False] * 4
    assert made.missing["sample_id"].to_pylist() == ["x"]
    assert [made.samples.schema.field(name).type for name in ACTIONS] == [item.type for item in PLAN_FIELDS]


def test_with_rehash_no_fingerprint_is_believed_and_what_was_fetched_lately_needs_none() -> None:
    rows = rows_of(["a", "b"], fresh=pa.array(["b"]))
    listing = today("a", {"sample_id": "b", "fingerprint": ""})

    assert [made[0] for made in actions(compare(listing, rows).samples)] == ["copy", "copy"]
    assert [made[0] for made in actions(compare(listing, rows, rehash=True).samples)] == ["check", "check"]


@pytest.mark.parametrize("column", ["label_name", "split", "kept", "label_path"])
def test_a_row_is_relabelled_where_what_is_said_of_it_differs(column: str) -> None:
    there = rows_of([{"sample_id": "a", "label_path": "p", column: "old"}, {"sample_id": "b", "label_path": "p"}])
    listing = today({"sample_id": "a", "label_path": "p"}, {"sample_id": "b", "label_path": "p"}, "c")

    assert compare(listing, there).relabelled.tolist() == [True, False, False]


def test_label_paths_count_only_where_rows_carry_them() -> None:
    listing = today({"sample_id": "a", "label_path": "cat/manx"})

    assert compare(listing, rows_of(["a"])).relabelled.tolist() == [False]


def test_rows_of_runs_that_died_are_copied_where_the_fingerprint_fits_and_else_checked_where_there_is_none() -> None:
    spare = [{"sample_id": name, "source_fingerprint": "g"} for name in ("new", "other", "webby", "changed")]
    rows = rows_of(["kept", {"sample_id": "changed", "source_fingerprint": "old"}], spare, current=1)
    listing = today(
        {"sample_id": "new", "fingerprint": "g"},
        {"sample_id": "other", "fingerprint": "h"},
        {"sample_id": "webby", "fingerprint": ""},
        {"sample_id": "changed", "fingerprint": "g"},
        "kept",
    )

    assert actions(compare(listing, rows).samples) == [
        ("copy", 1, 0, "", "", ""),
        ("fetch", -1, -1, "", "", ""),
        ("adopt", 1, 2, "sha of webby", "g", ""),
        ("copy", 1, 3, "", "", ""),
        ("copy", 0, 0, "", "", ""),
    ]


def test_a_row_without_a_fingerprint_is_checked_against_the_published_one_before_a_spare_one() -> None:
    rows = rows_of(["a"], ["a"], current=1)

    assert actions(compare(today({"sample_id": "a", "fingerprint": ""}), rows).samples)[0][:3] == ("check", 0, 0)


def test_what_was_rejected_for_its_bytes_is_fetched_with_what_is_known_of_them() -> None:
    fields = ("sample_id", "reason", "source_fingerprint", "content_sha256")
    judged = [dict(zip(fields, (name, "truncated", "old", f"sha {name}"), strict=True)) for name in ("b", "a", "n")]
    rows = rows_of(["n"], judged=pa.Table.from_pylist(judged, schema=JUDGED_SCHEMA))
    listing = today("a", "c", "n", {"sample_id": "b"})

    assert actions(compare(listing, rows).samples) == [
        ("fetch", -1, -1, "sha a", "old", "truncated"),
        ("fetch", -1, -1, "", "", ""),
        ("copy", 0, 0, "", "", ""),
        ("fetch", -1, -1, "sha b", "old", "truncated"),
    ]


def test_what_is_made_anew_is_fetched_and_what_is_renewed_knows_its_row() -> None:
    assert actions(as_new(today("a"))) == [("fetch", -1, -1, "", "", "")]
    made = as_renewed(today("b", "a"), table_of(["x", "a"]))

    assert actions(made) == [("fetch", -1, -1, "", "", ""), ("renew", 0, 1, "sha of a", "", "")]
    assert [made.schema.field(name).type for name in ACTIONS] == [item.type for item in PLAN_FIELDS]


def test_samples_are_chosen_by_hash_and_the_same_ones_every_time() -> None:
    names = [f"image-{number}" for number in range(20)]
    ordered = sorted(names, key=lambda name: int(hash_keys(pa.array([name]))[0]))
    chosen = choose_by_hash(today(*names), 5)["sample_id"].to_pylist()

    assert chosen == choose_by_hash(today(*reversed(names)), 5)["sample_id"].to_pylist()
    assert chosen == ordered[:5]
    assert choose_by_hash(today(*names), 20)["sample_id"].to_pylist() == ordered
    assert hash_keys(pa.array([""])).tolist() == [0xE3B0C44298FC1C14]


def plan(listing: LabelledSamples, rows: Rows, cap: int = 4, **settings: Any) -> RefreshPlan:
    return plan_shards(listing, rows, PlanSettings(cap, **settings))


def test_a_shard_that_is_as_it_was_stays_and_one_with_a_suspect_may_stay() -> None:
    rows = rows_of(["a", "b"], ["c", "d"], ["e", "f"])
    made = plan(today("a", "b", {"sample_id": "c", "fingerprint": "g"}, "d", "e"), rows, cap=2)

    assert made.kept == (0,)
    assert [
        (shard.number, shard.base, members_of) for shard, members_of in zip(made.shards, members(made), strict=True)
    ] == [
        (0, 1, ["c", "d"]),
        (1, -1, ["e"]),
    ]
    assert made.states == {"unchanged": 4, "relabelled": 0, "suspect": 1, "new": 0, "missing": 1}
    assert made.missing["sample_id"].to_pylist() == ["f"]


def test_new_rows_fill_a_shard_that_is_rewritten_anyway_then_the_emptiest_other_then_new_ones() -> None:
    rows = rows_of(["a", "b", "gone"], ["c", "d"], ["e"])
    listing = today("a", "b", "c", "d", "e", *[f"new-{number}" for number in range(10)])
    made = plan(listing, rows)

    placed = members(made)
    assert made.kept == (1,)
    assert [len(names) for names in placed] == [4, 4, 2, 3]  # the rewritten one, the emptiest, and new ones alike
    assert {"a", "b"} <= set(placed[0])
    assert "e" in placed[1]
    assert [shard.base for shard in made.shards] == [-1, 2, -1, -1]
    assert made.states["new"] == 10


def test_a_shard_to_which_nothing_was_added_is_kept_and_a_full_one_takes_nothing() -> None:
    made = plan(today("a", "b", "new"), rows_of(["a", "b"]), cap=2)

    assert made.kept == (0,)
    assert members(made) == [["new"]]


def test_rows_go_into_shards_of_their_split() -> None:
    listing = today("a", {"sample_id": "t", "split": "test"}, {"sample_id": "v", "split": "validation"})
    made = plan(listing, rows_of(["a"], [{"sample_id": "u", "split": "test"}]))

    assert made.kept == (0,)
    assert {shard.split: names for shard, names in zip(made.shards, members(made), strict=True)} == {
        "test": ["t"],
        "validation": ["v"],
    }


def test_a_row_whose_split_changed_leaves_its_shard() -> None:
    made = plan(today({"sample_id": "a", "split": "test"}, "b"), rows_of(["a", "b"]))

    assert made.kept == ()
    assert {shard.split: names for shard, names in zip(made.shards, members(made), strict=True)} == {
        "train": ["b"],
        "test": ["a"],
    }
    assert made.states["relabelled"] == 1
    assert made.states["unchanged"] == 1


def test_small_shards_are_merged_where_one_of_them_is_rewritten_anyway() -> None:
    small = rows_of(["a", "gone"], ["b"], ["c"], ["d", "e", "f", "g"])
    assert plan(today(*"abcdefg"), small, cap=4).kept == (3,)
    assert members(plan(today(*"abcdefg"), small, cap=4)) == [["a", "b", "c"]]

    untouched = plan(today(*"abc"), rows_of(["a"], ["b"], ["c"]), cap=4)
    assert untouched.kept == (0, 1, 2)
    half = plan(today(*"abcd"), rows_of(["a", "gone"], ["b", "c"], ["d"]), cap=4)
    assert half.kept == (1,)  # half full is not under half full
    assert members(half) == [["a", "d"]]
    crowded = plan(today(*"abcde"), rows_of(["a", "gone"], ["b", "c"], ["d", "e"]), cap=5)
    assert members(crowded) == [["a", "b", "c", "d", "e"]]
    tight = plan(today(*"abcdef"), rows_of(["a", "f", "gone"], ["b", "c"], ["d", "e"]), cap=5)
    assert sorted(len(names) for names in members(tight)) == [4]


def test_shards_of_a_split_are_merged_though_those_of_another_have_no_room() -> None:
    tests = [{"sample_id": name, "split": "test"} for name in ("p", "q", "r", "s", "t", "u", "lost")]
    drawn = rows_of([*tests[:2], tests[6]], tests[2:4], tests[4:6], ["a", "gone"], ["b"])

    made = plan(today(*tests[:6], "a", "b"), drawn, cap=5)

    assert [(shard.split, names) for shard, names in zip(made.shards, members(made), strict=True)] == [
        ("test", ["p", "q", "r", "s"]),
        ("train", ["a", "b"]),
    ]
    assert made.kept == (2,)


def test_a_shard_is_written_anew_where_a_label_changed_and_looked_through_where_no_fingerprint_is_believed() -> None:
    relabelled = plan(today("a", "b"), rows_of([{"sample_id": "a", "label_name": "cat"}, "b"], ["c"]))
    assert [(shard.base, shard.samples["action"].to_pylist()) for shard in relabelled.shards] == [(-1, ["copy"] * 2)]

    rehashed = plan(today("a", "b"), rows_of(["a", "b"]), rehash=True)
    assert [(shard.base, shard.samples["action"].to_pylist()) for shard in rehashed.shards] == [(0, ["check"] * 2)]
    assert rehashed.kept == ()


def test_everything_is_rewritten_by_copying_where_columns_change() -> None:
    made = plan(today("a", "b"), rows_of(["a"], ["b"]), cap=1, rewrite=True)

    assert made.kept == ()
    assert members(made) == [["a"], ["b"]]
    assert all(action[0] == "copy" for shard in made.shards for action in actions(shard.samples))


def test_pixels_that_are_made_anew_are_spread_evenly_and_in_the_order_of_their_hashes() -> None:
    rows = rows_of(["a", "b", "gone"])
    listing = today(*"abcdefg")
    made = plan(listing, rows, cap=4, reuse=False)

    assert [shard.samples.num_rows for shard in made.shards] == [4, 3]
    for shard in made.shards:
        keys = hash_keys(shard.samples["sample_id"]).tolist()
        assert keys == sorted(keys)
    ends = [hash_keys(shard.samples["sample_id"]).tolist() for shard in made.shards]
    assert ends[0][-1] <= ends[1][0]
    assert made.states == {"new": 7, "missing": 1}
    assert made.missing["sample_id"].to_pylist() == ["gone"]
    assert made.reusable.num_rows == 0
    assert made.kept == ()
    assert all(action[0] == "fetch" for shard in made.shards for action in actions(shard.samples))

    renewed = plan(listing, rows, cap=4, reuse=False, same_pixels=True)
    done = {row["sample_id"]: row["action"] for shard in renewed.shards for row in shard.samples.to_pylist()}
    assert done == dict.fromkeys("cdefg", "fetch") | dict.fromkeys("ab", "renew")


def test_a_shard_of_a_run_that_died_is_taken_over_whole_where_it_is_what_would_be_written() -> None:
    order = sorted("abc", key=lambda name: int(hash_keys(pa.array([name]))[0]))

    def left(**changed: str) -> Rows:
        return rows_of([{"sample_id": name} | (changed if name == order[0] else {}) for name in order], current=0)

    assert plan(today(*order), left()).kept == (0,)
    assert plan(today(*order), left()).shards == ()
    for changed in ({"label_name": "cat"}, {"split": "test"}, {"kept": "{}"}, {"label_path": "x"}):
        assert plan(today(*order), left(**changed)).kept == ()
    assert plan(today(*order, "d"), left()).kept == ()
    assert plan(today(*order[:2]), left()).kept == ()
    assert plan(today(*order), rows_of(order[:1], order[1:], current=0)).kept == ()
    assert plan(today(*order), rows_of(list(reversed(order)), current=0)).kept == ()
    assert plan(today(*order[:2], {"sample_id": order[2], "fingerprint": "g"}), left()).kept == ()
    assert plan(today(*order[:2], {"sample_id": order[2], "fingerprint": ""}), left()).kept == ()  # to be looked at


def test_rows_that_another_image_may_be_copied_from_are_those_missing_carried_spare_or_with_a_twin() -> None:
    rows = rows_of(["a", "b", "gone", "late"], ["spare"], current=1, twins=pa.array(["sha of b"]))
    listing = today("a", "b", {"sample_id": "late", "kind": "carried"})

    assert sorted(plan(listing, rows).reusable["sample_id"].to_pylist()) == ["b", "gone", "late", "spare"]
    assert rows.published["sample_id"].to_pylist() == ["a", "b", "gone", "late"]
    assert rows.spare["sample_id"].to_pylist() == ["spare"]
    assert rows_of(["a"]).spare.num_rows == 0
