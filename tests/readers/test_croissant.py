"""`croissant.json` as the format's own library reads it, in the environment that `make test-readers` makes for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere


@pytest.mark.filterwarnings("ignore")  # it uses what its own libraries have deprecated
def test_mlcroissant_finds_no_fault_and_reads_the_images_of_the_newest_version_alone(tmp_path: Path) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason="it has an environment of its own: make test-readers")
    config = {
        "name": "set",
        "source": {"path": str(tmp_path / "source"), "layout": "class_folders"},
        "output": {"path": str(tmp_path / "out"), "license": "cc-by-4.0", "about": "a few colours"},
        "resize": {"size": [16, 16]},
        "write": {"shard_rows": 7},
    }
    for night in (0, 1):
        for number in range(12 * night, 12 + 4 * night):
            path = tmp_path / "source" / f"class {number % 3}" / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 16), (10 * number, 40, 200)).save(path)
        assert refresh(Dataset.model_validate(config), RefreshOptions(), StepsHere()).outcome == "published"

    dataset = mlcroissant.Dataset(str(tmp_path / "out" / "croissant.json"))
    records = list(dataset.records("images"))

    assert dataset.metadata.issues.errors == set()
    assert sorted(record["images/sample_id"].decode() for record in records) == sorted(
        f"class {number % 3}/{number}.png" for number in range(16)
    )
    assert {record["images/image"].size for record in records} == {(16, 16)}
    names = [row["classes/name"] for row in dataset.records("classes")]
    assert [name.decode() if isinstance(name, bytes) else name for name in names] == ["class 0", "class 1", "class 2"]
