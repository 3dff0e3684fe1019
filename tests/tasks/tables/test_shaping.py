"""What a table's settings make of its rows, one setting at a time."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tasks.errors import LabelFileError
from tasks.tables.rows import KEPT, OUT, PROBLEM, TableRows
from tasks.tables.settings import TableSettings
from tasks.tables.shaping import groups_of, is_yes, shaped
from tests.tasks.tables.tables_here import said, table

ROWS = table(
    "a.csv",
    {"location": ["cat_001.jpg", "dog_002.jpg", "x.jpg"], "n": ["001", "1.0", "1,5"], "use": ["y", " n ", None]},
)


def shape(rows: TableRows, kept: tuple[str, ...] = (), **keys: Any) -> TableRows:
    settings = TableSettings(file="a.csv", **keys)
    return shaped(rows, settings, rows.one_hot, kept)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("001", "1"),
        ("1.0", "1"),
        ("-0", "0"),
        ("1e3", "1000"),
        ("0.50", "0.5"),
        (" 7 ", "7"),
        ("9007199254740991", "9007199254740991"),
        ("9007199254740992", "9007199254740992.0"),
        ("-9007199254740993", "-9007199254740992.0"),
        ("1,5", "1,5"),
        ("", ""),
        ("nan", "nan"),
        ("inf", "inf"),
    ],
)
def test_numbers_are_written_in_one_way(text: str, number: str) -> None:
    assert said(shape(table("a.csv", {"n": [text]}), numbers=["n"]), "n") == [(number,)]


def test_the_groups_of_a_pattern_are_columns_and_what_does_not_match_is_a_problem() -> None:
    rows = shape(ROWS, pattern=r"(?P<label__kind>[a-z]+)_(?P<number>\d+)", numbers=["number"])

    assert said(rows, "label.kind", "number", PROBLEM) == [
        ("cat", "1", None),
        ("dog", "2", None),
        (None, "", "no_pattern\t'x.jpg' does not match `pattern`"),
    ]


def test_a_pattern_may_search_another_column_before_the_location_is_made_of_it() -> None:
    rows = shape(ROWS, pattern={"location": r"^(?P<label>\w+)/", "n": r"(?P<first>.)"}, location="{first}/{location}")

    assert said(rows, "location", "label") == [("0/cat_001.jpg", "0"), ("1/dog_002.jpg", "1"), ("1/x.jpg", "1")]


def test_a_pattern_that_nothing_matches_is_an_error_and_no_rows_are_none() -> None:
    with pytest.raises(LabelFileError) as caught:
        shape(ROWS, pattern="(?P<label>@)")

    assert str(caught.value) == (
        "a.csv: the pattern '(?P<label>@)' matches none of its 3 rows, such as 'cat_001.jpg'. Mend `pattern`."
    )
    assert shape(table("a.csv", {"location": []}), pattern="(?P<label>@)").count == 0


@pytest.mark.parametrize(
    ("template", "locations"),
    [
        ("all/{}", ["all/cat_001.jpg", "all/dog_002.jpg", "all/x.jpg"]),
        ("{n}-{use}.png", ["001-y.png", "1.0- n .png", "1,5-.png"]),
        ("one.png", ["one.png"] * 3),
    ],
)
def test_a_template_is_filled_row_by_row(template: str, locations: list[str]) -> None:
    assert [place for (place,) in said(shape(ROWS, location=template), "location")] == locations


def test_rows_with_other_values_stay_and_do_not_count() -> None:
    assert said(shape(ROWS, where={"use": "n"}), "n", OUT) == [("001", True), ("1.0", False), ("1,5", True)]
    assert said(shape(ROWS, where={"use": ["n", "y"], "n": "001"}), OUT) == [(False,), (True,), (True,)]


def test_a_condition_that_takes_no_row_says_what_there_is() -> None:
    with pytest.raises(LabelFileError) as caught:
        shape(ROWS, where={"use": ["no", "yes"]})

    assert str(caught.value) == "a.csv: `where` takes no row: use is never 'no' or 'yes'. It is: 'y', 'n', ''."
    assert shape(table("a.csv", {"use": []}), where={"use": "no"}).count == 0


def test_a_table_has_the_split_that_is_given_and_columns_that_are_kept_twice() -> None:
    rows = shape(ROWS, kept=("n", "none"), split="test", columns={"location": "location", "n": "n"})

    assert rows.names == ["location", "n", "split"]
    assert said(rows, "split", f"{KEPT}n") == [("test", "001"), ("test", "1.0"), ("test", "1,5")]


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ({}, ["location", "n", "use"]),
        ({"columns": {"n": "n"}}, ["n"]),
        ({"columns": {"n": "n"}, "location": "{n}.jpg"}, ["location", "n"]),
        ({"columns": {"n": "n"}, "pattern": {"n": "(?P<a>.)"}}, ["n", "a"]),
        ({"columns": {"n": "n"}, "split": "test"}, ["n", "split"]),
        ({"columns": {"n": "n"}, "pixels": "p*"}, ["location", "n"]),
    ],
)
def test_columns_that_are_named_are_all_that_there_are(keys: dict[str, Any], names: list[str]) -> None:
    assert shape(ROWS, **keys).names == names


def test_a_listing_has_what_its_paths_say_and_nothing_else() -> None:
    listed = table("the listing", {"location": ["cat/1.jpg"], "path": ["cat/1.jpg"]}, is_listing=True)
    settings = TableSettings(listing="**/*.jpg", pattern="(?P<label>.*)/")

    assert shaped(listed, settings, {}, ()).names == ["location", "label"]


def test_groups_may_name_levels() -> None:
    assert groups_of(r"(?P<label__species>.)(?P<split>.)(.)") == {"label.species", "split"}


def test_cells_that_say_yes() -> None:
    texts = ["1", "1.0", " TRUE ", "yes", "T", "y", "0", "", "-1", "2", "no", "on", "0.5"]

    assert is_yes(pa.array(texts)).tolist() == [True] * 6 + [False] * 7


def hot(**columns: list[str]) -> TableRows:
    return table(
        "a.csv",
        {"location": ["1.jpg", "2.jpg", "3.jpg"], **columns},
        one_hot=dict.fromkeys(columns, "") | {name: name.upper() for name in columns},
    )


def test_a_row_comes_once_for_each_column_that_says_yes_and_once_where_none_does() -> None:
    rows = shape(hot(cat=["1", "0", "no"], dog=["true", "", "1.0"], cow=["-0", "F", "0"]), kept=("cat",))

    assert said(rows, "location", "label") == [("1.jpg", "CAT"), ("1.jpg", "DOG"), ("2.jpg", None), ("3.jpg", "DOG")]
    assert rows.names == ["location", "label"]
    assert rows.column(f"{KEPT}cat").to_pylist() == ["1", "1", "0", "no"]
    assert rows.notices == ()


@pytest.mark.parametrize(
    ("cells", "said_of"),
    [
        (["-1", "1", "0"], "-1"),
        (["0.5", "maybe", "1"], "0.5, maybe"),
        (["a" * 30, "1", "0"], "a" * 20),
    ],
)
def test_cells_that_say_neither_are_told(cells: list[str], said_of: str) -> None:
    rows = shape(hot(cat=cells, dog=["1", "0", "0"]))

    assert rows.notices == (f"a.csv: columns of `one_hot` hold {said_of}, which count as no",)


@pytest.mark.parametrize(("count", "more"), [(5, ""), (6, " and 1 others")])
def test_of_many_of_them_five_are_shown(count: int, more: str) -> None:
    columns = {f"c{n}": [f"{n}.5", "1", "0"] for n in range(count)}

    [notice] = shape(hot(**columns)).notices

    assert notice == f"a.csv: columns of `one_hot` hold 0.5, 1.5, 2.5, 3.5, 4.5{more}, which count as no"
