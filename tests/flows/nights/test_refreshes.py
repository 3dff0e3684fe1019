"""Night after night: what a refresh costs, what it publishes, and what it leaves alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def source(tmp_path: Path, draw: Any) -> Path:
    """Forty images of four classes, all different."""
    root = tmp_path / "source"
    for number in range(40):
        draw(root / f"class{number % 4}" / f"{number:02}.png", number)
    return root


@pytest.fixture
def first(nights: Any) -> Any:
    """The nights after the first, whose shards hold ten rows."""
    nights.change("write", shard_rows="10")
    nights.run()
    return nights


def test_a_changed_image_is_the_only_one_that_is_decoded(first: Any, source: Path, draw: Any, pick: Any) -> None:
    draw(source / "class1" / "05.png", 200)

    outcome = first.run()

    numbers = pick(outcome, "version", "images_fetched", "images_decoded", "shards_built", "shards_kept")
    assert numbers == (2, 1, 1, 1, 3)
    before, after = first.rows(1), first.rows(2)
    changed = before.index[before["content_sha256"] != after["content_sha256"]]
    assert changed.tolist() == ["class1/05.png"]
    assert len(first.shards(1) & first.shards(2)) == 3


def test_added_images_fill_one_open_shard(first: Any, source: Path, draw: Any, pick: Any) -> None:
    for number in range(40, 43):
        draw(source / "class0" / f"{number}.png", number)

    outcome = first.run()

    assert pick(outcome, "images_decoded", "written", "shards_built") == (3, 43, 1)
    assert first.rows(1).index.isin(first.rows(2).index).all()


def test_touched_images_are_fetched_once_and_never_decoded(first: Any, source: Path, pick: Any) -> None:
    for path in source.rglob("*.png"):
        os.utime(path, (1, 1))

    touched, after = (first.run() for _ in range(2))

    assert pick(touched, "outcome", "images_fetched", "images_decoded", "bytes_written") == ("unchanged", 40, 0, 0)
    assert pick(after, "outcome", "images_fetched") == ("unchanged", 0)
    (first.folder / "out" / "state.parquet").unlink()
    assert pick(first.run(), "outcome", "images_fetched") == ("unchanged", 40)


def test_a_renamed_class_folder_decodes_nothing_and_keeps_the_splits(nights: Any, source: Path, pick: Any) -> None:
    nights.change("write", shard_rows="10")
    nights.change("splits", ratios={"train": "0.5", "test": "0.5"})
    nights.run()
    (source / "class3").rename(source / "zebra")

    outcome = nights.run()

    before, after = nights.rows(1), nights.rows(2)
    assert pick(outcome, "images_fetched", "images_decoded") == (10, 0)
    assert set(after[after["label_name"] == "zebra"]["label"]) == {4}
    splits = [dict(zip(frame["content_sha256"], frame["split"], strict=True)) for frame in (before, after)]
    assert splits[0] == splits[1]


def test_deleted_images_go_and_their_shards_alone_are_rewritten(first: Any, source: Path, pick: Any) -> None:
    (source / "class2" / "02.png").unlink()

    outcome = first.run()

    assert pick(outcome, "written", "images_fetched", "shards_built") == (39, 0, 1)
    assert "class2/02.png" not in first.rows(2).index


def test_a_missing_image_is_carried_for_as_many_nights_as_asked(nights: Any, source: Path, pick: Any) -> None:
    nights.change("source", delete_after="2")
    nights.run()
    (source / "class2" / "02.png").unlink()

    missing, gone = (nights.run() for _ in range(2))

    assert pick(missing, "outcome", "listed", "carried", "written") == ("unchanged", 39, 1, 40)
    assert pick(gone, "outcome", "carried", "written") == ("published", 0, 39)
    assert "class2/02.png" in nights.rows(1).index


def test_a_relabelled_image_is_copied_not_fetched(nights: Any, source: Path, labels: Any, pick: Any) -> None:
    listed = [(f"class{number % 4}/{number:02}.png", number % 4) for number in range(40)]
    labels(source / "labels.csv", ["location", "label"], listed)
    nights.change("write", shard_rows="10")
    nights.sections["source"] = {"path": str(source / "labels.csv")}
    nights.run()
    labels(source / "labels.csv", ["location", "label"], [("class0/00.png", 3), *listed[1:]])

    outcome = nights.run()

    assert pick(outcome, "images_fetched", "images_decoded", "shards_built", "shards_kept") == (0, 0, 1, 3)
    assert nights.rows(2).loc["class0/00.png", "label_name"] == "3"


def test_equal_bytes_never_straddle_two_assigned_splits(nights: Any, source: Path) -> None:
    for path in list(source.rglob("*.png")):
        shutil.copy(path, path.with_name(f"copy-{path.name}"))
    nights.change("splits", ratios={"train": "0.5", "test": "0.5"})

    outcome = nights.run()

    frame = nights.rows(1)
    assert (len(frame), outcome["images_decoded"]) == (80, 80)
    assert (frame.groupby("content_sha256")["split"].nunique() == 1).all()
    assert set(frame["split"]) == {"train", "test"}
    assert nights.run()["outcome"] == "unchanged"


def test_duplicates_are_left_out_when_asked(nights: Any, source: Path, pick: Any) -> None:
    shutil.copy(source / "class0" / "00.png", source / "class0" / "zz.png")
    nights.change("output", dedupe="content")

    outcome, again = (nights.run() for _ in range(2))

    assert pick(outcome, "listed", "written", "deduplicated") == (41, 40, 1)
    assert again["outcome"] == "unchanged"


def test_a_rejected_image_is_not_asked_for_again_until_it_changes(
    nights: Any, source: Path, draw: Any, pick: Any
) -> None:
    (source / "class0" / "bad.png").write_bytes(b"nothing")
    nights.run()
    again = nights.run()
    draw(source / "class0" / "bad.png", 99)
    mended = nights.run()

    assert pick(again, "outcome", "rejected", "images_fetched") == ("unchanged", 1, 0)
    assert pick(mended, "outcome", "rejected", "written", "images_decoded") == ("published", 0, 41, 1)


def test_half_a_source_missing_refuses_the_night(nights: Any, source: Path) -> None:
    del nights.sections["gates"]
    nights.run()
    shutil.rmtree(source / "class0")

    refused = nights.run()

    assert refused["outcome"] == "refused"
    assert "max_delete_fraction" in refused["reason"]
    assert len(nights.rows()) == 40


def test_damaged_state_costs_work_and_is_reported(first: Any) -> None:
    (first.folder / "out" / "state.parquet").write_bytes(b"damaged")

    outcome = first.run()

    assert outcome["outcome"] == "unchanged"
