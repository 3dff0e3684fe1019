"""Night after night: what a refresh costs, what it publishes, and what it leaves alone."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

OPEN = {"max_reject_fraction": "1", "max_delete_fraction": "1"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Forty images of four classes, all different."""
    root = tmp_path / "source"
    for number in range(40):
        draw(root / f"class{number % 4}" / f"{number:02}.png", number)
    return root


def draw(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 16), (number * 6 % 256, number % 256, 90)).save(path)


@pytest.fixture
def small_shards(write_config: WriteConfig, source: Path) -> Path:
    """A config whose shards hold ten rows."""
    return write_config(source, "refresh", write={"shard_rows": "10", "pixels": "png"}, gates=OPEN)


def rows(tmp_path: Path, version: int) -> pd.DataFrame:
    frame = pd.read_parquet(tmp_path / "out-refresh" / "versions" / f"{version:06}" / "data")
    assert frame["sample_id"].is_unique
    return frame.set_index("sample_id").sort_index()


def files(tmp_path: Path, version: int) -> set[str]:
    return {path.name for path in (tmp_path / "out-refresh" / "versions" / f"{version:06}" / "data").iterdir()}


def pick(outcome: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(outcome[name] for name in names)


def test_a_night_without_changes_makes_no_commit_and_no_shard(
    parquetry: Command, small_shards: Path, tmp_path: Path
) -> None:
    parquetry.run_json(small_shards)
    pool = {path: path.stat().st_mtime_ns for path in (tmp_path / "out-refresh" / "_shards").iterdir()}

    (outcome,) = parquetry.run_json(small_shards)

    assert pick(outcome, "outcome", "version", "images_fetched", "bytes_written") == ("unchanged", 1, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out-refresh" / "_shards").iterdir()} == pool
    assert len(list((tmp_path / "out-refresh" / "commits").iterdir())) == 1


def test_a_changed_image_is_the_only_one_that_is_decoded(
    parquetry: Command, small_shards: Path, source: Path, tmp_path: Path
) -> None:
    parquetry.run_json(small_shards)
    draw(source / "class1" / "05.png", 200)

    (outcome,) = parquetry.run_json(small_shards)

    assert pick(outcome, "version", "images_fetched", "images_decoded", "shards_built", "shards_kept") == (
        2,
        1,
        1,
        1,
        3,
    )
    before, after = rows(tmp_path, 1), rows(tmp_path, 2)
    changed = before.index[before["content_sha256"] != after["content_sha256"]]
    assert changed.tolist() == ["class1/05.png"]
    assert len(files(tmp_path, 1) & files(tmp_path, 2)) == 3


def test_added_images_fill_one_open_shard(parquetry: Command, small_shards: Path, source: Path, tmp_path: Path) -> None:
    parquetry.run_json(small_shards)
    for number in range(40, 43):
        draw(source / "class0" / f"{number}.png", number)

    (outcome,) = parquetry.run_json(small_shards)

    assert pick(outcome, "images_decoded", "written") == (3, 43)
    assert outcome["shards_built"] == 1
    assert rows(tmp_path, 1).index.isin(rows(tmp_path, 2).index).all()


def test_touched_images_are_fetched_once_and_never_decoded(
    parquetry: Command, small_shards: Path, source: Path, tmp_path: Path
) -> None:
    parquetry.run_json(small_shards)
    for path in source.rglob("*.png"):
        os.utime(path, (1, 1))

    touched, after = (parquetry.run_json(small_shards)[0] for _ in range(2))

    assert pick(touched, "outcome", "images_fetched", "images_decoded", "bytes_written") == ("unchanged", 40, 0, 0)
    assert pick(after, "outcome", "images_fetched") == ("unchanged", 0)
    (tmp_path / "out-refresh" / "state.parquet").unlink()
    assert pick(parquetry.run_json(small_shards)[0], "outcome", "images_fetched") == ("unchanged", 40)


def test_a_renamed_class_folder_decodes_nothing_and_keeps_the_splits(
    parquetry: Command, write_config: WriteConfig, source: Path, tmp_path: Path
) -> None:
    ratios = {"ratios": {"train": "0.5", "test": "0.5"}}
    config = write_config(source, "refresh", write={"shard_rows": "10", "pixels": "png"}, gates=OPEN, splits=ratios)
    parquetry.run_json(config)
    (source / "class3").rename(source / "zebra")

    (outcome,) = parquetry.run_json(config)

    before, after = rows(tmp_path, 1), rows(tmp_path, 2)
    assert pick(outcome, "images_fetched", "images_decoded") == (10, 0)
    assert set(after[after["label_name"] == "zebra"]["label"]) == {4}
    splits = [dict(zip(frame["content_sha256"], frame["split"], strict=True)) for frame in (before, after)]
    assert splits[0] == splits[1]


def test_deleted_images_go_and_their_shards_alone_are_rewritten(
    parquetry: Command, small_shards: Path, source: Path, tmp_path: Path
) -> None:
    parquetry.run_json(small_shards)
    (source / "class2" / "02.png").unlink()

    (outcome,) = parquetry.run_json(small_shards)

    assert pick(outcome, "written", "images_fetched", "shards_built") == (39, 0, 1)
    assert "class2/02.png" not in rows(tmp_path, 2).index


def test_a_missing_image_is_carried_for_as_many_nights_as_asked(
    parquetry: Command, write_config: WriteConfig, source: Path, tmp_path: Path
) -> None:
    config = write_config({"path": str(source), "delete_after": "2"}, "refresh", gates=OPEN)
    parquetry.run_json(config)
    (source / "class2" / "02.png").unlink()

    first, second = (parquetry.run_json(config)[0] for _ in range(2))

    assert pick(first, "outcome", "listed", "carried", "written") == ("unchanged", 39, 1, 40)
    assert pick(second, "outcome", "carried", "written") == ("published", 0, 39)
    assert "class2/02.png" in rows(tmp_path, 1).index


def test_a_relabelled_image_is_copied_not_fetched(
    parquetry: Command, write_config: WriteConfig, source: Path, tmp_path: Path
) -> None:
    table = source / "labels.csv"
    lines = [f"class{number % 4}/{number:02}.png,{number % 4}" for number in range(40)]
    table.write_text("\n".join(["location,label", *lines]))
    config = write_config(table, "refresh", write={"shard_rows": "10"}, gates=OPEN)
    parquetry.run_json(config)
    table.write_text("\n".join(["location,label", "class0/00.png,3", *lines[1:]]))

    (outcome,) = parquetry.run_json(config)

    assert pick(outcome, "images_fetched", "images_decoded", "shards_built", "shards_kept") == (0, 0, 1, 3)
    assert rows(tmp_path, 2).loc["class0/00.png", "label_name"] == "3"


def test_equal_bytes_never_straddle_two_assigned_splits(
    parquetry: Command, write_config: WriteConfig, source: Path, tmp_path: Path
) -> None:
    for path in list(source.rglob("*.png")):
        shutil.copy(path, path.with_name(f"copy-{path.name}"))
    ratios = {"ratios": {"train": "0.5", "test": "0.5"}}
    config = write_config(source, "refresh", gates=OPEN, splits=ratios)
    (outcome,) = parquetry.run_json(config)

    frame = rows(tmp_path, 1)
    assert len(frame) == 80
    assert outcome["images_decoded"] == 80
    assert (frame.groupby("content_sha256")["split"].nunique() == 1).all()
    assert set(frame["split"]) == {"train", "test"}
    assert parquetry.run_json(config)[0]["outcome"] == "unchanged"


def test_duplicates_are_left_out_when_asked(
    parquetry: Command, write_config: WriteConfig, source: Path, tmp_path: Path
) -> None:
    shutil.copy(source / "class0" / "00.png", source / "class0" / "zz.png")
    output = {"path": str(tmp_path / "out-refresh"), "dedupe": "content"}
    config = write_config(source, "refresh", gates=OPEN, output=output)

    first, second = (parquetry.run_json(config)[0] for _ in range(2))

    assert pick(first, "listed", "written", "deduplicated") == (41, 40, 1)
    assert second["outcome"] == "unchanged"


def test_a_new_resize_makes_every_image_anew(parquetry: Command, small_shards: Path, tmp_path: Path) -> None:
    parquetry.run_json(small_shards)

    (outcome,) = parquetry.run_json(small_shards, "--set", "resize.size=[8, 8]")

    assert pick(outcome, "version", "images_decoded", "shards_kept") == (2, 40, 0)
    assert set(rows(tmp_path, 2)["width"]) == {8}


def test_full_makes_every_image_anew_and_the_same(parquetry: Command, small_shards: Path) -> None:
    parquetry.run_json(small_shards)

    (outcome,) = parquetry.run_json(small_shards, "--full")

    assert pick(outcome, "outcome", "images_decoded") == ("unchanged", 40)


def test_a_rejected_image_is_not_asked_for_again_until_it_changes(
    parquetry: Command, small_shards: Path, source: Path
) -> None:
    (source / "class0" / "bad.png").write_bytes(b"nothing")
    parquetry.run_json(small_shards)
    (again,) = parquetry.run_json(small_shards)
    draw(source / "class0" / "bad.png", 99)
    (mended,) = parquetry.run_json(small_shards)

    assert pick(again, "outcome", "rejected", "images_fetched") == ("unchanged", 1, 0)
    assert pick(mended, "outcome", "rejected", "written", "images_decoded") == ("published", 0, 41, 1)


def test_a_refused_night_says_how_to_accept_it_and_the_accepted_one_adopts_its_shards(
    parquetry: Command, write_config: WriteConfig, source: Path
) -> None:
    (source / "class0" / "bad.png").write_bytes(b"nothing")
    config = write_config(source, "refresh", gates={"min_rows": "41"})
    (refused,) = parquetry.run_json(config, code=1)

    (accepted,) = parquetry.run_json(config, "--accept", "min_rows")

    assert refused["outcome"] == "refused"
    assert f"`parquetry run {config} --accept min_rows`" in refused["reason"]
    assert pick(accepted, "outcome", "written", "images_fetched", "images_decoded") == ("published", 40, 0, 0)


def test_half_a_source_missing_refuses_the_night(
    parquetry: Command, write_config: WriteConfig, source: Path, tmp_path: Path
) -> None:
    config = write_config(source, "refresh")
    parquetry.run_json(config)
    shutil.rmtree(source / "class0")

    (refused,) = parquetry.run_json(config, code=1)

    assert "max_delete_fraction" in refused["reason"]
    assert len(rows(tmp_path, 1)) == 40


def test_limit_takes_every_class_and_only_into_an_empty_output(
    parquetry: Command, small_shards: Path, tmp_path: Path
) -> None:
    (first,) = parquetry.run_json(small_shards, "--limit", "6")
    (second,) = parquetry.run_json(small_shards, "--limit", "6", code=1)

    assert pick(first, "listed", "written") == (6, 6)
    assert set(rows(tmp_path, 1)["label_name"]) == {"class0", "class1", "class2", "class3"}
    assert second["reason"].startswith("limit")


def test_a_deadline_stops_the_night_and_says_so(parquetry: Command, small_shards: Path, tmp_path: Path) -> None:
    (refused,) = parquetry.run_json(small_shards, "--set", "run.deadline=0s", code=1)

    assert refused["reason"].startswith("deadline")
    assert not (tmp_path / "out-refresh" / "commits").exists()


def test_damaged_state_costs_work_and_is_reported(parquetry: Command, small_shards: Path, tmp_path: Path) -> None:
    parquetry.run_json(small_shards)
    (tmp_path / "out-refresh" / "state.parquet").write_bytes(b"damaged")

    (outcome,) = parquetry.run_json(small_shards)

    assert outcome["outcome"] == "unchanged"


def test_a_damaged_shard_is_an_error_with_a_way_out(
    parquetry: Command, small_shards: Path, source: Path, tmp_path: Path
) -> None:
    parquetry.run_json(small_shards)
    for shard in (tmp_path / "out-refresh" / "_shards").iterdir():
        data = bytearray(shard.read_bytes())
        data[len(data) // 2] ^= 255
        shard.write_bytes(data[:-200])
    draw(source / "class1" / "05.png", 200)

    result = parquetry("run", small_shards, code=1)
    assert "--full" in result.stderr
    (mended,) = parquetry.run_json(small_shards, "--full")
    assert pick(mended, "outcome", "written") == ("published", 40)


def test_the_plan_of_a_refresh_tells_what_it_would_do(parquetry: Command, small_shards: Path, source: Path) -> None:
    parquetry.run_json(small_shards)
    draw(source / "class1" / "05.png", 200)
    draw(source / "class1" / "new.png", 201)

    plan = json.loads(parquetry("plan", small_shards, "--json").stdout)

    assert pick(plan, "adds", "changes", "deletes") == (1, 1, 0)
    assert plan["shards_to_keep"] >= 2
