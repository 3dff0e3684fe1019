"""Tables of rows that know where they stand: building, stacking, choosing, and what is wrong with some."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.embedded import text_hash
from tasks.records.record_format import RecordFormat
from tasks.tables.building import RowBuilder, TableBuilder
from tasks.tables.rows import AT, FILE, LENGTH, LINE, OUT, PIXELS, PROBLEM, BadRow, stacked
from tasks.tables.settings import TableSettings
from tests.tasks.tables.tables_here import said, table

CSV = RecordFormat(kind="csv", width=2, location=0)
GOOD, RAGGED = "[[1, 2], [3, 4]]", "[[1, 2], [3]]"


def test_a_row_knows_its_file_its_line_and_its_bytes() -> None:
    builder = RowBuilder("labels", ["location", "label"], {})
    builder.open_file("a.csv", CSV)
    builder.add(["1.jpg", "cat"], 2, 10, 5)
    builder.open_file("b.txt", None)
    builder.add(["2.jpg", None], 7, problem="bad_row\twrong")
    rows = builder.finish()

    assert said(rows, "location", "label", FILE, LINE, AT, LENGTH, OUT, PROBLEM) == [
        ("1.jpg", "cat", 0, 2, 10, 5, False, None),
        ("2.jpg", None, 1, 7, -1, -1, False, "bad_row\twrong"),
    ]
    assert (rows.name, rows.files, dict(rows.formats), rows.count) == ("labels", ("a.csv", "b.txt"), {"a.csv": CSV}, 2)
    assert rows.names == ["location", "label"]
    assert [rows.place_of(row) for row in (0, 1)] == ["a.csv, line 2", "b.txt, line 7"]
    assert rows.texts("label").to_pylist() == ["cat", ""]


def test_rows_of_a_listing_stand_nowhere_and_those_without_lines_in_their_file() -> None:
    assert table("the listing", {"location": ["1.jpg"]}, is_listing=True).place_of(0) == "the listing"
    builder = RowBuilder("x", ["label"], {})
    builder.open_file("x.parquet", None)
    builder.add(["cat"], -1)
    builder.add(["cat"], 0)
    rows = builder.finish()
    assert [rows.place_of(0), rows.place_of(1)] == ["x.parquet", "x.parquet, line 0"]


def test_rows_one_by_one_and_columns_are_one_table_in_their_order() -> None:
    builder = RowBuilder("x", ["location", "label"], {})
    builder.open_file("x.csv", CSV)
    builder.add(["0.jpg", "a"], 1, 0, 7)
    numbers = np.arange(1, 4, dtype=np.int64)
    builder.add_columns(
        [pa.array(["1.jpg", GOOD, RAGGED]), pa.array(["b", "c", "d"])], numbers + 1, numbers * 8, numbers
    )
    for number in range(70_000):
        builder.add([f"{number}.png", "e"], number + 5, number, 1)
    rows = builder.finish()

    assert rows.count == 70_004
    assert said(rows.take(np.arange(5)), "location", "label", FILE, LINE, AT, LENGTH, PROBLEM) == [
        ("0.jpg", "a", 0, 1, 0, 7, None),
        ("1.jpg", "b", 0, 2, 8, 1, None),
        (f"{PIXELS}{text_hash(GOOD)}", "c", 0, 3, 16, 2, None),
        (f"{PIXELS}{text_hash(RAGGED)}", "d", 0, 4, 24, 3, "embedded_ragged\tits rows are not of one length"),
        ("0.png", "e", 0, 5, 0, 1, None),
    ]
    assert rows.column(LINE)[-1].as_py() == 70_004


@pytest.mark.parametrize(
    ("form", "columns", "is_looked_at"),
    [
        (CSV, ["location", "label"], True),
        (RecordFormat(kind="json"), ["location", "label"], True),
        (RecordFormat(kind="parquet"), ["location", "label"], False),
        (None, ["location", "label"], False),
        (CSV, ["place", "label"], False),
    ],
)
def test_pixels_are_looked_at_where_a_location_of_csv_or_json_holds_them(
    form: RecordFormat | None, columns: list[str], is_looked_at: bool
) -> None:
    builder = RowBuilder("x", columns, {})
    builder.open_file("x", form)
    builder.add([f" {GOOD} ", "cat"], 1)
    builder.add([None, "cat"], 1)
    rows = builder.finish()

    expected = f"{PIXELS}{text_hash(GOOD)}" if is_looked_at else f" {GOOD} "
    assert rows.column(columns[0]).to_pylist() == [expected, None]


def test_a_problem_that_a_row_has_already_stays() -> None:
    builder = RowBuilder("x", ["location"], {})
    builder.open_file("x.csv", CSV)
    builder.add([RAGGED], 1, problem="bad_row\tfirst")
    builder.add(["1.jpg"], 2)
    rows = builder.finish().with_problem(np.array([True, True]), ["second", "third"], Reason.NO_MATCH)

    assert rows.column(PROBLEM).to_pylist() == ["bad_row\tfirst", "no_match\tthird"]
    assert rows.with_problem(np.array([False, False]), [], Reason.NO_MATCH) is rows


def test_what_is_refused_overlooked_and_said_stands_beside_the_rows() -> None:
    builder = RowBuilder("x", ["label"], {"cat": "c"})
    builder.open_file("a.json", None)
    builder.open_file("b.json", None)
    builder.refuse(3, Reason.BAD_ROW, "is wrong", "1.jpg")
    builder.refuse(4, Reason.DUPLICATE_KEY, "twice")
    builder.note(5, "a comma too many")
    builder.say("A sentence.")
    rows = builder.finish()

    assert rows.bad == (
        BadRow("b.json", 3, Reason.BAD_ROW, "is wrong", "1.jpg"),
        BadRow("b.json", 4, Reason.DUPLICATE_KEY, "twice", ""),
    )
    assert rows.notices == ("b.json, line 5: a comma too many (label_file_repaired)", "A sentence.")
    assert (dict(rows.one_hot), rows.count, rows.names) == ({"cat": "c"}, 0, ["label"])


@pytest.mark.parametrize(("repairs", "more"), [(20, 0), (21, 1), (25, 5)])
def test_of_many_repairs_twenty_are_told_and_the_others_counted(repairs: int, more: int) -> None:
    into = TableBuilder("labels.json")
    builder = into.open("labels.json", ["label"], {}, None)
    builder.say("Another sentence.")
    for line in range(repairs):
        builder.note(line, "a comma too many")
    notices = into.finish().notices

    first = [
        "Another sentence.",
        *(f"labels.json, line {n}: a comma too many (label_file_repaired)" for n in range(20)),
    ]
    assert list(notices) == first + ([f"labels.json: {more} more lines were repaired"] if more else [])


def test_files_with_the_same_columns_share_a_table_and_others_are_stacked_with_nothing_where_they_have_none() -> None:
    into = TableBuilder("many")
    for file, names, values in (
        ("a.csv", ["location", "label"], ["1.jpg", "cat"]),
        ("b.csv", ["location", "label"], ["2.jpg", "dog"]),
        ("c.csv", ["location", "split"], ["3.jpg", "train"]),
    ):
        into.open(file, names, {}, None).add(values, 2)
    rows = into.finish()

    assert said(rows, "location", "label", "split", FILE) == [
        ("1.jpg", "cat", None, 0),
        ("2.jpg", "dog", None, 1),
        ("3.jpg", None, "train", 2),
    ]
    assert [rows.place_of(row) for row in range(3)] == ["a.csv, line 2", "b.csv, line 2", "c.csv, line 2"]
    assert rows.name == "many"


def test_stacked_tables_keep_what_each_has() -> None:
    listing = table("the listing", {"location": ["0.jpg"]}, is_listing=True)
    first = table("a.csv", {"location": ["1.jpg"]}, one_hot={"x": "X"})
    second = table("b.csv", {"location": ["2.jpg"]}, one_hot={"y": "Y"})
    rows = stacked([listing, first, second, second])

    assert said(rows, "location", FILE) == [("0.jpg", -1), ("1.jpg", 0), ("2.jpg", 1), ("2.jpg", 2)]
    assert rows.files == ("a.csv", "b.csv", "b.csv")
    assert rows.name == "the listing, a.csv, b.csv"
    assert dict(rows.one_hot) == {"x": "X", "y": "Y"}
    assert stacked([first]) is first


def test_columns_are_added_or_replaced_where_they_stand() -> None:
    rows = table("a.csv", {"location": ["1.jpg", "2.jpg"], "label": ["cat", "dog"]})
    changed = rows.with_column("location", pa.array(["x", "y"])).with_column("split", pa.array(["a", "b"]))

    assert changed.names == ["location", "label", "split"]
    assert said(changed, "location", "label", "split") == [("x", "cat", "a"), ("y", "dog", "b")]
    assert said(changed.where(np.array([False, True])), "location") == [("y",)]
    assert said(changed.where(pa.array([True, False])), "location") == [("x",)]


@pytest.mark.parametrize(
    ("columns", "is_known"),
    [
        ({"label": "label"}, True),
        ({"LABEL": "label"}, True),
        ({"of.kind": "label"}, True),
        ({"kind": "label"}, False),
    ],
)
def test_a_key_that_no_record_of_all_files_has_is_refused(columns: dict[str, str], is_known: bool) -> None:
    settings = TableSettings(files=("*.json",), columns=columns)
    into = TableBuilder("*.json")
    into.refuse_unknown(settings)  # nothing has been seen
    into.keys |= {"file": None, "label": None}

    if is_known:
        into.refuse_unknown(settings)
        return
    with pytest.raises(LabelFileError, match=r"^\*\.json has no column 'kind', which `columns` names\. The columns "):
        into.refuse_unknown(settings)
    into.refuse_unknown(settings.model_copy(update={"files": (), "file": "a.json"}))


def test_columns_without_a_place_have_the_types_that_are_read_again() -> None:
    schema: Any = table("a.csv", {"label": []}).data.schema

    assert [str(kind) for kind in schema.types] == ["string", "int32", "int64", "int64", "int64", "bool", "string"]
