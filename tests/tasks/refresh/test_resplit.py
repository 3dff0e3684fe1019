"""Rows that look alike and lie in two splits stay there until a run is asked to draw the splits anew."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from tasks.publish.versions import version_files
from tasks.refresh.forecast import forecast
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere
from tests.tasks.refresh.test_near_rows import dataset, near, night, put, store_of


def test_rows_that_are_there_move_together_only_once_they_are_asked_to(tmp_path: Path) -> None:
    for number in range(12):
        put(tmp_path, f"cat/{number}", number)
        put(tmp_path, f"cat/{number}-again", number, quality=50)
    source = {"path": str(tmp_path / "pets"), "layout": "class_folders"}
    ratios = {"ratios": {"train": 0.5, "test": 0.5}, "salt": "2"}
    before = near(night(tmp_path, source=source, splits=ratios))
    assert before[1]

    asked = ratios | {"keep_together": "near_duplicates"}
    assert near(night(tmp_path, source=source, splits=asked)) == before  # nothing moves by itself
    moving = dataset(tmp_path, source=source, splits=asked)
    moves = forecast(moving, RefreshOptions(resplit=True))["resplit"] or {}
    assert forecast(moving, RefreshOptions())["resplit"] is None
    assert 0 < sum(moves.values()) <= before[1]

    moved = refresh(moving, RefreshOptions(processes=1, resplit=True), StepsHere())

    assert (moved.outcome, near(moved)) == ("published", (before[0], 0, 0))
    assert moved.account.images_fetched == 0
    count = sum(moves.values())
    assert f"{count} put into another split" in moved.reason
    assert any(line.startswith("splits drawn anew: ") for line in moved.breakdown.drift)
    assert forecast(moving, RefreshOptions(resplit=True))["resplit"] == {}
    assert night(tmp_path, source=source, splits=asked).outcome == "unchanged"


def test_a_row_whose_image_is_no_longer_listed_stays_and_those_that_look_like_it_come(tmp_path: Path) -> None:
    for number in range(12):
        put(tmp_path, f"cat/{number}", number)
        put(tmp_path, f"cat/{number}-again", number, quality=50)
    source = {"path": str(tmp_path / "pets"), "layout": "class_folders", "delete_after": 5}
    splits = {"ratios": {"train": 0.5, "test": 0.5}, "salt": "2"}
    night(tmp_path, source=source, splits=splits)
    before = split_of_rows(tmp_path)
    apart = [
        f"cat/{number}" for number in range(12) if before[f"cat/{number}.jpg"] != before[f"cat/{number}-again.jpg"]
    ]
    carried = [f"{name}-again.jpg" for name in apart]
    for name in carried:
        (tmp_path / "pets" / name).unlink()

    asked = dataset(tmp_path, source=source, splits=splits | {"keep_together": "near_duplicates"})
    moved = refresh(asked, RefreshOptions(processes=1, resplit=True), StepsHere())

    after = split_of_rows(tmp_path)
    assert len(apart) >= 2
    assert (moved.account.carried, near(moved)[1]) == (len(carried), 0)
    assert [after[name] for name in carried] == [before[name] for name in carried]
    assert [after[f"{name}.jpg"] for name in apart] == [before[name] for name in carried]


def split_of_rows(folder: Path) -> dict[str, str]:
    """Each row's split in the newest version."""
    tables = [pq.read_table(file, columns=["sample_id", "split"]) for file in version_files(store_of(folder), None)]
    return {row["sample_id"]: row["split"] for table in tables for row in table.to_pylist()}
