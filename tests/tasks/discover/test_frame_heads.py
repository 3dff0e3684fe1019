"""How Excel files and Parquet files beside images begin, and which files beside images are looked into at all."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.discover.heads.frame_heads import excel_heads, parquet_heads
from tasks.discover.heads.head import MOST_ROWS, Head
from tasks.discover.heads.heads import read_heads
from tasks.errors import LabelFileError
from tasks.samples import StoreUrl
from tests.folders_here import Folder

Sheet = Sequence[Sequence[object]]


def excel(**sheets: Sheet) -> list[Head]:
    book = openpyxl.Workbook()
    del book["Sheet"]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    held = io.BytesIO()
    book.save(held)
    return excel_heads("t.xlsx", held)


def parquet(**columns: Any) -> list[Head]:
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held)
    return parquet_heads("t.parquet", held)


PAIR: Sheet = (("file", "label"), ("a.jpg", " cat "), ("b.jpg", 3))


def test_each_sheet_with_rows_is_a_table_and_all_but_the_first_are_named() -> None:
    found = excel(first=PAIR, bare=[["Read me"]], one=[["file"], ["a.jpg"]], head=[["file", "label"]], more=PAIR)

    assert [(head.keys, head.names, head.first, head.rows) for head in found] == [
        (keys, ("0", "1"), ("file", "label"), (("a.jpg", "cat"), ("b.jpg", "3"))) for keys in ({}, {"sheet": "more"})
    ]
    assert all((head.path, head.is_whole) == ("t.xlsx", True) for head in found)


def test_blank_rows_of_a_sheet_are_none_and_short_ones_have_empty_cells() -> None:
    [head] = excel(one=[(None, None), ("file", "label"), (), ("a.jpg", None), ("b.jpg", "cat", "x")])

    assert (head.names, head.first) == (("0", "1", "2"), ("file", "label", ""))
    assert head.rows == (("a.jpg", "", ""), ("b.jpg", "cat", "x"))


@pytest.mark.parametrize(("count", "is_whole"), [(MOST_ROWS, True), (MOST_ROWS + 1, False)])
def test_a_long_sheet_is_looked_at_for_its_first_rows(count: int, is_whole: bool) -> None:
    [head] = excel(one=[("file", "label"), *((f"{number}.jpg", "cat") for number in range(count))])

    assert (len(head.rows), head.rows[-1], head.is_whole) == (MOST_ROWS, (f"{MOST_ROWS - 1}.jpg", "cat"), is_whole)


@pytest.mark.parametrize("sheets", [("one",), ("about", "one")])
def test_a_sheet_whose_values_were_not_saved_is_refused_with_its_first_formula(sheets: tuple[str, ...]) -> None:
    rows = [("file", "label"), ("a.jpg", '="c"&"at"'), ("b.jpg", '="dog"')]

    with pytest.raises(LabelFileError) as caught:
        excel(**{name: rows if name == "one" else PAIR for name in sheets})

    assert str(caught.value) == (
        "t.xlsx: B2 is a formula whose value was not saved with it. Open the file in a spreadsheet program and save it "
        "there, or save it as CSV."
    )


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([("file", "label"), ("a.jpg", None), ("b.jpg", None)], id="no formula"),
        pytest.param([("file", "label", "n"), ("a.jpg", "cat", "=1+1")], id="values beside it"),
        pytest.param([("file", ""), ("a.jpg", "=1+1")], id="no name above it"),
    ],
)
def test_other_sheets_with_empty_cells_are_read(rows: Sheet) -> None:
    [head] = excel(one=rows)

    assert [row[0] for row in head.rows] == [row[0] for row in rows[1:]]


def test_what_is_no_excel_or_no_parquet_is_refused() -> None:
    with pytest.raises(LabelFileError, match=r"^t\.xlsx cannot be read as Excel\. Save it anew, or remove it\.$"):
        excel_heads("t.xlsx", io.BytesIO(b"PK no"))
    with pytest.raises(LabelFileError, match=r"^t\.pq cannot be read as Parquet\. Write it anew, or remove it\.$"):
        parquet_heads("t.pq", io.BytesIO(b"PAR1 no"))


def test_without_its_package_an_excel_file_says_how_it_is_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.discover.heads.frame_heads.find_spec", {"openpyxl": None}.__getitem__)

    with pytest.raises(LabelFileError) as caught:
        excel_heads("t.xlsx", io.BytesIO())

    assert str(caught.value) == "t.xlsx is not looked into: install `parquetry[excel]` for Excel files."


def test_columns_of_a_parquet_that_could_be_texts_are_looked_at() -> None:
    [head] = parquet(
        file=["a.jpg", None],
        kind=pa.array(["cat", "dog"]).dictionary_encode(),
        n=[1, 2],
        vector=[[1.0], [2.0]],
        box=[{"x": 1}, {"x": 2}],
        data=[b"a", b"b"],
        large=pa.array([b"a", b"b"], pa.large_binary()),
        code=pa.array([b"ab", b"cd"], pa.binary(2)),
        packed=pa.array([b"a", b"b"]).dictionary_encode(),
    )

    assert (head.names, head.rows) == (("file", "kind", "n"), (("a.jpg", "cat", "1"), ("", "dog", "2")))
    assert (head.path, head.keys, head.first, head.is_whole) == ("t.parquet", {}, (), True)


@pytest.mark.parametrize("columns", [{"data": [b"a"]}, {"file": pa.array([], pa.string())}])
def test_a_parquet_without_rows_or_texts_is_no_table(columns: dict[str, Any]) -> None:
    assert parquet(**columns) == []


@pytest.mark.parametrize(("count", "is_whole"), [(MOST_ROWS, True), (MOST_ROWS + 1, False)])
def test_a_long_parquet_is_looked_at_for_its_first_rows(count: int, is_whole: bool) -> None:
    [head] = parquet(file=[f"{number}.jpg" for number in range(count)])

    assert (len(head.rows), head.is_whole) == (MOST_ROWS, is_whole)


def test_a_parquet_of_very_many_columns_is_looked_at_for_two_hundred() -> None:
    [head] = parquet(**{f"c{number}": ["x"] for number in range(201)})

    assert head.names == tuple(f"c{number}" for number in range(200))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def read(folder: Folder, *paths: str) -> tuple[list[str], list[str]]:
    """Which of *paths*, a table of one line each, are looked into, in order; and which are passed."""
    for path in paths:
        folder.text(path, "a.jpg,cat")
    found = read_heads(StoreUrl(str(folder.root)), paths)
    assert found.damaged == []
    return [ways[0].path for ways in found.readings], found.passed


def test_tables_are_looked_into_from_the_top_by_their_names(folder: Folder) -> None:
    paths = ["b/c/a.csv", "b/a.csv", "z.txt", "a.lst", "LICENSE", "x.data", "x.names", "y.py", "y.tsv.bak"]

    looked, passed = read(folder, *paths)

    assert looked == ["LICENSE", "a.lst", "x.data", "x.names", "z.txt", "b/a.csv", "b/c/a.csv"]
    assert passed == []


@pytest.mark.parametrize(("count", "is_passed"), [(32, False), (33, True)])
@pytest.mark.parametrize("place", ["x/{}.csv", "x/{}/notes.csv", "{}.csv"])
def test_more_than_32_files_of_one_kind_are_passed(folder: Folder, place: str, count: int, is_passed: bool) -> None:
    paths = [place.format(f"n{number:02}") for number in range(count)]

    looked, passed = read(folder, *paths)

    assert (looked, passed) == (([], paths) if is_passed else (paths, []))


def test_lists_of_splits_are_looked_into_among_many_like_them(folder: Folder) -> None:
    lists = ["x/test_2.csv", "x/trainval.csv", "x/val_images.csv"]
    others = [f"x/cat{number:02}_train.csv" for number in range(33)]

    looked, passed = read(folder, *lists, *others, "x/12.csv")

    assert (looked, passed) == (lists, ["x/12.csv", *others])


def test_sixty_tables_are_looked_into_and_no_more(folder: Folder) -> None:
    paths = [f"{folder}/{number:02}.csv" for folder in "ab" for number in range(31)]

    looked, passed = read(folder, *paths)

    assert (len(looked), passed) == (60, paths[60:])


def test_a_damaged_table_is_told_and_the_others_are_read(folder: Folder) -> None:
    folder.data("a.xlsx", b"no").data("b.parquet", b"no").data("c.csv.gz", b"no").text("d.csv", "a.jpg,cat")

    found = read_heads(StoreUrl(str(folder.root)), ["a.xlsx", "b.parquet", "c.csv.gz", "d.csv"])

    assert [ways[0].path for ways in found.readings] == ["d.csv"]
    assert found.damaged == [
        "a.xlsx cannot be read as Excel. Save it anew, or remove it.",
        "b.parquet cannot be read as Parquet. Write it anew, or remove it.",
    ]


@pytest.mark.parametrize(
    ("name", "size", "rows"),
    [("t.csv", 1 << 18, 2), ("t.csv", (1 << 18) + 1, 1), ("t.json", 1 << 20, 2), ("t.jsonl", (1 << 18) + 1, 1)],
)
def test_a_quarter_of_a_mebibyte_of_lines_is_looked_at_and_more_of_a_json(
    folder: Folder, name: str, size: int, rows: int
) -> None:
    form = {
        "csv": "a.jpg,{}\nb.jpg,{}",
        "jsonl": '{{"a": "{}"}}\n{{"a": "{}"}}',
        "json": '[{{"a": "{}"}},{{"a": "{}"}}]',
    }
    text = form[name.partition(".")[2]]
    long = "x" * (size - len(text.format("y", "")))
    folder.data(name, text.format(long, "y").encode())

    [[head, *_]] = read_heads(StoreUrl(str(folder.root)), [name]).readings

    assert (len(head.rows) + bool(head.first), head.is_whole) == (rows, rows == 2)
