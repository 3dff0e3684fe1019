"""Which table gives the numbers and codes of labels their names, and which leaves them as they are."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.discover.claims.class_names import names_for
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.heads.head import SEVERAL, Head

PETS = ("cat", "dog", "eel")
KEYED = (("a", "cat"), ("b", "dog"), ("c", "eel"))


def table(path: str, names: tuple[str, ...], *rows: tuple[str, ...], **more: Any) -> Head:
    return Head(path, more.pop("keys", {}), names, rows, **more)


def names_given(labels: str, *heads: Head, **column: Any) -> dict[str, str] | None:
    """The names that *heads* give *labels*, of an image each, one letter each."""
    by_file = {f"{number}.jpg": (label,) for number, label in enumerate(labels)}
    found = names_for(LabelColumn("kind", 3, tuple(by_file.values()), **column), by_file, heads)
    return found[1] if found else None


@pytest.mark.parametrize(
    ("labels", "count", "column", "first"),
    [
        pytest.param("012", 3, {}, 0, id="from 0"),
        pytest.param("123", 3, {}, 1, id="from 1"),
        pytest.param("02", 3, {}, 0, id="from 0, without one between"),
        pytest.param("13", 3, {}, 1, id="from 1, without one between"),
        pytest.param("3", 3, {}, 1, id="the last alone"),
        pytest.param("01", 3, {}, None, id="from 0, without the last"),
        pytest.param("12", 3, {}, None, id="the first two, or the last two"),
        pytest.param("1", 3, {}, None, id="one of three"),
        pytest.param("123", 2, {}, None, id="more than there are names"),
        pytest.param("0123", 3, {}, None, id="from 0, more than there are names"),
        pytest.param("1", 3, {"from_zero": True}, 0, id="of boxes, which count from 0"),
        pytest.param("23", 3, {"from_zero": True}, None, id="of boxes, more than there are names"),
        pytest.param("01a", 3, {}, None, id="numbers and a word"),
    ],
)
def test_a_list_of_classes_names_numbers_that_reach_its_end(
    labels: str, count: int, column: dict[str, Any], first: int | None
) -> None:
    listed = table("classes.txt", ("0",), *((name,) for name in PETS[:count]))

    given = names_given(labels, listed, **column)

    assert given == (None if first is None else {str(first + at): name for at, name in enumerate(PETS[:count])})


@pytest.mark.parametrize(
    ("path", "keys", "is_list"),
    [
        ("names.txt", {}, True),
        ("obj.names", {}, True),
        ("meta/labels.txt", {}, True),
        ("categories.txt", {}, True),
        ("classlist.txt", {}, True),
        ("names/all.txt", {}, False),
        ("all.json", {"at": "classes"}, True),
        ("all.json", {"at": "images"}, False),
    ],
)
def test_a_list_of_classes_is_called_so(path: str, keys: dict[str, Any], is_list: bool) -> None:
    listed = table(path, ("0",), *((name,) for name in PETS), keys=keys)

    assert (names_given("012", listed) is not None) == is_list


def test_a_list_of_classes_is_told_by_places() -> None:
    by_file = {f"{number}.jpg": (label,) for number, label in enumerate("012")}
    column = LabelColumn("kind", 3, tuple(by_file.values()))
    plain = table("classes.txt", ("0",), *((f" {name} ",) for name in PETS))
    sheet = table("classes.xlsx", ("0",), *((name,) for name in PETS), keys={"sheet": "all"})
    wide = table("classes.csv", ("name", "size"), ("cat", "3"), ("dog", "4"), ("eel", "5.5"))

    assert names_for(column, by_file, [plain]) == (
        {"file": "classes.txt", "columns": {"record.index": "class", "0": "label"}, "delimiter": "line"},
        {"0": "cat", "1": "dog", "2": "eel"},
    )
    assert [names_for(column, by_file, [one])[0] for one in (sheet, wide)] == [  # type: ignore[index]
        {"file": "classes.xlsx", "sheet": "all", "columns": {"record.index": "class", "0": "label"}},
        {"file": "classes.csv", "columns": {"record.index": "class", "name": "label"}},
    ]


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param(table("classes.txt", ("0",), *((name,) for name in PETS), is_whole=False), id="cut off"),
        pytest.param(table("classes.txt", ("0", "1"), *((name, name * 2) for name in PETS)), id="two names each"),
        pytest.param(table("classes.txt", ("0",), ("cat",), ("dog",), ("cat",)), id="one name twice"),
        pytest.param(
            table("classes.txt", ("0", "1"), ("7", "cat"), ("8", "dog"), ("9", "eel")), id="numbers of its own"
        ),
    ],
)
def test_a_list_that_leaves_a_doubt_names_nothing(listed: Head) -> None:
    assert names_given("012", listed) is None


@pytest.mark.parametrize(
    ("names", "rows", "is_named"),
    [
        pytest.param(("code", "title"), KEYED, True, id="a code and a name"),
        pytest.param(("code", "said"), KEYED, True, id="the only column of words"),
        pytest.param(("code", "said", "also"), [(*row, row[1] * 2) for row in KEYED], False, id="two columns of words"),
        pytest.param(
            ("code", "Name", "also"), [(*row, row[1] * 2) for row in KEYED], True, id="of two the one called so"
        ),
        pytest.param(("code", "class", "n"), [(*row, "7") for row in KEYED], True, id="one word for all is no name"),
        pytest.param(("code", "said"), [*KEYED, ("d", "fox")], True, id="more than are asked for"),
        pytest.param(("code", "said"), KEYED[:2], False, id="fewer than are asked for"),
        pytest.param(("code", "said"), [*KEYED, ("a", "fox")], False, id="a code twice"),
        pytest.param(("code", "said"), [("a", "1"), ("b", "2"), ("c", "3.5")], False, id="numbers"),
        pytest.param(("code", "said"), [("a", "1"), ("b", "2"), ("c", "x")], True, id="a word among numbers"),
        pytest.param(
            ("code", "said"), [("a", "#ff0000"), ("b", "https://x/b"), ("c", "rgb(1,2)")], False, id="colours"
        ),
        pytest.param(("code", "said"), [("a", "#ff0000"), ("b", "#fff"), ("c", "x")], True, id="a word among colours"),
        pytest.param(("code", "said"), [("a", "cat"), ("b", ""), ("c", "eel")], False, id="a name that is missing"),
        pytest.param(
            ("code", "said"), [("a", "cat"), ("b", f"x{SEVERAL}y"), ("c", "eel")], False, id="two names in a cell"
        ),
        pytest.param(("code", "said"), [("a", "cat"), ("b", "cat"), ("c", "eel")], False, id="one name for two"),
        pytest.param(("name", "said"), KEYED, False, id="labels that are names"),
        pytest.param(("kind.Title", "said"), KEYED, False, id="labels that are titles"),
        pytest.param(("code", *"efgh", "title"), [(a, *"1111", b) for a, b in KEYED], True, id="six columns"),
        pytest.param(("code", *"efghi", "title"), [(a, *"11111", b) for a, b in KEYED], False, id="seven columns"),
    ],
)
def test_a_table_names_codes_that_it_has_once_each(
    names: tuple[str, ...], rows: list[tuple[str, ...]], is_named: bool
) -> None:
    given = names_given("abc", table("kinds.csv", names, *rows))

    assert (given is not None) == is_named
    assert given is None or set(given) == {row[0] for row in rows}


def test_blanks_around_codes_and_names_do_not_count() -> None:
    spaced = table("kinds.csv", ("code", "title"), *((f" {code}", f"{name} ") for code, name in KEYED))

    assert names_given("abc", spaced) == dict(KEYED)


def test_numbers_are_named_by_a_column_of_names_as_well() -> None:
    numbered = table("kinds.csv", ("name", "said"), ("1", "cat"), ("2", "dog"))

    assert names_given("12", numbered) == {"1": "cat", "2": "dog"}


def test_of_two_tables_that_differ_neither_names_anything() -> None:
    one, other = (table(path, ("code", "title"), *KEYED) for path in ("a.csv", "b.csv"))
    odd = table("c.csv", ("code", "title"), ("a", "felis"), *KEYED[1:])
    more = table("d.csv", ("code", "title"), *KEYED, ("d", "fox"))
    parts = table("e.json", ("code", "title"), *KEYED, keys={"at": "kinds"})

    assert names_given("abc", one, other) == dict(KEYED)
    assert names_given("abc", one, odd) is None
    assert names_given("bc", one, odd) == dict(KEYED)
    assert names_given("abc", one, more) == dict(KEYED)
    assert names_given("abc", parts, odd) == dict(KEYED)
    assert names_given("abc", odd, parts) is None


@pytest.mark.parametrize("column", [{"one_hot": ("a", "b")}, {"separator": "|"}])
def test_classes_in_columns_and_in_shared_cells_are_named_already(column: dict[str, Any]) -> None:
    assert names_given("abc", table("kinds.csv", ("code", "title"), *KEYED), **column) is None


def test_without_labels_there_is_nothing_to_name() -> None:
    assert names_given("", table("kinds.csv", ("code", "title"), *KEYED)) is None
