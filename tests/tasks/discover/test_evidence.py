"""Tables beside images: taken where they account for every image, proposed where they leave something open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tests.tasks.discover.layouts import Layout, draw

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


def lines(*texts: str) -> str:
    return "\n".join(texts) + "\n"


PETS = ("cat", "dog", "eel")
TAKEN = [
    Layout(
        "a competition",
        (
            "train/{1-6}.png",
            "test/{1-4}.png ?",
            "trainLabels.csv:" + lines("id,label", *(f"{i},{PETS[i % 3]}" for i in range(1, 7))),
            "sampleSubmission.csv:" + lines("id,label", "1,cat", "2,cat", "3,cat", "4,cat"),
        ),
    ),
    Layout(
        "paths of another machine",
        (
            "raw/2023/{05|06}/{a|b|c|d}.jpg",
            "all.tsv:"
            + lines(
                "path\tlabel\tsplit",
                *(
                    f"C:\\data\\raw\\2023\\{m}\\{n}.jpg\t{PETS[at % 3]}\t{'val' if at > 5 else 'train'}"
                    for at, (m, n) in enumerate((m, n) for m in ("05", "06") for n in "abcd")
                ),
            ),
        ),
    ),
    Layout(
        "ids that join three lists",
        (
            "photos/p{1-6}.jpg",
            "images.txt:" + lines(*(f"{i} photos/p{i}.jpg" for i in range(1, 7))),
            "kinds.txt:" + lines(*(f"{i} {i % 3 + 1}" for i in range(1, 7))),
            "classes.txt:" + lines("1 cat", "2 dog", "3 eel"),
            "train_test_split.txt:" + lines(*(f"{i} {int(i < 5)}" for i in range(1, 7))),
        ),
    ),
    Layout(
        "one column a class",
        (
            "shots/s{1-6}.jpg",
            "truth.csv:"
            + lines("name,cat,dog,eel", *(f"s{i},{','.join('01'[k == i % 3] for k in range(3))}" for i in range(1, 7))),
        ),
    ),
    Layout(
        "places and numbers without a header, with a list of names",
        (
            "all/f{1-6}.jpg",
            "kinds_train.csv:" + lines(*(f"all/f{i}.jpg,{i % 3}" for i in range(1, 5))),
            "kinds_val.csv:" + lines(*(f"all/f{i}.jpg,{i % 3}" for i in range(5, 7))),
            "names.txt:" + lines("0 cat", "1 dog", "2 eel"),
        ),
    ),
]


def truth(what: str, number: int) -> tuple[str, str]:
    """Label and split of the image with that *number* in the layout *what*."""
    split = {
        "ids that join three lists": "train" if number < 5 else "test",
        "places and numbers without a header, with a list of names": "train" if number < 5 else "validation",
    }
    return PETS[number % 3], split.get(what, "")


@pytest.mark.parametrize("layout", TAKEN, ids=lambda layout: layout.what)
def test_tables_that_account_for_every_image_are_read(look: Look, tmp_path: Path, layout: Layout) -> None:
    drawn = draw(layout, tmp_path)

    found = look(tmp_path)

    rows = {row["location"]: (row["label_path"], row["split"]) for row in found.samples.to_pylist()}
    assert set(rows) == set(drawn.labels)
    if layout.what == "paths of another machine":
        places = [f"raw/2023/{month}/{name}.jpg" for month in ("05", "06") for name in "abcd"]
        wanted = {place: (PETS[at % 3], "validation" if at > 5 else "train") for at, place in enumerate(places)}
    else:
        digits = {path: int("".join(filter(str.isdigit, path.rpartition("/")[2]))) for path in rows}
        wanted = {path: truth(layout.what, number) for path, number in digits.items()}
    assert rows == wanted
    assert found.evidence


@pytest.mark.parametrize("layout", TAKEN, ids=lambda layout: layout.what)
def test_the_keys_of_a_reading_say_the_same(look: Look, tmp_path: Path, layout: Layout) -> None:
    draw(layout, tmp_path)
    found = look(tmp_path)

    again = look(tmp_path, layout=found.layout, names=found.keys.get("splits", {}).get("names"), **found.keys["source"])

    assert again.samples.equals(found.samples)


def test_folders_that_agree_keep_their_names_and_take_the_splits_of_lists(look: Look, tmp_path: Path) -> None:
    draw(
        Layout(
            "",
            (
                "images/{cat|dog}/{0}_{1-4}.jpg = {0}",
                "meta/train.txt:" + lines(*(f"{name}/{name}_{i}" for name in ("cat", "dog") for i in (1, 2, 3))),
                "meta/test.txt:" + lines("cat/cat_4", "dog/dog_4"),
            ),
        ),
        tmp_path,
    )

    found = look(tmp_path)

    splits = dict(zip(found.samples["location"].to_pylist(), found.samples["split"].to_pylist(), strict=True))
    assert {place for place, split in splits.items() if split == "test"} == {
        "images/cat/cat_4.jpg",
        "images/dog/dog_4.jpg",
    }
    assert found.class_paths == ("cat", "dog")


OPEN = {
    "two columns that could be the label": lines(
        "file,colour,shape",
        *(f"{i}.jpg,{'red blue'.split()[i % 2]},{'round flat'.split()[i // 2 % 2]}" for i in range(1, 9)),
    ),
    "a number to predict": lines("file,months,male", *(f"{i}.jpg,{24 + i * 7},{i % 2}" for i in range(1, 9))),
    "numbers with a name that is no label's": lines("file,zoom", *(f"{i}.jpg,{40 * (1 + i % 2)}" for i in range(1, 9))),
}


@pytest.mark.parametrize("text", OPEN.values(), ids=OPEN.keys())
def test_what_tables_leave_open_is_proposed(look: Look, tmp_path: Path, text: str) -> None:
    draw(Layout("", ("photos/{1-8}.jpg", f"table.csv:{text}")), tmp_path)

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    proposals = [one for one in caught.value.unsettled.proposals if "tables" in one.keys["source"]]
    assert proposals
    assert all(look(tmp_path, **one.keys["source"]).listed == 8 for one in proposals)


def test_a_table_that_leaves_labelled_looking_images_out_is_not_taken(look: Look, tmp_path: Path) -> None:
    rows = lines("file,label", *(f"{i}.jpg,{PETS[i % 2]}" for i in range(1, 5)))
    draw(Layout("", ("photos/{1-8}.jpg", f"table.csv:{rows}")), tmp_path)

    with pytest.raises(UnsettledLayoutError):
        look(tmp_path)


def test_several_labels_are_read_once_the_config_says_so(look: Look, tmp_path: Path) -> None:
    rows = lines("image,tags", *(f"{i}.jpg,{'haze primary' if i % 2 else 'primary'}" for i in range(1, 9)))
    draw(Layout("", ("photos/{1-8}.jpg", f"train.csv:{rows}")), tmp_path)

    with pytest.raises(UnsettledLayoutError) as caught:
        look(tmp_path)

    certain = caught.value.certain
    assert certain is not None
    assert certain.keys["labels"] == {"kind": "many", "separator": " "}


def test_annotations_of_two_files_with_the_same_numbers_do_not_mix(look: Look, tmp_path: Path) -> None:
    kinds = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    for split, first in (("train", 1), ("val", 2)):
        images = [{"id": i, "file_name": f"{split}/{split}{i}.jpg"} for i in range(1, 7)]
        notes = [{"id": i, "image_id": i, "category_id": (first + i) % 2 + 1} for i in range(1, 7)]
        place = tmp_path / f"{split}.json"
        place.write_text(json.dumps({"images": images, "annotations": notes, "categories": kinds}))
    draw(Layout("", ("pictures/{train|val}/{0}{1-6}.jpg",)), tmp_path)

    found = look(tmp_path)

    rows = {row["location"]: (row["label_path"], row["split"]) for row in found.samples.to_pylist()}
    assert rows["pictures/train/train1.jpg"] == ("cat", "train")
    assert rows["pictures/val/val1.jpg"] == ("dog", "validation")
    assert len(rows) == 12


@pytest.mark.parametrize(
    ("rows", "is_told"), [(("cat/1.png,dog",), True), (("cat/1.png,cat",), False), (("cat/1.png,a tabby",), False)]
)
def test_a_short_table_that_says_another_class_than_the_folder_is_told_of(
    look: Look, tmp_path: Path, rows: tuple[str, ...], is_told: bool
) -> None:
    for name in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "fixes.csv").write_text(lines("file,label", *rows))

    found = look(tmp_path)

    assert sorted(set(found.samples["label_path"].to_pylist())) == ["cat", "dog"]
    assert any("cat/1.png is called 'dog' in fixes.csv" in notice for notice in found.notices) == is_told


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("fixes.json", '[{"file": "cat/1.png", "label": "%s"}]', id="JSON"),
        pytest.param("fixes.jsonl", '{"file": "cat/1.png", "label": "%s"}\n', id="JSON Lines"),
        pytest.param("fixes.json", '{"cat/1.png": "%s"}', id="a map"),
        pytest.param("fixes.yaml", "- {file: cat/1.png, label: %s}\n", id="YAML"),
        pytest.param("fixes.txt", "cat/1.png %s\n", id="text without a header"),
    ],
)
@pytest.mark.parametrize("label", ["dog", "cat", "tabby"])
def test_one_record_that_says_another_class_than_the_folder_is_told_of_in_every_format(
    look: Look, tmp_path: Path, name: str, text: str, label: str
) -> None:
    for image in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png"):
        (tmp_path / image).parent.mkdir(exist_ok=True)
        (tmp_path / image).write_bytes(b"x")
    (tmp_path / name).write_text(text % label)

    found = look(tmp_path)

    assert sorted(set(found.samples["label_path"].to_pylist())) == ["cat", "dog"]
    assert any(f"cat/1.png is called 'dog' in {name}" in notice for notice in found.notices) == (label == "dog")


@pytest.mark.parametrize("wrong", [1, 3])
def test_a_table_that_calls_a_few_images_otherwise_than_their_folders_says_which(
    look: Look, tmp_path: Path, wrong: int
) -> None:
    names = [f"{label}/{number}.png" for label in ("cat", "dog") for number in range(8)]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    rows = [f"{name},{'dog' if at < wrong else name[:3]}" for at, name in enumerate(names)]
    (tmp_path / "labels.csv").write_text(lines("file,label", *rows))

    said = f"calls {wrong} of 16 images otherwise than their folders do, such as cat/0.png: dog"
    with pytest.raises(UnsettledLayoutError, match=said):
        look(tmp_path)


def test_many_levels_that_say_nothing_are_told_of_in_one_sentence(look: Look, tmp_path: Path) -> None:
    deep = "/".join(f"d{number}" for number in range(20))
    for name in (f"cat/{deep}/1.png", f"dog/{deep}/1.png", f"dog/{deep}/2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    told = [notice for notice in look(tmp_path).notices if "level" in notice]

    assert told == ["d0 to d18, 19 levels: is the same for all images, so they are not levels of the label"]
