"""Which files the locations of a table name, by each of the ways in which people write them down."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tasks.discover.by_tables.find_files import FileFinder
from tasks.discover.by_tables.plain_ends import is_plain, plain_ends
from tasks.errors import LabelFileError
from tests.folders_here import Folder, labels, rejects

SUFFIXES = frozenset({".jpg", ".png"})


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def named(
    files: Sequence[str], cells: Sequence[str], find: Any, base: str | None = None, own: str = ""
) -> tuple[dict[str, str], str]:
    """For each of *cells*, in a table that lies in *own*, which of *files* it names; and the way in which they do."""
    finder = FileFinder(pa.array(sorted(files), pa.string()), SUFFIXES)
    folders = pa.array([own] * len(cells), pa.string())
    found = finder.find(pa.array(cells, pa.string()), folders, base, find, lambda row: f"t.csv, line {row + 2}")
    paths = [sorted(files)[place] if place >= 0 else "" for place in found.places.tolist()]
    return dict(zip(cells, paths, strict=True)), found.mode


@pytest.mark.parametrize(
    ("find", "cell", "file"),
    [
        ("path", "b/1.jpg", "b/1.jpg"),
        ("path", "./x/../b//1.jpg", "b/1.jpg"),
        ("path", "b\\1.jpg", "b/1.jpg"),
        ("path", "../b/1.jpg", "b/1.jpg"),
        ("path", "../../b/1.jpg", ""),
        ("path", "2.jpg", "a/2.jpg"),
        ("path", "3.jpg", "3.jpg"),
        ("path", "B/1.jpg", ""),
        ("path", "b/1", ""),
        ("path", "c/2.jpg", ""),
        ("end", "b/1.jpg", "b/1.jpg"),
        ("end", "c/1.jpg", "b/c/1.jpg"),
        ("end", "/mnt/b/c/1.jpg", "b/c/1.jpg"),
        ("end", "C:\\b\\c\\1.jpg", "b/c/1.jpg"),
        ("end", "s3://h/x/b/1.jpg", "b/1.jpg"),
        ("end", "x/9/3.jpg", "3.jpg"),
        ("end", "./../3.jpg", "3.jpg"),
        ("end", " 3.jpg ", "3.jpg"),
        ("end", "3", ""),
        ("end", "2.png", ""),
        ("end", "x/2.jpg", ""),
        ("end", "", ""),
        ("end", "..", ""),
        ("stem", "b/1", "b/1.jpg"),
        ("stem", "b/1.PNG", "b/1.jpg"),
        ("stem", "c/1.jpg", "b/c/1.jpg"),
        ("stem", "/mnt/b/c/1", "b/c/1.jpg"),
        ("stem", "3.wav", "3.jpg"),
        ("stem", "x/3.WAV", "3.jpg"),
        ("stem", "3.xyz", ""),
        ("stem", "d.v2", "d.v2.png"),
        ("stem", "d", ""),
        ("name", "x/y/3.jpg", "3.jpg"),
        ("name", "3.jpg", "3.jpg"),
        ("name", "C:\\3.jpg", "3.jpg"),
        ("name", "3", ""),
    ],
)
def test_a_location_names_a_file_in_the_way_that_is_asked_for(find: str, cell: str, file: str) -> None:
    files = ["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/c/1.jpg", "3.jpg", "d.v2.png"]

    assert named(files, [cell], find, own="a") == ({cell: file}, find)


def test_a_file_in_the_folder_of_the_table_is_meant_before_others_of_its_name() -> None:
    assert named(["a/1.jpg", "b/1.jpg"], ["1.jpg"], "end", own="b")[0] == {"1.jpg": "b/1.jpg"}
    assert named(["a/x/1.jpg", "ab/1.jpg"], ["1.jpg"], "end", own="a")[0] == {"1.jpg": "a/x/1.jpg"}
    assert named(["1.jpg", "b/1.jpg"], ["1.jpg"], "path", own="b")[0] == {"1.jpg": "b/1.jpg"}


@pytest.mark.parametrize("find", ["end", "stem", "name"])
def test_a_name_of_several_files_is_an_error_that_shows_two(find: str) -> None:
    with pytest.raises(LabelFileError) as caught:
        named(["a/1.jpg", "b/1.jpg", "c/1.jpg", "2.jpg"], ["2.jpg", "1.jpg"], find, own="d")

    assert str(caught.value) == (
        "t.csv, line 3: the location '1.jpg' names 3 files, 'a/1.jpg' and 'b/1.jpg'. Set `base` to the folder that is "
        "meant, or a `location` template that tells them apart."
    )


def test_of_several_files_that_a_long_location_ends_in_the_longest_is_meant() -> None:
    files = ["1.jpg", "c/1.jpg", "b/c/1.jpg", "x/b/c/2.jpg"]

    assert named(files, ["/mnt/b/c/1.jpg", "/mnt/c/1.jpg", "/mnt/1.jpg"], "end")[0] == {
        "/mnt/b/c/1.jpg": "b/c/1.jpg",
        "/mnt/c/1.jpg": "c/1.jpg",
        "/mnt/1.jpg": "1.jpg",
    }


def test_the_whole_path_of_a_file_is_meant_before_the_end_of_a_longer_one() -> None:
    assert named(["1.jpg", "a/1.jpg"], ["1.jpg"], "end")[0] == {"1.jpg": "1.jpg"}
    assert named(["1.png", "a/1.jpg"], ["1"], "stem")[0] == {"1": "1.png"}


@pytest.mark.parametrize(
    ("cells", "files"),
    [
        pytest.param(["old/v1/cat/1.jpg", "old/v1/dog/1.jpg"], ["x/cat/1.jpg", "x/dog/1.jpg"], id="of another machine"),
        pytest.param(["C:\\v1\\cat\\1.jpg", "C:\\v1\\dog\\1.jpg"], ["x/cat/1.jpg", "x/dog/1.jpg"], id="with a drive"),
    ],
)
def test_folders_that_all_locations_begin_with_may_be_others_here(cells: list[str], files: list[str]) -> None:
    assert list(named(files, cells, "end")[0].values()) == files


@pytest.mark.parametrize(
    ("cells", "files"),
    [
        pytest.param(["train/cat/1.jpg", "train/dog/1.jpg"], ["test/cat/1.jpg", "test/dog/1.jpg"], id="a split"),
        pytest.param(["v1/cat/1.jpg", "v2/dog/1.jpg"], ["x/cat/1.jpg", "x/dog/1.jpg"], id="folders that differ"),
        pytest.param(["v1/cat/1.jpg"], ["x/cat/1.jpg"], id="one location"),
        pytest.param(["v1/cat/1.jpg", "v1/dog/1.jpg"], ["x/1.jpg", "x/2.jpg"], id="that are not those of files"),
    ],
)
def test_folders_that_say_something_are_no_others_here(cells: list[str], files: list[str]) -> None:
    assert set(named(files, cells, "end")[0].values()) == {""}


@pytest.mark.parametrize(
    ("cells", "found", "mode"),
    [
        pytest.param(["a/1.jpg", "b/2.jpg"], ["a/1.jpg", "b/2.jpg"], "path", id="all paths"),
        pytest.param(["2.jpg", "3.jpg"], ["b/2.jpg", "c/3.jpg"], "end", id="all ends"),
        pytest.param(["2", "3"], ["b/2.jpg", "c/3.jpg"], "stem", id="all stems"),
        pytest.param(["x/y/2.jpg", "x/z/3.jpg"], ["b/2.jpg", "c/3.jpg"], "name", id="all names"),
        pytest.param(["a/1.jpg", "b/9.jpg"], ["a/1.jpg", ""], "path", id="one path"),
        pytest.param(["b/2.jpg", "3.jpg"], ["b/2.jpg", "c/3.jpg"], "end", id="one path, and two ends"),
        pytest.param(["b/2.jpg", "9.jpg"], ["b/2.jpg", ""], "path", id="one path, and one end"),
        pytest.param(["b/2.jpg", "1.jpg"], ["b/2.jpg", ""], "path", id="one path, and a name of two"),
        pytest.param(["x/y/2.jpg", "x/z/2.jpg"], ["", ""], "path", id="one name twice"),
        pytest.param(["x/y/2.jpg", "x/z/9.jpg"], ["b/2.jpg", ""], "name", id="one name"),
        pytest.param([], [], "path", id="none"),
    ],
)
def test_the_first_way_that_finds_most_is_taken_by_itself(cells: list[str], found: list[str], mode: str) -> None:
    files = ["a/1.jpg", "b/1.jpg", "b/2.jpg", "c/3.jpg"]

    places, taken = named(files, cells, "auto")

    assert (list(places.values()), taken) == (found, mode)


def test_a_name_of_two_files_is_an_error_where_nothing_else_is_found() -> None:
    with pytest.raises(LabelFileError, match=r"^t\.csv, line 2: the location '1\.jpg' names 2 files"):
        named(["a/1.jpg", "b/1.jpg"], ["1.jpg"], "auto")


@pytest.mark.parametrize(
    ("find", "base", "cell", "file"),
    [
        ("path", "a", "1.jpg", "a/1.jpg"),
        ("path", "a", "a/1.jpg", ""),
        ("path", "", "a/1.jpg", "a/1.jpg"),
        ("path", "", "1.jpg", ""),
        ("path", "a", "../b/1.jpg", "b/1.jpg"),
        ("end", "a", "1.jpg", "a/1.jpg"),
        ("end", "a", "3.jpg", ""),
        ("end", "b", "1.jpg", "b/1.jpg"),
        ("end", "", "3.jpg", "ab/3.jpg"),
        ("end", "zoo", "1.jpg", ""),
        ("stem", "b", "1", "b/1.jpg"),
        ("name", "b", "x/1.jpg", "b/1.jpg"),
    ],
)
def test_a_base_is_the_folder_that_files_lie_in(find: str, base: str, cell: str, file: str) -> None:
    assert named(["a/1.jpg", "b/1.jpg", "ab/3.jpg"], [cell], find, base, own="b")[0] == {cell: file}


def test_locations_below_different_bases_are_found_by_one_finder() -> None:
    finder = FileFinder(pa.array(["a/1 x.jpg", "b/1 x.jpg"]), SUFFIXES)

    for base, place in (("a", 0), ("b", 1), ("a", 0)):
        found = finder.find(pa.array(["./1 x.jpg"]), pa.array([""]), base, "end", str)
        assert found.places.tolist() == [place]


def test_each_location_counts_with_the_folder_of_its_own_table(folder: Folder) -> None:
    folder.images("a/1.jpg", "b/1.jpg")
    for place, label in (("a", "cat"), ("b", "dog")):
        folder.text(f"{place}/t.csv", "location,label", f"1.jpg,{label}")

    assert labels(folder.found({"files": "*/t.csv"})) == {"a/1.jpg": "cat", "b/1.jpg": "dog"}


def test_a_location_twice_is_the_same_file_twice() -> None:
    finder = FileFinder(pa.array(["a/1.jpg", "b/2.jpg"]), SUFFIXES)
    folders = pa.array(["", "", "", "x"])

    found = finder.find(pa.array(["2.jpg", "1.jpg", "2.jpg", "1.jpg"]), folders, None, "end", str)

    assert found.places.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("find", ["path", "end", "stem"])
def test_a_file_is_found_in_either_form_of_unicode(find: str) -> None:
    composed, taken_apart = "caf\u00e9/\u00e4.jpg", unicodedata.normalize("NFD", "caf\u00e9/\u00e4.jpg")

    assert named([taken_apart], [composed], find)[0] == {composed: taken_apart}
    assert named([composed], [taken_apart], find)[0] == {taken_apart: composed}
    assert named([composed, taken_apart], [composed], "path")[0] == {composed: composed}


def test_of_two_forms_of_a_name_neither_is_taken_for_a_third() -> None:
    half = "\u00e4a\u0308.jpg"

    assert named(["\u00e4\u00e4.jpg", "a\u0308a\u0308.jpg"], [half], "path")[0] == {half: ""}


PLAIN = ["a", "a/b.jpg", "a b/c-1_2.jpg", "a.b/c.d"]


@pytest.mark.parametrize(
    "text", [".a", "a/.b", "..", "a//b", "/a", "a/", "a:b", "a\\b", "a%20", "~a", "a/~b", "\u00e9", "a\n", ""]
)
def test_a_text_with_anything_odd_is_not_plainly_a_path(text: str) -> None:
    assert is_plain(pa.array([*PLAIN, text])).tolist() == [True] * len(PLAIN) + [False]


@pytest.mark.parametrize(
    ("mode", "texts", "places"),
    [
        ("end", ["1.jpg", "a/1.jpg", "2.jpg", "c/2.jpg", "x/2.jpg"], [-1, 0, 2, 2, -1]),
        ("stem", ["1", "a/1", "2.PNG", "2.jpgx"], [-1, 0, 2, -1]),
        ("name", ["x/1.jpg", "x/2.jpg", "2.jpg"], [-1, 2, 2]),
        ("end", [".", "../2.jpg"], [-1, -1]),
    ],
)
def test_plain_texts_are_found_at_the_ends_of_paths_where_these_are_one(
    mode: Any, texts: list[str], places: list[int]
) -> None:
    paths = pa.array(["a/1.jpg", "b/1.jpg", "b/c/2.jpg"])

    assert plain_ends(pa.array(texts), paths, mode, SUFFIXES).tolist() == places
    assert plain_ends(pa.array(texts), paths.slice(0, 0), mode, SUFFIXES).tolist() == [-1] * len(texts)


def test_texts_of_very_many_depths_are_looked_at_one_by_one() -> None:
    files = ["/".join("abcdefghij"[depth:]) + ".jpg" for depth in range(10)]

    assert named([files[0]], files, "end")[0] == dict.fromkeys(files, files[0])


def test_locations_that_lead_out_or_nowhere_are_rejected_with_why(folder: Folder) -> None:
    folder.images("1.jpg").text("t.csv", "location,label", "1.jpg,cat", "../x.jpg,cat", ",cat", "far/x.jpg,dog")

    assert rejects(folder.found({"file": "t.csv"})) == {
        "../x.jpg": ("outside_root", "leads out of the source's folder"),
        "": ("bad_row", "has no location"),
        "far/x.jpg": ("not_found", "no such file"),
    }


def test_a_table_of_which_nothing_is_found_shows_its_first_location_and_what_to_set(folder: Folder) -> None:
    folder.images("1.jpg").text("t.csv", "location,label", f"{'x' * 120},cat", "y,dog")

    with pytest.raises(LabelFileError) as caught:
        folder.found({"file": "t.csv"})

    assert str(caught.value) == (
        f"t.csv: none of its 2 locations names an image, such as {'x' * 100!r}. Say where they lie with `base`, or how "
        "they are called with a `location` template: `train/{image}.jpg`."
    )
