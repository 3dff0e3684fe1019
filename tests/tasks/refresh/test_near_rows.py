"""Near duplicates from night to night: found, told of, kept with the version, and a gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageFilter
from pydantic import ValidationError

from tasks.publish import OutputSettings
from tasks.publish.audit import verify_version
from tasks.publish.life import release, roll_back
from tasks.publish.manifest import Manifest
from tasks.publish.retention import prune
from tasks.publish.versions import open_version, version_files
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.purging.purge import purge
from tasks.refresh.purging.purge_choice import choose_images
from tasks.refresh.refresh import refresh
from tasks.refresh.report_page import page_of_version
from tasks.storage import LocalStore, open_store
from tests.steps_here import StepsHere
from tests.tasks.images.test_measures import picture


def put(folder: Path, place: str, number: int, *, quality: int = 95, mirrored: bool = False) -> None:
    """The picture *number* as a JPEG at *place*, ``split/class/name``."""
    path = folder / "pets" / f"{place}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    image = picture(number, (160, 120))
    image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else image
    image.save(path, "JPEG", quality=quality)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for number in range(4):
        put(tmp_path, f"train/{('cat', 'dog')[number % 2]}/{number}", number)
    put(tmp_path, "test/dog/9", 9)
    return tmp_path


def dataset(folder: Path, **sections: Any) -> Dataset:
    values: dict[str, Any] = {
        "name": "pets",
        "source": {"path": str(folder / "pets"), "layout": "split_folders"},
        "resize": {"size": [32, 32]},
        "write": {"shard_rows": 4} | sections.pop("write", {}),
        "output": OutputSettings(path=str(folder / "out")),
        "gates": {"max_delete_fraction": 1} | sections.pop("gates", {}),
    }
    return Dataset.model_validate(values | sections)


def night(folder: Path, accept: tuple[str, ...] = (), *, full: bool = False, **sections: Any) -> RunOutcome:
    options = RefreshOptions(processes=1, accept=accept, full=full)
    return refresh(dataset(folder, **sections), options, StepsHere())


def store_of(folder: Path) -> LocalStore:
    store = open_store(dataset(folder).store)
    assert isinstance(store, LocalStore)
    return store


def manifest(folder: Path, version: int | None = None) -> Manifest:
    return open_version(store_of(folder), version).manifest


def listed(folder: Path) -> list[tuple[str, str]]:
    entry = manifest(folder).quality
    rows = pq.read_table(folder / "out" / entry.path).to_pylist() if entry else []
    return [(row["sample_id"], row["other_id"]) for row in rows]


def near(outcome: RunOutcome) -> tuple[int | None, ...]:
    said: Mapping[str, Any] = outcome.as_json()
    return said["near_duplicates"], said["leaks"], said["suspects"]


def test_copies_in_another_split_or_class_are_found_when_they_come_and_forgotten_when_they_go(pets: Path) -> None:
    first = night(pets)
    assert near(first) == (0, 0, 0)
    assert manifest(pets).quality is None

    put(pets, "test/cat/0-again", 0, quality=40)
    put(pets, "train/dog/2-again", 2, quality=40)
    second = night(pets)
    assert near(second) == (2, 1, 1)
    assert listed(pets) == [("test/cat/0-again.jpg", "train/cat/0.jpg"), ("train/cat/2.jpg", "train/dog/2-again.jpg")]
    assert any("in two splits, such as test/cat/0-again.jpg (test)" in line for line in second.breakdown.notices)
    assert any("of two labels, such as train/cat/2.jpg (cat)" in line for line in second.breakdown.notices)
    assert manifest(pets).near == {
        "pairs": 2, "leaks": 1, "suspects": 1, "listed": 2, "unknown": 0, "even": 0, "distance": 10, "mirrored": 0
    }  # fmt: skip

    again = night(pets)
    assert (again.outcome, near(again)) == ("unchanged", (2, 1, 1))
    (pets / "pets" / "train" / "cat" / "0.jpg").unlink()
    third = night(pets)
    assert near(third) == (1, 0, 1)
    assert listed(pets) == [("train/cat/2.jpg", "train/dog/2-again.jpg")]


def test_the_pairs_are_a_file_of_the_version_like_its_others(pets: Path) -> None:
    put(pets, "test/cat/0-again", 0, quality=40)
    night(pets)
    entry = manifest(pets).quality
    assert entry is not None
    store = store_of(pets)

    view = pets / "out" / "versions" / "000001" / "quality.parquet"
    assert view.samefile(pets / "out" / entry.path)
    assert verify_version(store, None).problems == ()
    (pets / "pets" / "test" / "cat" / "0-again.jpg").unlink()
    night(pets)
    roll_back(store, 1)
    assert listed(pets) == [("test/cat/0-again.jpg", "train/cat/0.jpg")]
    release(store)
    night(pets)
    assert listed(pets) == []

    (pets / "out" / entry.path).write_bytes(b"damaged")
    assert {problem[0] for problem in verify_version(store, 1).problems} >= {entry.path}
    prune(store, OutputSettings(path=str(pets / "out"), keep_versions=1, grace_days=0))
    assert not (pets / "out" / entry.path).exists()
    assert not view.exists()


def test_the_page_shows_pairs_and_images_that_look_wrong_also_when_it_is_made_again(pets: Path) -> None:
    put(pets, "test/dog/0-again", 0, quality=40)
    for number, value in enumerate((0, 255, 120)):
        path = pets / "pets" / "train" / "cat" / f"even-{number}.png"
        Image.new("RGB", (60 + number, 40), (value,) * 3).save(path)
    picture(5, (160, 120)).filter(ImageFilter.GaussianBlur(6)).save(pets / "pets" / "train" / "cat" / "soft.png")

    outcome = night(pets)

    again = page_of_version(store_of(pets), open_version(store_of(pets), None)).decode()
    for page in (Path(outcome.breakdown.page).read_text(encoding="utf-8"), again):
        assert "1 pair of images looks alike" in page
        assert page.count('class="pair"') == 1 + 1  # a leak, the same as a suspect; black and white are no pair
        assert "3 images are of one colour, or as even" in page
        for title in ("1 black", "1 white", "1 of one colour", "1 blurred, or without any edge"):
            assert f"<h3>{title}</h3>" in page
        assert page.count("<rect ") == 10 + 9 + 16
    put(pets, "train/cat/8", 8)
    assert night(pets).outcome == "published"
    entry = manifest(pets).report
    assert entry is not None
    report = json.loads((pets / "out" / entry.path).read_text(encoding="utf-8"))
    assert report["images"]["after"]["flags"] == {"black": 1, "white": 1, "blank": 1, "blurred": 1}
    assert sum(report["images"]["after"]["plots"]["brightness"]) == 11


def test_a_purged_image_is_in_no_pair_any_more(pets: Path) -> None:
    put(pets, "test/dog/0-again", 0, quality=40)
    put(pets, "test/dog/2-again", 2, quality=40)
    night(pets)
    store = store_of(pets)

    assert purge(store, choose_images(store, ["test/dog/0-again.jpg"], {}).purged) == []

    assert list((pets / "out" / "quality").iterdir()) == []
    assert [manifest(pets, number).near for number in (1, 2)] == [{}, {}]
    assert [verify_version(store, number).problems for number in (1, 2)] == [(), ()]
    put(pets, "train/cat/8", 8)
    assert near(night(pets)) == (1, 1, 1)
    assert listed(pets) == [("test/dog/2-again.jpg", "train/cat/2.jpg")]


def test_a_lost_file_of_pairs_costs_a_look_at_all(pets: Path) -> None:
    put(pets, "test/cat/0-again", 0, quality=40)
    night(pets)
    entry = manifest(pets).quality
    assert entry is not None
    (pets / "out" / entry.path).unlink()
    put(pets, "train/dog/2-again", 2, quality=40)

    assert near(night(pets)) == (2, 1, 1)
    assert len(listed(pets)) == 2
    assert verify_version(store_of(pets), None).problems == ()


def test_other_settings_find_other_pairs(pets: Path) -> None:
    put(pets, "train/cat/0-mirrored", 0, mirrored=True)

    assert near(night(pets)) == (0, 0, 0)
    looked = night(pets, quality={"mirrored": True})
    assert (looked.outcome, near(looked)) == ("unchanged", (1, 0, 0))  # nothing is published for that alone
    put(pets, "train/cat/8", 8)
    assert near(night(pets, quality={"mirrored": True})) == (1, 0, 0)
    assert listed(pets) == [("train/cat/0-mirrored.jpg", "train/cat/0.jpg")]


@pytest.mark.parametrize("gate", ["max_leaks", "max_suspects"])
def test_a_gate_refuses_what_it_does_not_admit(pets: Path, gate: str) -> None:
    put(pets, "test/dog/0-again", 0, quality=40)

    refused = night(pets, gates={gate: 0})
    assert (refused.outcome, refused.reason.partition(":")[0]) == ("refused", gate)
    assert near(refused) == (1, 1, 1)
    assert night(pets, gates={gate: 1}).outcome == "published"
    assert night(pets, (gate,), gates={gate: 0}).outcome == "unchanged"


def test_a_gate_that_has_nothing_to_look_at_says_so(pets: Path) -> None:
    with pytest.raises(ValidationError, match=r"write\.measures: false"):
        dataset(pets, write={"measures": False}, gates={"max_leaks": 0})
    night(pets, write={"measures": False})
    put(pets, "test/dog/0-again", 0, quality=40)

    outcome = night(pets, gates={"max_leaks": 0})
    assert outcome.outcome == "published"
    assert near(outcome) == (None, None, None)
    assert any("`gates.max_leaks` has nothing to look at" in line for line in outcome.breakdown.notices)


def test_rows_without_a_hash_are_said_to_be_in_no_pair(pets: Path) -> None:
    put(pets, "test/dog/0-again", 0, quality=40)
    night(pets, write={"measures": False})

    copied = night(pets, write={"measures": True})  # 4:3, of which the middle was cut out
    assert near(copied) == (0, 0, 0)
    assert any("6 rows have no perceptual hash" in line for line in copied.breakdown.notices)
    assert near(night(pets, full=True)) == (1, 1, 1)


def splits_of(folder: Path) -> dict[str, str]:
    paths = version_files(store_of(folder), None)
    rows = [row for path in paths for row in pq.read_table(path, columns=["sample_id", "split"]).to_pylist()]
    return {row["sample_id"]: row["split"] for row in rows}


def test_new_images_that_look_alike_go_into_one_split_and_old_ones_stay(tmp_path: Path) -> None:
    sections: dict[str, Any] = {
        "source": {"path": str(tmp_path / "pets"), "layout": "class_folders"},
        "splits": {"ratios": {"train": 0.5, "test": 0.5}, "salt": "a"},
    }
    for number in range(6):
        put(tmp_path, f"cat/{number}", number)
        put(tmp_path, f"cat/{number}-again", number, quality=40)
    assert near(night(tmp_path, **sections))[1] != 0  # copies lie in two splits
    before = splits_of(tmp_path)

    sections["splits"]["keep_together"] = "near_duplicates"
    assert night(tmp_path, **sections).outcome == "unchanged"
    for number in range(6, 12):
        put(tmp_path, f"cat/{number}", number)
        put(tmp_path, f"cat/{number}-again", number, quality=40)
    put(tmp_path, "cat/0-third", 0, quality=60)
    outcome = night(tmp_path, **sections)

    after = splits_of(tmp_path)
    assert outcome.account.images_decoded == 13
    assert {key: after[key] for key in before} == before
    assert all(after[f"cat/{number}.jpg"] == after[f"cat/{number}-again.jpg"] for number in range(6, 12))
    assert {after[f"cat/{number}.jpg"] for number in range(6, 12)} == {"train", "test"}
    assert after["cat/0-third.jpg"] in {before["cat/0.jpg"], before["cat/0-again.jpg"]}
    assert night(tmp_path, **sections).outcome == "unchanged"

    sections["output"] = OutputSettings(path=str(tmp_path / "afresh"))
    assert near(night(tmp_path, **sections))[:2] == (14, 0)


def test_where_labels_are_numbers_none_is_suspect(tmp_path: Path) -> None:
    (tmp_path / "pets").mkdir()
    for number in range(3):
        picture(0, (60 + number, 60)).save(tmp_path / "pets" / f"{number}.png")
    lines = ["location,target", *(f"{number}.png,{number}.5" for number in range(3))]
    (tmp_path / "pets" / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    source = {"path": str(tmp_path / "pets" / "labels.csv"), "layout": "csv", "columns": {"label": "target"}}

    assert near(night(tmp_path, source=source, labels={"kind": "number"})) == (3, 0, 0)
