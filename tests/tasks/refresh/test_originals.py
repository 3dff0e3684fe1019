"""Images that are published as their sources have them: nobody but a confined decoder looks into them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.publish.audit import verify_version
from tasks.publish.history import read_version
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import refresh
from tasks.refresh.report_page import page_of_version
from tasks.refresh.small_pictures import shrink_confined
from tasks.storage import Store, open_store
from tests.steps_here import StepsHere


def dataset(root: Path, **validation: Any) -> Dataset:
    values = {
        "name": "pets",
        "source": {"path": str(root / "pets"), "layout": "class_folders"},
        "resize": {"mode": "none"},
        "write": {"pixels": "original"},
        "validation": validation,
        "output": {"path": str(root / "out")},
    }
    return Dataset.model_validate(values)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for number in range(4):
        path = tmp_path / "pets" / "cat" / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (60, 80, 3), dtype=np.uint8)
        Image.fromarray(noise).save(path)
    return tmp_path


def published(root: Path, **validation: Any) -> tuple[RunOutcome, Store]:
    outcome = refresh(dataset(root, **validation), RefreshOptions(processes=1), StepsHere())
    return outcome, open_store(dataset(root).store)


def test_a_run_its_page_and_its_check_leave_them_closed(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a source's image was opened outside of a decoder")

    monkeypatch.setattr("PIL.Image.open", refuse)

    outcome, store = published(pets)

    assert outcome.outcome == "published"
    assert Path(outcome.breakdown.page).read_bytes().count(b"data:image/jpeg;base64,") == 4
    assert page_of_version(store, read_version(store, 1)).count(b"data:image/jpeg;base64,") == 4
    assert verify_version(store, 1).problems == ()


def test_half_images_that_are_admitted_are_published_and_shown(pets: Path) -> None:
    for path in (pets / "pets").glob("*/*.jpg"):
        path.write_bytes(path.read_bytes()[:-1_000])

    outcome, store = published(pets, allow_truncated=True)

    assert (outcome.outcome, outcome.account.written) == ("published", 4)
    assert Path(outcome.breakdown.page).read_bytes().count(b"data:image/jpeg;base64,") == 4
    report = read_version(store, 1).manifest.report
    assert report is not None
    pixel = json.loads(store.read_bytes(report.path))["images"]["after"]["pixel"]
    assert 100 < pixel["mean"] < 150


def test_what_is_no_image_has_no_picture_and_the_others_keep_their_order(pets: Path) -> None:
    whole = (pets / "pets" / "cat" / "0.jpg").read_bytes()

    made = shrink_confined([b"nothing", whole, b"\xff\xd8nothing", b"", whole])

    assert [bool(picture) for picture in made] == [False, True, False, False, True]
    assert made[1] == made[4]
