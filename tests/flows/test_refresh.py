"""What is asked of a refresh in words of the command; tests/flows/nights has what a night makes of a source."""

from __future__ import annotations

import json
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
    return pd.read_parquet(tmp_path / "out-refresh" / "versions" / f"{version:06}" / "data")


def pick(outcome: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(outcome[name] for name in names)


def test_a_night_without_changes_makes_no_commit_and_no_shard(
    parquetry: Command, small_shards: Path, source: Path, tmp_path: Path
) -> None:
    parquetry.run_json(small_shards)
    pool = {path: path.stat().st_mtime_ns for path in (tmp_path / "out-refresh" / "_shards").iterdir()}

    (outcome,) = parquetry.run_json(small_shards)

    assert pick(outcome, "outcome", "version", "images_fetched", "bytes_written") == ("unchanged", 1, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out-refresh" / "_shards").iterdir()} == pool
    assert len(list((tmp_path / "out-refresh" / "commits").iterdir())) == 1

    draw(source / "class1" / "05.png", 200)
    draw(source / "class1" / "new.png", 201)
    plan = json.loads(parquetry("plan", small_shards, "--json").stdout)
    assert pick(plan, "adds", "changes", "deletes") == (1, 1, 0), (
        "and the plan of the next night tells what it would do"
    )
    assert plan["shards_to_keep"] >= 2


def test_every_image_is_made_anew_where_full_or_a_new_resize_asks_for_it(
    parquetry: Command, small_shards: Path, tmp_path: Path
) -> None:
    parquetry.run_json(small_shards)

    (full,) = parquetry.run_json(small_shards, "--full")
    (resized,) = parquetry.run_json(small_shards, "--set", "resize.size=[8, 8]")

    assert pick(full, "outcome", "images_decoded") == ("unchanged", 40)
    assert pick(resized, "version", "images_decoded", "shards_kept") == (2, 40, 0)
    assert set(rows(tmp_path, 2)["width"]) == {8}


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
