"""`splits.files` and `split`: which sample is in which split, said by lists or for a whole source."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter

from tasks.discover import Source, SplitLists, discover_sources
from tasks.errors import LayoutError
from tasks.samples import Discovery
from tests.folders_here import Folder, rejects, splits

IMAGES = ("images/cat/1.jpg", "images/cat/2.jpg", "images/dog/1.jpg", "images/dog/2.jpg")
TRUTH = dict(zip(IMAGES, ("train", "test", "train", "test"), strict=True))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).images(*IMAGES)


def found(
    folder: Folder, files: dict[str, list[str]], rest: Literal["train", "reject"] = "reject", **keys: Any
) -> Discovery:
    pattern = {"pattern": "^images/(?P<label>[^/]+)/"}
    source: Source = TypeAdapter(Source).validate_python({"path": str(folder.root), **(keys or pattern)})
    return discover_sources([source], {}, SplitLists(files, rest))


@pytest.mark.parametrize(
    ("suffix", "lines"),
    [
        pytest.param("txt", (["cat/1.jpg", "dog/1.jpg"], ["cat/2.jpg", "dog/2.jpg"]), id="paths"),
        pytest.param("txt", (["cat/1", "dog/1"], ["cat/2", "dog/2"]), id="without extensions"),
        pytest.param("txt", (["cat/1.jpg 0", "dog/1.jpg 1"], ["cat/2.jpg 0", "dog/2.jpg 1"]), id="labels beside"),
        pytest.param(
            "csv", (["n,file", "1,cat/1.jpg", "2,dog/1.jpg"], ["n,file", "3,cat/2.jpg", "4,dog/2.jpg"]), id="a column"
        ),
        pytest.param("json", (['{"cat": ["cat/1"],', '"dog": ["dog/1"]}'], ['["cat/2", "dog/2"]']), id="JSON"),
    ],
)
def test_lists_say_which_image_is_in_which_split(
    folder: Folder, suffix: str, lines: tuple[list[str], list[str]]
) -> None:
    folder.text(f"lists/a.{suffix}", *lines[0]).text(f"lists/b.{suffix}", *lines[1])

    discovery = found(folder, {"train": [f"lists/a.{suffix}"], "test": [f"lists/b.{suffix}"]})

    assert splits(discovery) == TRUTH
    assert not rejects(discovery)


def test_lists_are_read_for_class_folders_too(folder: Folder) -> None:
    folder.text("train.txt", "cat/1.jpg", "dog/1.jpg").text("test.txt", "cat/2.jpg", "dog/2.jpg")

    discovery = found(
        folder, {"train": ["train.txt"], "test": ["test.txt"]}, layout="hierarchy", ignore_dirs=["images"]
    )

    assert splits(discovery) == TRUTH


def test_images_that_no_list_names_are_rejected_or_go_to_train(folder: Folder) -> None:
    folder.text("test.txt", "cat/2.jpg", "dog/2.jpg", "dog/9.jpg")
    lists = {"test": ["test.txt"]}

    rejected, kept = found(folder, lists), found(folder, lists, "train")

    assert rejects(rejected)["images/cat/1.jpg"][0] == "unknown_split"
    assert sorted(splits(rejected)) == ["images/cat/2.jpg", "images/dog/2.jpg"]
    assert splits(kept) == TRUTH
    assert "test.txt: 1 of its entries name no image" in kept.notices
    assert "2 images are in no list of `splits.files` and go to train (`splits.rest`)" in kept.notices


def test_an_image_in_two_lists_is_an_error_that_names_both(folder: Folder) -> None:
    folder.text("train.txt", "cat/1.jpg", "cat/2.jpg").text("test.txt", "cat/2.jpg")

    with pytest.raises(LayoutError, match=r"train\.txt and test\.txt both name 'images/cat/2\.jpg'.*`splits\.files`"):
        found(folder, {"train": ["train.txt"], "test": ["test.txt"]})


def test_a_list_of_something_else_is_an_error(folder: Folder) -> None:
    folder.text("train.txt", "cat", "dog")

    with pytest.raises(LayoutError, match=r"train\.txt names none of the 4 images"):
        found(folder, {"train": ["train.txt"]})


def test_a_list_that_is_not_there_is_an_error(folder: Folder) -> None:
    with pytest.raises(LayoutError, match=r"no label file .*train\.txt"):
        found(folder, {"train": ["train.txt"]})


def test_all_of_a_source_is_in_the_split_that_it_names(folder: Folder) -> None:
    discovery = found(folder, {}, layout="hierarchy", split="test")

    assert set(splits(discovery).values()) == {"test"}
