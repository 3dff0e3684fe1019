"""Tables of files: columns that no file holds, maps, columns in parallel, lists with blanks; many rows at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tasks.errors import LayoutError
from tasks.tables.frame_tables import cell_of
from tests.folders_here import Folder, labels, rejects

PLACES = [f"{number}.jpg" for number in range(40)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).images(*PLACES)


def written(suffix: str) -> str:
    if suffix == "csv":
        return "file,kind\n" + "".join(f"{place},cat\n" for place in PLACES)
    rows: list[dict[str, Any]] = [{"file": place, "kind": ["cat"]} for place in PLACES]
    return json.dumps(rows) if suffix == "json" else "".join(f"{json.dumps(row)}\n" for row in rows)


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl"])
@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("record.index", [str(number) for number in range(40)]),
        ("record.number", [str(number + 1) for number in range(40)]),
        ("file.stem", ["rows"] * 40),
        ("file.name", None),
        ("file.parent", ["sub"] * 40),
    ],
)
def test_columns_about_records_and_their_file_are_there_in_blocks_too(
    folder: Folder, suffix: str, column: str, values: list[str] | None
) -> None:
    folder.data(f"sub/rows.{suffix}", written(suffix).encode())
    table = {"file": f"sub/rows.{suffix}", "columns": {"file": "location", column: "label"}, "base": ""}

    assert labels(folder.found(table)) == dict(zip(PLACES, values or [f"rows.{suffix}"] * 40, strict=True))


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl"])
def test_a_template_is_filled_in_blocks_too(folder: Folder, suffix: str) -> None:
    folder.data(f"rows.{suffix}", written(suffix).replace(".jpg", "").encode())

    table = {"file": f"rows.{suffix}", "columns": {"file": "number", "kind": "label"}, "location": "{number}.jpg"}

    assert labels(folder.found(table)) == dict.fromkeys(PLACES, "cat")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"0.jpg": "cat", "1.jpg": 7}, {"0.jpg": "cat", "1.jpg": "7"}),
        ({"0.jpg": ["cat"], "1.jpg": ["dog", "cow"]}, {"0.jpg": "cat", "1.jpg": ["dog", "cow"]}),
    ],
)
def test_a_map_has_a_row_for_each_value_of_each_key(
    folder: Folder, value: dict[str, Any], expected: dict[str, Any]
) -> None:
    folder.text("rows.json", json.dumps({"all": value}))
    table = {"file": "rows.json", "at": "all", "orient": "map", "columns": ["location", "label"]}

    assert labels(folder.found(table, kind="many")) == expected


def test_objects_of_a_map_are_columns(folder: Folder) -> None:
    folder.text("rows.json", json.dumps({"0.jpg": {"kind": "cat"}, "1.jpg": [{"kind": "dog"}]}))
    table = {"file": "rows.json", "orient": "map", "columns": {"0": "location", "kind": "label"}}

    assert labels(folder.found(table)) == {"0.jpg": "cat", "1.jpg": "dog"}


@pytest.mark.parametrize(
    "value",
    [
        {"file": ["0.jpg", "1.jpg"], "kind": ["cat", "dog"], "note": "x", "more": [1]},
        {"file": {"a": "0.jpg", "b": "1.jpg"}, "kind": {"a": "cat", "b": "dog", "c": "cow"}},
    ],
)
def test_columns_in_parallel_are_rows(folder: Folder, value: dict[str, Any]) -> None:
    folder.text("rows.json", json.dumps(value))
    table = {"file": "rows.json", "orient": "columns", "columns": {"file": "location", "kind": "label"}}

    assert labels(folder.found(table)) == {"0.jpg": "cat", "1.jpg": "dog"}


@pytest.mark.parametrize(
    ("value", "keys", "words"),
    [
        (
            {"file": ["0.jpg"], "kind": ["a", "b"]},
            {"orient": "columns"},
            "of different lengths: file has 1, kind has 2",
        ),
        (["x"], {"orient": "columns"}, "holds no object at its top, which `orient: columns` needs"),
        (["x"], {"orient": "map", "at": "0"}, "holds no object at 0, which `orient: map` needs"),
        ({"a": {"b": [1]}}, {"at": "a.c"}, "has nothing at 'c' of `at: a.c`. There: b."),
        ({"a": [[1]]}, {"at": "a.1"}, "has nothing at '1' of `at: a.1`. There: no keys."),
        ({"a": "x"}, {"at": "a"}, "holds no list of records at `at: a`. Say where they stand: `at: …`."),
    ],
)
def test_json_that_is_something_else_says_what(folder: Folder, value: object, keys: dict[str, str], words: str) -> None:
    folder.text("rows.json", json.dumps(value))

    with pytest.raises(LayoutError) as caught:
        folder.found({"file": "rows.json", "columns": {"file": "location", "kind": "label"}, **keys})

    assert words in str(caught.value)


BY_PLACE = {"columns": ["location", "label"]}


@pytest.mark.parametrize(
    ("lines", "keys", "expected"),
    [
        (["file kind", "0.jpg cat", "1.jpg dog"], {}, {"0.jpg": "cat", "1.jpg": "dog"}),
        (["kind x", "0.jpg cat 1"], {"columns": {"0": "location", "kind": "label"}}, {"0.jpg": "cat"}),
        (["1.jpg dog", "0.jpg a cat"], BY_PLACE | {"surplus": "label"}, {"0.jpg": "a cat", "1.jpg": "dog"}),
        (
            ["dog 1.jpg", "a cat 0.jpg"],
            {"columns": ["label", "location"], "surplus": "label"},
            {"0.jpg": "a cat", "1.jpg": "dog"},
        ),
        (["# x", "0.jpg cat", "", "  # y"], BY_PLACE | {"comment": "#"}, {"0.jpg": "cat"}),
    ],
    ids=["a header", "a header without the first name", "too much for a label", "before a place", "comments"],
)
def test_lists_with_blanks(folder: Folder, lines: list[str], keys: dict[str, Any], expected: dict[str, str]) -> None:
    folder.text("rows.txt", *lines)
    columns = {"columns": {"file": "location", "kind": "label"}} | keys

    assert labels(folder.found({"file": "rows.txt", "delimiter": "blank", **columns})) == expected


def test_a_line_with_too_few_cells_is_a_reject(folder: Folder) -> None:
    folder.text("rows.txt", "0.jpg cat", "1.jpg", "2.jpg dog")
    found = folder.found({"file": "rows.txt", "delimiter": "blank", "columns": ["location", "label"]})

    assert labels(found) == {"0.jpg": "cat", "2.jpg": "dog"}
    assert [(reason, detail) for reason, detail in rejects(found).values() if reason == "bad_row"] == [
        ("bad_row", "has 1 cells, not 2")
    ]


def test_lines_of_json_are_told_whatever_the_file_is_called(folder: Folder) -> None:
    folder.data("rows.json", written("jsonl").encode())

    assert len(labels(folder.found({"file": "rows.json", "columns": {"file": "location", "kind": "label"}}))) == 40


@pytest.mark.parametrize(("name", "is_list"), [("rows.txt", True), ("rows.lst", True), ("rows.csv", False)])
def test_a_list_of_one_column_holds_what_its_lines_say(folder: Folder, name: str, is_list: bool) -> None:
    folder.images("a, b.jpg", "a").text(name, "a, b.jpg")

    found = folder.found({"file": name, "columns": ["location"], "split": "test"}, allow_unlabeled=True)

    assert list(labels(found)) == (["a, b.jpg"] if is_list else ["a"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (7.0, "7"),
        (-7.5, "-7.5"),
        (2.0**53 - 1, "9007199254740991"),
        (2.0**53, "9007199254740992.0"),
        (True, "true"),
        ("x", "x"),
        (None, None),
    ],
)
def test_a_cell_of_a_sheet_is_text(value: object, text: str | None) -> None:
    assert cell_of(value) == text


def test_columns_about_the_file_are_there_in_sheets_too(folder: Folder) -> None:
    book = openpyxl.Workbook()
    for row in (["file"], ["0.jpg"], ["1.jpg"]):
        book.active.append(row)
    book.save(folder.root / "kinds.xlsx")

    found = folder.found({"file": "kinds.xlsx", "columns": {"file": "location", "file.stem": "label"}})

    assert labels(found) == {"0.jpg": "kinds", "1.jpg": "kinds"}


def test_a_name_that_two_columns_have_is_none_that_could_be_asked_for(folder: Folder) -> None:
    folder.text("rows.csv", "file,kind,kind", "0.jpg,cat,dog")

    with pytest.raises(
        LayoutError, match=r"has 2 columns 'kind', which `columns` names\. Give its position instead, from 0\."
    ):
        folder.found({"file": "rows.csv", "columns": {"file": "location", "kind": "label"}})
    assert labels(folder.found({"file": "rows.csv", "columns": {"file": "location", "2": "label"}})) == {"0.jpg": "dog"}
