"""`gates.learn` as a run obeys it: what nights remember, what is refused, and what accepting it comes to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tasks.publish.history import read_history
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tasks.storage import open_store
from tests.steps_here import StepsHere


def draw(folder: Path, number: int, level: int) -> None:
    path = folder / f"class {number % 2}" / f"{number}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), level).save(path)


def test_a_night_that_is_unlike_the_others_is_refused_and_accepting_it_publishes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.report.learning.FIRST", 3)
    dataset = Dataset.model_validate(
        {
            "name": "pets",
            "source": {"path": str(tmp_path / "pets"), "layout": "class_folders"},
            "output": {"path": str(tmp_path / "out")},
            "resize": {"size": [8, 8]},
            "gates": {"learn": True},
        }
    )
    for number in range(20):
        draw(tmp_path / "pets", number, 200)
    for night in range(4):
        draw(tmp_path / "pets", 20 + night, 200)
        assert refresh(dataset, RefreshOptions(), StepsHere()).outcome == "published"
    for number in range(24):
        draw(tmp_path / "pets", number, 0)

    refused = refresh(dataset, RefreshOptions(), StepsHere())
    accepted = refresh(dataset, RefreshOptions(accept=("learn",)), StepsHere())

    assert refused.outcome == "refused"
    assert refused.reason.startswith("learn: unlike the last 4 nights: ")
    assert "images changed: 24, and 0 to " in refused.reason
    assert "brightness: 0, and 1" in refused.reason
    assert "`parquetry run CONFIG --accept learn`" in refused.reason
    assert (accepted.outcome, accepted.version) == ("published", 5)
    store = open_store(dataset.store)
    manifest = read_history(store).manifest
    assert manifest is not None
    assert manifest.report is not None
    history = json.loads(store.read_bytes(manifest.report.path))["history"]
    assert [night["measured"]["brightness"] for night in history] == [200, 200, 200, 200, 0]
    assert history[0]["measured"]["classes"] == {"class 0": 11, "class 1": 10}
