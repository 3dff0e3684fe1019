"""The examples of docs/sources.md on tables, each run on a folder of the kind that it is about."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tasks.config_text.yaml_text import parse_yaml
from tasks.discover import discover_sources
from tasks.refresh.dataset import Dataset
from tests.folders_here import Folder, labels, splits

GUIDE = (Path(__file__).parents[3] / "docs/sources.md").read_text("utf-8").partition("\n## Tables\n")[2]
EXAMPLES = re.findall(r"```yaml\n# (.*?)\n(.*?)```", GUIDE.partition("\n## ")[0], re.DOTALL)


def birds(folder: Folder) -> None:
    folder.images("images/a/1.jpg", "images/b/2.jpg").text("images.txt", "1 a/1.jpg", "2 b/2.jpg")
    folder.text("image_class_labels.txt", "1 1", "2 2").text("classes.txt", "1 001.Albatross", "2 002.Wren")
    folder.text("train_test_split.txt", "1 1", "2 0")


def street(folder: Folder) -> None:
    folder.images("train/1.jpg", "val/1.jpg")
    for split, kinds in (("train", [1, 2]), ("val", [2])):
        notes = {
            "images": [{"id": 1, "file_name": "1.jpg"}],
            "annotations": [{"image_id": 1, "category_id": kind, "bbox": [1, 2, 3, 4]} for kind in kinds],
            "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "dog"}],
        }
        folder.text(f"notes/{split}.json", json.dumps(notes))


def skin(folder: Folder) -> None:
    folder.images("part1/ISIC_1.jpg", "part2/ISIC_2.jpg")
    folder.text("truth.csv", "image,MEL,NV,BCC", "ISIC_1,1.0,0.0,0.0", "ISIC_2,0.0,0.0,1.0")


def safety(folder: Folder) -> None:
    folder.images("images/train/1.jpg", "images/val/2.jpg").text("data.yaml", "names:", "  0: helmet", "  1: vest")
    folder.text("labels/train/1.txt", "0 .5 .5 .1 .1", "1 .5 .5 .1 .1").text("labels/val/2.txt")


def pets(folder: Folder) -> None:
    folder.images("images/great_pyrenees_13.jpg", "images/Bengal_4.jpg")
    folder.text("train.txt", "great_pyrenees_13").text("test.txt", "Bengal_4")


FOLDERS: Mapping[str, tuple[Callable[[Folder], None], dict[str, Any], dict[str, str]]] = {
    "birds": (birds, {"images/a/1.jpg": "001.Albatross", "images/b/2.jpg": "002.Wren"}, {"images/b/2.jpg": "test"}),
    "street": (street, {"train/1.jpg": ["car", "dog"], "val/1.jpg": "dog"}, {"val/1.jpg": "validation"}),
    "skin": (skin, {"part1/ISIC_1.jpg": "MEL", "part2/ISIC_2.jpg": "BCC"}, {}),
    "safety": (safety, {"images/train/1.jpg": ["helmet", "vest"], "images/val/2.jpg": []}, {}),
    "pets": (
        pets,
        {"images/great_pyrenees_13.jpg": "great_pyrenees", "images/Bengal_4.jpg": "Bengal"},
        {"images/Bengal_4.jpg": "test"},
    ),
}


@pytest.mark.parametrize(("title", "text"), EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_an_example_runs_as_it_stands(title: str, text: str, tmp_path: Path) -> None:
    data = parse_yaml(text, title).data | {"name": "example", "output": {"path": str(tmp_path / "out")}}
    build, truth, split = FOLDERS[str(data["source"]["path"])]
    build(Folder(tmp_path / "source"))
    data["source"]["path"] = str(tmp_path / "source")

    dataset = Dataset.model_validate(data)
    found = discover_sources(dataset.sources, dataset.splits.names, dataset.split_lists)

    assert labels(found) == truth
    assert splits(found).items() >= split.items()
    assert found.rejections.num_rows == 0


def test_every_kind_of_folder_has_its_example() -> None:
    assert len(EXAMPLES) == len(FOLDERS)
