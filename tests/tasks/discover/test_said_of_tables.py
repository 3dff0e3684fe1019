"""Why tables beside images are no sure reading, or what they say against the one that a config names: word by word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.discover.verdict import named_tables
from tests.folders_here import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tasks.discover.conftest import Look

KINDS = ("cat", "dog", "owl")
IMAGES = [f"img/{number}a.jpg" for number in range(24)]
NO_CLASS = (
    "SOURCE: all {} images lie in folders that name no class (img: only organises), so no folder names their class. "
    "Put "
    "them in class folders, name a label file in `source.path`, or set `allow_unlabeled: true` with `layout: tables`, "
    '`tables: [{{listing: "**"}}]`. '
)
NAMES_ALL = "Tables lie beside the images ({}: the column file names 24 of 24 images):"
Files = Mapping[str, list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def table(head: str, *columns: list[str]) -> list[str]:
    return [head, *map(",".join, zip(*columns, strict=True))]


def kinds(paths: list[str], names: tuple[str, ...] = KINDS) -> list[str]:
    return [names[at % len(names)] for at in range(len(paths))]


def refused(look: Look, folder: Folder, images: list[str], files: Files) -> UnsettledLayoutError:
    folder.images(*images)
    for name, lines in files.items():
        folder.text(name, *lines)
    with pytest.raises(UnsettledLayoutError) as caught:
        look(folder.root)
    return caught.value


def what(error: UnsettledLayoutError, folder: Folder) -> str:
    return error.what.replace(str(folder.root), "SOURCE")


BEGUN = [f"img/{'train' if number < 16 else 'test'}_{number}a.jpg" for number in range(24)]
HALVES = [f"images_tr/{number}x.png" for number in range(8)] + [f"images_test/{number}y.png" for number in range(4)]
SPLITS = [f"{'train' if number < 8 else 'test'}/{number}x.png" for number in range(12)]
PEOPLE = [f"p{person}/{shot}.jpg" for person in range(101, 107) for shot in range(3)]
FOLDERS = [f"{kind}/{kind}{number}.jpg" for kind in KINDS for number in range(8)]
REFUSED = {
    "a column of sets that nobody knows": (
        IMAGES,
        {"t.csv": table("file,label,set", IMAGES, kinds(IMAGES), kinds(IMAGES, ("1", "1", "2", "3")))},
        f"{NO_CLASS.format(24)}the column set of t.csv parts the images into 1, 2, 3, and nobody can know which is "
        f"which. "
        f"{NAMES_ALL.format('t.csv')}",
        "the column label of t.csv is the label, and the splits are those of t.csv",
    ),
    "names that begin with words for splits": (
        BEGUN,
        {"t.csv": table("file,label", BEGUN, kinds(BEGUN))},
        f"{NO_CLASS.format(24)}the names of the images begin with words for splits, which may be what they mean. "
        f"{NAMES_ALL.format('t.csv')}",
        "the column label of t.csv is the label, and the splits are those of what their names begin with",
    ),
    "folders of which half are named like splits": (
        HALVES,
        {"t.csv": table("image,label", HALVES, kinds(HALVES))},
        "SOURCE can be read in two ways, since images_test is named like a split and images_tr is not. Say which, by "
        "`layout: split_folders` or `layout: class_folders`. the column label of t.csv is the label; but images_test "
        "are "
        "named like a split, and images_tr are not. Tables lie beside the images (t.csv: the column image names 12 "
        "of 12 "
        "images):",
        "the column label of t.csv is the label, and the splits are those of the folders images_test, images_tr",
    ),
    "a column of splits that is not the folders'": (
        SPLITS,
        {"t.csv": table("image,label,split", SPLITS, kinds(SPLITS),
                        ["test" if at in {3, 9} else "train" for at in range(12)])},
        "SOURCE: all 12 images lie directly in the split folders test, train, so no folder names their class. Put "
        "them in "
        "class folders, name a label file in `source.path`, or set `allow_unlabeled: true` with `layout: "
        "split_folders`. "
        "t.csv puts train/3x.png into another split than its folder is named for. Tables lie beside the images (t.csv: "
        "the column image names 12 of 12 images):",
        "the column label of t.csv is the label, and the splits are those of t.csv",
    ),
    "another column behind folders and splits": (
        FOLDERS,
        {f"{split}.csv": table("file,tone", FOLDERS[at::2], kinds(FOLDERS[at::2], ("0", "1", "2")))
         for at, split in enumerate(("train", "val"))},
        "SOURCE: the column tone of train.csv, val.csv is the label, or another of its columns is, and goes with no "
        "class "
        f"that the folders name. {NAMES_ALL.format('train.csv, val.csv')}",
        "the column tone of train.csv, val.csv is the label, and the splits are those of train.csv, val.csv",
    ),
    "folders that a table has as those of patients": (
        PEOPLE,
        {"t.csv": table("file,patient,age", PEOPLE, [path[1:4] for path in PEOPLE], [str(int(path[1:4]) % 7)
                                                                                     for path in PEOPLE])},
        "SOURCE: the folders p101, p102, p103 and 3 more are numbered as the column patient of t.csv, which tells "
        "whom or "
        "where the images show. Tables lie beside the images (t.csv: the column file names 18 of 18 images):",
        "the column age of t.csv is the label",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_keeps_tables_from_being_a_sure_reading_is_said(look: Look, folder: Folder, case: str) -> None:
    images, files, said, first = REFUSED[case]

    error = refused(look, folder, images, files)

    assert what(error, folder) == said
    assert error.unsettled.proposals[0].says == first


def test_words_in_an_encoding_that_is_a_guess_are_to_be_looked_at(look: Look, folder: Folder) -> None:
    lines = table("file,label", IMAGES, kinds(IMAGES, ("берёза", "дуб", "клён")))
    folder.data("t.csv", "\n".join(lines).encode("cp1251"))

    error = refused(look, folder, IMAGES, {})

    assert what(error, folder) == (
        f"{NO_CLASS.format(24)}t.csv is not UTF-8, and is read as cp1251 by guess: look whether its labels are words. "
        f"{NAMES_ALL.format('t.csv')}"
    )
    assert [row.label for row in error.unsettled.proposals[0].rows] == ["берёза", "дуб", "клён"]


@pytest.mark.parametrize(("gone", "is_read"), [(1, True), (2, False)])
def test_one_row_in_fifty_may_name_no_image(look: Look, folder: Folder, gone: int, is_read: bool) -> None:
    images = [f"img/{number}a.jpg" for number in range(50)]
    lines = [*table("file,label", images, kinds(images)), *(f"img/gone{number}.jpg,cat" for number in range(gone))]

    if is_read:
        folder.images(*images).text("t.csv", *lines)
        assert look(folder.root).why == "the column label of t.csv is the label"
        return
    error = refused(look, folder, images, {"t.csv": lines})
    names, differs = ("t.csv: the column file names 50 of 50 images",
                      "the column label of t.csv is the label, but 2 rows name no image")  # fmt: skip
    assert what(error, folder) == f"{NO_CLASS.format(50)}Tables lie beside the images ({names}; {differs}):"
    assert error.unsettled.evidence == (names, differs)
    first, last = error.unsettled.proposals
    assert (first.says, first.evidence) == ("the column label of t.csv is the label", ("it names 50 of 50 images",))
    assert last.says == "the images are meant to have no labels"


def test_images_that_a_table_leaves_out_are_said_with_one_of_them(look: Look, folder: Folder) -> None:
    error = refused(look, folder, IMAGES, {"t.csv": table("file,label", IMAGES[:20], kinds(IMAGES[:20]))})

    assert error.unsettled.evidence[-1] == (
        "the column label of t.csv is the label, but 4 images have no label there, such as img/20a.jpg"
    )


def test_a_column_that_is_less_sure_is_told_beside_the_reading(look: Look, folder: Folder) -> None:
    folder.images(*IMAGES)
    folder.text("t.csv", *table("file,label,colour", IMAGES, kinds(IMAGES), kinds(IMAGES, ("red", "blue"))))

    found = look(folder.root)

    assert found.why == "the column label of t.csv is the label"
    assert found.evidence == ("t.csv: the column file names 24 of 24 images",)
    assert found.rivals == ("the column colour of t.csv is the label: less sure",)


def test_numbers_to_predict_are_offered_as_such(look: Look, folder: Folder) -> None:
    images = [f"photos/{number}x.jpg" for number in range(1, 41)]
    months = [str(24 + 7.5 * number) for number in range(40)]

    error = refused(look, folder, images, {"t.csv": table("file,months", images, months)})

    [number] = [one for one in error.unsettled.proposals if "number" in one.says]
    assert number.says == "the column months is a number to predict"
    assert number.keys == {
        "source": {
            "layout": "tables",
            "tables": [{"file": "t.csv", "columns": {"file": "location", "months": "label"}}],
        },
        "labels": {"kind": "number"},
    }


def test_lists_of_splits_beside_class_folders_are_a_reading(look: Look, folder: Folder) -> None:
    folder.images(*FOLDERS).text("train.txt", *FOLDERS[::2]).text("val.txt", *FOLDERS[1::2])

    found = look(folder.root)

    assert found.why == "folders name the classes, and train.txt, val.txt the splits"
    assert found.evidence == ("train.txt, val.txt: column 1 names 24 of 24 images",)
    assert found.keys == {
        "source": {
            "tables": [
                {"listing": "**", "pattern": "^(?:[^/]+/){0}(?P<label>[^/]+)/"},
                {"file": "train.txt", "columns": ["location"], "split": "train"},
                {"file": "val.txt", "columns": ["location"], "split": "validation"},
            ]
        }
    }


TABLES = [{"file": "t.csv", "columns": {"file": "location", "label": "label"}}]


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("split", ("train", "test"), "t.csv says which images are in which split, and they are parted at random"),
        ("status", ("approved", "rejected", "approved"),
         "the column status of t.csv says which of its rows count, and all are taken"),
        ("label_v2", ("cat", "cat", "dog", "dog", "owl", "owl"),
         "by what the column label_v2 of t.csv is the label, 16 images are called otherwise, such as img/10a.jpg: owl"),
    ],
)  # fmt: skip
def test_what_speaks_against_the_tables_of_a_config_is_said(
    look: Look, folder: Folder, column: str, values: tuple[str, ...], said: str
) -> None:
    folder.images(*IMAGES).text("t.csv", *table(f"file,label,{column}", IMAGES, kinds(IMAGES), kinds(IMAGES, values)))

    found = look(folder.root, layout="tables", tables=TABLES)

    assert found.notices == (f"Warning: {said}; the config names its `tables`, and they count",)


@pytest.mark.parametrize(("most", "told"), [(24, 1), (23, 0)])
def test_of_more_images_than_are_looked_at_nothing_is_said_against_the_tables_of_a_config(
    look: Look, folder: Folder, monkeypatch: pytest.MonkeyPatch, most: int, told: int
) -> None:
    monkeypatch.setattr(named_tables, "_MOST_IMAGES", most)
    lines = table("file,label,split", IMAGES, kinds(IMAGES), kinds(IMAGES, ("train", "test")))
    folder.images(*IMAGES).text("t.csv", *lines)

    assert len(look(folder.root, layout="tables", tables=TABLES).notices) == told


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"tables": [{**TABLES[0], "where": {"status": ["approved", "rejected"]}}]}, id="limits them"),
        pytest.param({"tables": TABLES, "split": "train"}, id="is of one split"),
        pytest.param({"tables": [{"file": "t.csv", "columns": {**TABLES[0]["columns"], "split": "split"}}]},  # type: ignore[dict-item]
                     id="reads the splits"),
    ],
)  # fmt: skip
def test_a_config_that_says_it_itself_is_not_warned(look: Look, folder: Folder, keys: dict[str, Any]) -> None:
    column, values = ("status", ("approved", "rejected")) if "where" in str(keys) else ("split", ("train", "test"))
    lines = table(f"file,label,{column}", IMAGES, kinds(IMAGES), [values[at // 2 % 2] for at in range(24)])
    folder.images(*IMAGES).text("t.csv", *lines)

    assert look(folder.root, layout="tables", **keys).notices == ()


def test_boxes_of_one_class_each_may_be_one_label_or_a_set(look: Look, folder: Folder) -> None:
    images = [f"shots/{number}.jpg" for number in range(9)]
    files = {"classes.txt": list(KINDS)}
    files |= {f"shots/{number}.txt": [f"{number % 3} 0.5 0.5 0.1 0.1"] for number in range(9)}

    error = refused(look, folder, images, files)

    assert ", all in an image of one class: it may have one label, or a set of them. Tables lie" in error.what
    many, single, *_ = error.unsettled.proposals
    assert (many.keys.get("labels"), single.keys.get("labels")) == ({"kind": "many"}, None)
    assert many.says == f"{single.says}, and an image may have several"


def test_images_of_several_labels_are_read_where_the_config_says_so(look: Look, folder: Folder) -> None:
    tags = ["haze|primary" if number % 2 else "primary" for number in range(24)]

    error = refused(look, folder, IMAGES, {"t.csv": table("file,tags", IMAGES, tags)})

    assert what(error, folder) == (
        "SOURCE: images have several labels, as the column tags of t.csv is the label. Say so in `labels`:"
    )
    assert error.certain is error.unsettled.proposals[0]
    assert error.certain is not None
    assert error.certain.keys["labels"] == {"kind": "many", "separator": "|"}
    assert [row.label for row in error.certain.rows] == ["primary", "haze, primary", "primary"]
    assert error.unsettled.evidence == ("t.csv: the column file names 24 of 24 images",)
