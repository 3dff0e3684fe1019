"""What single columns of a table could be: labels, classes side by side, numbers to predict; and where that ends."""

from __future__ import annotations

import pytest

from tasks.discover.claims.column_roles import ColumnRoles, part_alike, roles_of, with_asked
from tasks.discover.claims.possible_columns import _are_classes, _could_be_numbers
from tasks.discover.claims.separators import separator_of
from tasks.discover.heads.head import SEVERAL
from tasks.discover.words.split_words import SplitWords

PETS = ["cat", "dog", "cat", "dog", "cat", "dog", "cat", "dog"]
FLAGS = {"cat": "10010010", "dog": "01001001", "cow": "00100100"}
AMOUNTS = [f"{number * 7 % 25}.5" for number in range(25)]


def roles(files: int = 0, /, **columns: list[str]) -> ColumnRoles:
    count = len(next(iter(columns.values())))
    return roles_of(
        {name.replace("__", "."): cells for name, cells in columns.items()}, files or count, "", SplitWords({})
    )


def labels(found: ColumnRoles) -> list[tuple[str, int]]:
    return [(column.name, column.strength) for column in found.labels]


def is_label(name: str, cells: list[str], files: int = 0) -> bool:
    return bool(roles(files, **{name: cells}).labels)


@pytest.mark.parametrize(
    ("name", "cells", "expected"),
    [
        ("label", PETS, True),
        ("colour", PETS, True),
        ("width", PETS, False),
        ("label", ["cat"] * 8, False),
        ("label", ["", "", "", "", "cat", "dog", "cat", "dog"], True),
        ("label", ["", "", "", "", "", "dog", "cat", "dog"], False),
        ("label", [f"c{number}" for number in [*range(8), 0, 1]], True),
        ("label", [f"c{number}" for number in [*range(9), 0]], False),
        ("colour", [f"c{number}" for number in [*range(5)] * 2], True),
        ("colour", [f"c{number}" for number in [*range(6), *range(4)]], False),
        ("label", ["a", "b"], True),
        ("label", ["a", "b", "c"], False),
        ("colour", ["0.25", "0.5"] * 4, False),
        ("label", ["0.25", "0.5"] * 4, True),
        ("colour", ["1", "-1"] * 4, False),
        ("label", ["1", "-1"] * 4, True),
        ("colour", ["+1", "-1"] * 4, False),
        ("colour", ["+1", "0"] * 4, True),
        ("label", ["{x}", "[y]"] * 4, False),
        ("label", ["{x}", "y"] * 4, True),
        ("label", ["a 1 2 3", "b"] * 4, False),
        ("label", ["a 1 2", "b"] * 4, True),
        ("label", ["a 1.5 -2 30 ", "b"] * 4, False),
        ("label", ["a" * 60, "b" * 60] * 4, True),
        ("label", ["a" * 61, "b" * 60] * 4, False),
        ("y", PETS, True),
    ],
)
def test_a_column_that_repeats_its_values_could_be_the_label(name: str, cells: list[str], expected: bool) -> None:
    assert is_label(name, cells) == expected


def test_a_column_repeats_its_values_by_the_images_that_its_rows_name() -> None:
    cells = [f"c{number // 2}" for number in range(10)]

    assert is_label("label", cells, 10)
    assert is_label("label", cells, 7)
    assert not is_label("label", cells, 6)


def test_beside_an_x_y_is_a_place() -> None:
    assert labels(roles(y=PETS)) == [("y", 3)]
    assert labels(roles(y=PETS, x=[str(number) for number in range(8)])) == []


def test_the_likeliest_name_is_the_first_and_of_two_that_part_alike_one_is_enough() -> None:
    numbers = ["0" if pet == "cat" else "1" for pet in PETS]
    others = ["a", "a", "b", "b", "a", "a", "b", "b"]

    assert labels(roles(colour=others, breed=PETS)) == [("breed", 3), ("colour", 1)]
    assert labels(roles(label=numbers, colour=PETS)) == [("colour", 3)]
    assert labels(roles(colour=PETS, label=numbers)) == [("colour", 3)]
    assert labels(roles(label=PETS, colour=[pet.upper() for pet in PETS])) == [("label", 3)]


@pytest.mark.parametrize(
    ("columns", "one"),
    [
        ({"label": PETS}, "label"),
        ({"label": PETS, "class": ["a", "a", "b", "b"] * 2}, None),
        ({"label": PETS, "colour": ["a", "a", "b", "b"] * 2}, "label"),
        ({"colour": PETS}, "colour"),
        ({"colour": ["1", "2"] * 4}, None),
        ({"dog_breed": ["1", "2"] * 4}, "dog_breed"),
        ({"3": ["1", "2"] * 4}, "3"),
        ({"colour": PETS, "size of it": ["a", "a", "b", "b"] * 2}, "colour"),
        ({"colour": PETS, "shade": ["a", "a", "b", "b"] * 2}, None),
        ({"width": PETS}, None),
    ],
)
def test_one_column_is_the_label_without_doubt_or_none_is(columns: dict[str, list[str]], one: str | None) -> None:
    found = roles_of(columns, 8, "", SplitWords({})).one_label

    assert (found.name if found else None) == one


def test_numbers_beside_the_only_column_leave_a_doubt() -> None:
    pets = [PETS[number % 8] for number in range(25)]

    found = roles(colour=pets, price=AMOUNTS)

    assert (labels(found), found.numbers, found.one_label) == ([("colour", 1)], ["price"], None)


@pytest.mark.parametrize(
    ("name", "cells", "files", "is_one"),
    [
        ("price", AMOUNTS, 25, True),
        ("price", [str(number) for number in range(25)], 25, False),
        ("price", [*map(str, range(24)), "30"], 25, True),
        ("price", [*AMOUNTS[:24], "x"], 25, False),
        ("price", [*AMOUNTS[:24], ""], 25, True),
        ("price", AMOUNTS[:11], 11, True),
        ("price", AMOUNTS[:10], 10, False),
        ("price", AMOUNTS, 49, True),
        ("price", [text[:-2] for text in AMOUNTS], 50, False),
        ("price", AMOUNTS, 50, True),
        ("steps", [str(30 + number % 21) for number in range(63)], 63, True),
        ("steps", [str(30 + number % 20) for number in range(60)], 60, False),
        ("steps", [str(number % 21) for number in range(63)], 63, False),
        ("width", AMOUNTS, 25, False),
        ("7", AMOUNTS, 25, False),
    ],
)
def test_a_column_of_many_numbers_could_be_one_to_predict(
    name: str, cells: list[str], files: int, is_one: bool
) -> None:
    assert roles(files, **{name: cells}).numbers == ([name] if is_one else [])


def test_columns_of_ones_and_zeros_are_classes_side_by_side() -> None:
    [found] = roles(**{name: list(cells) for name, cells in FLAGS.items()}).labels

    assert (found.name, found.strength, found.one_hot, found.is_many) == ("cat", 2, ("cat", "dog", "cow"), False)
    assert found.values[:4] == (("cat",), ("dog",), ("cow",), ("cat",))
    assert found.one_hot_key == ["cat", "dog", "cow"]


@pytest.mark.parametrize(
    ("columns", "classes", "is_many"),
    [
        pytest.param({"cat": "1010", "dog": "0101"}, ("cat", "dog"), False, id="two"),
        pytest.param({"cat": "1010", "dog": "0111"}, (), False, id="two that are there both"),
        pytest.param({"cat": "1000", "dog": "0111", "cow": "0011"}, ("cat", "dog", "cow"), True, id="three"),
        pytest.param({"cat": "1010"}, (), False, id="one"),
        pytest.param({"cat": "101", "dog": "010"}, (), False, id="three rows"),
        pytest.param({"cat": "1010", "dog": "0000"}, (), False, id="one is never there"),
        pytest.param({"cat": "1010", "dog": "0102"}, (), False, id="a two"),
        pytest.param({"cat": "1010", "flag": "0101"}, (), False, id="a name that speaks against"),
        pytest.param({"cat": "1010", "label": "0101"}, (), False, id="a name for labels"),
        pytest.param({"cat": "1010", "7": "0101"}, (), False, id="a number"),
        pytest.param(
            {"risk": "1101", "cat": "1000", "dog": "0101", "cow": "0100"}, ("cat", "dog", "cow"), True, id="any of them"
        ),
    ],
)
def test_which_columns_are_classes(columns: dict[str, str], classes: tuple[str, ...], is_many: bool) -> None:
    found = [
        column for column in roles(**{name: list(cells) for name, cells in columns.items()}).labels if column.one_hot
    ]

    assert [column.one_hot for column in found] == ([classes] if classes else [])
    assert [column.is_many for column in found] == ([is_many] if classes else [])


def test_classes_below_one_key_are_called_without_it() -> None:
    found = roles(of__cat=["true", "false"] * 4, of__dog=["false", "true"] * 4).labels[0]

    assert (found.one_hot, found.one_hot_key, found.values[:2]) == (("of.cat", "of.dog"), "of.*", (("cat",), ("dog",)))
    assert not any(column.one_hot for column in roles(cat=["true", "false"] * 4, dog=["false", "true"] * 4).labels)


@pytest.mark.parametrize(
    ("name", "cells", "mark"),
    [
        ("label", ["a|b", "a"], "|"),
        ("label", ["a;b", "b"], ";"),
        ("label", ["a,b", "b"], ","),
        ("label", ["a\uff0cb", "b"], "\uff0c"),
        ("label", ["a b", "b"], ""),
        ("labels", ["a b", "b"], " "),
        ("labels", ["a b", "c d"], ""),
        ("labels", ["a b", "c"], ""),
        ("labels", ["a b", "a c", "d e", "f g"], " "),
        ("labels", ["a b", "c d", "e f", "g h", "a x"], ""),
        ("label", ["a", "b"], ""),
        ("label", ["a|b;c", "b"], "|"),
    ],
)
def test_what_separates_several_labels_in_a_cell(name: str, cells: list[str], mark: str) -> None:
    assert separator_of(name, cells) == mark


def test_cells_of_several_labels_are_several_labels() -> None:
    [found] = roles(labels=["a;b", "a", "", "b", "a;b", "a"]).labels
    assert (found.separator, found.is_many, found.values[:3]) == (";", True, (("a", "b"), ("a",), ()))

    [found] = roles(labels=[f"a{SEVERAL}b", "a", "b", "b", f"a{SEVERAL}b", "a"]).labels
    assert (found.separator, found.is_many, found.values[:2]) == ("", True, (("a", "b"), ("a",)))


@pytest.mark.parametrize(
    ("name", "cells", "is_taken"),
    [
        ("colour", PETS, True),
        ("width", PETS, True),
        ("colour", ["cat"] * 8, False),
        ("price", AMOUNTS, False),
        ("price", AMOUNTS[:20] + AMOUNTS[:5], True),
        ("price", [*AMOUNTS[:21], *AMOUNTS[:9]], False),
        ("price id", [*AMOUNTS[:21], *AMOUNTS[:9]], True),
        ("price", [f"c{text}" for text in [*AMOUNTS[:21], *AMOUNTS[:9]]], True),
        ("split", ["train", "test"] * 4, False),
    ],
)
def test_what_a_submission_asks_for_is_the_label(name: str, cells: list[str], is_taken: bool) -> None:
    columns = {name: cells, "breed": [PETS[at // 2 % 8] for at in range(len(cells))]}
    before = roles_of(columns, len(cells), "", SplitWords({}))

    after = with_asked(before, name, cells, len(cells))

    if is_taken:
        assert labels(after) == [(name, 3), ("breed", 2)]
    else:
        assert after == before


def test_values_of_two_columns_go_together_one_to_one() -> None:
    assert part_alike(["a", "b", "a"], [1, 2, 1])
    assert not part_alike(["a", "b", "a"], [1, 2, 2])
    assert not part_alike(["a", "b", "a"], [1, 1, 1])
    assert not part_alike(["a", "a", "a"], [1, 1, 2])


@pytest.mark.parametrize(
    ("cells", "could_be"),
    [
        ([*"abcdefghi", "a"], True),
        ([*"abcdefghij"], False),
        (["a"] * 10, False),
        (["0.5", "0.25"] * 5, False),
        (["a" * 60, "b"] * 5, True),
        (["a" * 61, "b"] * 5, False),
        ([f"a{SEVERAL}b", "b"] * 5, False),
    ],
)
def test_columns_that_could_be_labels_at_all(cells: list[str], could_be: bool) -> None:
    assert _are_classes(set(cells), cells) == could_be


@pytest.mark.parametrize(
    ("name", "cells", "could_be"),
    [
        ("colour", ["1", "2", "3", "1"], True),
        ("colour", ["1", "2", "1", "2"], False),
        ("colour", ["1", "2", "x", "1"], False),
        ("width", ["1", "2", "3", "1"], False),
        ("7", ["1", "2", "3", "1"], True),
    ],
)
def test_columns_that_could_be_numbers_at_all(name: str, cells: list[str], could_be: bool) -> None:
    assert _could_be_numbers(name, set(cells), cells) == could_be
