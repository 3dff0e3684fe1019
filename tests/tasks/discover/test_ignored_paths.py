"""Patterns of `source.ignore` that mean paths: in folders and in archives, and what each of them left out."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.samples import Discovery

Tree = Callable[..., Path]
Look = Callable[..., Discovery]
NAMES = [f"{folder}/{name}.png" for folder in ("cat", "dog", "dog/old", "test") for name in ("0", "1", "[2]")]
PATTERNS = [
    pytest.param("/test", ["test"], id="a folder"),
    pytest.param("old/", ["dog/old"], id="folders of a name wherever they are"),
    pytest.param("dog/old", ["dog/old"], id="a slash within a pattern counts from the root"),
    pytest.param("dog/*", ["dog"], id="all that is in a folder"),
    pytest.param("/*/old", ["dog/old"], id="any one folder"),
    pytest.param("/cat/0.png", ["cat/0.png"], id="a file"),
    pytest.param("**/0.png", ["cat/0.png", "dog/0.png", "dog/old/0.png", "test/0.png"], id="a name by its path"),
    pytest.param("cat/[01].png", ["cat/0.png", "cat/1.png"], id="a set"),
    pytest.param("cat/[[]2].png", ["cat/[2].png"], id="a bracket in a set"),
    pytest.param("cat/[!0]*", ["cat/1.png", "cat/[2].png"], id="what is not of a set"),
    pytest.param("/nosuch", [], id="nothing"),
    pytest.param("ca/", [], id="a part of a name"),
]


def _left(gone: list[str]) -> set[str]:
    return {name for name in NAMES if not any(f"{name}/".startswith(f"{place}/") for place in gone)}


@pytest.mark.parametrize(("pattern", "gone"), PATTERNS)
def test_a_path_leaves_out_what_it_means_and_says_how_much(
    tree: Tree, look: Look, pattern: str, gone: list[str]
) -> None:
    found = look(tree(*NAMES), layout="class_folders", ignore=[pattern], uneven="keep")

    assert set(found.samples["location"].to_pylist()) == _left(gone)
    assert found.ignored == {f"unlisted images in {pattern}": len(NAMES) - len(_left(gone))}


@pytest.mark.parametrize(("pattern", "gone"), PATTERNS)
def test_the_same_holds_in_an_archive(tmp_path: Path, look: Look, pattern: str, gone: list[str]) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in NAMES:
            archive.writestr(name, name)

    found = look(tmp_path / "a.zip", layout="class_folders", ignore=[pattern], uneven="keep")

    assert set(found.samples["location"].to_pylist()) == _left(gone)


def test_a_folder_that_is_left_out_is_no_empty_class(tree: Tree, look: Look) -> None:
    source = tree("cat/1.png", "dog/1.png", "dog/2.png", "cow/")

    assert look(source, layout="class_folders").class_paths == ("cat", "cow", "dog")
    assert look(source, layout="class_folders", ignore=["cow/"]).class_paths == ("cat", "dog")


def test_what_is_proposed_keeps_what_is_ignored_already(tree: Tree, look: Look) -> None:
    source = tree("cat/1.png", "dog/1.png", "dog/2.png", "test/1.png", "cat/old/1.png")

    with pytest.raises(UnsettledLayoutError) as caught:
        look(source, ignore=["old/"])

    ignored = [one.keys["source"].get("ignore", ["old/"]) for one in caught.value.unsettled.proposals]
    assert all(patterns[0] == "old/" for patterns in ignored)


def test_levels_and_folders_that_the_source_lacks_are_told_of(tree: Tree, look: Look) -> None:
    source = tree("cat/a/1.png", "dog/b/1.png", "dog/b/2.png")
    keys = {"layout": "hierarchy", "levels": ["species", "breed", "coat"], "ignore_dirs": ["images", "/*/x"]}

    told = look(source, **keys).notices

    assert "`levels` names coat too, and the labels of this source have 2 levels" in told
    assert "`ignore_dirs` names images, and no folder is called so" in told
    assert not any("names" in notice for notice in look(source, layout="hierarchy", levels=["a", "b"]).notices)
