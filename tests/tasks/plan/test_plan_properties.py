"""The plan's invariants, over random histories: every sample in one place, nothing unchanged decoded, work bounded."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.columns import LabelledSamples
from tasks.plan import PlanSettings, RefreshPlan, Rows, plan_shards, settle
from tasks.plan.shard_plans import ROWS_SCHEMA
from tasks.samples import ShardFile

IDS = [f"image-{number}" for number in range(30)]
SPLITS = ["train", "test"]
CAP = 5


@dataclass
class World:
    """What a source holds: id to (content, label, split)."""

    images: dict[str, tuple[int, str, str]] = field(default_factory=dict)


def samples_of(world: World) -> LabelledSamples:
    rows = sorted(world.images.items())
    return pa.table(
        {
            "sample_id": pa.array([key for key, _ in rows], pa.string()),
            "fingerprint": pa.array([f"fp{content}" for _, (content, _, _) in rows], pa.string()),
            "label_name": pa.array([label for _, (_, label, _) in rows], pa.string()),
            "label_path": pa.array(["" for _ in rows], pa.string()),
            "kept": pa.array(["" for _ in rows], pa.string()),
            "split": pa.array([split for _, (_, _, split) in rows], pa.string()),
            "kind": pa.array(["store" for _ in rows], pa.string()),
            "group": pa.array(["" for _ in rows], pa.string()),
        }
    )


def sha(content: int) -> str:
    return hashlib.sha256(str(content).encode()).hexdigest()


def apply(plan: RefreshPlan, rows: Rows, world: World) -> tuple[Rows, list[str]]:
    """The rows after building *plan*, as a builder would make them; and the ids that were decoded."""
    files: list[ShardFile] = []
    table: list[Mapping[str, object]] = []
    decoded: list[str] = []
    old = rows.table.to_pylist()
    for number in plan.kept:
        members = [row for row in old if row["file"] == number]
        table += [row | {"file": len(files)} for row in members]
        files.append(rows.files[number])
    for shard in plan.shards:
        for place, sample in enumerate(shard.samples.to_pylist()):
            content, label, split = world.images[sample["sample_id"]]
            assert split == shard.split
            if sample["action"] == "copy":
                there = next(
                    row for row in old if (row["file"], row["row"]) == (sample["copy_file"], sample["copy_row"])
                )
                assert there["sample_id"] == sample["sample_id"]
                assert there["content_sha256"] == sha(content)
            elif sample["known_sha256"] != sha(content):
                decoded.append(sample["sample_id"])
            table.append(
                {
                    "sample_id": sample["sample_id"],
                    "split": split,
                    "label_name": label,
                    "label_path": "",
                    "kept": "",
                    "source_fingerprint": f"fp{content}",
                    "content_sha256": sha(content),
                    "file": len(files),
                    "row": place,
                }
            )
        count = shard.samples.num_rows
        files.append(ShardFile(f"_shards/{len(files)}-{id(shard)}", shard.split, count, count, ""))
    made = Rows(tuple(files), pa.Table.from_pylist(table, schema=ROWS_SCHEMA), len(files))
    return made, decoded


image = st.tuples(st.integers(0, 40), st.sampled_from(["cat", "dog"]), st.sampled_from(SPLITS))
worlds = st.dictionaries(st.sampled_from(IDS), image, max_size=len(IDS)).map(World)


@pytest.mark.fuzz
@given(st.lists(worlds, min_size=1, max_size=4))
def test_over_any_history_every_sample_is_in_one_shard_and_only_changes_are_decoded(history: list[World]) -> None:
    rows = Rows()
    before = World()
    for world in history:
        plan = plan_shards(samples_of(world), rows, PlanSettings(CAP))
        after, decoded = apply(plan, rows, world)

        ids = after.table["sample_id"].to_pylist()
        assert sorted(ids) == sorted(world.images)
        changed = {key for key, value in world.images.items() if before.images.get(key, (None,))[0] != value[0]}
        assert set(decoded) == changed
        assert all(file.rows <= CAP for file in after.files)
        assert all(
            len({row["split"] for row in after.table.to_pylist() if row["file"] == n}) == 1
            for n in range(len(after.files))
        )
        rows, before = after, world


@pytest.mark.fuzz
@given(worlds, st.sets(st.sampled_from(IDS), max_size=3))
def test_the_work_is_bounded_by_the_changes(world: World, changed: set[str]) -> None:
    rows, _ = apply(plan_shards(samples_of(world), Rows(), PlanSettings(CAP)), Rows(), world)
    present = changed & world.images.keys()
    after = World(world.images | {key: (99, *world.images[key][1:]) for key in present})

    plan = plan_shards(samples_of(after), rows, PlanSettings(CAP))

    assert len(plan.shards) <= len(present)
    assert len(plan.kept) >= len(rows.files) - len(present)


@pytest.mark.fuzz
@given(worlds)
def test_the_same_again_keeps_every_shard(world: World) -> None:
    rows, _ = apply(plan_shards(samples_of(world), Rows(), PlanSettings(CAP)), Rows(), world)

    plan = plan_shards(samples_of(world), rows, PlanSettings(CAP))

    assert plan.shards == ()
    assert sorted(plan.kept) == list(range(len(rows.files)))


@pytest.mark.fuzz
@given(worlds)
def test_a_first_build_fills_its_shards_evenly(world: World) -> None:
    plan = plan_shards(samples_of(world), Rows(), PlanSettings(CAP))

    for split in SPLITS:
        sizes = [shard.samples.num_rows for shard in plan.shards if shard.split == split]
        total = sum(split == image[2] for image in world.images.values())
        assert len(sizes) == math.ceil(total / CAP)
        assert not sizes or max(sizes) - min(sizes) <= 1


@pytest.mark.fuzz
@given(worlds, st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS)))
def test_settling_leaves_no_equal_bytes_in_two_assigned_splits(
    world: World, given_ids: set[str], known: set[str]
) -> None:
    rows, _ = apply(plan_shards(samples_of(world), Rows(), PlanSettings(CAP)), Rows(), world)
    samples = samples_of(world)
    given_ones = pa.array([key in given_ids for key in samples["sample_id"].to_pylist()], pa.bool_())
    settled = settle(
        rows,
        samples.append_column("given", given_ones),
        ROWS_SCHEMA.empty_table(),
        pa.array(sorted(known), pa.string()),
    )

    assert not settled.splits.keys() & given_ids
    by_content: dict[int, set[str]] = {}
    for key, (content, _, split) in world.images.items():
        if key not in given_ids:
            by_content.setdefault(content, set()).add(settled.splits.get(key, split))
    assert all(len(splits) == 1 for splits in by_content.values())
