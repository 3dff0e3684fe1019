"""Label files as tools and people write them, whose cells and columns are not what they look like at first sight."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from tasks.columns import SampleRow
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tests.tasks.discover.test_annotations import kinds_of, put, read_as

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

Told = dict[str, Any]
COUNT = 24
KINDS = ("cat", "dog", "emu")


def images(root: Path, *names: str) -> None:
    for name in names:
        put(root, name)


def table(root: Path, place: str, *rows: str) -> None:
    put(root, place, "\n".join(rows) + "\n")


def refused(look: Look, root: Path) -> UnsettledLayoutError:
    with pytest.raises(UnsettledLayoutError) as caught:
        look(root)
    return caught.value


def offered(look: Look, root: Path) -> tuple[Proposal, ...]:
    return refused(look, root).unsettled.proposals


def by_place(rows: dict[str, SampleRow], of: Callable[[SampleRow], Any]) -> Told:
    return {place: of(row) for place, row in rows.items()}


def label(row: SampleRow) -> str:
    return row["label_path"]


def taken(look: Look, root: Path) -> dict[str, SampleRow]:
    return {row["location"]: row for row in look(root).samples.to_pylist()}


def test_names_with_blanks_in_a_text_that_is_no_table_keep_names_from_being_classes(look: Look, tmp_path: Path) -> None:
    names = [f"lake, north {i}.jpg" if i % 3 == 0 else f"pond {i}.jpg" for i in range(COUNT)]
    images(tmp_path, *(f"fish/{name}" for name in names))
    table(
        tmp_path, "fish.csv", "file,species", *(f"{name},{'bass trout'.split()[i % 2]}" for i, name in enumerate(names))
    )

    assert "fish.csv names images, and no way to read it as a table was found" in refused(look, tmp_path).what


@pytest.mark.parametrize(
    ("null", "others"), [pytest.param("-1", "012", id="a number below zero"), pytest.param("\\N", "ab", id="a null")]
)
def test_a_label_that_may_mean_none_is_asked_for(look: Look, tmp_path: Path, null: str, others: str) -> None:
    said = [null if i % 5 == 0 else others[i % len(others)] for i in range(COUNT)]
    images(tmp_path, *(f"img/{i}.png" for i in range(COUNT)))
    table(tmp_path, "labels.csv", "path,label", *(f"img/{i}.png,{one}" for i, one in enumerate(said)))

    first, second, *_ = offered(look, tmp_path)

    bare = {f"img/{i}.png": "" if one == null else one for i, one in enumerate(said)}
    assert by_place(read_as(tmp_path, first), label) == bare
    assert by_place(read_as(tmp_path, second), label) == {f"img/{i}.png": one for i, one in enumerate(said)}


@pytest.mark.parametrize("values", [("-1", "1"), ("-2", "-1", "0"), ("cold", "-1", "hot"), ("-1", "a", "0")])
def test_other_labels_below_zero_are_classes(look: Look, tmp_path: Path, values: tuple[str, ...]) -> None:
    images(tmp_path, *(f"img/{i}.png" for i in range(COUNT)))
    table(tmp_path, "labels.csv", "path,label", *(f"img/{i}.png,{values[i % len(values)]}" for i in range(COUNT)))

    assert set(by_place(taken(look, tmp_path), label).values()) == set(values)


def test_minus_one_that_a_list_of_classes_names_is_a_class(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"img/a{i}.png" for i in range(COUNT)))
    table(tmp_path, "labels.csv", "path,label", *(f"img/a{i}.png,{i % 3 - 1}" for i in range(COUNT)))
    table(tmp_path, "classes.csv", "label,name", "-1,none", "0,cat", "1,dog")

    assert set(by_place(taken(look, tmp_path), label).values()) == {"none", "cat", "dog"}


def test_an_object_with_one_list_in_a_cell_is_its_labels(look: Look, tmp_path: Path) -> None:
    said = [["sky"], ["sea", "sky"], ["sand"], ["sand", "sea"]]
    images(tmp_path, *(f"images/{i}.jpg" for i in range(COUNT)))
    cells = (one[0] if len(one) == 1 else json.dumps({"choices": one}).replace('"', '""') for one in said * 6)
    table(
        tmp_path, "project.csv", "image,choice", *(f'/data/upload/7/{i}.jpg,"{cell}"' for i, cell in enumerate(cells))
    )

    error = refused(look, tmp_path)

    assert error.certain is not None
    told = by_place(read_as(tmp_path, error.certain), kinds_of)
    assert told == {f"images/{i}.jpg": said[i % 4] for i in range(COUNT)}


def test_keys_that_are_the_records_own_are_no_classes(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"data/{i}.jpg" for i in range(COUNT)))
    units = [{f"{i * 7919 + 4096:032x}": {"manual": True}} for i in range(COUNT)]
    put(tmp_path, "labels.json", [{"data_title": f"{i}.jpg", "data_units": unit} for i, unit in enumerate(units)])

    error = refused(look, tmp_path)

    assert error.certain is None
    assert not any(
        "one_hot" in entry for one in error.unsettled.proposals for entry in one.keys["source"].get("tables", ())
    )


def test_columns_in_single_quotes_are_read_as_the_table_has_them(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"im/{i:03}.png" for i in range(COUNT)))
    table(tmp_path, "gt.csv", "'Filename','ClassId'", *(f"'{i:03}.png',{i % 3 + 1}" for i in range(COUNT)))
    table(tmp_path, "synsets.txt", "car", "bike", "tram")

    told = by_place(taken(look, tmp_path), label)

    assert told == {f"im/{i:03}.png": ["car", "bike", "tram"][i % 3] for i in range(COUNT)}


KINDS_BELOW = [("Beta", "vulgaris"), ("Syringa", "vulgaris"), ("Rosa", "canina"), ("Fagus", "sylvatica")]


@pytest.mark.parametrize(
    ("above", "own"), [("genus", "species"), ("Genus", "specificEpithet"), ("family", "genus"), ("make", "model")]
)
def test_one_word_in_several_of_a_column_above_it_is_no_class_without_asking(
    look: Look, tmp_path: Path, above: str, own: str
) -> None:
    images(tmp_path, *(f"img/{i}.jpg" for i in range(COUNT)))
    rows = (f"{i}.jpg,{','.join(KINDS_BELOW[i % 4])}" for i in range(COUNT))
    table(tmp_path, "obs.csv", f"file,{above},{own}", *rows)

    told = [
        by_place(read_as(tmp_path, one), label) for one in offered(look, tmp_path) if "tables" in one.keys["source"]
    ]

    assert {f"img/{i}.jpg": "/".join(KINDS_BELOW[i % 4]) for i in range(COUNT)} in told


def test_splits_of_which_each_has_a_column_are_read(look: Look, tmp_path: Path) -> None:
    splits = ["train", "train", "validation", "test"]
    images(tmp_path, *(f"img/{i}.png" for i in range(COUNT)))
    flags = (",".join(str(int(splits[i % 4] == one)) for one in ("train", "validation", "test")) for i in range(COUNT))
    rows = (f"{i}.png,{'up down'.split()[i // 4 % 2]},{flag}" for i, flag in enumerate(flags))
    table(tmp_path, "meta.csv", "file,direction,is_train,is_val,is_test", *rows)

    found = taken(look, tmp_path)

    assert by_place(found, lambda row: row["split"]) == {f"img/{i}.png": splits[i % 4] for i in range(COUNT)}
    assert by_place(found, label) == {f"img/{i}.png": "up down".split()[i // 4 % 2] for i in range(COUNT)}


def test_a_split_within_names_goes_with_the_label_that_they_hold(look: Look, tmp_path: Path) -> None:
    names = [f"{'train test'.split()[i % 4 == 0]}_{'cat dog'.split()[i % 2]}_{i:03}.jpg" for i in range(COUNT)]
    images(tmp_path, *names)

    found = read_as(tmp_path, offered(look, tmp_path)[0])

    assert by_place(found, lambda row: (row["split"], label(row))) == {
        name: tuple(name.split("_")[:2]) for name in names
    }


def test_counted_columns_are_the_labels_of_an_image_together(look: Look, tmp_path: Path) -> None:
    said = [["wheat"], ["weed", "wheat"], ["soil", "weed", "wheat"], ["soil"]]
    images(tmp_path, *(f"train/{i:03x}.png" for i in range(COUNT)))
    rows = (f"{i:03x}.png,{','.join([*said[i % 4], '', ''][:3])}" for i in range(COUNT))
    table(tmp_path, "train.csv", "filename,label1,label2,label3", *rows)

    told = by_place(read_as(tmp_path, offered(look, tmp_path)[0]), kinds_of)

    assert told == {f"train/{i:03x}.png": said[i % 4] for i in range(COUNT)}


def test_what_two_readers_say_in_one_record_is_no_set_of_labels_without_asking(look: Look, tmp_path: Path) -> None:
    clash = {0, 6, 12}
    images(tmp_path, *(f"images/{i}.jpg" for i in range(COUNT)))
    put(tmp_path, "export.json", [
        {"file_upload": f"{i}.jpg", "annotations": [
            {"completed_by": who, "result": [{"value": {"choices": ["raw" if i in clash and who == 2 else "ripe"
                                                                    if i % 2 == 0 else "raw"]}}]} for who in (1, 2)
        ]} for i in range(COUNT)
    ])  # fmt: skip

    error = refused(look, tmp_path)

    assert error.certain is None
    [first, *_] = error.unsettled.proposals
    keys = {**first.keys["source"], "path": str(tmp_path)}
    found = look(keys.pop("path"), **keys)
    told = {row["location"]: label(row) for row in found.samples.to_pylist()}
    assert told == {f"images/{i}.jpg": "ripe" if i % 2 == 0 else "raw" for i in range(COUNT) if i not in clash}


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://bucket.s3.amazonaws.com/plants/a%20{}.jpg", id="in a folder"),
        pytest.param("https://storage.example.org/v0/o/plants%2Fa%20{}.jpg?alt=media&token=0f", id="with a query"),
    ],
)
def test_addresses_that_name_images_which_lie_here_mean_these(look: Look, tmp_path: Path, address: str) -> None:
    images(tmp_path, *(f"plants/a {i}.jpg" for i in range(COUNT)))
    order = [(i * 7) % COUNT for i in range(COUNT)]
    table(tmp_path, "data.csv", "image_url,label", *(f"{address.format(i)},{'hot cold'.split()[i % 2]}" for i in order))

    found = taken(look, tmp_path)

    assert by_place(found, lambda row: (row["kind"], label(row))) == {
        f"plants/a {i}.jpg": ("store", "hot cold".split()[i % 2]) for i in range(COUNT)
    }


def test_names_that_differ_by_case_alone_are_found(look: Look, tmp_path: Path) -> None:
    order = [(i * 7) % COUNT for i in range(COUNT)]
    images(tmp_path, *(f"images/DSC_{i}.{'JPG' if i % 2 else 'jpg'}" for i in range(COUNT)))
    rows = (f"{'dsc' if i % 3 else 'DSC'}_{i}.jpg,{'fox owl elk'.split()[i % 3]}" for i in order)
    table(tmp_path, "labels.csv", "filename,label", *rows)

    found = look(tmp_path)

    told = {row["location"]: label(row) for row in found.samples.to_pylist()}
    said = "16 locations name files by letters of another case, such as 'dsc_7.jpg' for 'images/DSC_7.JPG'"
    assert said in found.notices
    assert told == {f"images/DSC_{i}.{'JPG' if i % 2 else 'jpg'}": "fox owl elk".split()[i % 3] for i in range(COUNT)}


def test_a_name_in_another_case_is_no_image_that_has_a_row_of_its_own(look: Look, tmp_path: Path) -> None:
    images(tmp_path, "a.jpg", "B.jpg", "c.jpg", "d.jpg")
    table(
        tmp_path,
        "labels.csv",
        "file,label",
        "a.jpg,cat",
        "A.jpg,dog",
        "b.jpg,dog",
        "C.JPG,cat",
        "C.jpg,dog",
        "e.jpg,cat",
    )
    entry = {"file": "labels.csv", "columns": {"file": "location", "label": "label"}, "find": "end"}

    told = {row["location"]: label(row) for row in look(tmp_path, layout="tables", tables=[entry]).samples.to_pylist()}

    assert told == {"a.jpg": "cat", "B.jpg": "dog"}


def test_records_that_say_what_could_be_chosen_are_read_by_what_was(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"attachments/{i}.jpg" for i in range(COUNT)))
    put(tmp_path, "tasks.json", [
        {"is_test": False, "params": {"attachment": f"https://b.org/{i}.jpg", "categories": ["plain", "dotted"]},
         "response": {"category": "plain dotted".split()[i % 2]}} for i in range(COUNT)
    ])  # fmt: skip

    found = taken(look, tmp_path)

    assert by_place(found, label) == {f"attachments/{i}.jpg": "plain dotted".split()[i % 2] for i in range(COUNT)}
    assert {row["split"] for row in found.values()} == {""}


def test_each_column_could_be_the_label_where_only_flags_are_found(look: Look, tmp_path: Path) -> None:
    said = "bird human plant".split()
    images(tmp_path, *(f"imgs/{i}.jpg" for i in range(COUNT)))
    files = {f"{i}.jpg5000": {"filename": f"{i}.jpg", "file_attributes": {"type": said[i % 3], "frontal": i % 2 == 0}}
             for i in range(COUNT)}  # fmt: skip
    put(tmp_path, "via.json", {"_via_settings": {"core": {"size": 18}}, "_via_img_metadata": files})

    told = [by_place(read_as(tmp_path, one), label) for one in offered(look, tmp_path)]

    assert {f"imgs/{i}.jpg": said[i % 3] for i in range(COUNT)} in told


def test_a_map_of_objects_with_one_key_is_no_crash(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"g{i}.jpg" for i in range(COUNT)))
    view = {str(i): {"fid_list": [str(i)]} for i in range(COUNT)}
    put(tmp_path, "via_project.json", {"project": {"pid": "p"}, "config": {}, "view": view})

    assert refused(look, tmp_path).reason == "no_labels"


@pytest.mark.parametrize("by_row", [True, False])
def test_columns_of_json_that_run_in_parallel_are_read(look: Look, tmp_path: Path, *, by_row: bool) -> None:
    order = [(i * 7) % COUNT for i in range(COUNT)]
    names, said = [f"{i}.png" for i in order], ["hot cold".split()[i % 2] for i in order]
    images(tmp_path, *(f"img/{name}" for name in names))
    columns = {"image": names, "label": said}
    rows = {key: {str(at): cell for at, cell in enumerate(cells)} for key, cells in columns.items()}
    put(tmp_path, "df.json", rows if by_row else columns)

    told = by_place(taken(look, tmp_path), label)

    assert told == {f"img/{i}.png": "hot cold".split()[i % 2] for i in range(COUNT)}


def test_images_without_a_label_in_a_map_have_none(look: Look, tmp_path: Path) -> None:
    said = ["sunny", "cloudy", None]
    images(tmp_path, *(f"data/{i:06}.jpg" for i in range(COUNT)))
    put(tmp_path, "labels.json", {"classes": None, "labels": {f"{i:06}": said[i % 3] for i in range(COUNT)}})

    assert by_place(taken(look, tmp_path), label) == {f"data/{i:06}.jpg": said[i % 3] or "" for i in range(COUNT)}


def test_most_rows_that_are_valid_are_no_validation_split(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"img/a{i}.png" for i in range(COUNT)))
    table(
        tmp_path, "labels.csv", "file,label,is_valid", *(f"a{i}.png,{'ab'[i % 2]},{int(i > 2)}" for i in range(COUNT))
    )

    first, second, *_ = offered(look, tmp_path)

    keys = dict(first.keys["source"])
    assert {row["location"] for row in look(tmp_path, **keys).samples.to_pylist()} == {
        f"img/a{i}.png" for i in range(3, COUNT)
    }
    assert {row["split"] for row in read_as(tmp_path, second).values()} == {""}


@pytest.mark.parametrize("name", ["labels.txt", "x.csv"])
def test_words_between_blanks_that_each_are_a_label_are_several(look: Look, tmp_path: Path, name: str) -> None:
    said = [["cat"], ["cat", "dog"], ["dog"], ["dog", "emu"], ["emu"], ["cat", "emu"]]
    images(tmp_path, *(f"pics/a{i}.jpg" for i in range(COUNT)))
    head, mark = (["image,label"], ",") if name.endswith("csv") else ([], " ")
    table(tmp_path, name, *head, *(f"a{i}.jpg{mark}{' '.join(said[i % 6])}" for i in range(COUNT)))

    error = refused(look, tmp_path)

    assert error.certain is not None
    told = by_place(read_as(tmp_path, error.certain), kinds_of)
    assert told == {f"pics/a{i}.jpg": said[i % 6] for i in range(COUNT)}


def test_words_between_blanks_that_are_no_labels_by_themselves_are_a_name(look: Look, tmp_path: Path) -> None:
    said = ["black bear", "brown bear", "bear", "cat"]
    images(tmp_path, *(f"pics/a{i}.jpg" for i in range(COUNT)))
    table(tmp_path, "x.csv", "image,label", *(f"a{i}.jpg,{said[i % 4]}" for i in range(COUNT)))

    assert set(by_place(taken(look, tmp_path), label).values()) == set(said)


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param('{{"title": "quality", "answer": {{"title": "Q", "value": "{0}"}}}}', id="below another key"),
        pytest.param('[{{"task": "T0", "value": "{0}"}}]', id="in a list of one"),
        pytest.param('{{"tools": [{{"name": "tag", "result": [{{"kind": ["{0}"]}}]}}]}}', id="in lists within"),
    ],
)
def test_a_text_deep_in_the_json_of_each_cell_is_offered(look: Look, tmp_path: Path, cell: str) -> None:
    images(tmp_path, *(f"images/a{i}.jpg" for i in range(COUNT)))
    said = [cell.format("good bad".split()[i % 2]).replace('"', '""') for i in range(COUNT)]
    table(tmp_path, "export.csv", "file,seconds,result", *(f'a{i}.jpg,{i * 1.5},"{one}"' for i, one in enumerate(said)))

    told = [by_place(read_as(tmp_path, one), label) for one in offered(look, tmp_path)]

    assert {f"images/a{i}.jpg": "good bad".split()[i % 2] for i in range(COUNT)} in told


def test_a_file_of_labels_is_json_where_it_begins_so(look: Look, tmp_path: Path) -> None:
    for split, word in (("training", "train"), ("testing", "test")):
        images(tmp_path, *(f"{split}/{word}-{i}.jpg" for i in range(COUNT)))
        boxes = {f"{word}-{i}.jpg": [{"label": "cube ball".split()[i % 2], "x": 1, "y": 2, "width": 3, "height": 4}]
                 for i in range(COUNT)}  # fmt: skip
        put(tmp_path, f"{split}/bounding_boxes.labels", {"version": 1, "type": "boxes", "boundingBoxes": boxes})

    told = by_place(taken(look, tmp_path), lambda row: (kinds_of(row), row["split"]))

    assert told == {
        f"{split}/{word}-{i}.jpg": (["cube ball".split()[i % 2]], word)
        for split, word in (("training", "train"), ("testing", "test"))
        for i in range(COUNT)
    }


def test_answers_to_several_questions_are_no_set_of_labels(look: Look, tmp_path: Path) -> None:
    animals, looks = "cat dog".split(), "sharp blurred dark".split()
    images(tmp_path, *(f"images/a{i}.jpg" for i in range(COUNT)))
    put(tmp_path, "export.json", [
        {"file_upload": f"a{i}.jpg", "annotations": [{"completed_by": 1, "result": [
            {"from_name": "animal", "value": {"choices": [animals[i % 2]]}},
            {"from_name": "quality", "value": {"choices": [looks[i % 3]]}},
        ]}]} for i in range(COUNT)
    ])  # fmt: skip

    error = refused(look, tmp_path)

    assert error.certain is None
    first, second, *_ = error.unsettled.proposals
    told = [by_place(read_as_filtered(look, tmp_path, one), label) for one in (first, second)]
    assert told == [
        {f"images/a{i}.jpg": animals[i % 2] for i in range(COUNT)},
        {f"images/a{i}.jpg": looks[i % 3] for i in range(COUNT)},
    ]


def read_as_filtered(look: Look, root: Path, proposal: Proposal) -> dict[str, SampleRow]:
    """What `read_as` gives, of readings that leave out some rows of each image."""
    keys = dict(proposal.keys["source"])
    return {row["location"]: row for row in look(root, **keys).samples.to_pylist()}


def test_a_header_is_no_prose_above_cells_that_hold_commas(look: Look, tmp_path: Path) -> None:
    said = ["Parus major", "Turdus merula", "Turdus philomelos"]
    images(tmp_path, *(f"images/{7000 + i}.jpg" for i in range(COUNT)))
    rows = (f"{7000 + i}\t{said[i % 3]} Linnaeus, 1758\t{said[i % 3]}" for i in range(COUNT))
    table(tmp_path, "occurrence.txt", "gbifID\tscientificName\tspecies", *rows)

    assert by_place(taken(look, tmp_path), label) == {f"images/{7000 + i}.jpg": said[i % 3] for i in range(COUNT)}


def test_of_columns_that_part_images_alike_the_one_without_gaps_is_the_label(look: Look, tmp_path: Path) -> None:
    said = [("vulpes", "Red Fox"), ("scrofa", "Wild Boar"), ("", "Blank")]
    images(tmp_path, *(f"img/a{i}.jpg" for i in range(COUNT)))
    table(
        tmp_path,
        "images.csv",
        "filename,species,common_name",
        *(f"a{i}.jpg,{','.join(said[i % 3])}" for i in range(COUNT)),
    )

    assert by_place(taken(look, tmp_path), label) == {f"img/a{i}.jpg": said[i % 3][1] for i in range(COUNT)}


def test_lists_of_splits_beside_names_with_labels_are_not_left_to_chance(look: Look, tmp_path: Path) -> None:
    names = [f"{1000 + i}_{'bird ship'.split()[i % 2]}.png" for i in range(COUNT)]
    images(tmp_path, *(f"cifar/{name}" for name in names))
    for split in ("train", "valid"):
        mine = (name for i, name in enumerate(names) if (i % 4 == 0) == (split == "valid"))
        table(tmp_path, f"{split}.list", *(f"darknet/data/cifar/{name}" for name in mine))

    found = offered(look, tmp_path)

    assert found[0].keys["splits"] == {"files": {"train": "train.list", "validation": "valid.list"}}


def test_folds_in_json_leave_no_splits_to_chance(look: Look, tmp_path: Path) -> None:
    names = [f"q{i}.png" for i in range(COUNT)]
    images(tmp_path, *(f"img/{name}" for name in names))
    table(tmp_path, "labels.csv", "image,class", *(f"{name},{'xyz'[i % 3]}" for i, name in enumerate(names)))
    folds = {
        f"fold{k}": {"train": names[: 4 * k] + names[4 * k + 4 :], "val": names[4 * k : 4 * k + 4]} for k in range(6)
    }
    put(tmp_path, "splits.json", folds)

    assert "splits.json may say which images are in which split" in refused(look, tmp_path).what


def test_a_sheet_for_each_split_is_read(look: Look, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for split in ("train", "val", "test"):
        sheet = book.create_sheet(split)
        sheet.append(["file", "label"])
        for i in range(COUNT):
            sheet.append([f"{split}-{i}.png", "ab"[i // 2 % 2]])
            put(tmp_path, f"img/{split}-{i}.png")
    del book["Sheet"]
    book.save(tmp_path / "dataset.xlsx")

    told = by_place(taken(look, tmp_path), lambda row: (label(row), row["split"]))

    assert told == {
        f"img/{split}-{i}.png": ("ab"[i // 2 % 2], said)
        for split, said in (("train", "train"), ("val", "validation"), ("test", "test"))
        for i in range(COUNT)
    }


def test_a_sheet_that_names_classes_does(look: Look, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet, legend = book["Sheet"], book.create_sheet("Classes")
    for row in (("file", "label"), *((f"a{i}.png", i % 3) for i in range(COUNT))):
        sheet.append(row)
    for line in (("label", "name"), (0, "cat"), (1, "dog"), (2, "emu")):
        legend.append(line)
    images(tmp_path, *(f"img/a{i}.png" for i in range(COUNT)))
    book.save(tmp_path / "dataset.xlsx")

    assert set(by_place(taken(look, tmp_path), label).values()) == {"cat", "dog", "emu"}


def test_what_is_in_doubt_in_a_table_beside_images_is_asked_for_in_one_folder_too(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"a{i}.jpg" for i in range(COUNT)))
    rows = (f"a{i}.jpg,{'ab'[i % 2]},{'ab'[i % 2 if i % 5 else 0]}" for i in range(COUNT))
    table(tmp_path, "labels.csv", "file,label,label_corrected", *rows)

    assert len(offered(look, tmp_path)) > 1


def test_images_in_one_folder_are_found_by_names_without_endings(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"a{i}-b.jpg" for i in range(COUNT)))
    table(tmp_path, "labels.csv", "id,label", *(f"a{i}-b,{'ab'[i % 2]}" for i in range(COUNT)))

    assert by_place(taken(look, tmp_path), label) == {f"a{i}-b.jpg": "ab"[i % 2] for i in range(COUNT)}


def test_two_columns_of_other_splits_are_asked_for(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"img/a{i}.jpg" for i in range(COUNT)))
    rows = (f"a{i}.jpg,{'xy'[i % 2]},{'train test'.split()[i % 4 == 0]},{int(i % 3 == 0)}" for i in range(COUNT))
    table(tmp_path, "data.csv", "file,label,subset,is_valid", *rows)

    assert (
        "the columns subset and is_valid of data.csv put some images into different splits"
        in refused(look, tmp_path).what
    )


def test_a_column_of_few_numbers_names_no_images_by_chance(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"photos/{i}.jpg" for i in range(COUNT)))
    table(tmp_path, "data.csv", "path,label,is_blurry", *(f"{i}.tif,{'xy'[i % 2]},{i % 3 % 2}" for i in range(COUNT)))

    assert by_place(taken(look, tmp_path), label) == {f"photos/{i}.jpg": "xy"[i % 2] for i in range(COUNT)}


def test_columns_of_json_of_ones_and_zeros_are_classes(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"img/a{i}.png" for i in range(COUNT)))
    columns = {"Datei": [f"a{i}.png" for i in range(COUNT)]}
    put(
        tmp_path, "df.json", columns | {name: [int(i % 3 == at) for i in range(COUNT)] for at, name in enumerate(KINDS)}
    )

    told = by_place(taken(look, tmp_path), kinds_of)

    assert told == {f"img/a{i}.png": [KINDS[i % 3]] for i in range(COUNT)}


@pytest.mark.parametrize("columns", ["url,photo,label", "photo,url,label"])
def test_numbers_that_a_server_gave_are_not_those_of_the_files_here(look: Look, tmp_path: Path, columns: str) -> None:
    images(tmp_path, *(f"train/{i}.jpg" for i in range(COUNT)))
    rows = (
        {"url": f"https://x.org/{(i + 1) % COUNT}.jpg", "photo": f"{i}", "label": "ab"[i % 2]} for i in range(COUNT)
    )
    table(tmp_path, "list.csv", columns, *(",".join(row[name] for name in columns.split(",")) for row in rows))

    assert by_place(taken(look, tmp_path), label) == {f"train/{i}.jpg": "ab"[i % 2] for i in range(COUNT)}


def test_columns_named_by_numbers_are_classes_beside_a_column_of_words(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"img/{i}.png" for i in range(COUNT)))
    rows = (
        f"{i}.png,{','.join('01'[i % 3 == kind] for kind in range(3))},{('ward', 'lab')[i // 5 % 2]}"
        for i in range(COUNT)
    )
    table(tmp_path, "labels.csv", "file,0,1,2,site", *rows)

    assert by_place(taken(look, tmp_path), label) == {f"img/{i}.png": str(i % 3) for i in range(COUNT)}


def test_numbers_in_columns_without_names_are_no_classes(look: Look, tmp_path: Path) -> None:
    images(tmp_path, *(f"img/{i}.png" for i in range(COUNT)))
    table(
        tmp_path, "labels.txt", *(f"{i}.png {i % 2} {(i + 1) % 2} {('ward', 'lab')[i // 5 % 2]}" for i in range(COUNT))
    )

    assert refused(look, tmp_path)
