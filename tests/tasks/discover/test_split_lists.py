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


def test_an_image_that_no_list_names_is_rejected_with_all_that_is_known_of_it(folder: Folder) -> None:
    folder.text("labels.csv", "location,label", *(f"{path},x" for path in IMAGES)).text("test.txt", "cat/2.jpg")

    discovery = found(folder, {"test": ["test.txt"]}, name="pets", tables=[{"file": "labels.csv"}], layout="tables")

    assert splits(discovery) == {"images/cat/2.jpg": "test"}
    rows = discovery.rejections.select(["sample_id", "source", "location", "label_file", "label_row", "stage", "reason",
                                        "detail", "attempts"]).to_pylist()  # fmt: skip
    why = ("discover", "unknown_split", "no list of `splits.files` names it; `splits.rest: train` would keep it", 0)
    assert [tuple(row.values()) for row in rows] == [
        (f"pets/{path}", "pets", path, "labels.csv", line, *why)
        for path, line in zip(IMAGES, (2, 3, 4, 5), strict=True) if path != "images/cat/2.jpg"
    ]  # fmt: skip
    assert all(discovery.rejections["source_fingerprint"].to_pylist())
    said = "3 images are in no list of `splits.files` and are rejected; `splits.rest: train` would keep them"
    assert said in discovery.notices


def test_a_split_that_the_source_names_stays_where_no_list_names_another(folder: Folder) -> None:
    folder.text("labels.csv", "location,label,split", *(f"{path},x,train" for path in IMAGES)).text(
        "t.txt", "cat/2.jpg"
    )

    discovery = found(folder, {"test": ["t.txt"]}, tables=[{"file": "labels.csv"}], layout="tables")

    assert splits(discovery) == {path: "test" if path == "images/cat/2.jpg" else "train" for path in IMAGES}
    assert discovery.notices == ()


def test_several_lists_of_one_split_may_name_an_image_twice(folder: Folder) -> None:
    folder.text("l/a.txt", "cat/1.jpg", "cat/2.jpg", "x.jpg", "y.jpg").text("l/b.txt", *(IMAGES[1:]))

    discovery = found(folder, {"train": ["l/*.txt"]})

    assert splits(discovery) == dict.fromkeys(IMAGES, "train")
    assert "l/a.txt: 2 of its entries name no image" in discovery.notices


def test_the_lists_that_name_an_image_twice_are_told_by_what_the_config_calls_the_first(folder: Folder) -> None:
    folder.text("l/a.txt", "cat/1.jpg").text("l/b.txt", "dog/1.jpg").text("test.txt", "dog/1.jpg", "cat/2.jpg")

    with pytest.raises(LayoutError) as caught:
        found(folder, {"train": ["l/*.txt"], "test": ["test.txt"]})

    assert str(caught.value) == (
        "l/*.txt and test.txt both name 'images/dog/1.jpg', and it cannot be in two splits. Give one of them in "
        "`splits.files`, or mend the lists."
    )


def test_a_list_of_something_else_says_what_it_is_not(folder: Folder) -> None:
    folder.text("train.txt", "tom", "rex")

    with pytest.raises(LayoutError) as caught:
        found(folder, {"train": ["train.txt"]})

    assert str(caught.value) == (
        "train.txt names none of the 4 images, so it is no split's list. Check `splits.files`."
    )


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        pytest.param("t.json", ['{"images": [{"file": "cat/1.jpg", "n": 3}], "dog/1.jpg": 1}'], id="texts and keys"),
        pytest.param("t.json", ['{"cat/1.jpg": null, "dog/1.jpg": true}'], id="keys of what is no text"),
        pytest.param("t.yaml", ["- cat/1.jpg", "- dog/1.jpg"], id="YAML"),
        pytest.param("t.yml", ["train: [cat/1.jpg, dog/1.jpg]"], id="YML"),
        pytest.param("t.txt", ["  cat/1.jpg ", '"cat/1.jpg"; x', "'dog/1.jpg'; y"], id="quotes"),
        pytest.param("t.txt", ["1\tcat/1.jpg", "2\tdog/1.jpg"], id="tabs"),
        pytest.param(
            "t.txt", [f"{','.join('x' * 19)},cat/1.jpg", f"{','.join('x' * 19)},dog/1.jpg"], id="the 20th cell"
        ),
    ],
)
def test_a_list_names_images_wherever_they_stand_in_it(folder: Folder, name: str, lines: list[str]) -> None:
    folder.text(name, *lines)

    assert splits(found(folder, {"test": [name]}, "train")) == {
        path: "test" if path.endswith("1.jpg") else "train" for path in IMAGES
    }


def test_a_list_whose_names_mean_several_images_shows_these(folder: Folder) -> None:
    folder.text("t.txt", "1.jpg", "2.jpg")

    with pytest.raises(LayoutError, match=r"^t\.txt: the location '1\.jpg' names 2 files, 'images/cat/1\.jpg' and "):
        found(folder, {"test": ["t.txt"]})
