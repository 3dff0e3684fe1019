"""Folders as people arrange them: what is a class, what a split, what neither, and what is said of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tasks.errors import LayoutError
from tasks.fetch.readers import SourceReader
from tasks.fetch.settings import FetchSettings
from tasks.file_names import decode_name
from tasks.labels import Labelled, LabelSettings, assign_labels
from tasks.samples import Discovery

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

Tree = Callable[..., Path]


def labels(discovery: Discovery) -> dict[str, str]:
    table = discovery.samples
    return dict(zip(table["location"].to_pylist(), table["label_path"].to_pylist(), strict=True))


def splits(discovery: Discovery) -> dict[str, str]:
    table = discovery.samples
    return dict(zip(table["location"].to_pylist(), table["split"].to_pylist(), strict=True))


def reasons(discovery: Discovery) -> dict[str, str]:
    table = discovery.rejections
    return dict(zip(table["location"].to_pylist(), table["reason"].to_pylist(), strict=True))


def numbered(discovery: Discovery, **settings: Any) -> Labelled:
    return assign_labels(discovery, LabelSettings(**settings), {})


def says(discovery: Discovery, *words: str) -> bool:
    return any(all(word in notice for word in words) for notice in discovery.notices)


def test_class_folders_as_the_book_has_them(tree: Tree, look: Look) -> None:
    found = look(tree("cat/1.jpg", "cat/2.JPG", "dog/3.png", "dog/4.tif"))

    assert found.layout == "class_folders"
    assert labels(found) == {"cat/1.jpg": "cat", "cat/2.JPG": "cat", "dog/3.png": "dog", "dog/4.tif": "dog"}
    assert set(splits(found).values()) == {""}
    assert numbered(found).class_names == {"label": ["cat", "dog"]}


def test_samples_are_ordered_by_location(tree: Tree, look: Look) -> None:
    names = ["b/2.jpg", "a-b/9.jpg", "a/1.jpg", "a/z/1.jpg", "a/y.jpg", "a b/1.jpg", "é/1.jpg", "z/1.jpg"]
    found = look(tree(*names), uneven="keep", layout="hierarchy")

    assert found.samples["location"].to_pylist() == sorted(names)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (".hidden.jpg", "hidden names"),
        ("cat/._1.jpg", "hidden names"),
        (".DS_Store", "hidden names"),
        ("cat/.DS_Store", "hidden names"),
        (".git/a.jpg", "hidden names"),
        (".ipynb_checkpoints/1-checkpoint.jpg", "hidden names"),
        ("__MACOSX/cat/1.jpg", "ignored names"),
        ("__pycache__/a.jpg", "ignored names"),
        ("cat/Thumbs.db", "ignored names"),
        ("desktop.ini", "ignored names"),
        ("cat/@eaDir/1.jpg", "ignored names"),
        ("venv/lib/site-packages/numpy/1.jpg", "ignored names"),
        ("$RECYCLE.BIN/1.jpg", "ignored names"),
        ("lost+found/1.jpg", "ignored names"),
        ("cat/2.jpg.part", "unfinished files"),
        ("cat/2.tmp", "unfinished files"),
        ("cat/2.jpg.crdownload", "unfinished files"),
        ("cat/2.jpg.tmp", "unfinished files"),
    ],
)
def test_names_that_nobody_means_are_counted_and_not_read(tree: Tree, look: Look, name: str, reason: str) -> None:
    found = look(tree("cat/1.jpg", "dog/1.jpg", name))

    assert labels(found) == {"cat/1.jpg": "cat", "dog/1.jpg": "dog"}
    assert found.ignored == {reason: 1}
    assert found.class_paths == ("cat", "dog")
    assert found.rejections.num_rows == 0


def test_further_names_are_ignored_when_asked(tree: Tree, look: Look) -> None:
    found = look(tree("cat/1.jpg", "dog/1.jpg", "cat/1_b.png", "extra/1.jpg"), ignore=["*_b.png", "extra"])

    assert labels(found) == {"cat/1.jpg": "cat", "dog/1.jpg": "dog"}
    assert found.ignored == {"ignored names": 2}


def test_a_class_may_begin_with_an_underscore(tree: Tree, look: Look) -> None:
    assert look(tree("_background/1.jpg", "cat/1.jpg")).class_paths == ("_background", "cat")


def test_files_without_an_image_s_extension_are_counted(tree: Tree, look: Look) -> None:
    found = look(tree("cat/1.jpg", "dog/1.jpg", "cat/notes.txt", "cat/README", "list.csv.bak"))

    assert found.ignored == {"no image's extension": 3}
    assert found.listed == 2


def test_extensions_are_those_of_the_config(tree: Tree, look: Look) -> None:
    found = look(tree("cat/1.jpg", "cat/2.PIC", "dog/3.Pic"), extensions=["pic"])

    assert sorted(labels(found)) == ["cat/2.PIC", "dog/3.Pic"]


def test_two_unicode_forms_of_one_name_are_one_class(tree: Tree, look: Look) -> None:
    found = look(tree("caf\u00e9/1.jpg", "cafe\u0301/2.jpg"))

    assert found.class_paths == ("caf\u00e9",)
    assert set(labels(found).values()) == {"caf\u00e9"}
    assert found.listed == 2
    assert says(found, "Unicode form", "caf\u00e9")


def test_blanks_around_names_go_and_those_inside_stay(tree: Tree, look: Look) -> None:
    found = look(tree(" sea lion /1.jpg", "salt & pepper/1.jpg", "o'neil/1.jpg", 'a "b"/1.jpg'))

    assert found.class_paths == ('a "b"', "o'neil", "salt & pepper", "sea lion")


def test_case_counts_and_twins_are_mentioned(tree: Tree, look: Look) -> None:
    found = look(tree("Cat/1.jpg", "cat/2.jpg", "dog/3.jpg"))

    assert found.class_paths == ("Cat", "cat", "dog")
    assert says(found, "only by case", "Cat, cat", "class_case")
    assert numbered(found, class_case="fold").class_names == {"label": ["cat", "dog"]}


@pytest.mark.parametrize("name", ["NA", "None", "nan", "001", "1e5", "true", "null"])
def test_class_names_are_text(tree: Tree, look: Look, name: str) -> None:
    assert look(tree(f"{name}/1.jpg", "cat/1.jpg")).class_paths == tuple(sorted([name, "cat"]))


def test_one_class_is_a_class_where_the_config_says_so(tree: Tree, look: Look) -> None:
    source = tree("cat/1.jpg", "cat/2.jpg")

    with pytest.raises(UnsettledLayoutError, match=r"ambiguous_layout: .* one folder, cat"):
        look(source)
    assert look(source, layout="class_folders").class_paths == ("cat",)


@pytest.mark.parametrize("allowed", [False, True])
def test_images_beside_class_folders_are_rejected_or_kept_without_a_label(
    tree: Tree, look: Look, allowed: bool
) -> None:
    found = look(tree("cat/1.jpg", "dog/1.jpg", "stray.jpg"), allow_unlabeled=allowed)

    assert found.layout == "class_folders"
    assert reasons(found) == ({} if allowed else {"stray.jpg": "no_label"})
    assert labels(found).get("stray.jpg") == ("" if allowed else None)
    ids = dict(zip(found.samples["location"].to_pylist(), numbered(found).samples["label"].to_pylist(), strict=True))
    assert ids == {"cat/1.jpg": 0, "dog/1.jpg": 1} | ({"stray.jpg": -1} if allowed else {})


def test_an_empty_class_folder_keeps_its_class(tree: Tree, look: Look) -> None:
    found = look(tree("cat/1.jpg", "dog/", "zebra/1.jpg"))

    assert numbered(found).class_names == {"label": ["cat", "dog", "zebra"]}
    assert says(found, "no image", "dog")


@pytest.mark.parametrize(
    ("names", "order", "expected"),
    [
        pytest.param("0 1 2 10 3 4 5 6 7 8 9", "auto", "0 1 2 3 4 5 6 7 8 9 10", id="0 to n-1"),
        pytest.param("5 10 7", "auto", "5 7 10", id="other numbers"),
        pytest.param("b a 10", "auto", "10 a b", id="not all numbers"),
        pytest.param("0 1 2 10", "lexicographic", "0 1 10 2", id="as text"),
        pytest.param("10 9", "numeric", "9 10", id="as numbers"),
        pytest.param("Zebra apple éclair", "auto", "Zebra apple éclair", id="by code point"),
    ],
)
def test_ids_follow_numbers_or_code_points(tree: Tree, look: Look, names: str, order: str, expected: str) -> None:
    found = look(tree(*(f"{name}/1.jpg" for name in names.split())))

    assert numbered(found, class_order=order).class_names["label"] == expected.split()


def test_numbers_that_are_not_0_to_n_are_mentioned(tree: Tree, look: Look) -> None:
    assert any("numbers" in notice for notice in numbered(look(tree("5/1.jpg", "10/1.jpg"))).notices)
    assert not numbered(look(tree("0/1.jpg", "1/1.jpg", root="other"))).notices


def test_a_list_of_classes_settles_their_order_and_refuses_others(tree: Tree, look: Look) -> None:
    done = numbered(look(tree("cat/1.jpg", "dog/1.jpg", "eel/1.jpg")), class_order=["dog", "cat", "yak"])

    assert done.class_names == {"label": ["dog", "cat", "yak"]}
    assert done.rejections["reason"].to_pylist() == ["unknown_class"]
    assert done.rejections["location"].to_pylist() == ["eel/1.jpg"]


def test_names_may_be_given_for_numbers(tree: Tree, look: Look) -> None:
    done = numbered(look(tree("0/1.jpg", "1/1.jpg")), class_names=["cat", "dog"])

    assert sorted(set(done.samples["label_name"].to_pylist())) == ["cat", "dog"]


def test_split_folders_as_the_book_has_them(tree: Tree, look: Look) -> None:
    found = look(tree("train/cat/1.jpg", "train/dog/2.jpg", "test/dog/4.jpg"))

    assert found.layout == "split_folders"
    assert splits(found) == {"train/cat/1.jpg": "train", "train/dog/2.jpg": "train", "test/dog/4.jpg": "test"}
    assert numbered(found).class_names == {"label": ["cat", "dog"]}
    assert numbered(found).samples["label"].to_pylist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("word", "split"),
    [
        *((word, "train") for word in ("train", "training", "Train", "TRAINING")),
        *((word, "validation") for word in ("val", "valid", "validation", "dev", "Val", "DEV")),
        *((word, "test") for word in ("test", "testing", "eval", "evaluation", "Test")),
    ],
)
def test_words_for_splits(tree: Tree, look: Look, word: str, split: str) -> None:
    found = look(tree(f"{word}/cat/1.jpg", f"{word}/dog/1.jpg"))

    assert found.layout == "split_folders"
    assert splits(found) == {f"{word}/cat/1.jpg": split, f"{word}/dog/1.jpg": split}


def test_further_words_for_splits(tree: Tree, look: Look) -> None:
    found = look(tree("train/cat/1.jpg", "train/dog/1.jpg", "holdout/cat/1.jpg"), names={"holdout": "test"})

    assert splits(found) == {
        "holdout/cat/1.jpg": "test", "train/cat/1.jpg": "train", "train/dog/1.jpg": "train"
    }  # fmt: skip


def test_two_folders_of_one_split_are_merged_and_mentioned(tree: Tree, look: Look) -> None:
    found = look(tree("train/cat/1.jpg", "train/dog/1.jpg", "val/cat/1.jpg", "valid/cat/2.jpg"))

    assert sorted(splits(found).values()) == ["train", "train", "validation", "validation"]
    assert says(found, "val, valid", "validation")


def test_images_of_split_folders_are_classes_where_others_lie_beside_them(tree: Tree, look: Look) -> None:
    found = look(tree("train/1.jpg", "bus/1.jpg", "car/1.jpg"))

    assert (found.layout, found.class_paths) == ("class_folders", ("bus", "car", "train"))
    assert says(found, "train", "taken as a class")


def test_split_folders_without_classes_are_refused_or_kept_without_labels(tree: Tree, look: Look) -> None:
    source = tree("train/1.jpg", "test/2.jpg")

    with pytest.raises(LayoutError, match=r"train.*allow_unlabeled"):
        look(source)
    found = look(source, allow_unlabeled=True)
    assert (labels(found), found.class_paths) == ({"train/1.jpg": "", "test/2.jpg": ""}, ())
    assert splits(found) == {"train/1.jpg": "train", "test/2.jpg": "test"}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["train/cat/1.jpg", "dog/1.jpg"], id="a split with classes beside a class"),
        pytest.param(["train/1.jpg", "cat/black/1.jpg"], id="a split with images beside a hierarchy"),
        pytest.param(["train/cat/1.jpg", "extra/dog/1.jpg"], id="a split beside an unknown split"),
    ],
)
def test_two_readings_are_an_error_that_names_folders_and_remedies(tree: Tree, look: Look, names: list[str]) -> None:
    source = tree(*names)

    with pytest.raises(LayoutError) as caught:
        look(source)
    message = str(caught.value)
    assert "ambiguous_layout" in message
    assert "train" in message
    assert names[1].split("/")[0] in message
    assert "layout: split_folders" in message
    other = "hierarchy" if "layout: hierarchy" in message else "class_folders"
    assert f"layout: {other}" in message
    for layout in ("split_folders", other):
        assert look(source, layout=layout).listed == 2


def test_a_folder_that_is_no_split_is_rejected_row_by_row_when_splits_are_declared(tree: Tree, look: Look) -> None:
    found = look(tree("train/cat/1.jpg", "extra/dog/1.jpg", "stray.jpg"), layout="split_folders")

    assert reasons(found) == {"extra/dog/1.jpg": "unknown_split", "stray.jpg": "no_label"}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["bus/1.jpg", "car/1.jpg", "train/1.jpg"], id="a class called train"),
        pytest.param(["eval tube/1.jpg", "train-station/1.jpg", "dog/1.jpg"], id="parts of names"),
        pytest.param(["a/train_1.jpg", "a/2.jpg", "b/test-3.jpg", "b/val.4.jpg"], id="names of files"),
        pytest.param(["my train/1.jpg", "test tube/1.jpg"], id="words inside names"),
    ],
)
def test_no_image_is_lost_to_a_word_that_looks_like_a_split(tree: Tree, look: Look, names: list[str]) -> None:
    found = look(tree(*names))

    assert found.layout == "class_folders"
    assert sorted(labels(found)) == sorted(names)
    assert set(splits(found).values()) == {""}


def test_a_hierarchy_as_the_book_has_it(tree: Tree, look: Look) -> None:
    found = look(tree("cat/siamese/1.jpg", "cat/persian/2.jpg", "dog/collie/3.jpg"), levels=["species", "breed"])

    assert (found.layout, found.levels) == ("hierarchy", ("species", "breed"))
    assert says(found, "layout: class_folders")
    done = numbered(found)
    assert done.class_names == {
        "label": ["cat/persian", "cat/siamese", "dog/collie"],
        "label_species": ["cat", "dog"],
        "label_breed": ["collie", "persian", "siamese"],
    }
    assert done.samples.to_pydict()["label_breed"] == [1, 2, 0]


def test_levels_without_names_are_numbered(tree: Tree, look: Look) -> None:
    assert look(tree("cat/siamese/1.jpg", "dog/collie/3.jpg")).levels == ("l0", "l1")
    assert look(tree("a/b/c/1.jpg", root="deep"), levels=["top"], layout="hierarchy").levels == ("top", "l1", "l2")


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("path", ["cat/black", "dog/black"]),
        ("top", ["cat", "dog"]),
        (0, ["cat", "dog"]),
        (1, ["black"]),
    ],
)
def test_equal_leaves_are_classes_of_their_own(tree: Tree, look: Look, level: Any, expected: list[str]) -> None:
    found = look(tree("cat/black/1.jpg", "dog/black/1.jpg"))

    assert numbered(found, level=level).class_names["label"] == expected


def test_equal_leaves_are_an_error_where_the_leaf_is_the_class(tree: Tree, look: Look) -> None:
    with pytest.raises(LayoutError, match=r"cat/black and dog/black"):
        numbered(look(tree("cat/black/1.jpg", "dog/black/1.jpg")), level="leaf")
    fine = look(tree("cat/siamese/1.jpg", "dog/collie/1.jpg", root="fine"))
    assert numbered(fine, level="leaf").class_names["label"] == ["collie", "siamese"]


def test_an_uneven_hierarchy_keeps_every_row(tree: Tree, look: Look) -> None:
    found = look(tree("cat/siamese/1.jpg", "dog/3.jpg"))

    assert labels(found) == {"cat/siamese/1.jpg": "cat/siamese", "dog/3.jpg": "dog"}
    assert says(found, "uneven")
    assert numbered(found).samples.to_pydict()["label_l1"] == [0, -1]


@pytest.mark.parametrize(
    ("policy", "label"), [("reject", None), ("keep", "cat"), ("top", "cat")], ids=["reject", "keep", "top"]
)
def test_an_image_in_a_folder_with_classes_below(tree: Tree, look: Look, policy: str, label: str | None) -> None:
    found = look(tree("cat/siamese/1.jpg", "cat/2.jpg", "dog/collie/3.jpg"), uneven=policy)

    assert labels(found).get("cat/2.jpg") == label
    assert reasons(found) == ({"cat/2.jpg": "uneven_depth"} if label is None else {})
    assert found.listed == 3


def test_uneven_top_takes_the_topmost_folder(tree: Tree, look: Look) -> None:
    found = look(tree("a/b/c/1.jpg", "a/b/2.jpg"), uneven="top", layout="hierarchy")

    assert labels(found) == {"a/b/2.jpg": "a", "a/b/c/1.jpg": "a/b/c"}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["cat/images/1.jpg", "dog/images/2.jpg"], id="below the classes"),
        pytest.param(["images/cat/1.jpg", "images/dog/2.jpg"], id="above the classes"),
        pytest.param(["Data/cat/IMG/1.jpg", "Data/dog/img/2.jpg"], id="in any case"),
    ],
)
def test_folders_that_only_organise_are_no_class(tree: Tree, look: Look, names: list[str]) -> None:
    found = look(tree(*names), ignore_dirs=["images", "img", "data", "jpg"])

    assert list(labels(found).values()) == ["cat", "dog"]
    assert (found.layout, found.class_paths, found.levels) == ("class_folders", ("cat", "dog"), ())


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["images/train/cat/1.jpg", "images/test/dog/2.jpg"], id="above the splits"),
        pytest.param(["train/images/cat/1.jpg", "test/images/dog/2.jpg"], id="between splits and classes"),
        pytest.param(["train/cat/images/1.jpg", "test/dog/images/2.jpg"], id="below the classes"),
    ],
)
def test_folders_that_only_organise_go_with_splits(tree: Tree, look: Look, names: list[str]) -> None:
    found = look(tree(*names), ignore_dirs=["images"])

    assert found.layout == "split_folders"
    assert sorted(splits(found).values()) == ["test", "train"]
    assert found.class_paths == ("cat", "dog")


@pytest.mark.parametrize("layout", ["auto", "split_folders", "hierarchy"])
def test_splits_and_hierarchy_compose(tree: Tree, look: Look, layout: str) -> None:
    found = look(tree("train/cat/siamese/1.jpg", "val/dog/collie/2.jpg"), layout=layout)

    assert labels(found) == {"train/cat/siamese/1.jpg": "cat/siamese", "val/dog/collie/2.jpg": "dog/collie"}
    assert splits(found) == {"train/cat/siamese/1.jpg": "train", "val/dog/collie/2.jpg": "validation"}
    assert found.levels == ("l0", "l1")


def test_a_named_layout_never_falls_back(tree: Tree, look: Look) -> None:
    with pytest.raises(LayoutError, match=r"cat, dog.*layout: class_folders"):
        look(tree("cat/1.jpg", "dog/1.jpg"), layout="split_folders")
    found = look(tree("a/train/cat/1.jpg", root="deep"), layout="class_folders")
    assert found.class_paths == ("a",)
    assert says(found, "deeper")


def test_images_without_folders_are_refused_or_kept_without_labels(tree: Tree, look: Look) -> None:
    source = tree("1.jpg", "2.jpg")

    with pytest.raises(LayoutError, match=r"2 images.*allow_unlabeled"):
        look(source)
    assert labels(look(source, layout="class_folders", allow_unlabeled=True)) == {"1.jpg": "", "2.jpg": ""}
    assert labels(look(source, allow_unlabeled=True)) == {"1.jpg": "", "2.jpg": ""}


@pytest.mark.parametrize(
    ("name", "text", "layout"),
    [
        *(
            (f"{name}.csv", "file_name,label\n1.jpg,cat\n2.jpg,dog\n", "csv")
            for name in ("metadata", "labels", "annotations")
        ),
        *(
            (
                f"{name}.jsonl",
                '{"file_name": "1.jpg", "label": "cat"}\n{"file_name": "2.jpg", "label": "dog"}\n',
                "json",
            )
            for name in ("metadata", "labels")
        ),
        ("labels.json", '[{"file_name": "1.jpg", "label": "cat"}, {"file_name": "2.jpg", "label": "dog"}]', "json"),
    ],
)
def test_a_label_file_beside_images_without_folders_is_read(
    tree: Tree, look: Look, name: str, text: str, layout: str
) -> None:
    source = tree("1.jpg", "2.jpg")
    (source / name).write_text(text)

    found = look(source)

    assert (found.layout, labels(found)) == (layout, {"1.jpg": "cat", "2.jpg": "dog"})
    assert found.notices == (
        f"{name} beside the images is read, since no folder names a class; "
        "`layout: class_folders` or `split_folders` reads the folders alone",
    )


def test_a_label_file_of_addresses_beside_other_images_is_read(tree: Tree, look: Look) -> None:
    source = tree("1.jpg", "2.jpg")
    (source / "labels.csv").write_text("url,label\nhttp://127.0.0.1:9/3.jpg,cat\nhttp://127.0.0.1:9/4.jpg,dog\n")

    found = look(source)

    assert (found.layout, labels(found)) == (
        "csv",
        {"http://127.0.0.1:9/3.jpg": "cat", "http://127.0.0.1:9/4.jpg": "dog"},
    )
    assert any("labels.csv beside the images is read" in notice for notice in found.notices)
    assert found.ignored == {"present but unlisted": 2}


def test_a_label_file_whose_columns_are_named_is_read_whatever_the_folders_are(tree: Tree, look: Look) -> None:
    source = tree("cat/1.jpg", "dog/2.jpg")
    (source / "metadata.csv").write_text("place,kind\ncat/1.jpg,tom\ndog/2.jpg,rex\n")

    found = look(source, columns={"location": "place", "label": "kind"})

    assert (found.layout, labels(found)) == ("csv", {"cat/1.jpg": "tom", "dog/2.jpg": "rex"})


def test_a_label_file_beside_class_folders_is_mentioned_and_not_read(tree: Tree, look: Look) -> None:
    source = tree("cat/1.jpg", "dog/2.jpg")
    (source / "metadata.csv").write_text("file_name,label\ncat/1.jpg,tom\ndog/2.jpg,rex\n")

    found = look(source)

    assert (found.layout, found.class_paths) == ("class_folders", ("cat", "dog"))
    assert found.notices == (
        f"metadata.csv lies beside the folders and is not read; to read it instead, set `path: {source}/metadata.csv`",
    )


def test_a_label_file_beside_split_folders_without_classes_is_read(tree: Tree, look: Look) -> None:
    source = tree("train/1.jpg", "test/2.jpg")
    (source / "labels.csv").write_text("file_name,label,split\ntrain/1.jpg,tom,train\ntest/2.jpg,rex,test\n")

    found = look(source)

    assert (found.layout, sorted(labels(found).values())) == ("tables", ["rex", "tom"])


def test_links_are_followed_only_to_files_inside(tree: Tree, look: Look, tmp_path: Path) -> None:
    source = tree("cat/1.jpg", "dog/1.jpg")
    (tmp_path / "outside.jpg").write_bytes(b"x")
    (source / "cat" / "inside.jpg").symlink_to(source / "dog" / "1.jpg")
    (source / "cat" / "relative.jpg").symlink_to("../dog/1.jpg")
    (source / "cat" / "outside.jpg").symlink_to(tmp_path / "outside.jpg")
    (source / "cat" / "dangling.jpg").symlink_to("nothing.jpg")
    (source / "cat" / "itself.jpg").symlink_to("itself.jpg")
    (source / "linked").symlink_to(source / "dog")

    found = look(source)

    assert sorted(labels(found)) == ["cat/1.jpg", "cat/inside.jpg", "cat/relative.jpg", "dog/1.jpg"]
    assert reasons(found) == {
        "cat/outside.jpg": "outside_root",
        "cat/dangling.jpg": "not_found",
        "cat/itself.jpg": "not_found",
    }
    assert found.ignored == {"links to folders": 1}


def test_links_to_folders_elsewhere_are_never_passed_over_unasked(tree: Tree, look: Look, tmp_path: Path) -> None:
    source = tree("cat/1.jpg", "dog/1.jpg")
    (tmp_path / "eels").mkdir()
    (tmp_path / "eels" / "1.jpg").write_bytes(b"x")
    (source / "eel").symlink_to(tmp_path / "eels")

    with pytest.raises(UnsettledLayoutError, match=r"eel lead[\s\S]*follow_links: true") as caught:
        look(source)

    follow, without = caught.value.unsettled.proposals
    assert look(source, **follow.keys["source"]).class_paths == ("cat", "dog", "eel")
    assert look(source, **without.keys["source"]).class_paths == ("cat", "dog")
    assert look(source, layout="class_folders").ignored == {"links to folders": 1}


def test_leaving_a_link_out_keeps_folders_of_its_name(tree: Tree, look: Look, tmp_path: Path) -> None:
    source = tree("train/cat [1]/1.jpg", "train/dog/1.jpg", "val/dog/1.jpg")
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "1.jpg").write_bytes(b"x")
    (source / "val" / "cat [1]").symlink_to(tmp_path / "cats")

    with pytest.raises(UnsettledLayoutError, match=r"val/cat \[1\] leads to a folder elsewhere") as caught:
        look(source)

    without = caught.value.unsettled.proposals[1]
    assert list(labels(look(source, **without.keys["source"]))) == [
        "train/cat [1]/1.jpg",
        "train/dog/1.jpg",
        "val/dog/1.jpg",
    ]


def test_a_source_of_links_alone_says_how_they_are_followed(tree: Tree, look: Look) -> None:
    source, store = tree("notes.txt"), tree("cat/1.jpg", "dog/1.jpg", root="store")
    for name in ("cat", "dog"):
        (source / name).symlink_to(store / name)

    for keys in ({}, {"layout": "class_folders"}):
        with pytest.raises(LayoutError, match="follow_links: true"):
            look(source, **keys)
    assert look(source, follow_links=True).class_paths == ("cat", "dog")


def test_links_to_folders_are_followed_when_asked_and_loops_end(tree: Tree, look: Look, tmp_path: Path) -> None:
    source = tree("cat/1.jpg", "a/2.jpg")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "9.jpg").write_bytes(b"x")
    (source / "dog").symlink_to(tmp_path / "elsewhere")
    (source / "again").symlink_to(source / "cat")
    (source / "cat" / "loop").symlink_to(source)
    (source / "cat" / "self").symlink_to(".")

    found = look(source, follow_links=True)

    assert labels(found) == {"a/2.jpg": "a", "again/1.jpg": "again", "cat/1.jpg": "cat", "dog/9.jpg": "dog"}
    assert found.ignored == {"links to folders": 4}


def test_special_files_are_refused_without_being_opened(tree: Tree, look: Look) -> None:
    source = tree("cat/1.jpg", "dog/1.jpg", "cat/folder.jpg/")
    os.mkfifo(source / "cat" / "pipe.jpg")
    (source / "cat" / "zero.jpg").symlink_to("/dev/zero")

    found = look(source)

    assert labels(found) == {"cat/1.jpg": "cat", "dog/1.jpg": "dog"}
    assert reasons(found) == {"cat/pipe.jpg": "not_a_regular_file", "cat/zero.jpg": "outside_root"}


ODD_NAMES = [
    *("plain.jpg", "with blank.jpg", " leading.jpg", "-rf.jpg", "--help.jpg", "a::b.jpg", "http:x.jpg", "file:.jpg"),
    *("s3:__x.jpg", "new\nline.jpg", "tab\there.jpg", "cr\rhere.jpg", "quote'.jpg", 'double".jpg', "back\\slash.jpg"),
    *("percent%2e%2e.jpg", "%.jpg", "hash#1.jpg", "query?x=1.jpg", "a&b;c.jpg", "comma,.jpg", "[1].jpg", "{x}.jpg"),
    *("*.jpg", "$HOME.jpg", "`ls`.jpg", "caf\u00e9.jpg", "cafe\u0301.jpg", "twin.jpg", "twin.png"),
    *("\U0001f408.jpg", "x" * 251 + ".jpg", os.fsdecode(b"latin-\xe9.jpg")),
]


def test_every_odd_name_is_a_row(tree: Tree, look: Look) -> None:
    source = tree(*(f"cat/{name}" for name in ODD_NAMES))

    found = look(source, layout="class_folders")

    assert len(ODD_NAMES) == 33
    assert sorted(decode_name(location) for location in labels(found)) == sorted(f"cat/{name}" for name in ODD_NAMES)
    assert len(set(found.samples["sample_id"].to_pylist())) == 33
    reader = SourceReader(found.access[0], FetchSettings())
    assert {reader.read(row)[0].data for row in found.samples.to_pylist()} == {b"x"}
