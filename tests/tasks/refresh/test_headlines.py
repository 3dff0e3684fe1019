"""What each step of a run, a verification and a prune say of themselves, in a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.publish.audit import verify_version
from tasks.publish.retention import prune
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import Result, refresh
from tasks.storage import open_store
from tests.steps_here import StepsHere


class ToldSteps(StepsHere):
    """Keeps what each step says."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def step(self, name: str, work: Callable[[], Result]) -> Result:
        result = super().step(name, work)
        self.told[name] = result.headline
        return result


def draw(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(number).integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(path)


@pytest.fixture
def pets(tmp_path: Path) -> Dataset:
    """Six images of two classes, one of which is no image."""
    for number in range(6):
        draw(tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number}.png", number)
    (tmp_path / "pets" / "cat" / "0.png").write_bytes(b"nothing")
    return Dataset.model_validate(
        {
            "name": "pets",
            "source": {"path": str(tmp_path / "pets"), "layout": "class_folders"},
            "gates": {"max_reject_fraction": 1},
            "output": {"path": str(tmp_path / "out"), "grace_days": 0},
        }
    )


def night(dataset: Dataset) -> dict[str, str]:
    steps = ToldSteps()
    refresh(dataset, RefreshOptions(processes=1), steps)
    return steps.told


def test_a_first_night_says_what_it_found_and_did(pets: Dataset) -> None:
    told = night(pets)

    assert told["discover"] == "class_folders: 6 images, 2 classes (as the config says)"
    assert told["plan"].startswith("6 new; 6 images (")
    assert told["plan"].endswith(" to fetch; 1 shard to build, 0 to keep")
    assert told["settle"] == "6 decoded, 1 rejected"
    assert told["publish"].startswith("published pets: version 1, 5 images")


def test_a_night_that_finds_nothing_new_says_so(pets: Dataset) -> None:
    night(pets)

    told = night(pets)

    assert told["plan"] == "5 unchanged; 0 images to fetch; 0 shards to build, 1 to keep"
    assert told["settle"] == "nothing was built"
    assert told["publish"].startswith("unchanged pets")


def test_what_was_verified_and_pruned_is_said_in_a_line(pets: Dataset, tmp_path: Path) -> None:
    night(pets)
    store = open_store(pets.store)

    whole = verify_version(store, None)
    shard = next((tmp_path / "out" / "_shards").glob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1])
    damaged = verify_version(store, None)

    assert whole.headline.startswith(f"version 1: {whole.files} files, ")
    assert whole.headline.endswith(" as they were written")
    assert damaged.headline.endswith(f": {len(damaged.problems)} problem{'s' * (len(damaged.problems) != 1)}")
    assert prune(store, pets.output).headline == "0 files deleted"


def test_what_the_listing_passed_over_is_a_notice_of_a_form_that_scripts_may_rely_on(
    pets: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "pets" / "cat" / "notes.txt").write_text("of no use", encoding="utf-8")
    (tmp_path / "pets" / "cat" / ".hidden").write_bytes(b"")

    outcome = refresh(pets, RefreshOptions(processes=1), StepsHere())

    said = {notice for notice in outcome.breakdown.notices if notice.startswith("Passed over")}
    assert said == {"Passed over: 1 × no image's extension", "Passed over: 1 × hidden names"}
