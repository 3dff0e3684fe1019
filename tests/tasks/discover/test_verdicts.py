"""Claims of tables held against folders and against each other: what agrees, what opposes, what is passed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from tasks.discover.claims.claim import LabelClaim
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.heads.head import Head
from tasks.discover.listing.listing import ListedFiles, Listing
from tasks.discover.verdict.accounted import unaccounted
from tasks.discover.verdict.bare_images import with_bare_images
from tasks.discover.verdict.class_splits import class_splits
from tasks.discover.verdict.folder_agreement import (
    agrees,
    called_otherwise,
    determines,
    how_it_differs,
    of_folders,
    pattern_of,
)
from tasks.discover.verdict.folder_splits import folder_splits, half_named, with_the_rest
from tasks.discover.verdict.reading_splits import name_splits
from tasks.discover.verdict.unread_labels import unread_labels
from tasks.discover.verdict.unread_splits import unread_splits
from tasks.discover.words.split_words import SplitWords
from tasks.samples import StoreUrl

WORDS = SplitWords({})


def listing_of(paths: Iterable[str]) -> Listing:
    files = ListedFiles()
    for path in paths:
        files.add(path, 1, "x")
    return files.finish(Listing(StoreUrl("/data")))


def claim_of(by_file: Mapping[str, Sequence[str]], **more: Any) -> LabelClaim:
    column = LabelColumn("label", 3, tuple(map(tuple, by_file.values())), **more)
    return LabelClaim(
        [{"file": "t.csv"}], column, {file: tuple(said) for file, said in by_file.items()}, "it says", True
    )


def head_of(path: str, names: Sequence[str], rows: Sequence[str], **more: Any) -> Head:
    return Head(path, more.pop("keys", {}), tuple(names), tuple(tuple(row.split("|")) for row in rows), **more)


def choice_of(paths: Iterable[str], levels: slice = slice(0, 1), **more: Any) -> FolderChoice:
    """Folders whose *levels* are the labels."""
    found = listing_of(paths)
    labels = tuple(tuple(parent.split("/")[levels]) if parent else () for parent in found.parents)
    splits = more.pop("splits", ("",) * len(labels))
    return FolderChoice("class_folders", "why", more.pop("keys", {}), {}, found, labels, splits, **more)


@pytest.mark.parametrize(
    ("left", "told", "odd"),
    [
        pytest.param("new/1.jpg", {}, ["new/1.jpg"], id="of which nothing is known"),
        pytest.param("test/1.jpg", {}, [], id="in a folder of the test"),
        pytest.param("Test_Images/1.jpg", {}, [], id="in one that is called so among other words"),
        pytest.param("unlabeled/1.jpg", {}, [], id="in a folder of those that wait"),
        pytest.param("val/1.jpg", {}, ["val/1.jpg"], id="in a folder of another split"),
        pytest.param("masks/1.jpg", {}, [], id="in a folder of masks"),
        pytest.param("img/9.jpg", {}, ["img/9.jpg"], id="beside those that are published"),
        pytest.param("new/1.jpg", {"sample_test.csv": {"new/1.jpg"}}, [], id="that a table of the test names"),
        pytest.param("new/1.jpg", {"labels.csv": {"new/1.jpg"}}, [], id="that a table names, in a folder of its own"),
        pytest.param("img/9.jpg", {"labels.csv": {"img/9.jpg"}}, ["img/9.jpg"], id="that a table names, in theirs"),
        pytest.param("img/9.jpg", {"submission.csv": {"img/9.jpg"}}, [], id="that a submission names"),
    ],
)
def test_an_image_that_a_reading_leaves_out_is_odd_where_nothing_says_why(
    left: str, told: dict[str, set[str]], odd: list[str]
) -> None:
    published = {f"img/{number}.jpg" for number in range(4)}

    assert unaccounted(told, listing_of([*published, left]), published, WORDS) == odd


@pytest.mark.parametrize(("count", "is_odd"), [(2, False), (3, True)])
def test_tables_that_name_more_than_half_as_many_images_apart_leave_none_out_without_a_word(
    count: int, is_odd: bool
) -> None:
    published = {f"img/{number}.jpg" for number in range(4)}
    apart = {f"new/{number}.jpg" for number in range(count)}

    odd = unaccounted({"t.csv": published | apart}, listing_of([*published, *apart]), published, WORDS)

    assert odd == (sorted(apart) if is_odd else [])


def test_a_folder_of_the_test_of_which_some_are_published_is_odd_in_the_rest() -> None:
    assert unaccounted({}, listing_of(["test/1.jpg", "test/2.jpg"]), {"test/1.jpg"}, WORDS) == ["test/2.jpg"]


SETS = {"a/1.jpg": ["cat", "dog"], "a/2.jpg": ["cat"], "b/3.jpg": ["eel"]}


def test_images_beside_those_of_a_table_of_sets_may_show_none() -> None:
    claim = claim_of(SETS, is_many=True)

    [made] = with_bare_images(claim, listing_of([*SETS, "a/8.jpg", "b/9.jpg", "c/7.jpg"]))

    assert made.by_file == claim.by_file | {"a/8.jpg": (), "b/9.jpg": ()}
    assert made.entries == [
        {"listing": "a/*", "pattern": "(?P<listed_as>[^/]+)$"},
        {"listing": "b/*", "pattern": "(?P<listed_as>[^/]+)$"},
        {"file": "t.csv"},
    ]
    assert (made.says, made.is_sure) == ("it says, and images in a, b that it does not name show none", False)
    [at_the_top] = with_bare_images(claim_of({"1.jpg": ["x", "y"]}), listing_of(["1.jpg", "2.jpg"]))
    assert at_the_top.entries[0] == {"listing": "*", "pattern": "(?P<listed_as>[^/]+)$"}
    assert at_the_top.says == "it says, and images in . that it does not name show none"


@pytest.mark.parametrize(
    ("by_file", "more", "bare", "count"),
    [
        pytest.param({"a/1.jpg": ["x", "y"], "a/2.jpg": ["x"]}, {}, ["a/3.jpg", "a/4.jpg"], 1, id="as many"),
        pytest.param({"a/1.jpg": ["x", "y"], "a/2.jpg": ["x"]}, {}, ["a/3.jpg", "a/4.jpg", "a/5.jpg"], 0, id="more"),
        pytest.param({"a/1.jpg": ["x", "y"], "a/2.jpg": ["x"]}, {}, [], 0, id="none"),
        pytest.param({"a/1.jpg": ["y"], "a/2.jpg": ["x"]}, {}, ["a/3.jpg"], 0, id="one label each"),
        pytest.param({"a/1.jpg": ["x", "y"], "a/2.jpg": []}, {}, ["a/3.jpg"], 0, id="some of which have none already"),
        pytest.param({"a/1.jpg": ["x", "y"]}, {"one_hot": ("x", "y")}, ["a/3.jpg"], 0, id="a column a class"),
        pytest.param({f"{c}/1.jpg": ["x", "y"] for c in "abcd"}, {}, ["a/3.jpg"], 1, id="in four folders"),
        pytest.param({f"{c}/1.jpg": ["x", "y"] for c in "abcde"}, {}, ["a/3.jpg"], 0, id="in five folders"),
    ],
)
def test_images_that_show_none_are_at_most_as_many_and_lie_in_few_folders(
    by_file: dict[str, list[str]], more: dict[str, Any], bare: list[str], count: int
) -> None:
    assert len(with_bare_images(claim_of(by_file, **more), listing_of([*by_file, *bare]))) == count


CLASSES = [f"img/{kind}/{number}.jpg" for kind in ("cat", "dog", "eel", "fox") for number in range(2)]


def lists(**said: str) -> list[Head]:
    return [head_of(f"{name}.txt", ["0"], rows.split()) for name, rows in said.items()]


def test_lists_of_classes_named_for_splits_are_a_reading_of_folders() -> None:
    choice = choice_of(CLASSES, slice(1, 2), keys={"ignore": ["/old"]})

    named, [made] = class_splits(choice, lists(trainclasses="cat dog eel", test_classes="fox"), WORDS)

    assert named == "trainclasses.txt, test_classes.txt"
    says = "folders name the classes, and trainclasses.txt, test_classes.txt which classes are of which split"
    pattern = "^(?:[^/]+/){1}(?P<label>(?P<split>[^/]+))/"
    assert (made.says, made.keys) == (
        says,
        {
            "source": {"layout": "tables", "tables": [{"listing": "**", "pattern": pattern}], "ignore": ["/old"]},
            "splits": {"names": {"cat": "train", "dog": "train", "eel": "train", "fox": "test"}},
        },
    )


@pytest.mark.parametrize(
    ("said", "is_known"),
    [
        pytest.param({"train": "cat dog", "test": "eel fox"}, True, id="each class in one"),
        pytest.param({"train": "cat", "validation_x": "dog", "testing": "eel fox"}, True, id="three splits"),
        pytest.param({"train": "cat dog", "test": "eel"}, False, id="too few classes"),
        pytest.param({"train": "cat dog eel fox"}, False, id="one split"),
        pytest.param({"train": "cat dog eel", "test": "eel fox"}, False, id="a class in both"),
        pytest.param({"train": "cat dog gnu", "test": "eel fox"}, False, id="something that is no class"),
        pytest.param({"one": "cat dog", "test": "eel fox"}, False, id="one that names no split"),
        pytest.param({"mytrain": "cat dog", "test": "eel fox"}, False, id="a word within another"),
    ],
)
def test_nearly_all_classes_stand_in_lists_of_two_splits_at_least(said: dict[str, str], is_known: bool) -> None:
    assert bool(class_splits(choice_of(CLASSES, slice(1, 2)), lists(**said), WORDS)[0]) == is_known


def test_lists_of_classes_say_nothing_where_folders_name_splits_or_have_no_pattern() -> None:
    said = lists(train="cat dog", test="eel fox")

    assert class_splits(choice_of(CLASSES, slice(1, 2), splits=("train",) * 4), said, WORDS) == ("", [])
    uneven = [path if "cat" not in path else f"x/{path}" for path in CLASSES]
    choice = choice_of(uneven, slice(-1, None))
    assert class_splits(choice, said, WORDS) == ("train.txt, test.txt", [])


@pytest.mark.parametrize(
    ("rows", "first"), [(["dog", "eel"], ("cat",)), ([" cat", "dog ", "eel"], ()), (["cat", "dog", "eel"], ())]
)
def test_the_first_line_of_a_list_of_classes_is_one(rows: list[str], first: tuple[str, ...]) -> None:
    said = [head_of("train.txt", ["0"], rows, first=first), *lists(test="fox")]

    assert class_splits(choice_of(CLASSES, slice(1, 2)), said, WORDS)[0]


FOLDERS = {f"{kind}/{number}.jpg": kind for kind in ("cat", "dog") for number in range(100)}


def renamed(names: Mapping[str, str], wrong: int = 0, other: str = "dog") -> LabelClaim:
    """What *names* makes of the folders, but for the first few cats."""
    said = {file: names.get(kind, kind) for file, kind in FOLDERS.items()}
    said |= dict.fromkeys(list(FOLDERS)[:wrong], other)
    return claim_of({file: [label] for file, label in said.items()})


@pytest.mark.parametrize(
    ("claim", "is_alike"),
    [
        pytest.param(renamed({}), True, id="the same names"),
        pytest.param(renamed({"cat": "0", "dog": "1"}), True, id="numbers"),
        pytest.param(renamed({"cat": "a tabby", "dog": "a hound"}), True, id="other names"),
        pytest.param(renamed({"cat": "dog", "dog": "cat"}), False, id="each other's names"),
        pytest.param(renamed({"cat": "pet", "dog": "pet"}), False, id="one name for both"),
        pytest.param(renamed({}, 2), True, id="one in a hundred otherwise"),
        pytest.param(renamed({}, 3), False, id="more"),
        pytest.param(renamed({}, 20, "lynx"), False, id="another part of one"),
        pytest.param(claim_of({"other/1.jpg": ["x"]}), True, id="other images"),
    ],
)
def test_a_table_agrees_with_folders_where_it_parts_their_images_alike(claim: LabelClaim, is_alike: bool) -> None:
    assert agrees(claim, FOLDERS) == is_alike


@pytest.mark.parametrize(
    ("folder", "label", "is_alike"),
    [("ab", "normal", False), ("ab", "7", True), ("ab", "drab", False), ("ab", "a b", True), ("abc", "normal", True),
     ("x/ab", "ab", True), ("x/ab", "x", False)],
)  # fmt: skip
def test_a_folder_of_two_letters_is_no_other_name_of_a_class(folder: str, label: str, is_alike: bool) -> None:
    labels = {"1.jpg": folder, "2.jpg": "other"}

    assert agrees(claim_of({"1.jpg": [label], "2.jpg": ["other"]}), labels) == is_alike


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (renamed({}, 3), "calls 3 of 200 images otherwise than their folders do, such as cat/0.jpg: dog"),
        (renamed({}, 3, "x" * 120), "calls 3 of 200 images otherwise than their folders do, such as cat/0.jpg: "
                                    + "x" * 100),
        (renamed({"cat": "dog", "dog": "cat"}), "calls 200 of 200 images otherwise than their folders do, such as "
                                               "cat/0.jpg: dog"),
        (renamed({"cat": "red", "dog": "red"}), "goes with no class that the folders name"),
        (renamed({}, 100, "red"), "goes with no class that the folders name"),
        (renamed({}, 99, "red"), "calls 99 of 200 images otherwise than their folders do, such as cat/0.jpg: red"),
        (renamed({"cat": "Cat", "dog": "DOG"}), "goes with no class that the folders name"),
    ],
)  # fmt: skip
def test_how_a_table_differs_from_folders_is_said_with_an_image_where_these_are_few(
    claim: LabelClaim, said: str
) -> None:
    assert how_it_differs(claim, FOLDERS) == said


def test_a_claim_that_goes_with_no_folder_opposes_them() -> None:
    choice = choice_of(FOLDERS)
    differing = renamed({}, 3)

    said = "it says, and calls 3 of 200 images otherwise than their folders do, such as cat/0.jpg: dog"
    assert called_otherwise([renamed({}), differing], choice) == said
    assert called_otherwise([renamed({}), claim_of({"cat/0.jpg": ["x"], "dog/0.jpg": ["x"]})], choice) == ""


@pytest.mark.parametrize(
    ("by_file", "is_told"),
    [
        pytest.param({"cat/0.jpg": ["tabby"], "cat/1.jpg": ["manx"], "dog/0.jpg": ["pug"]}, True, id="kinds of each"),
        pytest.param({"cat/0.jpg": ["pet"], "dog/0.jpg": ["pet"]}, True, id="a kind of both"),
        pytest.param({"cat/0.jpg": ["a"], "dog/0.jpg": ["b"]}, False, id="the same"),
        pytest.param({"cat/0.jpg": ["a"], "cat/1.jpg": ["b"], "dog/0.jpg": ["b"]}, False, id="neither"),
        pytest.param({"cat/0.jpg": ["a"], "cat/1.jpg": ["b"]}, False, id="one folder alone"),
        pytest.param({"other/0.jpg": ["a"]}, False, id="other images"),
    ],
)
def test_folders_and_a_table_may_be_finer_and_coarser_of_one_thing(
    by_file: dict[str, list[str]], is_told: bool
) -> None:
    assert determines(FOLDERS, claim_of(by_file)) == is_told


@pytest.mark.parametrize(
    ("paths", "levels", "pattern"),
    [
        (["cat/1.jpg", "dog/x/1.jpg"], slice(0, 1), "^(?:[^/]+/){0}(?P<label>[^/]+)/"),
        (["a/cat/1.jpg", "b/dog/1.jpg"], slice(1, 2), "^(?:[^/]+/){1}(?P<label>[^/]+)/"),
        (["a/cat/x/1.jpg", "b/dog/y/1.jpg"], slice(1, 3), "^(?:[^/]+/){1}(?P<label__l0>[^/]+)/(?P<label__l1>[^/]+)/"),
        (["a/cat/1.jpg", "dog/1.jpg"], slice(-1, None), None),
        (["a/cat/1.jpg", "dog/1.jpg"], slice(0, 2), None),
        (["1.jpg"], slice(0, 1), None),
        ([], slice(0, 1), None),
    ],
)
def test_a_pattern_finds_labels_that_stand_at_one_place(paths: list[str], levels: slice, pattern: str | None) -> None:
    assert pattern_of(choice_of(paths, levels)) == pattern


def test_labels_and_splits_of_folders_are_told_for_each_image_or_for_those_that_are_named() -> None:
    choice = choice_of(["a/cat/1.jpg", "a/dog/2.jpg", "3.jpg"], slice(1, 2), splits=("train", "test", ""))

    labels, splits = of_folders(choice, set(), is_whole=True)

    assert labels == {"a/cat/1.jpg": "cat", "a/dog/2.jpg": "dog"}
    assert splits == {"a/cat/1.jpg": "train", "a/dog/2.jpg": "test", "3.jpg": ""}
    assert of_folders(choice, {"a/dog/2.jpg"}, is_whole=False) == ({"a/dog/2.jpg": "dog"}, {"a/dog/2.jpg": "test"})


@pytest.mark.parametrize(
    ("files", "pattern", "names", "splits"),
    [
        (["train/1.jpg", "val/2.jpg"], "^(?P<split>[^/]+)/", {}, ["train", "validation"]),
        (["x/train/1.jpg", "x/test/2.jpg"], "^(?:[^/]+/){1}(?P<split>[^/]+)/", {}, ["train", "test"]),
        (["train_images/1.jpg", "test_images/2.jpg"], "^(?P<split>[^/]+)/",
         {"train_images": "train", "test_images": "test"}, ["train", "test"]),
        (["Evaluation_Set/Validation/1.jpg", "Train_Set/Train/2.jpg", "Evaluation_Set/Test/3.jpg"],
         "^(?:[^/]+/){1}(?P<split>[^/]+)/", {}, ["validation", "train", "test"]),
        (["train/a/1.jpg", "test/train/2.jpg"], "^(?P<split>[^/]+)/", {}, ["train", "test"]),
    ],
)  # fmt: skip
def test_one_level_of_folders_names_splits(
    files: list[str], pattern: str, names: dict[str, str], splits: list[str]
) -> None:
    found = folder_splits(files, WORDS)

    assert found is not None
    assert found.entries == [{"listing": "**", "pattern": pattern}]
    assert (found.by_file, found.names) == (dict(zip(files, splits, strict=True)), names)
    assert found.says == f"the folders {', '.join(sorted({file.split('/')[pattern.count('{1}')] for file in files}))}"


@pytest.mark.parametrize(
    "files",
    [
        ["train/1.jpg", "train/2.jpg"],
        ["train/1.jpg", "other/2.jpg"],
        ["1.jpg", "train/2.jpg", "test/2.jpg"],
        ["train/1.jpg", "training/2.jpg"],
        [],
    ],
)
def test_folders_of_which_not_all_name_several_splits_name_none(files: list[str]) -> None:
    assert folder_splits(files, WORDS) is None


@pytest.mark.parametrize(("count", "is_told"), [(12, True), (13, False)])
def test_splits_have_twelve_names_at_most(count: int, is_told: bool) -> None:
    files = [f"{word}_{number}/1.jpg" for number in range(7) for word in ("train", "test")][:count]

    assert (folder_splits(files, WORDS) is not None) == is_told
    assert (half_named([*files[:-1], "x/1.jpg"], WORDS) != ([], [])) == is_told


def test_folders_may_half_name_splits_and_one_beside_them_be_the_training() -> None:
    files = ["x/test/1.jpg", "x/val/2.jpg", "x/photos/3.jpg"]

    assert half_named(files, WORDS) == (["test", "val"], ["photos"])
    found = with_the_rest(files, WORDS)
    assert found is not None
    assert found.by_file == {files[0]: "test", files[1]: "validation", files[2]: "train"}
    assert found.names["photos"] == "train"
    assert with_the_rest([*files, "x/more/4.jpg"], WORDS) is None
    assert with_the_rest([*files, "x/train/4.jpg"], WORDS) is None
    assert with_the_rest(files[:2], WORDS) is None
    assert half_named(files[:1], WORDS) == half_named(["photos/1.jpg", "y/2.jpg"], WORDS) == ([], [])


def test_splits_that_names_begin_with_are_a_claim() -> None:
    files = [f"img/{word}_{number}.jpg" for word in ("train", "test") for number in range(6)]

    found = name_splits(files, WORDS)

    assert found is not None
    assert found.by_file == {file: file.removeprefix("img/").partition("_")[0] for file in files}
    assert [entry["listing"] for entry in found.entries] == ["**"]
    assert "(?P<split>" in str(found.entries[0]["pattern"])
    assert (found.names, found.says) == ({}, "what their names begin with")
    assert name_splits([file.replace("test", "other") for file in files], WORDS) is None


@pytest.mark.parametrize(
    ("path", "names", "values", "is_told"),
    [
        pytest.param("t.csv", ["from", "label"], "aabbcc", True, id="values that repeat"),
        pytest.param("t.csv", ["from", "label"], "aaabbc", True, id="in half of the rows"),
        pytest.param("t.csv", ["from", "label"], "aabcde", False, id="in more than half"),
        pytest.param("t.csv", ["from", "label"], "aabbc", False, id="five rows"),
        pytest.param("t.csv", ["from", "label"], "aaaaaa", False, id="one value"),
        pytest.param("t.csv", ["from", "label"], "a a a a a a", False, id="one value, and blanks"),
        pytest.param("t.csv", ["from", "notes"], "aabbcc", False, id="no name of a label"),
        pytest.param("t.csv", ["0", "1"], "aabbcc", False, id="no name"),
        pytest.param("sample_submission.csv", ["from", "label"], "aabbcc", False, id="what is to be handed in"),
    ],
)
def test_a_table_of_labels_that_names_no_image_opposes_folders(
    path: str, names: list[str], values: str, is_told: bool
) -> None:
    head = head_of(path, names, [f"{at}|{value.strip()}" for at, value in enumerate(values)])

    said = f"{path} names no image, and its column label may say what some show"
    assert unread_labels([head_of("x.csv", ["a"], ["1"]), head], 20) == (said if is_told else "")
    assert unread_labels([Head(path, {}, head.names, head.rows, members=("a.txt",))], 20) == ""


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        pytest.param(lists(train="a b", test="c d"), "test.txt, train.txt", id="two lists"),
        pytest.param(lists(train_1="a b", val_2="c d"), "train_1.txt, val_2.txt", id="numbered ones"),
        pytest.param(lists(cars_train="a b", dogs_test="c d"), "", id="lists of different things"),
        pytest.param(lists(train="a b", test="c"), "", id="one of a line"),
        pytest.param(lists(train="a b"), "", id="one list"),
        pytest.param(lists(val="a b", test="c d"), "", id="no training"),
        pytest.param(lists(train="a b", train_test="c d"), "", id="one of two splits"),
        pytest.param(lists(train="a b", test_submission="c d"), "", id="what is to be handed in"),
        pytest.param([*lists(train="a b"), head_of("test.txt", ["0", "1"], ["c|d", "e|f"])], "", id="of other columns"),
        pytest.param([*lists(train="a b"), head_of("x/test.txt", ["0"], ["c", "d"])], "", id="in another folder"),
        pytest.param([*lists(train="a b"), head_of("test.txt", ["0"], ["c", "d"], keys={"at": "x"})], "", id="inside"),
    ],
)
def test_lists_of_the_training_and_of_another_split_may_part_the_images(heads: list[Head], said: str) -> None:
    assert unread_splits(heads, WORDS) == said


@pytest.mark.parametrize(
    ("path", "rows", "is_told"),
    [
        pytest.param("s.json", ["train|a", "train|b", "val|c"], True, id="things"),
        pytest.param("s.JSON", ["train|a", "train|b", "val|c"], True, id="in capitals"),
        pytest.param("s.json", ["train|", "train|", "val|"], True, id="numbers of who knows what"),
        pytest.param("s.json", ["train|", "val|"], False, id="one number each"),
        pytest.param("s.json", ["train|a", "val|b"], False, id="one thing each"),
        pytest.param("s.json", ["train|1.5", "train|20", "val|true"], False, id="counts"),
        pytest.param("s.json", ["train|a", "train|b", "other|c"], False, id="what is no split"),
        pytest.param("s.json", ["test|a", "test|b", "val|c"], False, id="no training"),
        pytest.param("s.json", ["train|a", "train|b"], False, id="one split"),
        pytest.param("s.yaml", ["train|a", "train|b", "val|c"], False, id="a YAML"),
    ],
)
def test_an_object_of_splits_with_their_things_may_part_the_images(path: str, rows: list[str], is_told: bool) -> None:
    assert unread_splits([head_of(path, ["0", "1"], rows, keys={"orient": "map"})], WORDS) == (path if is_told else "")
    assert unread_splits([head_of(path, ["0", "1"], rows)], WORDS) == ""
    assert (
        unread_splits([head_of(path, ["0", "1", "2"], [f"{row}|x" for row in rows], keys={"orient": "map"})], WORDS)
        == ""
    )
