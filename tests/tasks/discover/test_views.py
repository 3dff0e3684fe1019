"""Which column of a table names images, where these lie, and which split the table's name says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.discover.by_folders.class_folders import ClassFolders
from tasks.discover.by_folders.folders import images_under
from tasks.discover.claims.table_view import View, split_of_name, view_of
from tasks.discover.heads.head import SEVERAL, Head
from tasks.discover.heads.named_files import NamedFiles
from tasks.discover.words.split_words import SplitWords
from tests.folders_here import Folder

Rows = list[tuple[str, ...]]


def viewed(root: Path, images: list[str], rows: Rows, path: str = "t.csv", **more: Any) -> View | None:
    """The table *path* of *rows*, whose columns are called a, b and so on, beside *images*."""
    Folder(root).images(*images)
    listing = images_under(ClassFolders(layout="class_folders", path=str(root)))
    names = tuple("abcdefgh"[: len(rows[0])]) if rows else ("a",)
    head = Head(path, {}, more.pop("names", names), tuple(rows), **more)
    cells = (cell for row in (head.first, *rows) for cell in row)
    return view_of(head, NamedFiles(listing, cells), SplitWords({}))


FOUR = ["x/1.jpg", "x/2.jpg", "x/3.jpg", "x/4.jpg"]


@pytest.mark.parametrize(
    ("rows", "location"),
    [
        pytest.param([("x/1.jpg", "cat"), ("x/2.jpg", "dog")], "a", id="paths"),
        pytest.param([("cat", "1.jpg"), ("dog", "2.jpg")], "b", id="names"),
        pytest.param([("cat", "1"), ("dog", "2")], "b", id="names without extensions"),
        pytest.param([("1.jpg",), ("no",)], "a", id="half of the rows"),
        pytest.param([("1.jpg",), ("no",), ("nor",)], None, id="less than half of the rows"),
        pytest.param([("1", "1.jpg"), ("2", "2.jpg")], "b", id="words before numbers"),
        pytest.param([("1.jpg", "1.jpg"), ("1.jpg", "2.jpg")], "b", id="more images before fewer"),
        pytest.param([("1.jpg", "3.jpg"), ("2.jpg", "4.jpg")], "a", id="the first of two alike"),
        pytest.param([("1.jpg", "1.jpg"), ("no", "2.jpg")], "b", id="more rows before fewer"),
        pytest.param([(f"1.jpg{SEVERAL}2.jpg", "3"), ("2.jpg", "4")], "b", id="one image in a cell"),
        pytest.param([], None, id="no row"),
    ],
)
def test_the_column_that_names_the_most_images_is_their_place(tmp_path: Path, rows: Rows, location: str | None) -> None:
    view = viewed(tmp_path, FOUR, rows)

    assert (view and view.location) == location


@pytest.mark.parametrize(
    ("cell", "is_list"),
    [
        ("1.jpg", True),
        ("x/1.jpg", True),
        (" 1.jpg", True),
        ("x\\1.jpg", True),
        ("1", False),
        ("9.jpg", False),
        ("5.jpg", False),
    ],
)
def test_a_list_of_one_line_names_its_image_with_the_extension(tmp_path: Path, cell: str, is_list: bool) -> None:
    view = viewed(tmp_path, [*FOUR, "x/5.jpg", "y/5.jpg"], [], names=("0",), first=(cell,))

    assert (view.files if view else ()) == (("x/1.jpg",) if is_list else ())


@pytest.mark.parametrize(
    ("first", "names", "files"),
    [
        pytest.param(("picture", "kind"), ("picture", "kind"), ("x/1.jpg", "x/2.jpg"), id="a header"),
        pytest.param(("3.jpg", "cat"), ("a", "b"), ("x/3.jpg", "x/1.jpg", "x/2.jpg"), id="a row"),
    ],
)
def test_a_first_line_that_names_an_image_is_a_row(
    tmp_path: Path, first: tuple[str, ...], names: tuple[str, ...], files: tuple[str, ...]
) -> None:
    view = viewed(tmp_path, FOUR, [("1.jpg", "cat"), ("2.jpg", "dog")], first=first)

    assert view is not None
    assert (view.head.names, view.files) == (names, files)


TWICE = [f"{folder}/{number}.jpg" for folder in ("train", "test") for number in (1, 2)]


@pytest.mark.parametrize(
    ("images", "path", "base"),
    [
        pytest.param(FOUR, "t.csv", "", id="each name once"),
        pytest.param(TWICE, "train.csv", "train", id="the folder of the table's split"),
        pytest.param(TWICE, "test/t.csv", "test", id="the folder around the table"),
        pytest.param(TWICE, "t.csv", None, id="two folders alike"),
        pytest.param(
            ["images/1.jpg", "images/2.jpg", "masks/1.jpg", "masks/2.jpg"], "t.csv", "images", id="no folder of masks"
        ),
        pytest.param(["p/a/1.jpg", "p/a/2.jpg", "q/1.jpg", "q/2.jpg"], "p/t.csv", "p", id="the outermost folder"),
        pytest.param(["p/a/1.jpg", "p/a/2.jpg", "p/b/1.jpg", "p/b/2.jpg"], "p/a/t.csv", "p/a", id="the nearest folder"),
        pytest.param([*TWICE, "more/1.jpg"], "train.csv", "train", id="a third folder without all"),
    ],
)
def test_names_that_lie_in_several_folders_are_those_of_one(
    tmp_path: Path, images: list[str], path: str, base: str | None
) -> None:
    view = viewed(tmp_path, images, [("1.jpg", "cat"), ("2.jpg", "dog")], path)

    assert (view.base if view else None) == base
    if base:
        assert view is not None
        assert all(file.startswith(f"{base}/") for file in view.files)
        assert view.settings({"a": "location", "b": "label"}) == {
            "file": path,
            "columns": {"a": "location", "b": "label"},
            "base": base,
        }


def test_a_column_that_names_the_folder_tells_images_of_one_name(tmp_path: Path) -> None:
    rows: Rows = [
        ("train", "1.jpg", "cat"),
        ("test", "1.jpg", "dog"),
        ("test", "2.jpg", "cat"),
        ("test", "no.jpg", "cat"),
    ]

    view = viewed(tmp_path, TWICE, rows)

    assert view is not None
    assert (view.template, view.location) == ("{a}/{b}", "b")
    assert view.files == ("train/1.jpg", "test/1.jpg", "test/2.jpg", "")
    assert view.settings({"b": "location", "a": "split", "c": "label"}) == {
        "file": "t.csv",
        "location": "{split}/{b}",
        "columns": {"a": "split", "c": "label"},
    }


@pytest.mark.parametrize(
    ("rows", "partners"),
    [
        ([("1.jpg", "3.jpg"), ("2.jpg", "4.jpg")], {"b": ("x/3.jpg", "x/4.jpg")}),
        ([("1.jpg", "3.jpg"), ("2.jpg", "no")], {}),
        ([("1.jpg", "cat"), ("2.jpg", "dog")], {}),
    ],
)
def test_other_columns_that_name_an_image_in_each_row_go_with_it(
    tmp_path: Path, rows: Rows, partners: dict[str, tuple[str, ...]]
) -> None:
    view = viewed(tmp_path, FOUR, rows)

    assert view is not None
    assert view.partners == partners


@pytest.mark.parametrize(
    ("said", "split", "is_both"),
    [
        ("train.csv", "train", False),
        ("lists/my_test_2.txt", "test", False),
        ("val/all.csv", "validation", False),
        ("val/train.csv", "train", False),
        ("TR.txt", "train", False),
        ("a/te.lst", "test", False),
        ("tr/all.txt", "", False),
        ("trainval.txt", "train", True),
        ("TrainVal_2.txt", "train", True),
        ("train_val.txt", "train", True),
        ("train/trainval.txt", "train", True),
        ("val_train.txt", "", False),
        ("train_test.csv", "", False),
        ("train/val_test.csv", "", False),
        ("all.json train", "train", False),
        ("train.json images", "train", False),
        ("all.csv", "", False),
        ("", "", False),
    ],
)
def test_the_name_of_a_table_says_its_split_from_the_end(said: str, split: str, is_both: bool) -> None:
    assert split_of_name(said, SplitWords({})) == (split, is_both)
