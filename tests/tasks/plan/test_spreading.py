"""How many shards a split has: enough for a loader's workers where it has the rows, and no row moves for it."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.columns import LabelledSamples
from tasks.plan import PlanSettings, RefreshPlan, Rows, plan_shards
from tasks.plan.place import LEAST_ROWS
from tasks.plan.shard_plans import ROWS_SCHEMA
from tasks.samples import ShardFile

MOST = 20_000


def samples(train: int, test: int = 0) -> LabelledSamples:
    ids = [f"train/{number}" for number in range(train)] + [f"test/{number}" for number in range(test)]
    empty = pa.array([""] * len(ids), pa.string())
    return pa.table(
        {
            "sample_id": pa.array(ids, pa.string()),
            "fingerprint": pa.array([f"as it was {name}" for name in ids], pa.string()),
            "split": pa.array([name.partition("/")[0] for name in ids], pa.string()),
            "kind": pa.array(["store"] * len(ids), pa.string()),
        }
        | dict.fromkeys(("label_name", "label_path", "kept", "group"), empty)
    )


def built(plan: RefreshPlan, rows: Rows) -> Rows:
    """The rows that are there once *plan* is carried out."""
    files = [rows.files[number] for number in plan.kept]
    tables = [
        rows.table.filter(pa.compute.equal(rows.table["file"], old)).set_column(
            ROWS_SCHEMA.get_field_index("file"),
            ROWS_SCHEMA.field("file"),
            pa.array([new] * files[new].rows, pa.int32()),
        )
        for new, old in enumerate(plan.kept)
    ]
    for shard in plan.shards:
        count = shard.samples.num_rows
        digest = hashlib.sha256("".join(shard.samples["sample_id"].to_pylist()).encode()).hexdigest()[:16]
        columns: dict[str, Any] = {
            "source_fingerprint": shard.samples["fingerprint"],
            "content_sha256": shard.samples["sample_id"],
            "phash": pa.nulls(count, pa.binary(8)),
            "file": pa.array([len(files)] * count, pa.int32()),
            "row": pa.array(range(count), pa.int32()),
        }
        samples: pa.Table = shard.samples
        for name in ROWS_SCHEMA.names:
            columns.setdefault(name, samples[name] if name in samples.column_names else None)
        tables.append(pa.table([columns[name] for name in ROWS_SCHEMA.names], schema=ROWS_SCHEMA))
        files.append(ShardFile(f"_shards/{shard.split}-{digest}.parquet", shard.split, count, count, digest))
    return Rows(tuple(files), pa.concat_tables([ROWS_SCHEMA.empty_table(), *tables]), len(files))


def sizes(rows: Rows, split: str = "train") -> list[int]:
    return sorted(file.rows for file in rows.files if file.split == split)


@pytest.mark.parametrize(
    ("rows", "shards"),
    [
        pytest.param(399, 1, id="too few for two"),
        pytest.param(400, 2, id="two"),
        pytest.param(1000, 5, id="as many as have 200 rows"),
        pytest.param(1600, 8, id="eight"),
        pytest.param(100_000, 8, id="eight large ones"),
        pytest.param(400_000, 20, id="as many as there are rows for"),
    ],
)
def test_a_first_build_has_eight_shards_a_split_where_there_are_rows_for_them(rows: int, shards: int) -> None:
    plan = plan_shards(samples(rows, 300), Rows(), PlanSettings(MOST, 8))

    found = [shard.samples.num_rows for shard in plan.shards if shard.split == "train"]
    assert len(found) == shards
    assert max(found) - min(found) <= 1
    assert [shard.samples.num_rows for shard in plan.shards if shard.split == "test"] == [300]


def test_a_dataset_of_few_large_shards_stays_as_it_is_and_what_is_new_is_put_beside_them() -> None:
    there = built(plan_shards(samples(3000), Rows(), PlanSettings(MOST)), Rows())
    assert sizes(there) == [3000]

    assert plan_shards(samples(3000), there, PlanSettings(MOST, 8)).shards == ()
    plan = plan_shards(samples(3010), there, PlanSettings(MOST, 8))

    assert plan.kept == (0,)
    assert [shard.samples.num_rows for shard in plan.shards] == [10]


def test_a_few_new_rows_a_night_fill_one_shard_and_leave_the_others_alone() -> None:
    rows, total = Rows(), 1600
    for _ in range(6):
        plan = plan_shards(samples(total), rows, PlanSettings(MOST, 8))
        assert not rows.files or [shard.samples.num_rows <= 50 for shard in plan.shards] == [True]
        rows, total = built(plan, rows), total + 10

    assert sizes(rows) == [50, *[200] * 8]


def test_without_more_shards_than_one_a_split_fills_them() -> None:
    plan = plan_shards(samples(3000), Rows(), PlanSettings(1200, 1))

    assert [shard.samples.num_rows for shard in plan.shards] == [1000, 1000, 1000]


@pytest.mark.fuzz
@given(st.lists(st.integers(1, 1500), min_size=1, max_size=3), st.integers(2, 6))
def test_however_a_split_grows_and_shrinks_every_row_is_there_once_and_shards_stay_bounded(
    history: list[int], spread: int
) -> None:
    rows = Rows()
    for total in history:
        plan = plan_shards(samples(total), rows, PlanSettings(MOST, spread))
        before, rows = rows, built(plan, rows)

        assert sorted(rows.table["sample_id"].to_pylist()) == sorted(samples(total)["sample_id"].to_pylist())
        cap = max(2 * LEAST_ROWS, math.ceil(total / spread), *sizes(before), 0)
        assert all(size <= cap for size in sizes(rows))
        assert plan_shards(samples(total), rows, PlanSettings(MOST, spread)).shards == ()
