"""The folders of a source, drawn as far as there is room."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.discover.by_folders.class_folders import ClassFolders
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import scan_images
from tasks.discover.listing.tree import TreeLine, tree_of, tree_of_samples
from tests.folders_here import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def listed(folder: Folder) -> Listing:
    source = ClassFolders.model_validate({"layout": "class_folders", "path": str(folder.root)})
    found = scan_images(source.place, source)
    assert found is not None
    return found


def drawn(folder: Folder) -> list[tuple[int, str, int, dict[str, int]]]:
    return [(line.depth, line.name, line.images, dict(line.others)) for line in tree_of(listed(folder))]


def test_each_folder_says_what_lies_in_it_and_below(folder: Folder) -> None:
    folder.images("a/1.jpg", "a/b/2.jpg", "a/b/3.png", "c/4.jpg")
    folder.text("a/b/notes.txt", "x").text("a/readme.md", "x").text("c/x.txt", "x").text("d/y.txt", "x")

    assert drawn(folder) == [
        (0, "a", 3, {".txt": 1, ".md": 1}),
        (1, "b", 2, {".txt": 1}),
        (0, "c", 1, {".txt": 1}),
        (0, "d", 0, {".txt": 1}),
    ]


def test_folders_that_hold_nothing_but_one_folder_are_one_line(folder: Folder) -> None:
    folder.images("data/all/cat/1.jpg", "data/all/dog/x/y/1.jpg", "data/all/dog/x/y/2.jpg")

    assert drawn(folder) == [(0, "data/all", 3, {}), (1, "cat", 1, {}), (1, "dog/x/y", 2, {})]


@pytest.mark.parametrize("beside", ["data/note.txt", "data/0.jpg"])
def test_folders_that_hold_something_beside_the_one_are_not(folder: Folder, beside: str) -> None:
    folder.images("data/cat/1.jpg").data(beside, b"x")

    assert [name for _, name, _, _ in drawn(folder)] == ["data", "cat"]


@pytest.mark.parametrize(("count", "more"), [(8, 0), (9, 1), (12, 4)])
def test_of_many_siblings_eight_are_shown_those_with_images_first(folder: Folder, count: int, more: int) -> None:
    folder.text("a0/x.txt", "x")
    folder.images(*(f"c{number:02}/{image}.jpg" for number in range(count - 1) for image in range(number + 1)))

    found = drawn(folder)

    shown: list[tuple[int, str, int, dict[str, int]]] = [
        (0, f"c{number:02}", number + 1, {}) for number in range(min(count - 1, 8))
    ]
    if more:
        rest = sum(number + 1 for number in range(8, count - 1))
        assert found == [*shown, (0, f"… {more} more", rest, {".txt": 1})]
    else:
        assert found == [*shown, (0, "a0", 0, {".txt": 1})]


def test_levels_are_drawn_while_all_of_them_have_room(folder: Folder) -> None:
    folder.images(*(f"{top}/{inner}/{deep}/1.jpg" for top in "abcde" for inner in "vwxyz" for deep in "12"))

    found = drawn(folder)

    assert [line[:3] for line in found[:7]] == [
        (0, "a", 10),
        (1, "v", 2),
        (2, "… 2 more", 2),
        (1, "w", 2),
        (2, "… 2 more", 2),
        (1, "x", 2),
        (2, "… 2 more", 2),
    ]
    assert sum(1 for line in found if "more" not in line[1]) == 30


def test_kinds_of_other_files_are_three_and_the_rest(folder: Folder) -> None:
    folder.images("a/1.jpg")
    for number, suffix in enumerate(["txt", "md", "json", "yaml", "xyz"]):
        for copy in range(5 - number):
            folder.text(f"a/{copy}.{suffix}", "x")

    [(_, _, _, others)] = drawn(folder)

    assert others == {".txt": 5, ".md": 4, ".json": 3, "others": 3}


def test_the_folders_of_samples_and_rejects_are_drawn_and_addresses_have_none(folder: Folder) -> None:
    folder.images("a/b/1.jpg", "a/2.jpg", "3.jpg").text(
        "labels.csv",
        "location,label",
        "a/b/1.jpg,cat",
        "a/2.jpg,cat",
        "3.jpg,dog",
        "c/gone.jpg,dog",
        "https://h/d/x.jpg,cat",
    )

    found = folder.found({"file": "labels.csv"})

    assert tree_of_samples(found) == [
        TreeLine(0, "a", 2, {}),
        TreeLine(1, "b", 1, {}),
        TreeLine(0, "c", 1, {}),
    ]


def test_a_source_without_folders_has_no_tree(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg")

    assert drawn(folder) == []
