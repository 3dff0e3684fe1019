"""Lists of one class each, splits that a table labels with the folders' classes, tables that leave named images out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.samples import Discovery

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


def make(root: Path, paths: Iterable[str]) -> None:
    for path in paths:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(path.encode())


def said(found: Discovery) -> dict[str, tuple[str, str]]:
    columns = (found.samples[name].to_pylist() for name in ("location", "label_path", "split"))
    return {place: (label, split) for place, label, split in zip(*columns, strict=True)}


def again(look: Look, root: Path, found: Discovery) -> bool:
    """Whether the keys that were found say the same."""
    names = found.keys.get("splits", {}).get("names", {})
    return look(root, layout=found.layout, names=names, **found.keys["source"]).samples.equals(found.samples)


@pytest.mark.parametrize(
    ("folder", "split"),
    [("validation", "validation"), ("data/Test", "test"), ("train", ""), ("all", ""), ("train/val", "validation")],
)
def test_a_folder_of_one_split_around_all_images_of_a_table_is_theirs(
    look: Look, tmp_path: Path, folder: str, split: str
) -> None:
    truth = {f"{folder}/image/{number}.jpg": (("cat", "dog")[number % 2], split) for number in range(12)}
    make(tmp_path, truth)
    rows = (f"{place.rpartition('/')[2]},{label}\n" for place, (label, _) in truth.items())
    (tmp_path / folder / "labels.csv").write_text("file,label\n" + "".join(rows))

    found = look(tmp_path)

    assert said(found) == truth
    assert again(look, tmp_path, found)


def test_a_table_that_tells_splits_is_heard_in_a_folder_of_one_split(look: Look, tmp_path: Path) -> None:
    splits = ("train", "train", "validation", "test")
    truth = {f"test/{number}.jpg": (("cat", "dog")[number % 2], splits[number // 2 % 4]) for number in range(16)}
    make(tmp_path, truth)
    rows = (f"{place},{label},{split}\n" for place, (label, split) in truth.items())
    (tmp_path / "labels.csv").write_text("file,label,split\n" + "".join(rows))

    assert said(look(tmp_path)) == truth


def test_a_list_for_each_class_and_split_gives_both(look: Look, tmp_path: Path) -> None:
    truth: dict[str, tuple[str, str]] = {}
    for action in ("blowing_bubbles", "riding_a_bike", "waving"):
        names = [f"{action}_{number:03}.jpg" for number in range(8)]
        make(tmp_path, (f"JPEGImages/{name}" for name in names))
        for split, chosen in (("train", names[:5]), ("test", names[5:])):
            truth |= {f"JPEGImages/{name}": (action, split) for name in chosen}
            make(tmp_path, [f"ImageSplits/{action}_{split}.txt"])
            (tmp_path / f"ImageSplits/{action}_{split}.txt").write_text("\n".join(chosen) + "\n")

    found = look(tmp_path)

    assert said(found) == truth
    assert again(look, tmp_path, found)


def test_lists_of_flags_are_no_labels_but_say_of_which_class_an_image_is(look: Look, tmp_path: Path) -> None:
    truth = {f"JPEGImages/2008_{n:06}.jpg": ("cat" if n % 2 else "dog", "train" if n < 10 else "validation")
             for n in range(16)}  # fmt: skip
    make(tmp_path, truth)
    for name in ("cat", "dog"):
        for word, split in (("train", "train"), ("val", "validation")):
            lines = [f"{Path(place).stem} {' 1' if label == name else '-1'}"
                     for place, (label, of) in truth.items() if of == split]  # fmt: skip
            make(tmp_path, [f"ImageSets/Main/{name}_{word}.txt"])
            (tmp_path / f"ImageSets/Main/{name}_{word}.txt").write_text("\n".join(lines))

    found = look(tmp_path)

    assert said(found) == truth
    assert again(look, tmp_path, found)


def test_one_list_of_flags_alone_is_no_label(look: Look, tmp_path: Path) -> None:
    make(tmp_path, (f"JPEGImages/{n:06}.jpg" for n in range(12)))
    (tmp_path / "cat_train.txt").write_text("\n".join(f"{n:06} {' 1' if n % 2 else '-1'}" for n in range(12)))

    with pytest.raises(UnsettledLayoutError):
        look(tmp_path)


@pytest.mark.parametrize("boxes", ["", " 1 2 30 40"], ids=["plain", "with boxes behind the class"])
def test_a_flat_split_whose_table_has_the_folders_classes_is_read(look: Look, tmp_path: Path, boxes: str) -> None:
    classes = ("n01440764", "n02102040", "n03000684")
    truth = {f"train/{c}/images/{c}_{n}.JPEG": (c, "train") for c in classes for n in range(5)}
    truth |= {f"val/images/val_{n}.JPEG": (classes[n % 3], "validation") for n in range(9)}
    make(tmp_path, [*truth, *(f"test/images/test_{n}.JPEG" for n in range(4))])
    rows = [f"{Path(place).name},{label}{boxes}" for place, (label, split) in truth.items() if split == "validation"]
    (tmp_path / "val_answers.csv").write_text("\n".join(["ImageId,PredictionString", *rows]) + "\n")
    (tmp_path / "sample_submission.csv").write_text(
        "\n".join(["ImageId,PredictionString", *(f"test_{n}.JPEG,{classes[n % 2]}{boxes}" for n in range(4))]) + "\n"
    )

    found = look(tmp_path)

    assert said(found) == truth
    assert again(look, tmp_path, found)
    assert found.ignored["present but unlisted"] == 4


def test_a_flat_split_whose_table_speaks_of_other_classes_is_refused(look: Look, tmp_path: Path) -> None:
    make(tmp_path, [f"train/{c}/{n}.jpg" for c in ("cat", "dog") for n in range(5)])
    make(tmp_path, [f"val/v{n}.jpg" for n in range(6)])
    (tmp_path / "val.csv").write_text("\n".join(["file,label", *(f"v{n}.jpg,{'ab'[n % 2]}" for n in range(6))]))

    with pytest.raises(UnsettledLayoutError):
        look(tmp_path)


def test_numbers_of_classes_that_are_names_of_files_by_chance_label_nothing(look: Look, tmp_path: Path) -> None:
    names = ["Abies alba", "Acer rubrum", "Betula nana"]
    truth = {f"train/images/{n % 3:03}/{n % 5:02}/{1000 + n}.jpg": (names[n % 3], "train") for n in range(18)}
    make(tmp_path, [*truth, *(f"test/images/000/{n}.jpg" for n in range(4))])
    value = {
        "annotations": [{"id": n, "image_id": 1000 + n, "category_id": n % 3, "region_id": n % 4} for n in range(18)],
        "images": [{"id": 1000 + n, "file_name": place.removeprefix("train/")} for n, place in enumerate(truth)],
        "categories": [{"id": n, "name": name, "family": f"F{n % 2}"} for n, name in enumerate(names)],
    }
    (tmp_path / "train/metadata.json").write_text(json.dumps(value))
    listed = [{"id": n, "file_name": f"images/000/{n}.jpg"} for n in range(4)]
    (tmp_path / "test/metadata.json").write_text(json.dumps({"images": listed}))

    found = look(tmp_path)

    assert said(found) == truth


def test_names_of_files_are_proposed_with_the_splits_of_their_folders(look: Look, tmp_path: Path) -> None:
    truth = {f"{folder}/{label}_{n}.jpg": (str(label), split)
             for folder, split in (("training", "train"), ("validation", "validation"), ("evaluation", "test"))
             for label in range(5) for n in range(4)}  # fmt: skip
    make(tmp_path, truth)

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    found = [look(tmp_path, **one.keys["source"]) for one in caught.value.unsettled.proposals if one.rows]
    assert truth in [said(one) for one in found]


def test_numbered_lists_of_splits_are_proposed_one_way_each(look: Look, tmp_path: Path) -> None:
    images = [f"images/{label}/{label}_{n}.jpg" for label in ("banded", "dotted") for n in range(6)]
    make(tmp_path, images)
    for number in (1, 2):
        for place, word in enumerate(("train", "val", "test")):
            chosen = [path.removeprefix("images/") for at, path in enumerate(images) if (at + number) % 3 == place]
            make(tmp_path, [f"labels/{word}{number}.txt"])
            (tmp_path / f"labels/{word}{number}.txt").write_text("\n".join(chosen))

    with pytest.raises(UnsettledLayoutError, match="several ways") as caught:
        look(tmp_path)

    for number, proposal in enumerate(caught.value.unsettled.proposals[:2], 1):
        splits = ("train", "validation", "test")
        expected = {path: (path.split("/")[1], splits[(at + number) % 3]) for at, path in enumerate(images)}
        assert said(look(tmp_path, **proposal.keys["source"])) == expected


def test_lists_of_each_domain_and_split_are_taken_together(look: Look, tmp_path: Path) -> None:
    truth: dict[str, tuple[str, str]] = {}
    for domain in ("photo", "sketch"):
        for n, word in enumerate(("train", "train", "crossval", "test")):
            names = [f"{domain}/{label}/pic_{n}.jpg" for label in ("dog", "elephant", "guitar")]
            split = {"crossval": "validation"}.get(word, word)
            truth |= {name: (name.rpartition("/")[0], split) for name in names}
            with (tmp_path / f"{domain}_{word}_kfold.txt").open("a") as file:
                file.writelines(f"{name} {place + 1}\n" for place, name in enumerate(names))
    make(tmp_path, truth)

    found = look(tmp_path)

    assert {place: split for place, (_, split) in said(found).items()} == {p: s for p, (_, s) in truth.items()}


def test_tables_side_by_side_of_other_images_each_are_one_table(look: Look, tmp_path: Path) -> None:
    truth: dict[str, tuple[str, str]] = {}
    for part in "123":
        rows = [(f"{part}{n:05}.png", str(n * 3 % 10)) for n in range(8)]
        truth |= {f"batch_{part}/{name}": (digit, "") for name, digit in rows}
        (tmp_path / f"batch_{part}.csv").write_text(
            "filename,scanid,label\n" + "".join(f"{name},S{n // 2},{digit}\n" for n, (name, digit) in enumerate(rows))
        )
    make(tmp_path, truth)

    assert said(look(tmp_path)) == truth


def test_lists_of_the_same_split_of_which_one_holds_the_others_are_no_folds(look: Look, tmp_path: Path) -> None:
    lines = [(f"{n:07}", str(n // 4 * 11 + 3), "train" if n < 16 else "test") for n in range(24)]
    make(tmp_path, (f"image/{name}.jpg" for name, *_ in lines))
    (tmp_path / "train_list.txt").write_text(
        "".join(f"{name} {car}\n" for name, car, split in lines if split == "train")
    )
    tests = [f"{name} {car}\n" for name, car, split in lines if split == "test"]
    (tmp_path / "test_list_3.txt").write_text("".join(tests[:3]))
    (tmp_path / "test_list_8.txt").write_text("".join(tests))

    assert said(look(tmp_path)) == {f"image/{name}.jpg": (car, split) for name, car, split in lines}


def test_a_list_of_two_splits_takes_the_place_of_neither(look: Look, tmp_path: Path) -> None:
    of = {"train": range(6), "val": range(6, 9), "test": range(9, 12), "trainval": range(9)}
    truth = {f"img/{n:04}.jpg": (("crow", "gull")[n % 2], word.replace("val", "validation"))
             for word, numbers in of.items() if word != "trainval" for n in numbers}  # fmt: skip
    make(tmp_path, truth)
    for word, numbers in of.items():
        lines = (f"{n:04} {('crow', 'gull')[n % 2]}\n" for n in numbers)
        (tmp_path / f"{word}.txt").write_text("".join(lines))

    assert said(look(tmp_path)) == truth


def test_a_list_of_one_image_is_one_of_the_lists(look: Look, tmp_path: Path) -> None:
    truth: dict[str, tuple[str, str]] = {}
    for kind in ("ill", "well"):
        names = [f"{kind}-{n:03}.png" for n in range(8)]
        for word, chosen in (("train", names[:5]), ("val", names[5:6]), ("test", names[6:])):
            truth |= {f"images/{kind}/{name}": (kind, word.replace("val", "validation")) for name in chosen}
            make(tmp_path, [f"split/{kind}/{word}_{kind}.txt"])
            (tmp_path / f"split/{kind}/{word}_{kind}.txt").write_text("".join(f"{name}\n" for name in chosen))
    make(tmp_path, truth)

    assert said(look(tmp_path)) == truth


def test_a_list_of_the_test_stands_in_what_is_offered_beside_class_folders(look: Look, tmp_path: Path) -> None:
    make(tmp_path, (f"birds/{kind}/{kind}{n}.jpg" for kind in ("crow", "gull") for n in range(9)))
    lines = [f"{kind}/{kind}{n}.jpg\n" for kind in ("crow", "gull") for n in (7, 8)]
    (tmp_path / "test_images.txt").write_text("".join(["path\n", *lines]))

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    [first, second] = caught.value.unsettled.proposals
    assert first.keys["splits"] == {"files": {"test": "test_images.txt"}, "rest": "train"}
    assert "splits" not in second.keys


def test_cells_of_a_csv_may_stand_apart_by_blanks(look: Look, tmp_path: Path) -> None:
    rows = [(f"images/cell{n:04}.png", ("none", "some", "broken")[n % 3]) for n in range(12)]
    make(tmp_path, (place for place, _ in rows))
    (tmp_path / "labels.csv").write_text("".join(f"{place}  {state:>12}  {'mono' * (n % 2) or 'poly'}\n"
                                                 for n, (place, state) in enumerate(rows)))  # fmt: skip

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    [first, *_] = caught.value.unsettled.proposals
    assert {place: label for place, (label, _) in said(look(tmp_path, **first.keys["source"])).items()} == dict(rows)
