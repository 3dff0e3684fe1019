"""The presets in `configs/presets`: each reads its format as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from flows.config import load_config
from tasks.discover import discover_sources
from tasks.errors import ConfigError
from tasks.survey.presets import preset_config
from tasks.survey.starting import Target

PRESETS = Path(__file__).parents[2] / "configs/presets"
KINDS = ("cat", "dog")
Truth = dict[str, tuple[list[str], str]]


def put(root: Path, place: str, content: Any = "x") -> str:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return place


def held(number: int) -> list[str]:
    return [[], ["cat"], ["dog"], ["cat", "dog"]][number % 4]


def coco(root: Path) -> Truth:
    truth: Truth = {}
    for word, split in (("train2017", "train"), ("val2017", "validation")):
        images = [{"id": i, "file_name": f"{i:03}.jpg"} for i in range(4)]
        pairs = [(i, kind) for i in range(4) for kind in held(i)]
        notes = [{"image_id": i, "category_id": KINDS.index(kind) + 1, "bbox": [1, 2, 3, 4]} for i, kind in pairs]
        kinds = [{"id": at + 1, "name": kind} for at, kind in enumerate(KINDS)]
        put(root, f"annotations/instances_{word}.json", {"images": images, "annotations": notes, "categories": kinds})
        truth |= {put(root, f"{word}/{i:03}.jpg"): (held(i), split) for i in range(4)}
    return truth


def voc(root: Path) -> Truth:
    truth: Truth = {}
    for i in range(4, 8):
        boxes = "".join(f"<object><name>{kind}</name></object>" for kind in held(i) or ["cat"])
        put(root, f"Annotations/{i}.xml", f"<annotation><filename>{i}.jpg</filename>{boxes}</annotation>")
        truth[put(root, f"JPEGImages/{i}.jpg")] = (held(i) or ["cat"], "train" if i < 6 else "validation")
    put(root, "ImageSets/Main/train.txt", "4\n5\n")
    put(root, "ImageSets/Main/val.txt", "6\n7\n")
    return truth


def yolo(root: Path) -> Truth:
    truth: Truth = {}
    put(root, "data.yaml", "names: [cat, dog]\n")
    for word, split in (("train", "train"), ("val", "validation")):
        for i in range(4):
            put(root, f"labels/{word}/{i}.txt", "".join(f"{KINDS.index(kind)} 0.5 0.5 0.1 0.1\n" for kind in held(i)))
            truth[put(root, f"images/{word}/{i}.jpg")] = (held(i), split)
    return truth


def labelme(root: Path) -> Truth:
    for i in range(4):
        flags = {kind: kind == KINDS[i % 2] for kind in KINDS}
        put(root, f"a/{i}.json", {"flags": flags, "shapes": [], "imagePath": f"{i}.jpg"})
    return {put(root, f"a/{i}.jpg"): ([KINDS[i % 2]], "") for i in range(4)}


def cvat(root: Path) -> Truth:
    found = "".join(f'<image name="{i}.jpg" subset="train"><tag label="{KINDS[i % 2]}"/></image>' for i in range(4))
    put(root, "annotations.xml", f"<annotations>{found}</annotations>")
    return {put(root, f"images/{i}.jpg"): ([KINDS[i % 2]], "train") for i in range(4)}


def datumaro(root: Path) -> Truth:
    truth: Truth = {}
    for split in ("train", "validation"):
        items = [{"id": f"f{i}", "annotations": [{"type": "label", "label_id": i % 2}]} for i in range(4)]
        kinds = {"label": {"labels": [{"name": kind} for kind in KINDS]}}
        put(root, f"annotations/{split}.json", {"categories": kinds, "items": items})
        truth |= {put(root, f"images/{split}/f{i}.jpg"): ([KINDS[i % 2]], split) for i in range(4)}
    return truth


def create_ml(root: Path) -> Truth:
    truth: Truth = {}
    for word, split in (("train", "train"), ("valid", "validation")):
        notes = [{"image": f"{i}.jpg", "annotations": [{"label": kind} for kind in held(i)]} for i in range(1, 4)]
        put(root, f"{word}/_annotations.createml.json", notes)
        truth |= {put(root, f"{word}/{i}.jpg"): (held(i), split) for i in range(1, 4)}
    return truth


def label_studio(root: Path) -> Truth:
    tasks = [
        {"data": {"image": f"/data/upload/1/a-{i}.jpg"}, "annotations": [{"result": [{"value": {"choices": [kind]}}]}]}
        for i, kind in enumerate(KINDS)
    ]
    put(root, "export.json", tasks)
    return {put(root, f"images/a-{i}.jpg"): ([kind], "") for i, kind in enumerate(KINDS)}


def excel(root: Path) -> Truth:
    book = openpyxl.Workbook()
    for row in (("image", "grade"), ("0", "cat"), ("1.jpg", "dog")):
        book.active.append(row)
    root.mkdir(exist_ok=True)
    book.save(root / "labels.xlsx")
    return {put(root, f"shots/{i}.jpg"): ([kind], "") for i, kind in enumerate(KINDS)}


DRAWN: dict[str, Callable[[Path], Truth]] = {
    made.__name__: made for made in (coco, voc, yolo, labelme, cvat, datumaro, create_ml, label_studio, excel)
}


def test_every_preset_has_its_format() -> None:
    assert {path.stem for path in PRESETS.glob("*.yaml")} == set(DRAWN)


@pytest.mark.parametrize("name", DRAWN)
def test_a_preset_reads_its_format(tmp_path: Path, name: str) -> None:
    truth = DRAWN[name](tmp_path / "my source")
    target = Target(str(tmp_path / "my source"), str(tmp_path / "out"))
    (tmp_path / "mine.yaml").write_text(preset_config(name, target), "utf-8")

    config = load_config(str(tmp_path / "mine.yaml"))
    assert config.name == "my-source"
    assert config.output.path == str(tmp_path / "out")
    found = discover_sources(config.sources, config.splits.names, config.split_lists)

    assert found.rejections.num_rows == 0
    rows = found.samples.to_pylist()
    labels = {row["location"]: row["label_paths"] for row in rows if row["label_paths"] is not None}
    labels |= {row["location"]: [row["label_path"]] for row in rows if row["label_path"]}
    assert {row["location"]: (sorted(labels.get(row["location"], [])), row["split"]) for row in rows} == truth


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"--preset cocoa: there is none of that name\. Did you mean coco\?"):
        preset_config("cocoa", Target("photos", "out"))
