"""Where splits are drawn image by image, a plan and a run say which splits lack classes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tasks.refresh.dataset import Dataset
from tasks.refresh.forecast import forecast
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere

HALVES = {"train": "0.5", "test": "0.5"}


def dataset_of(folder: Path, places: list[str], splits: dict[str, Any]) -> Dataset:
    for number, place in enumerate(places):
        path = folder / "pets" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 20), (number, 2, 3)).save(path)
    given = {"source": {"path": str(folder / "pets")}, "output": {"path": str(folder / "out")}, "splits": splits}
    return Dataset.model_validate({"name": "pets", **given})


def said(dataset: Dataset) -> tuple[list[str], list[str]]:
    """What a plan and a run say of classes without an image in a split."""
    planned = told(forecast(dataset, RefreshOptions())["notices"])
    return planned, told(refresh(dataset, RefreshOptions(), StepsHere()).breakdown.notices)


def told(notices: Iterable[str]) -> list[str]:
    return [one for one in notices if one.startswith("Classes without")]


def test_one_image_is_in_one_split_and_its_class_lacks_in_the_other(tmp_path: Path) -> None:
    planned, ran = said(dataset_of(tmp_path, [f"{name}/1.png" for name in "abcdef"], {"ratios": HALVES}))

    assert planned == ran
    assert len(ran) == 1
    counts = dict(part.split(" ") for part in ran[0].partition(": ")[2].partition(", of 6")[0].split(", "))
    assert sum(map(int, counts.values())) == 6
    assert counts.keys() == {"train", "test"}


@pytest.mark.parametrize(
    ("places", "splits"),
    [
        pytest.param([f"{name}/1.png" for name in "abcdef"], {}, id="all are train"),
        pytest.param(["train/a/1.png", "train/b/1.png", "test/b/2.png"], {"ratios": HALVES}, id="the source says so"),
        pytest.param([f"{name}/{at}.png" for name in "ab" for at in range(30)], {"ratios": HALVES}, id="none lacks"),
    ],
)
def test_nothing_is_said_where_nothing_is_drawn_or_nothing_lacks(
    tmp_path: Path, places: list[str], splits: dict[str, Any]
) -> None:
    assert said(dataset_of(tmp_path, places, splits)) == ([], [])
