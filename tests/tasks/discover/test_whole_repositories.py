"""Whole repositories that hold a set of images among other things: pictures of documentation, lists made of lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tasks.discover.test_unseen_layouts import draw, lines, read_as, refusal, rows

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

SCANS = tuple(f"Scans/ct/{at:03}.png" for at in range(30))
PETS = tuple(f"{kind}/{at}.jpg" for kind in ("cat", "dog") for at in range(12))


def test_a_few_pictures_above_the_folder_of_all_images_are_no_class(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *SCANS, "Some pictures/plot.png", "Some pictures/scan.png")

    error = refusal(look, tmp_path)

    assert "Some pictures lies above the folders of nearly all images" in str(error)


def test_numbers_without_their_zeros_name_images_beside_pictures(look: Look, tmp_path: Path) -> None:
    table = lines("id, bleeding", *(f"{at},{int(at < 14)}" for at in range(30)))
    draw(tmp_path, *SCANS, "Some pictures/plot.png", Scans__labels_csv=table)

    proposed = read_as(tmp_path, refusal(look, tmp_path).unsettled.proposals[0])

    assert {place: row["label_path"] for place, row in proposed.items()} == {
        f"Scans/ct/{at:03}.png": str(int(at < 14)) for at in range(30)
    }


@pytest.mark.parametrize("name", ["readme", "docs", "Screenshots", "assets/img"])
def test_a_few_pictures_of_documentation_are_no_class_and_can_be_left_out(
    look: Look, tmp_path: Path, name: str
) -> None:
    draw(tmp_path, *PETS, f"{name}/a.png", f"{name}/b.png")

    proposed = read_as(tmp_path, refusal(look, tmp_path).unsettled.proposals[0])

    assert {place: row["label_path"] for place, row in proposed.items()} == {place: place[:3] for place in PETS}


@pytest.mark.parametrize("name", ["results", "plots"])
def test_as_many_images_as_in_other_classes_are_a_class_whatever_it_is_called(
    look: Look, tmp_path: Path, name: str
) -> None:
    more = tuple(f"{name}/{at}.jpg" for at in range(12))
    draw(tmp_path, *PETS, *more)

    assert {label for (label, _) in rows(look(tmp_path)).values()} == {"cat", "dog", name}


@pytest.mark.parametrize(("one", "other"), [("images", "testes"), ("data_samples", "overlays"), ("img", "inferred")])
def test_a_folder_for_any_images_is_no_class_beside_another(look: Look, tmp_path: Path, one: str, other: str) -> None:
    draw(tmp_path, *(f"{one}/{at}.jpg" for at in range(9)), *(f"{other}/{at}x.jpg" for at in range(7)))

    assert f"{one} says nothing of what its images show" in str(refusal(look, tmp_path))


def test_folders_of_one_word_for_images_and_one_of_their_own_are_classes(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"{kind}_images/{kind}{at}.jpg" for kind in ("original", "forged") for at in range(8)))

    assert {label for (label, _) in rows(look(tmp_path)).values()} == {"original_images", "forged_images"}


@pytest.mark.parametrize("front", ["", "data/"])
def test_images_once_sorted_and_once_loose_in_a_split_are_not_half_of_them_unlabelled(
    look: Look, tmp_path: Path, front: str
) -> None:
    every = [(f"{front}{split}", kind, at) for split in ("train", "valid") for kind in ("cat", "dog") for at in "123"]
    draw(tmp_path, *(f"{split}/{kind}/{kind}{at}.jpg" for split, kind, at in every))
    draw(tmp_path, *(f"{split}/{kind}{at}.jpg" for split, kind, at in every))

    said = f"12 images lie in {front}train, {front}valid itself, beside the folders of classes there"
    assert said in str(refusal(look, tmp_path))


def test_annotations_of_one_folder_alone_speak_against_it_as_a_class(look: Look, tmp_path: Path) -> None:
    boxes = [{"label": "wally", "coordinates": {"x": 1, "y": 2, "width": 3, "height": 4}}]
    told = [{"image": f"{at}.jpg", "annotations": boxes} for at in range(9)]
    draw(tmp_path, *(f"crowds/{at}.jpg" for at in range(9)), *(f"tried/{at}x.jpg" for at in range(3)))
    (tmp_path / "crowds/annotations.json").write_text(json.dumps(told), "utf-8")

    proposed = read_as(tmp_path, refusal(look, tmp_path).unsettled.proposals[0])

    assert proposed.keys() == {f"crowds/{at}.jpg" for at in range(9)}
    assert {name for row in proposed.values() for name in row["label_paths"]} == {"wally"}


def _table(numbers: range) -> str:
    return lines("File,Label", *(f"{at}.png,{'cat' if at % 2 else 'dog'}" for at in numbers))


@pytest.mark.parametrize("count", [30, 3000])
def test_a_table_of_all_images_beside_those_of_splits_leaves_the_splits(look: Look, tmp_path: Path, count: int) -> None:
    part = count // 10
    draw(
        tmp_path,
        *(f"cropped/{at}.png" for at in range(count)),
        labels_csv=_table(range(count)),
        test_labels_csv=_table(range(part)),
        val_labels_csv=_table(range(part, 2 * part)),
        train_labels_csv=_table(range(2 * part, count)),
    )

    found = look(tmp_path).samples.to_pylist()

    expected = {"test": range(part), "validation": range(part, 2 * part), "train": range(2 * part, count)}
    assert {row["location"]: row["split"] for row in found} == {
        f"cropped/{at}.png": split for split, numbers in expected.items() for at in numbers
    }


def test_tables_of_splits_that_name_some_images_alone_leave_no_splits_to_chance(look: Look, tmp_path: Path) -> None:
    images = [f"cropped/{at}.png" for at in range(30)]
    tables = {"labels_csv": _table(range(30)), "train_csv": _table(range(10)), "test_csv": _table(range(10, 20))}
    draw(tmp_path, *images, **tables)

    assert "test.csv, train.csv put 20 of 30 images into splits, and not the rest" in str(refusal(look, tmp_path))


def test_of_two_folders_of_one_name_the_one_that_an_uneven_table_names_can_be_read(look: Look, tmp_path: Path) -> None:
    birds = ["wren", "tit", "owl", "coot", "rook", "swan", "teal", "kite"]
    kinds = [("Small", "Brown"), ("Small",), ("Large", "Brown"), ("Large",)] * 2
    table = lines("Name,Size1,Size2", *(",".join((bird, *kind)) for bird, kind in zip(birds, kinds, strict=True)))
    loose = tuple(f"bird_photos/{at}.png" for at in range(12))
    draw(tmp_path, *(f"BirdPhotos/{bird}.png" for bird in birds), *loose, birds_csv=table)

    error = refusal(look, tmp_path)
    proposed = read_as(tmp_path, error.unsettled.proposals[0])

    assert "BirdPhotos, bird_photos have one name, written in several ways" in str(error)
    assert {place: row["label_path"] for place, row in proposed.items()} == {
        f"BirdPhotos/{bird}.png": kind[0] for bird, kind in zip(birds, kinds, strict=True)
    }


def test_what_a_model_counts_is_no_list_of_images_and_hides_no_texts(look: Look, tmp_path: Path) -> None:
    words = [f"word {chr(97 + at)}{chr(98 + at)}" for at in range(23)]
    marks = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    added = [{"id": at if at < 4 else 50264, "content": mark} for at, mark in enumerate(marks)]
    special = {f"{place}{at}": {"content": mark, "lstrip": mark == "<mask>", "own": False}
               for at, mark in enumerate(marks) for place in ("begin", "end")}  # fmt: skip
    draw(
        tmp_path,
        *(f"train/images/{at + 1}.jpg" for at in range(23)),
        train__labels_csv=lines(*(f"{at + 1}.jpg,{word}" for at, word in enumerate(words))),
        model__tokens_json=json.dumps({"added_tokens": added}),
        model__special_json=json.dumps(special),
    )

    proposals = refusal(look, tmp_path).unsettled.proposals

    proposed = read_as(tmp_path, proposals[0])
    assert [proposed[f"train/images/{at + 1}.jpg"]["label_path"] for at in range(23)] == words
    assert not any("model" in str(one.keys) for one in proposals)


def test_the_one_folder_beside_the_training_split_may_be_another_split(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"{place}/{kind}/{at}.jpg" for place in ("train", "valide") for kind in "01" for at in range(4)))

    offered = {one.says: one for one in refusal(look, tmp_path).unsettled.proposals}

    for split in ("validation", "test"):
        told = read_as(tmp_path, offered[f"valide is the {split} split"])
        assert {row["split"] for row in told.values()} == {"train", split}
        assert len(told) == 16


def test_a_folder_of_other_classes_beside_the_training_split_is_none(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"{place}/{at}.jpg" for place in ("train/a", "train/b", "more/c", "more/d") for at in range(4)))

    assert not any("more is the" in one.says for one in refusal(look, tmp_path).unsettled.proposals)
