"""`layout: tables`: layouts of the kinds that people publish, and what comes out beside the truth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.discover.auto import AutoSource
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.label_kinds import LabelKind
from tests.folders_here import Folder, labels, rejects, splits

PETS = ("photos/tom.jpg", "photos/rex.jpg", "photos/kit.jpg")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_tables_are_joined_outwards_from_the_one_with_the_locations(folder: Folder) -> None:
    folder.images(*PETS)
    folder.text("names.txt", "1 tom.jpg", "2 rex.jpg", "3 kit.jpg").text("kinds.txt", "1 7", "2 8", "3 7")
    folder.text("species.txt", "7 cat", "8 dog").text("parts.txt", "1 1", "2 0", "3 1")

    found = folder.found(
        {"file": "names.txt", "columns": ["image", "location"], "base": "photos"},
        {"file": "kinds.txt", "columns": ["image", "class"]},
        {"file": "species.txt", "columns": ["class", "label"]},
        {"file": "parts.txt", "columns": ["image", "split"]},
        words={"1": "train", "0": "test"},
    )

    assert labels(found) == {"photos/tom.jpg": "cat", "photos/rex.jpg": "dog", "photos/kit.jpg": "cat"}
    assert splits(found) == {"photos/tom.jpg": "train", "photos/rex.jpg": "test", "photos/kit.jpg": "train"}
    assert found.samples["label_file"].unique().to_pylist() == ["names.txt"]
    assert found.class_paths == ("cat", "dog")


@pytest.mark.parametrize(
    ("cells", "find"),
    [
        pytest.param(("photos/tom.jpg", "photos/rex.jpg", "photos/kit.jpg"), "path", id="paths"),
        pytest.param(("tom.jpg", "rex.jpg", "kit.jpg"), "end", id="names"),
        pytest.param(("tom", "rex", "kit"), "stem", id="names without their extension"),
        pytest.param(tuple(f"/Users/ann/pets/{path}" for path in PETS), "end", id="paths of another machine"),
        pytest.param(
            ("C:\\pets\\photos\\tom.jpg", "C:\\pets\\photos\\rex.jpg", "C:\\pets\\photos\\kit.jpg"), "end", id="Windows"
        ),
        pytest.param(tuple(f"s3://acme/pets/{path}" for path in PETS), "end", id="another store"),
        pytest.param(tuple(f"gs://acme/v2/{path}" for path in PETS), "name", id="by name alone"),
    ],
)
@pytest.mark.parametrize("how", ["auto", "as it is"])
def test_locations_name_files_however_they_are_written(
    folder: Folder, cells: tuple[str, ...], find: str, how: str
) -> None:
    kinds = dict(zip(PETS, ("cat", "dog", "fox"), strict=True))
    rows = [f"{cell},{kind}" for cell, kind in zip(cells, kinds.values(), strict=True)]
    folder.images(*PETS).text("labels.csv", "where,what", *rows)

    found = folder.found(
        {
            "file": "labels.csv",
            "columns": {"where": "location", "what": "label"},
            "find": "auto" if how == "auto" else find,
        }
    )

    assert labels(found) == kinds
    assert not rejects(found)


def test_a_pattern_over_paths_needs_no_table(folder: Folder) -> None:
    folder.images("a/cat.1.jpg", "a/dog.2.jpg", "b/cat.3.jpg", "b/unknown.jpg")

    found = folder.found(pattern=r"(?P<label>[a-z]+)\.\d+\.jpg$")

    assert labels(found) == {"a/cat.1.jpg": "cat", "a/dog.2.jpg": "dog", "b/cat.3.jpg": "cat"}
    assert rejects(found) == {"b/unknown.jpg": ("no_pattern", "'b/unknown.jpg' does not match `pattern`")}


def test_one_column_a_class_names_the_label(folder: Folder) -> None:
    folder.images(*PETS).text("truth.csv", "image,cat,dog", "tom,1.0,0.0", "rex,0.0,1.0", "kit,1.0,0.0")

    found = folder.found({"file": "truth.csv", "columns": {"image": "location"}, "one_hot": ["cat", "dog"]})

    assert labels(found) == {"photos/tom.jpg": "cat", "photos/rex.jpg": "dog", "photos/kit.jpg": "cat"}


@pytest.mark.parametrize("kind", ["single", "many"])
def test_a_class_without_a_name_is_told_of_where_images_may_have_no_label(folder: Folder, kind: LabelKind) -> None:
    folder.images(*PETS).text("kinds.csv", "image,class", "tom,0", "rex,7", "kit,").text(
        "names.csv", "class,label", "0,cat"
    )
    tables = [
        {"file": "kinds.csv", "columns": {"image": "location", "class": "class"}},
        {"file": "names.csv", "columns": {"class": "class", "label": "label"}},
    ]

    found = folder.found(*tables, kind=kind, allow_unlabeled=True)

    assert len(labels(found)) == 3
    assert "names.csv has no label for 1 rows (class '7'): they count as having none" in found.notices


def test_cells_that_are_neither_0_nor_1_are_told_of(folder: Folder) -> None:
    folder.images(*PETS).text("truth.csv", "image,cat,dog", "tom,-1.0,1", "rex,0.3,TRUE", "kit,yes,")

    found = folder.found({"file": "truth.csv", "columns": {"image": "location"}, "one_hot": ["cat", "dog"]})

    assert labels(found) == {"photos/tom.jpg": "dog", "photos/rex.jpg": "dog", "photos/kit.jpg": "cat"}
    assert "truth.csv: columns of `one_hot` hold -1.0, 0.3, which count as no" in found.notices


def test_several_ones_are_several_labels_only_where_the_config_says_so(folder: Folder) -> None:
    folder.images(*PETS).text("truth.csv", "image,cat,dog", "tom,1,1", "rex,0,1", "kit,-1,-1")
    table = {"file": "truth.csv", "columns": {"image": "location"}, "one_hot": "others"}

    single, many = folder.found(table), folder.found(table, kind="many")

    assert rejects(single)["photos/tom.jpg"][0] == "label_conflict"
    assert "labels.kind: many" in rejects(single)["photos/tom.jpg"][1]
    assert rejects(single)["photos/kit.jpg"][0] == "missing_label"
    assert labels(many) == {"photos/tom.jpg": ["cat", "dog"], "photos/rex.jpg": "dog", "photos/kit.jpg": []}


def test_rows_that_do_not_count_are_counted(folder: Folder) -> None:
    folder.images(*PETS).text(
        "labels.csv", "file,label,view", "tom.jpg,cat,front", "rex.jpg,dog,back", "kit.jpg,cat,front"
    )

    found = folder.found(
        {"file": "labels.csv", "columns": {"file": "location", "label": "label"}, "where": {"view": ["front"]}}
    )

    assert sorted(labels(found)) == ["photos/kit.jpg", "photos/tom.jpg"]
    assert found.ignored == {"filtered": 1}


def test_detections_of_coco_are_several_labels_of_an_image(folder: Folder) -> None:
    folder.images("train/1.jpg", "train/2.jpg", "val/1.jpg")
    kinds = [{"id": 3, "name": "car"}, {"id": 5, "name": "dog"}]
    for split, ids in (("train", (1, 2)), ("val", (1,))):
        images = [{"id": at, "file_name": f"{at}.jpg"} for at in ids]
        notes = [{"image_id": at, "category_id": kind, "bbox": [1, 2, 3, at]} for at in ids for kind in (3, 5)[:at]]
        text = json.dumps({"images": images, "annotations": notes, "categories": kinds})
        folder.text(f"notes/{split}.json", text)

    def of(split: str) -> list[dict[str, object]]:
        place = {"file": f"notes/{split}.json", "split": split}
        return [
            place | {"at": "images", "columns": {"id": "image", "file_name": "location"}, "base": split},
            place | {"at": "annotations", "columns": {"image_id": "image", "category_id": "class"}},
        ]

    names = {"file": "notes/val.json", "at": "categories", "columns": {"id": "class", "name": "label"}}
    found = folder.found(*of("train"), *of("val"), names, kind="many")

    assert labels(found) == {"train/1.jpg": "car", "train/2.jpg": ["car", "dog"], "val/1.jpg": "car"}
    assert splits(found) == {"train/1.jpg": "train", "train/2.jpg": "train", "val/1.jpg": "validation"}


def test_one_xml_an_image(folder: Folder) -> None:
    folder.images("pictures/1.jpg", "pictures/2.jpg")
    for at, kinds in (("1", ["dog"]), ("2", ["dog", "person"])):
        objects = "".join(f"<object><name>{kind}</name><bndbox><xmin>5</xmin></bndbox></object>" for kind in kinds)
        folder.text(f"notes/{at}.xml", f"<annotation><filename>{at}.jpg</filename>{objects}</annotation>")

    found = folder.found(
        {"files": "notes/*.xml", "columns": {"filename": "location", "object.name": "label"}, "base": "pictures"},
        kind="many",
    )

    assert labels(found) == {"pictures/1.jpg": "dog", "pictures/2.jpg": ["dog", "person"]}


def test_a_text_file_an_image_whose_lines_are_boxes(folder: Folder) -> None:
    folder.images("images/train/a.jpg", "images/train/b.jpg", "images/val/c.jpg")
    folder.text("labels/train/a.txt", "0 .5 .5 .1 .1", "1 .5 .5 .1 .1").text("labels/val/c.txt", "1 .5 .5 .1 .1")
    folder.text("labels/train/b.txt").text("data.yaml", "train: images/train", "names:", "  0: helmet", "  1: vest")

    found = folder.found(
        {
            "files": "labels/**/*.txt",
            "columns": {"0": "class", "file.path": "of"},
            "pattern": {"of": r"labels/(?P<split>\w+)/(?P<stem>\w+)\.txt"},
            "location": "images/{split}/{stem}",
        },
        {"file": "data.yaml", "at": "names", "orient": "map", "columns": ["class", "label"]},
        kind="many",
        allow_unlabeled=True,
    )

    assert labels(found) == {
        "images/train/a.jpg": ["helmet", "vest"],
        "images/train/b.jpg": [],
        "images/val/c.jpg": "vest",
    }
    assert splits(found)["images/val/c.jpg"] == "validation"


def test_what_a_table_does_not_name_is_counted_and_what_is_not_there_is_rejected(folder: Folder) -> None:
    folder.images(*PETS).text("labels.csv", "file,label", "tom.jpg,cat", "max.jpg,dog")

    found = folder.found({"file": "labels.csv", "columns": {"file": "location", "label": "label"}, "base": "photos"})

    assert found.ignored == {"present but unlisted": 2}
    assert rejects(found) == {"max.jpg": ("not_found", "no such file")}


def test_a_name_that_two_files_have_is_an_error_that_shows_both(folder: Folder) -> None:
    folder.images("train/1.jpg", "test/1.jpg").text("labels.csv", "file,label", "1.jpg,cat")

    with pytest.raises(
        LayoutError, match=r"labels\.csv, line 2: the location '1\.jpg' names 2 files, .*test/1.*train/1.*`base`"
    ):
        folder.found({"file": "labels.csv", "columns": {"file": "location", "label": "label"}})


@pytest.mark.parametrize("is_named", [False, True])
def test_numbers_of_classes_that_nothing_names_are_told_of(folder: Folder, is_named: bool) -> None:
    folder.images("images/1.jpg", "images/2.jpg")
    folder.text("labels/1.txt", "0 .5 .5 .1 .1").text("labels/2.txt", "1 .5 .5 .1 .1").text("names.txt", "cat", "dog")
    number = "class" if is_named else "label"
    tables: list[dict[str, Any]] = [{"files": "labels/*.txt", "columns": {"file.stem": "location", "0": number}}]
    tables += [{"file": "names.txt", "columns": {"record.index": "class", "0": "label"}}] if is_named else []

    found = folder.found(*tables)

    said = "The classes of labels/*.txt are numbers, and no table gives them names"
    assert any(notice.startswith(said) for notice in found.notices) != is_named
    assert labels(found) == dict(
        zip(("images/1.jpg", "images/2.jpg"), ("cat", "dog") if is_named else "01", strict=True)
    )


def test_tables_of_addresses_and_of_files_are_one_where_their_columns_are(folder: Folder) -> None:
    folder.images("1.jpg").text("here.csv", "file,label", "1.jpg,cat")
    folder.text("there.csv", "file,label", "http://h.org/2.jpg,dog", "http://h.org/3.jpg?key=1,dog")
    columns = {"file": "location", "label": "label"}

    found = folder.found({"file": "here.csv", "columns": columns}, {"file": "there.csv", "columns": columns})

    rows = found.samples.select(["location", "kind", "label_offset"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("1.jpg", "store", -1),
        ("http://h.org/2.jpg", "web", -1),
        ("http://h.org/3.jpg", "web", 34),
    ]


@pytest.mark.parametrize("name", ["labels.csv", "labels.json", "labels.jsonl"])
def test_a_label_file_alone_and_as_a_table_says_the_same(folder: Folder, name: str) -> None:
    places = ["a/1.jpg", "./a/2.jpg", "a\\3.jpg", "http://h.org/4.jpg", "http://h.org/5.jpg?key=1", "[[1,2],[3,4]]"]
    rows = [{"file": place, "label": f"c{at % 2}", "split": "train"} for at, place in enumerate(places * 4)]
    lines = [json.dumps(row) for row in rows]
    cells = ['"{file}",{label},{split}'.format(**row) for row in rows]
    text = {"labels.csv": ["file,label,split", *cells], "labels.json": [f"[{','.join(lines)}]"], "labels.jsonl": lines}
    folder.images("a/1.jpg", "a/2.jpg", "a/3.jpg").text(name, *text[name])

    alone = AutoSource(path=str(folder.root / name)).discover(SplitWords({}))
    table = folder.found({"file": name, "columns": {"file": "location", "label": "label", "split": "split"}})

    assert alone.samples.equals(table.samples)
    assert (alone.class_paths, alone.samples.num_rows) == (table.class_paths, 9)
