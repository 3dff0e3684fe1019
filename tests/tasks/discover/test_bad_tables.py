"""Tables that contradict each other, or the files: each is said in one sentence with table, line and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tasks.errors import LayoutError
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


def test_a_condition_that_takes_nothing_is_an_error(folder: Folder) -> None:
    folder.text("kinds.csv", "file,label,view", "a.jpg,cat,front")

    with pytest.raises(LayoutError, match=r"kinds\.csv: `where` takes no row: view is never 'frontal'. It is: 'front'"):
        folder.found({"file": "kinds.csv", "where": {"view": "frontal"}})


def test_a_pattern_that_matches_nothing_is_an_error(folder: Folder) -> None:
    with pytest.raises(LayoutError, match=r"the listing: the pattern .* matches none of its 3 rows, such as 'a\.jpg'"):
        folder.found(pattern=r"(?P<label>\d)")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        pytest.param({"pattern": "[a-z]+"}, "names no group", id="a pattern without a group"),
        pytest.param({"pattern": "(?P<label>["}, "is no regular expression", id="no regular expression"),
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
