"""`discover`, `init` and `explain`: what a person asks before and after a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


def test_discover_names_layout_classes_and_what_is_passed_over(offline_parquetry: Command, pets: Path) -> None:
    (pets / "cat" / "notes.txt").write_text("no image")
    (pets / ".DS_Store").write_bytes(b"x")

    found = json.loads(offline_parquetry("discover", pets, "--json").stdout)

    assert found["layout"] == "class_folders"
    assert "2 folders" in found["why"]
    assert (found["images"], found["classes"], found["splits"]) == (6, {"cat": 3, "dog": 3}, {})
    assert found["ignored"] == {"no image's extension": 1, "hidden names": 1}


def test_discover_refuses_what_can_be_read_in_two_ways(offline_parquetry: Command, pets: Path) -> None:
    (pets / "train" / "bird").mkdir(parents=True)
    (pets / "train" / "bird" / "0.png").write_bytes(b"x")

    message = offline_parquetry("discover", pets, code=2).stderr

    assert "layout: split_folders" in message
    assert "layout: class_folders" in message or "layout: hierarchy" in message


def test_what_init_prints_runs_as_it_is(parquetry: Command, pets: Path, tmp_path: Path) -> None:
    text = parquetry("init", pets, tmp_path / "published").stdout
    (tmp_path / "made.yaml").write_text(text)

    (outcome,) = parquetry.run_json("made.yaml")

    assert (outcome["outcome"], outcome["written"]) == ("published", 6)
    assert "\n# 6 images" in text


def test_what_init_prints_fits_every_layout(offline_parquetry: Command, tmp_path: Path) -> None:
    offline_parquetry("demo", tmp_path / "demo")
    for layout in ("class_folders", "split_folders", "hierarchy", "csv", "json"):
        source = tmp_path / "demo" / layout
        labels = next((path for path in source.iterdir() if path.suffix == f".{layout}"), source)

        text = offline_parquetry("init", labels, tmp_path / "published").stdout
        (tmp_path / "made.yaml").write_text(text)
        plan = json.loads(offline_parquetry("plan", "made.yaml", "--json").stdout)
        found = json.loads(offline_parquetry("discover", labels, "--json").stdout)

        assert (found["layout"], plan["layout"]) == (layout, layout)
        assert plan["listed"] == found["images"] > 0, layout


def test_init_prints_no_config_that_would_publish_nothing(
    offline_parquetry: Command, pets: Path, tmp_path: Path
) -> None:
    (pets / "stray.png").write_bytes((pets / "cat" / "0.png").read_bytes())

    done = offline_parquetry("init", pets, tmp_path / "published")

    assert "1 of 7 images would be rejected (1 × no_label)" in done.stderr
    commented = [line for line in done.stdout.splitlines() if line.startswith("#")]
    assert "#   allow_unlabeled: true" in commented
    assert "#   max_reject_fraction: 0.16" in commented


def test_init_names_the_label_file_that_lies_beside_the_images(
    offline_parquetry: Command, pets: Path, tmp_path: Path
) -> None:
    flat = tmp_path / 'a "flat" \x07 folder'
    flat.mkdir()
    (flat / "0.png").write_bytes((pets / "cat" / "0.png").read_bytes())
    (flat / "metadata.csv").write_text("file_name,label\n0.png,cat\n")

    (tmp_path / "made.yaml").write_text(offline_parquetry("init", flat, tmp_path / "published").stdout)
    plan = json.loads(offline_parquetry("plan", "made.yaml", "--json").stdout)

    assert (plan["layout"], plan["listed"], plan["classes"]) == ("csv", 1, {"cat": 1})


def test_discover_orders_classes_as_their_ids_will_be(offline_parquetry: Command, pets: Path) -> None:
    (pets / "cat").rename(pets / "10")
    (pets / "dog").rename(pets / "9")

    found = json.loads(offline_parquetry("discover", pets, "--json").stdout)

    assert list(found["classes"]) == ["9", "10"]
    assert any("numbers" in notice for notice in found["notices"])
    named = "layout why images classes splits ignored rejected evidence rivals proposals notices rows tree"
    assert list(found) == named.split()


def test_explain_says_where_an_image_went_or_why_it_did_not(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    (pets / "cat" / "bad.png").write_bytes(b"nothing")
    parquetry.run_json(write_config(pets, gates={"max_reject_fraction": "0.5"}))
    root = tmp_path / "out-pets"

    (written,) = json.loads(parquetry("explain", root, "dog/1.png", "--json").stdout)
    (left_out,) = json.loads(parquetry("explain", root, "bad", "--json").stdout)

    assert (written["outcome"], written["label_name"], written["width"]) == ("written", "dog", 16)
    assert (left_out["outcome"], left_out["reason"]) == ("left out", "not_an_image")
    assert "nowhere" in parquetry("explain", root, "nowhere", code=2).stderr


def test_a_refusal_is_one_mistake_and_the_configs_that_settle_it(offline_parquetry: Command, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for number in range(6):
        (tmp_path / "photos" / f"{number}.png").write_bytes(b"x")

    done = offline_parquetry("discover", tmp_path, code=2)

    said = done.stderr.splitlines()
    assert [line for line in said if line.startswith("error:")] == said[:1]
    place = next(at for at, line in enumerate(said) if line.startswith("If "))
    assert said[place + 1] == "  source:"


def test_discover_shows_what_tables_say_and_which_readings_were_not_taken(
    offline_parquetry: Command, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    rows = ["file,label,colour"]
    for number in range(9):
        (tmp_path / "photos" / f"{number}.png").write_bytes(b"x")
        rows.append(f"{number}.png,{('cat', 'dog', 'eel')[number % 3]},{('red', 'blue')[number % 2]}")
    (tmp_path / "truth.csv").write_text("\n".join(rows) + "\n")

    page = " ".join(offline_parquetry("discover", tmp_path).stdout.split())
    found = json.loads(offline_parquetry("discover", tmp_path, "--json").stdout)

    assert "evidence truth.csv the column file names 9 of 9 images" in page
    assert any("colour" in rival for rival in found["rivals"])
    assert "not taken" in page
    assert found["proposals"] == []
