"""Tables that contradict each other, or the files: each is said in one sentence with table, line and remedy."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pydantic import ValidationError

from tasks.errors import LabelFileError, LayoutError
from tasks.records.embedded import text_hash
from tests.folders_here import Folder, labels, rejects

NAMES = {"file": "names.csv", "columns": {"image": "image", "file": "location"}}
KINDS = {"file": "kinds.csv", "columns": {"image": "image", "kind": "label"}}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path).images("a.jpg", "b.jpg", "c.jpg")
    return made.text("names.csv", "image,file", "1,a.jpg", "2,b.jpg", "3,c.jpg")


def test_a_key_that_another_table_lacks_is_a_reject_that_names_both(folder: Folder) -> None:
    folder.text("kinds.csv", "image,kind", "1,cat", "3,dog")

    found = folder.found(NAMES, KINDS)

    assert labels(found) == {"a.jpg": "cat", "c.jpg": "dog"}
    assert rejects(found) == {"b.jpg": ("no_match", "image '2' is not in kinds.csv")}
    assert found.rejections["label_file"].to_pylist() == ["names.csv"]
    assert found.rejections["label_row"].to_pylist() == [3]


def test_a_key_with_two_labels_is_a_conflict_that_names_the_lines(folder: Folder) -> None:
    folder.text("kinds.csv", "image,kind", "1,cat", "2,cat", "2,dog", "3,dog", "3,dog")

    single, many = folder.found(NAMES, KINDS), folder.found(NAMES, KINDS, kind="many")

    assert labels(single) == {"a.jpg": "cat", "c.jpg": "dog"}
    assert rejects(single)["b.jpg"][0] == "label_conflict"
    assert labels(many) == {"a.jpg": "cat", "b.jpg": ["cat", "dog"], "c.jpg": "dog"}


def test_a_key_that_stands_for_two_things_is_a_reject_that_names_the_lines(folder: Folder) -> None:
    folder.text("kinds.csv", "image,kind", "1,cat", "2,cat", "3,dog")
    folder.text("parts.csv", "image,split", "1,train", "2,train", "2,test", "3,test")

    found = folder.found(NAMES, KINDS, {"file": "parts.csv", "columns": {"image": "image", "split": "split"}})

    assert rejects(found) == {"b.jpg": ("ambiguous_match", "parts.csv, lines 3 and 4 say different things of '2'")}
    assert found.listed == 3


def test_keys_of_another_form_are_an_error_that_shows_both(folder: Folder) -> None:
    folder.text("kinds.csv", "image,kind", "001,cat", "002,dog", "003,cat")

    with pytest.raises(
        LayoutError, match=r"names\.csv, line 2 has image '1', kinds\.csv has '001'.*`numbers: \[image\]`"
    ):
        folder.found(NAMES, KINDS)

    found = folder.found(NAMES | {"numbers": "image"}, KINDS | {"numbers": ["image"]})
    assert labels(found) == {"a.jpg": "cat", "b.jpg": "dog", "c.jpg": "cat"}


def test_tables_without_a_common_column_are_an_error(folder: Folder) -> None:
    folder.text("kinds.csv", "picture,kind", "1,cat")

    with pytest.raises(
        LayoutError, match=r"kinds\.csv shares no column.*has picture, label, they have image, location"
    ):
        folder.found(NAMES, {"file": "kinds.csv", "columns": {"picture": "picture", "kind": "label"}})


def test_tables_joined_in_a_circle_are_refused(folder: Folder) -> None:
    folder.text("kinds.csv", "image,class,site", "1,7,x").text("names7.csv", "class,group,kind", "7,g,cat")
    folder.text("sites.csv", "site,kind", "x,g")
    kinds = {"file": "kinds.csv", "columns": {"image": "image", "class": "class"}}
    names = {"file": "names7.csv", "columns": {"class": "class", "kind": "label", "group": "place"}}
    circle = NAMES | {"columns": {"image": "image", "file": "location"}, "pattern": {"file": "^(?P<place>.)"}}

    with pytest.raises(LayoutError, match=r"names7\.csv is joined in a circle: through kinds\.csv, and by place"):
        folder.found(circle, kinds, names)


def test_a_table_that_adds_nothing_is_refused(folder: Folder) -> None:
    folder.text("kinds.csv", "image,kind", "1,cat", "2,dog", "3,cat")

    with pytest.raises(LayoutError, match=r"names\.csv adds nothing.*\(image\)"):
        folder.found(NAMES, KINDS, {"file": "names.csv", "columns": {"image": "image"}})


def test_a_table_that_names_no_file_is_an_error(folder: Folder) -> None:
    folder.text("kinds.csv", "file,label", "x-1,cat", "x-2,dog")

    with pytest.raises(LayoutError, match=r"kinds\.csv: none of its 2 locations names an image, such as 'x-1'.*`base`"):
        folder.found({"file": "kinds.csv"})


def test_two_files_for_one_cell_are_an_error_that_shows_both(folder: Folder) -> None:
    folder.images("old/d.jpg", "new/d.jpg").text("t.csv", "file,kind", "a.jpg,cat", "d.jpg,dog")
    columns = {"file": "location", "kind": "label"}

    with pytest.raises(LayoutError) as said:
        folder.found({"file": "t.csv", "columns": columns, "find": "name"})

    assert all(part in str(said.value) for part in ("t.csv", "'d.jpg'", "new/d.jpg", "old/d.jpg", "`base`")), str(
        said.value
    )
    assert "\n" not in str(said.value)


def test_a_condition_that_takes_nothing_is_an_error(folder: Folder) -> None:
    folder.text("kinds.csv", "file,label,view", "a.jpg,cat,front")

    with pytest.raises(LayoutError, match=r"kinds\.csv: `where` takes no row: view is never 'frontal'. It is: 'front'"):
        folder.found({"file": "kinds.csv", "where": {"view": "frontal"}})


def test_a_pattern_that_comes_to_no_end_is_an_error(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.tables.patterns._ONE_TEXT_S", 0.05)
    folder.images("\u00e9" * 60 + ".jpg")
    endless = r"^(?P<label>(.*)(.*)(.*)(.*)(.*)(.*)\2\3[xyz])$"

    with pytest.raises(LayoutError, match=r"the listing: the pattern .* tries so many ways .* Mend `pattern`"):
        folder.found(pattern=endless)


def test_a_pattern_that_only_python_knows_is_searched_for(folder: Folder) -> None:
    folder.images("n\u00e4/b_1.jpg")

    found = folder.found(pattern=r"(?P<label>[^/]+)/(?!x)(?:.*/)?[a-z]_?\d*\.jpg$")

    assert labels(found)["n\u00e4/b_1.jpg"] == "n\u00e4"


def test_a_pattern_that_matches_nothing_is_an_error(folder: Folder) -> None:
    with pytest.raises(LayoutError, match=r"the listing: the pattern .* matches none of its 3 rows, such as 'a\.jpg'"):
        folder.found(pattern=r"(?P<label>\d)")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        pytest.param({"pattern": "[a-z]+"}, "names no group", id="a pattern without a group"),
        pytest.param({"pattern": "(?P<label>["}, "is not a regular expression", id="no regular expression"),
        pytest.param({}, "needs `tables`", id="nothing at all"),
        pytest.param({"tables": [{"columns": ["label"]}]}, "name one of `file`", id="a table of no file"),
        pytest.param({"tables": [{"file": "a.csv", "sql": "select"}]}, "not file and sql", id="a table of two files"),
        pytest.param(
            {"tables": [{"file": "a.csv"}], "pattern": "(?P<label>a)"}, "give the pattern to the table", id="both"
        ),
    ],
)
def test_a_config_that_makes_no_sense_is_told_before_anything_is_read(
    folder: Folder, keys: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        folder.found(*keys.pop("tables", ()), **keys)


BROKEN: Mapping[str, tuple[str, str, dict[str, Any], str]] = {
    "no such column": (
        "t.csv",
        "file,kind\na.jpg,x",
        {"columns": {"path": "location"}},
        r"t\.csv has no column 'path', which `columns` names\. The columns found are: file, kind",
    ),
    "no location": ("t.csv", "x,w\na.jpg,x", {}, r"No table has a column `location`.*t\.csv has x, w"),
    "an empty table": ("t.csv", "", {}, r"t\.csv is empty"),
    "nowhere in JSON": ("t.json", '{"a": {"b": 1}}', {"at": "a.c"}, r"nothing at 'c' of `at: a\.c`\. There: b"),
    "uneven columns": (
        "t.json",
        '{"file": ["a.jpg"], "kind": ["x", "y"]}',
        {"orient": "columns"},
        "columns of different lengths: file has 1, kind has 2",
    ),
    "no JSON": ("t.json", "what?", {}, r"t\.json, holds neither a list nor an object"),
    "entities": ("t.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x/>', {"at": "y"}, r"t\.xml: declares entities"),
    "no XML": ("t.xml", "<x><y></x>", {}, r"t\.xml, line 1: no XML"),
    "no element": ("t.xml", "<x><y/></x>", {"at": "z"}, "no element `at: z`. Below <x> there are: y"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_table_that_cannot_be_read_says_where_and_what_to_do(folder: Folder, what: str) -> None:
    name, text, table, said = BROKEN[what]
    folder.data(name, text.encode())

    with pytest.raises(LayoutError, match=said):
        folder.found({"file": name, **table})


@pytest.mark.parametrize("file", ["../other.csv", "/etc/passwd", "s3://bucket/t.csv"])
def test_a_table_outside_of_the_source_is_refused(folder: Folder, file: str) -> None:
    with pytest.raises(LayoutError, match=r"does not lie below `source\.path`"):
        folder.found({"file": file})


def test_a_file_of_the_same_name_elsewhere_is_not_taken_for_one_that_is_gone(folder: Folder) -> None:
    folder.images("cat/1.jpg", "dog/2.jpg").text("t.csv", "file,label", "cat/1.jpg,cat", "dog/1.jpg,dog")

    found = folder.found({"file": "t.csv"})

    assert labels(found) == {"cat/1.jpg": "cat"}
    assert rejects(found) == {"dog/1.jpg": ("not_found", "no such file")}


def test_lists_of_train_do_not_name_the_files_of_test(folder: Folder) -> None:
    folder.images("test/1.jpg", "test/2.jpg").text("t.csv", "file,label", "train/1.jpg,cat", "train/2.jpg,dog")

    with pytest.raises(LayoutError, match="none of its 2 locations"):
        folder.found({"file": "t.csv", "find": "end"})


def sheet(folder: Folder, said: list[object], merged: str = "") -> None:
    """An Excel file of the three images and what is *said* of them, where the cells *merged* are one."""
    book = openpyxl.Workbook()
    book.active.append(["file", "label"])
    for name, label in zip("abc", said, strict=True):
        book.active.append([f"{name}.jpg", label])
    if merged:
        book.active.merge_cells(merged)
    kept = io.BytesIO()
    book.save(kept)
    folder.data("t.xlsx", kept.getvalue())


def test_a_formula_whose_value_was_not_saved_is_an_error_with_its_cell(folder: Folder) -> None:
    sheet(folder, ["cat", '=IF(1>0,"dog","eel")', "eel"])

    with pytest.raises(LayoutError, match=r"t\.xlsx, line 3: B3 is a formula whose value was not saved"):
        folder.found({"file": "t.xlsx"})


def test_merged_cells_are_an_error_with_their_lines(folder: Folder) -> None:
    sheet(folder, ["cat", None, "eel"], "B2:B3")

    with pytest.raises(LayoutError, match=r"t\.xlsx, line 2: the cells B2:B3 are merged.*Unmerge them"):
        folder.found({"file": "t.xlsx"})


def test_numbers_of_a_sheet_are_labels_in_their_shortest_form(folder: Folder) -> None:
    sheet(folder, ["x", 3.0, 0.5])

    assert labels(folder.found({"file": "t.xlsx"})) == {"a.jpg": "x", "b.jpg": "3", "c.jpg": "0.5"}


def test_a_date_as_a_label_of_a_sheet_is_an_error_as_it_may_have_been_a_text(folder: Folder) -> None:
    sheet(folder, ["1-2", datetime.date(2024, 1, 3), "1-4"])

    with pytest.raises(LabelFileError, match=r"t\.xlsx, line 3: the label is the date 2024-01-03.*as CSV"):
        folder.found({"file": "t.xlsx"})


def test_a_column_called_id_in_two_tables_joins_nothing_and_the_message_says_so(folder: Folder) -> None:
    folder.text("a.csv", "id,file", "1,a.jpg", "2,b.jpg").text("b.csv", "id,label", "1,cat", "2,dog")

    with pytest.raises(LabelFileError, match=r"b\.csv shares only `id` .* the sample's own id .*`\{id: key\}`"):
        folder.found({"file": "a.csv", "columns": {"id": "id", "file": "location"}}, {"file": "b.csv"})


def test_a_zipped_table_that_is_damaged_is_an_error(folder: Folder) -> None:
    folder.data("t.csv.zip", b"PK no zip at all")

    with pytest.raises(LabelFileError, match=r"\.zip: A zipped label file cannot be read: File is not a zip file"):
        folder.found({"file": "t.csv.zip", "columns": {"file": "location", "label": "label"}})


def test_an_empty_cell_of_a_sheet_is_a_missing_label(folder: Folder) -> None:
    sheet(folder, ["cat", None, "eel"])

    assert rejects(folder.found({"file": "t.xlsx"}))["b.jpg"][0] == "missing_label"


def test_tables_that_say_no_label_are_an_error_that_shows_their_columns(folder: Folder) -> None:
    with pytest.raises(LayoutError, match=r"No table has a column `label`.*names\.csv has image, location"):
        folder.found(NAMES)
    assert folder.found(NAMES, allow_unlabeled=True).samples.num_rows == 3


def test_a_pattern_without_a_group_for_the_label_is_an_error(folder: Folder) -> None:
    with pytest.raises(LayoutError, match=r"Give `pattern` a group `\(\?P<label>…\)`"):
        folder.found(pattern=r"(?P<kind>[a-c])\.jpg$")


def test_a_pattern_that_only_leaves_files_out_is_refused(folder: Folder) -> None:
    with pytest.raises(ValidationError, match="only says what is left out"):
        folder.found({"files": "!names.csv"})


def test_files_that_are_left_out_are_no_rows(folder: Folder) -> None:
    folder.text("a.txt", "cat").text("b.txt", "dog").text("c.txt", "eel").text("classes.txt", "cat", "dog", "eel")

    columns = {"file.stem": "location", "0": "label"}
    found = folder.found({"files": ["*.txt", "!classes.txt"], "columns": columns, "delimiter": "line"})

    assert (labels(found), found.rejections.num_rows) == ({"a.jpg": "cat", "b.jpg": "dog", "c.jpg": "eel"}, 0)


def test_what_had_to_be_overlooked_in_a_json_table_is_told(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg").text(
        "l.json", "[{'file': '1.jpg', 'kind': 'cat',}", "{'file': '2.jpg', 'kind': 'dog'}]"
    )

    found = folder.found({"file": "l.json", "columns": {"file": "location", "kind": "label"}})

    assert labels(found) == {"1.jpg": "cat", "2.jpg": "dog"}
    assert [notice for notice in found.notices if "label_file_repaired" in notice] == [
        "l.json, line 1: single quotes, a trailing comma (label_file_repaired)",
        "l.json, line 2: a missing comma, single quotes (label_file_repaired)",
    ]


def test_pixels_in_a_table_are_looked_at_and_not_held(folder: Folder) -> None:
    folder.text("l.csv", "image,label", '"[[1,2],[3,4]]",cat', '"[[1,2],[3]]",dog', '"[[...]]",dog').images("1.jpg")

    found = folder.found({"file": "l.csv", "columns": {"image": "location", "label": "label"}, "find": "name"})

    assert found.samples["kind"].to_pylist() == ["embedded"]
    assert found.samples["fingerprint"].to_pylist() == [text_hash("[[1,2],[3,4]]")]
    assert sorted(found.rejections["reason"].to_pylist()) == ["embedded_placeholder", "embedded_ragged"]


def test_a_quote_of_a_table_that_is_never_closed_is_no_part_of_a_label(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg").text("l.csv", "file,label", "1.jpg,cat", '2.jpg,"dog')

    found = folder.found({"file": "l.csv", "columns": {"file": "location", "label": "label"}})

    assert labels(found) == {"1.jpg": "cat"}
    assert found.rejections["reason"].to_pylist() == ["bad_row"]
    assert found.rejections["detail"].to_pylist()[0].startswith("a quote is never closed")
