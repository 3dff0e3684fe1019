"""Boxes and outlines as tools of annotation export them, in tables that are longer than what is looked at first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasks.discover.words.column_words import strength_of, tells_a_place
from tests.tasks.discover.test_unseen_layouts import draw, lines, read_as, refusal, rows

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

SIDES = ("front_left", "front_right", "rear_left", "rear_right", "hood")


def proposed(look: Look, root: Path) -> dict[str, dict[str, Any]]:
    return read_as(root, refusal(look, root).unsettled.proposals[0])


def names(found: dict[str, dict[str, Any]]) -> dict[str, tuple[list[str], str]]:
    told = {place: {*(row["label_paths"] or ()), row["label_path"]} - {""} for place, row in found.items()}
    return {place: (sorted(told[place]), row["split"]) for place, row in found.items()}


@pytest.mark.parametrize(
    "header", ["filename,width,height,class,xmin,ymin,xmax,ymax", "filename,width,height,class,x1,y1,x2,y2"]
)
def test_boxes_of_one_class_in_a_table_are_that_class_and_no_coordinates(
    look: Look, tmp_path: Path, header: str
) -> None:
    for split, count in (("train", 12), ("valid", 6)):
        boxes = [f"{split}{at}.jpg,416,416,plate,{at},{at + 2},{at + 40},{at + 50}" for at in range(count)]
        draw(tmp_path, *(f"{split}/{split}{at}.jpg" for at in range(count)))
        (tmp_path / split / "_annotations.csv").write_text(lines(header, *boxes), "utf-8")

    found = names(proposed(look, tmp_path))

    assert found == {
        f"{split}/{split}{at}.jpg": (["plate"], name)
        for split, name, count in (("train", "train", 12), ("valid", "validation", 6))
        for at in range(count)
    }


def test_boxes_of_one_class_without_names_of_columns_are_that_class(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"shots/{at}.jpg" for at in range(9)))
    boxes = lines(*(f"/elsewhere/shots/{at}.jpg,{at},{at + 3},{at + 70},{at + 90},helmet" for at in range(9)))
    (tmp_path / "boxes.csv").write_text(boxes, "utf-8")

    assert names(proposed(look, tmp_path)) == {f"shots/{at}.jpg": (["helmet"], "") for at in range(9)}


def test_more_annotations_than_are_looked_at_first_still_name_the_classes(look: Look, tmp_path: Path) -> None:
    images = [{"id": at, "file_name": f"{at}.jpg", "width": 9, "height": 9} for at in range(150)]
    boxes = [{"id": at, "image_id": at // 20, "category_id": 1 + at % 2, "bbox": [1, 2, 3, 4]} for at in range(3000)]
    kinds = [{"id": 0, "name": "cells"}, {"id": 1, "name": "red"}, {"id": 2, "name": "white"}]
    told = {"images": images, "annotations": boxes, "categories": kinds}
    draw(tmp_path, *(f"{at}.jpg" for at in range(150)), _annotations_json=json.dumps(told))

    assert names(proposed(look, tmp_path)) == {f"{at}.jpg": (["red", "white"], "") for at in range(150)}


def test_regions_that_are_counted_by_keys_are_read_as_lists_are(look: Look, tmp_path: Path) -> None:
    def told(at: int) -> dict[str, Any]:
        shape = {"shape_attributes": {"name": "polygon"}}
        regions = {str(n): {**shape, "region_attributes": {"name": "cat" if n else "dog"}} for n in range(1 + at % 3)}
        return {"filename": f"{at}.jpg", "size": 900 + at, "regions": regions}

    draw(tmp_path, *(f"{at}.jpg" for at in range(12)))
    (tmp_path / "via.json").write_text(json.dumps({f"{at}.jpg{900 + at}": told(at) for at in range(12)}), "utf-8")

    assert names(proposed(look, tmp_path)) == {
        f"{at}.jpg": (["cat", "dog"] if at % 3 else ["dog"], "") for at in range(12)
    }


def test_ones_and_zeros_of_things_on_the_left_and_right_are_classes(look: Look, tmp_path: Path) -> None:
    flags = [[int(at % (place + 2) == 0) for place in range(5)] for at in range(20)]
    table = lines(",".join(("image", *SIDES)), *(f"{at}.jpg,{','.join(map(str, row))}" for at, row in enumerate(flags)))
    draw(tmp_path, *(f"images/{at}.jpg" for at in range(20)), doors_csv=table)

    assert names(proposed(look, tmp_path)) == {
        f"images/{at}.jpg": (sorted(side for side, flag in zip(SIDES, row, strict=True) if flag), "")
        for at, row in enumerate(flags)
    }


@pytest.mark.parametrize("is_hot", [False, True])
def test_a_table_that_is_sorted_by_its_labels_has_them_all(look: Look, tmp_path: Path, is_hot: bool) -> None:
    labels = ["cat"] * 2300 + ["dog"] * 200 + ["eel"] * 100
    kinds = ("cat", "dog", "eel")
    head = "file,cat,dog,eel" if is_hot else "file,label"
    cells = [",".join(str(int(kind == label)) for kind in kinds) if is_hot else label for label in labels]
    draw(tmp_path, labels_csv=lines(head, *(f"{at}.png,{cell}" for at, cell in enumerate(cells))))
    draw(tmp_path, *(f"images/{at}.png" for at in range(2600)))

    assert rows(look(tmp_path)) == {f"images/{at}.png": (label, "") for at, label in enumerate(labels)}


def test_a_long_table_of_one_label_is_no_reading(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, labels_csv=lines("file,label", *(f"{at}.png,cat" for at in range(2100))))
    draw(tmp_path, *(f"images/{at}.png" for at in range(2100)))

    assert "all images have the same" in str(refusal(look, tmp_path))


def test_numbers_that_are_names_without_zeros_call_all_images(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"ct/{at:03}.png" for at in range(200)))
    (tmp_path / "labels.csv").write_text(lines("id, bleeds", *(f"{at},{int(at < 80)}" for at in range(200))), "utf-8")

    assert names(proposed(look, tmp_path)) == {f"ct/{at:03}.png": ([str(int(at < 80))], "") for at in range(200)}


@pytest.mark.parametrize("name", ["xmin", "bbox_x", "Roi.X1", "regions.shape_attributes.name", "region_id", "w"])
def test_where_something_is_is_no_label(name: str) -> None:
    assert strength_of(name) == 0


@pytest.mark.parametrize("name", ["x3", "y3", "points.y4", "Y_2"])
def test_numbered_corners_are_places(name: str) -> None:
    assert tells_a_place(name)


@pytest.mark.parametrize("name", ["front_left", "position", "0", "y"])
def test_other_columns_say_as_much_as_they_did(name: str) -> None:
    assert not tells_a_place(name)
