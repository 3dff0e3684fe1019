"""Tables that a config gets wrong, or that are not as it says: each refusal word by word, with file, key and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.errors import LayoutError
from tests.folders_here import Folder, rejects


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "in").images("a.jpg", "b.jpg", "c.jpg")
    return made.text("names.csv", "image,file", "1,a.jpg", "2,b.jpg", "3,c.jpg")


NAMES = {"file": "names.csv", "columns": {"image": "image", "file": "location"}}
T = {"file": "t.csv"}
CIRCLE = {**NAMES, "pattern": {"file": "^(?P<place>.)"}}
THERE = "The columns found are: file, kind."


@pytest.mark.parametrize(
    ("lines", "tables", "said"),
    [
        pytest.param(["file,kind", "a.jpg,x"], [{**T, "columns": {"path": "location"}}],
                     f"t.csv has no column 'path', which `columns` names. {THERE}", id="no such column"),
        pytest.param(["file,kind,kind", "a.jpg,x,y"], [{**T, "columns": {"file": "location", "kind": "label"}}],
                     "t.csv has 2 columns 'kind', which `columns` names. Give its position instead, from 0.",
                     id="one name twice"),
        pytest.param(["file,kind", "a.jpg,x"], [{**T, "columns": {"file": "label", "kind": "label"}}],
                     "t.csv: `columns` gives the name 'label' to two columns. Give another.", id="one role twice"),
        pytest.param(["file,path,label", "a.jpg,a.jpg,x"], [T],
                     "t.csv: the location could be in the columns 'file', 'path'. Say which: `columns: {file: "
                     "location}`.", id="two places"),
        pytest.param(["file,kind", "a.jpg,x"], [{**T, "columns": {"file": "location"}, "one_hot": "p*"}],
                     f"t.csv has no column like 'p*'. {THERE}", id="no column of a pattern"),
        pytest.param(["file,kind", "a.jpg,x"], [{**T, "where": {"view": ["x"]}}],
                     f"t.csv has no column 'view', which `where` names. {THERE}", id="no column of a condition"),
        pytest.param(["# by me", "file,label", "a.jpg,x"], [{**T, "columns": {"file": "location"}}],
                     "t.csv has no column 'file', which `columns` names. The columns found are: # by me. Where lines "
                     "that begin with # are remarks, set `comment: '#'`.", id="a remark for a header"),
        pytest.param(["file,label", "a.jpg,x"], [{**T, "pattern": r"(?P<split>\d+)"}],
                     r"t.csv: the pattern '(?P<split>\\d+)' matches none of its 1 rows, such as 'a.jpg'. Mend "
                     "`pattern`.", id="a pattern of nothing"),
        pytest.param(["file,label,v", "a.jpg,x,p", "b.jpg,x,q"], [{**T, "where": {"v": ["r", "s"]}}],
                     "t.csv: `where` takes no row: v is never 'r' or 's'. It is: 'p', 'q'.", id="a condition"),
        pytest.param(["image,kind", "1,x"], [NAMES, {**T, "columns": {"image": "image", "kind": "label"}},
                                             {**T, "columns": {"image": "image"}}],
                     "t.csv adds nothing: each of its columns (image) is there already, so that it is joined in a "
                     "circle. Leave one of the tables out, or rename a column that means something else.",
                     id="a table that adds nothing"),
        pytest.param(["image,kind", "001,x", "002,y"], [NAMES, {**T, "columns": {"image": "image", "kind": "label"}}],
                     "names.csv and t.csv share image, and none of its values is in both: names.csv, line 2 has image "
                     "'1', t.csv has '001'. Where both are numbers, set `numbers: [image]` on both tables; else give "
                     "other columns in `columns`.", id="keys of another form"),
        pytest.param(["x"], [{"file": "../t.csv"}],
                     "`source.tables` names '../t.csv', which does not lie below `source.path`. Set `source.path` to "
                     "the folder that holds both, and give the tables relative to it.", id="a table outside"),
        pytest.param(["x"], [{"files": "u/*.csv"}],
                     "No file below SOURCE matches 'u/*.csv'. Check `files` in `source.tables`.", id="no such files"),
        pytest.param(["file,label", "a.jpg,x"], [{**T, "columns": {"file": "location", "file.size": "label"}}],
                     "t.csv, `columns` names 'file.size'; of a file itself there are file.path, file.folder, "
                     "file.name, file.stem, file.parent, file.parent.2 and so on.", id="no such column of a file"),
        pytest.param(["file,label", "a.jpg,x"], [{**T, "encoding": "klingon"}],
                     "SOURCE/t.csv: unknown encoding: klingon. Check `encoding` of this table.", id="no encoding"),
    ],
)  # fmt: skip
def test_a_table_that_is_not_as_its_config_says_is_refused(
    folder: Folder, lines: list[str], tables: list[dict[str, Any]], said: str
) -> None:
    folder.text("t.csv", *lines)

    with pytest.raises(LayoutError) as caught:
        folder.found(*tables)

    assert str(caught.value).replace(str(folder.root), "SOURCE") == said


def test_a_table_that_is_a_folder_is_refused(folder: Folder) -> None:
    (folder.root / "t.csv").mkdir()

    with pytest.raises(LayoutError) as caught:
        folder.found(T)

    said = "SOURCE/t.csv is a folder, not a label file. Check `file` in `source.tables`."
    assert str(caught.value).replace(str(folder.root), "SOURCE") == said


@pytest.mark.parametrize(
    ("name", "text", "keys", "said"),
    [
        ("t.csv", b"", {}, "t.csv is empty"),
        ("t.json", b'{"a": {"b": 1}}', {"at": "a.c"}, "t.json, has nothing at 'c' of `at: a.c`. There: b."),
        ("t.txt", b"a.jpg c\xe9t\n", {"columns": ["location", "label"]},
         "t.txt, line 1 is not UTF-8 text. Set `encoding` for this table."),
        ("t.xml", b"<x><y/></x>", {"at": "z"}, "t.xml has no element `at: z`. Below <x> there are: y."),
    ],
)  # fmt: skip
def test_a_table_in_which_nothing_is_found_is_refused(
    folder: Folder, name: str, text: bytes, keys: dict[str, Any], said: str
) -> None:
    folder.data(name, text)

    with pytest.raises(LayoutError) as caught:
        folder.found({"file": name, **keys})

    assert str(caught.value).startswith(said.rstrip("."))


def test_keys_that_are_missing_or_mean_two_things_are_said_with_all_their_columns(folder: Folder) -> None:
    folder.text("t.csv", "image,file,kind,place", "1,a.jpg,cat,x", "2,b.jpg,dog,y", "2,b.jpg,dog,z")
    names = {
        "file": "names.csv",
        "columns": {"image": "image", "file": "file"},
        "pattern": {"file": "^(?P<location>.*)$"},
    }
    columns = {"image": "image", "file": "file", "kind": "label", "place": "split"}

    found = folder.found(names, {**T, "columns": columns}, words={"x": "train", "y": "test", "z": "train"})

    assert rejects(found) == {
        "b.jpg": ("ambiguous_match", "t.csv, lines 3 and 4 say different things of '2, b.jpg'"),
        "c.jpg": ("no_match", "image '3', file 'c.jpg' is not in t.csv"),
    }
