"""Tables joined on the columns that they share: which rows come, which come again, and what is said of the others."""

from __future__ import annotations

import pytest

from tasks.errors import LabelFileError
from tasks.tables.joins import Joined, join_tables
from tasks.tables.rows import OUT, PROBLEM, TableRows
from tasks.tables.settings import TableSettings
from tasks.tables.shaping import shaped
from tests.tasks.tables.tables_here import said, table

FILES = table("files.csv", {"location": ["1.jpg", "2.jpg", "3.jpg"], "number": ["1", " 2", "3"]})
NONE_IN_BOTH = (
    "files.csv and l.csv share number, and none of its values is in both: files.csv, line 2 has number '1', l.csv"
)
REMEDY = "Where both are numbers, set `numbers: [number]` on both tables; else give other columns in `columns`."


def join(*tables: TableRows, unlabeled: bool = False) -> Joined:
    return join_tables(tables, allow_unlabeled=unlabeled)


def counting(rows: TableRows, column: str, *values: str) -> TableRows:
    """*rows*, of which those count that have one of *values*."""
    return shaped(rows, TableSettings(file="x", where={column: values}), {}, ())


def test_cells_are_the_same_whatever_blanks_are_around_them() -> None:
    found = join(FILES, table("labels.csv", {"number": ["2", "3 ", "1"], "label": ["dog", "cow", "cat"]}))

    assert said(found.rows, "location", "label") == [("1.jpg", "cat"), ("2.jpg", "dog"), ("3.jpg", "cow")]
    assert found.notices == ()


def test_the_table_with_the_locations_is_the_first_wherever_it_stands() -> None:
    kinds = table("kinds.csv", {"kind": ["a", "b"], "label": ["cat", "dog"]})
    numbers = table("numbers.csv", {"number": ["1", "2", "3"], "kind": ["b", "a", "b"]})

    found = join(kinds, numbers, FILES)

    assert said(found.rows, "location", "label") == [("1.jpg", "dog"), ("2.jpg", "cat"), ("3.jpg", "dog")]


def test_several_labels_of_one_key_are_rows_beside_each_other() -> None:
    labels = {"number": ["3", "1", "1", "2", "1"], "label": ["cow", "cat", "dog", "cow", "cat"]}

    found = join(FILES, table("labels.csv", labels))

    assert said(found.rows, "location", "label") == [
        ("1.jpg", "cat"),
        ("1.jpg", "dog"),
        ("2.jpg", "cow"),
        ("3.jpg", "cow"),
    ]


def test_of_two_keys_both_count() -> None:
    rows = {"location": ["1.jpg", "2.jpg"], "a": ["x", "x"], "b": ["1", "2"]}

    found = join(table("f.csv", rows), table("l.csv", {"b": ["2", "1"], "a": ["x", "x"], "label": ["dog", "cat"]}))

    assert said(found.rows, "location", "label") == [("1.jpg", "cat"), ("2.jpg", "dog")]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_key_that_stands_for_different_things_is_a_problem_with_up_to_three_lines(count: int) -> None:
    labels = {
        "number": ["2", *["1"] * count, "3"],
        "label": ["dog", *["cat"] * count, "cow"],
        "split": ["train", *"abcd"[:count], "train"],
    }

    found = join(FILES, table("labels.csv", labels))

    lines = " and ".join(str(3 + place) for place in range(min(count, 3)))
    problem = f"ambiguous_match\tlabels.csv, lines {lines} say different things of '1'"
    assert said(found.rows, "location", PROBLEM) == [("1.jpg", problem), ("2.jpg", None), ("3.jpg", None)]


@pytest.mark.parametrize("unlabeled", [False, True])
def test_a_key_that_is_not_there_is_a_problem_or_where_that_may_be_no_label(unlabeled: bool) -> None:
    labels = table("labels.csv", {"number": ["2"], "label": ["dog"]})

    found = join(FILES, labels, unlabeled=unlabeled)

    assert said(found.rows, "location", "label") == [("1.jpg", None), ("2.jpg", "dog"), ("3.jpg", None)]
    problems = [problem for (problem,) in said(found.rows, PROBLEM)]
    if unlabeled:
        assert problems == [None] * 3
        assert [*found.notices, *found.rows.notices] == [
            "labels.csv has no label for 2 rows (number '1', number '3'): they count as having none"
        ]
    else:
        assert problems == [
            "no_match\tnumber '1' is not in labels.csv",
            None,
            "no_match\tnumber '3' is not in labels.csv",
        ]


def test_images_of_a_listing_that_no_table_names_are_no_rows() -> None:
    listed = table("the listing", {"location": ["1.jpg", "2.jpg", "3.jpg"], "number": ["1", "2", "3"]}, is_listing=True)

    found = join(listed, table("labels.csv", {"number": ["2"], "label": ["dog"]}))

    assert said(found.rows, "location", "label") == [("2.jpg", "dog")]


def test_rows_that_do_not_count_are_met_only_where_none_of_their_key_does() -> None:
    labels = table(
        "l.csv", {"number": ["1", "1", "2", "3"], "label": ["cat", "dog", "cow", "cow"], "use": ["n", "y", "n", "y"]}
    )

    found = join(FILES, counting(labels, "use", "y"))

    assert said(found.rows, "location", "label", OUT) == [
        ("1.jpg", "dog", False),
        ("2.jpg", "cow", True),
        ("3.jpg", "cow", False),
    ]


def test_a_row_that_does_not_count_stays_one_that_does_not() -> None:
    found = join(
        counting(FILES, "location", "1.jpg"),
        table("l.csv", {"number": ["1", "2", "3"], "label": ["cat", "dog", "cow"]}),
    )

    assert said(found.rows, "label", OUT) == [("cat", False), ("dog", True), ("cow", True)]


def test_what_both_tables_say_of_the_label_is_known_from_the_first_that_knows() -> None:
    files = table("f.csv", {"location": ["1.jpg", "2.jpg"], "number": ["1", "2"], "label": ["cat", None]})

    found = join(files, table("l.csv", {"number": ["1", "2"], "label": ["dog", "cow"]}))

    assert said(found.rows, "label") == [("cat",), ("cow",)]


def test_tables_with_the_same_columns_are_one_in_several_files() -> None:
    more = table("more.csv", {"number": ["4"], "location": ["4.jpg"]})
    labels = [table(f"l{n}.csv", {"number": [n], "label": [f"c{n}"]}) for n in "1234"]

    found = join(FILES, *labels, more)

    assert said(found.rows, "location", "label") == [(f"{n}.jpg", f"c{n}") for n in "1234"]
    assert found.rows.place_of(3) == "more.csv, line 2"


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        pytest.param(
            [table("l.csv", {"key": ["1"], "label": ["cat"]})],
            "l.csv shares no column with the tables it should be joined to: it has key, label, they have location, "
            "number. Give what means the same the same name in `columns`.",
            id="nothing shared",
        ),
        pytest.param(
            [table("l.csv", {"number": ["7"], "label": ["cat"]})],
            f"{NONE_IN_BOTH} has '7'. {REMEDY}",
            id="nothing found",
        ),
        pytest.param(
            [table("l.csv", {"number": [], "label": []})],
            f"{NONE_IN_BOTH} has ''. {REMEDY}",
            id="no rows",
        ),
        pytest.param(
            [table("l.csv", {"number": ["1"]})],
            "l.csv adds nothing: each of its columns (number) is there already, so that it is joined in a circle. "
            "Leave one of the tables out, or rename a column that means something else.",
            id="nothing added",
        ),
        pytest.param(
            [
                table("a.csv", {"number": ["1"], "kind": ["x"]}),
                table("b.csv", {"kind": ["x"], "location": ["1.jpg"], "label": ["cat"]}),
            ],
            None,
            id="two with locations",
        ),
    ],
)
def test_what_cannot_be_joined_says_why(tables: list[TableRows], words: str | None) -> None:
    with pytest.raises(LabelFileError) as caught:
        join(FILES, *tables)

    assert words is None or str(caught.value) == words
