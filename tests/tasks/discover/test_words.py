"""What single names tell: of folders, of columns, of splits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.discover.words import folder_names
from tasks.discover.words.column_words import strength_of
from tasks.discover.words.folder_names import are_identifiers, few, loose_words, number_one_thing, share_a_word, tokens
from tasks.discover.words.split_words import SplitPart, SplitWords


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Training_set", ("training", "set")),
        ("trainA", ("train", "a")),
        ("JPEGImages", ("jpeg", "images")),
        ("gtFine", ("gt", "fine")),
        ("part-01", ("part", "01")),
        ("a.b c", ("a", "b", "c")),
        ("Äpfel7", ("Ä".casefold(), "pfel", "7")),
        ("猫3", ("猫", "3")),
        ("", ()),
        ("__", ()),
    ],
)
def test_a_name_is_its_words_and_numbers(name: str, words: tuple[str, ...]) -> None:
    assert tokens(name) == words


@pytest.mark.parametrize(
    ("tells", "names", "others"),
    [
        (
            "is_organising",
            ["Images", "part_01", "JPEGImages", "2) Images", "a. Data set"],
            ["cats", "01", "", "my images"],
        ),
        ("is_companion_name", ["masks", "SegmentationClass", "gtFine"], ["cat", "unmasked"]),
        ("is_companion_word", ["mask", "gt"], ["masked", "cat"]),
        ("sounds_unlabelled", ["seg_pred", "unlabeled", "demo2"], ["cat", "predicted"]),
        ("is_for_unlabelled", ["pred", "Examples", "test_images", "test 2"], ["seg_pred", "images", "", "12"]),
        ("names_a_version", ["Augmented", "gray_scale"], ["grays", "cat"]),
        ("tells_a_form", ["T1", "thermal", "depth", "Gray", "FLAIR"], ["t1 x", "cat"]),
        ("sorts_images", ["GoodImg", "blurred_photos"], ["images", "images 2", "cat", "cat 2"]),
        ("tells_a_size", ["1024x768", "LR", "low-res", "x_32×32"], ["1x1", "12345678x90", "lrx", "cat"]),
        ("is_who_or_where", ["patient00007", "Site01", "run 3", "cam_a"], ["patient", "7", "cat 7", "camera bag"]),
        ("tells_a_view", ["front", "Top_View", "left 2"], ["front door", "views", "cat", ""]),
        ("is_sought", ["query", "gallery_drone", "Probe 1"], ["requery", "cat"]),
        ("tells_who_or_where", ["subject_id", "camera"], ["cat", "case_class"]),
        (
            "is_opaque",
            ["0f3a9c7d", "1.2.840.10008.5", "123e4567-e89b-12d3-a456-426614174000"],
            ["12345678", "abcdefab", "1.2.3.4"],
        ),
    ],
)
def test_what_a_name_tells(tells: str, names: list[str], others: list[str]) -> None:
    told: Callable[[str], bool] = getattr(folder_names, tells)

    assert [name for name in names + others if told(name)] == names


@pytest.mark.parametrize(
    ("tells", "yes", "no"),
    [
        ("tell_when", [["2019", "2020-05", "2021_12_31", "20200131 x"], ["1999"]], [["2019", "cat"], ["1850"]]),
        (
            "tell_of_dates",
            [["TCGA_CS_4941_19960909", "a 2020-01-31"]],
            [["a 2020-01-31", "b"], ["120200131"], ["2020-1-31"]],
        ),
        ("number_months_or_days", [["1", "12"], ["01", "31"]], [["0", "1"], ["1", "32"], ["001"], ["a"], ["²"]]),
        ("tell_the_camera", [["100EOS5D"], ["100CANON", "10112345"]], [["10012345"], ["cat"], ["100EOS5D", "cat"]]),
        (
            "number_who_or_where",
            [["patient1", "patient2"], ["cam_a", "cam_b"]],
            [["study1_positive", "study2_negative"], ["patient1", "cat"]],
        ),
        ("are_shards", [["a", "7"], ["0f", "AA"], ["001", "123"]], [["gg"], ["0000"], ["a", "cat"]]),
        ("share_a_word", [["sample_a", "sample_b"], ["a_1_x", "x_2"]], [["sample_a"], ["a1", "b1"], ["a", "b"]]),
        (
            "number_one_thing",
            [["kos01", "kos02"]],
            [["kos01"], ["class1", "class2"], ["kos1", "pos2"], ["kos", "kos1"]],
        ),
    ],
)
def test_what_names_tell_together(tells: str, yes: list[list[str]], no: list[list[str]]) -> None:
    told = getattr(folder_names, tells)

    assert [names for names in yes + no if told(names)] == yes


@pytest.mark.parametrize(
    ("names", "are_some"),
    [
        (["8863", "9041", "9120"], True),
        (["100", "101", "102"], False),
        (["100", "102", "101"], False),
        (["100", "101", "103"], True),
        (["patient00007", "patient00009"], True),
        (["000", "000_003"], True),
        (["000_003", "001_12"], False),
        (["0f3a9c7d", "1f3a9c7d"], True),
        (["8863", "0f3a9c7d"], True),
        (["8863", "cat"], False),
        (["12", "57"], False),
        (["abcdefab", "abcdefac"], False),
    ],
)
def test_names_that_number_things_in_no_order(names: list[str], are_some: bool) -> None:
    assert are_identifiers(names) == are_some
    assert folder_names.are_identifiers(sorted(names, reverse=True)) == are_some


def test_words_beside_a_split_are_those_that_mean_something() -> None:
    assert loose_words(["seg", "images", "2", "small", "cats"]) == ("seg", "cats")


def test_the_first_three_names_are_shown() -> None:
    assert few(["c", "a", "b"]) == "a, b, c"
    assert few(str(number) for number in range(1_004)) == "0, 1, 10 and 1,001 more"
    assert few([]) == ""
    assert (share_a_word([]), number_one_thing([])) == (False, False)


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        ("label", 3),
        ("Class Name", 3),
        ("class-id", 3),
        ("labelName", 3),
        ("annotations.name", 3),
        ("objects.class.title", 3),
        ("file.name", 1),
        ("y", 0),
        ("dog_breed", 2),
        ("breed_count", 0),
        ("label_type", 0),
        ("label_score", 0),
        ("category_source", 0),
        ("user_type", 0),
        ("kind_type", 0),
        ("species_id", 2),
        ("kind_id", 1),
        ("image_id", 0),
        ("id", 0),
        ("kind_ids", 1),
        ("identity", 3),
        ("Individual ID", 1),
        ("domain", 0),
        ("hospital_name", 0),
        ("width", 0),
        ("box_left", 0),
        ("colour", 1),
        ("", 1),
    ],
)
def test_the_name_of_a_column_speaks_for_labels_or_against(name: str, strength: int) -> None:
    assert strength_of(name) == strength


WORDS = SplitWords({"Holdout": "test", "train": "validation"})


@pytest.mark.parametrize(
    ("name", "split"),
    [
        (" Train ", "validation"),
        ("HOLDOUT", "test"),
        ("trainset", "train"),
        ("VALlist", "validation"),
        ("testsplit", "test"),
        ("tests", ""),
        ("", ""),
    ],
)
def test_a_whole_name_is_a_split(name: str, split: str) -> None:
    assert WORDS.split_of(name) == split


def test_further_words_come_before_those_that_were_there() -> None:
    more = WORDS.with_names({"HOLDOUT": "train", "left": "test"})

    assert [more.split_of(name) for name in ("holdout", "left", "train", "val")] == [
        "train",
        "test",
        "validation",
        "validation",
    ]


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("test", SplitPart("test", ())),
        ("seg_train", SplitPart("train", ("seg",))),
        ("train_images_2", SplitPart("train", ())),
        ("a. Training Set", SplitPart("train", ())),
        ("train_val", None),
        ("cats", None),
    ],
)
def test_a_split_may_be_a_part_of_a_name(name: str, part: SplitPart | None) -> None:
    assert SplitWords({}).part_of(name) == part


@pytest.mark.parametrize(
    ("name", "above", "is_one"),
    [
        ("train_4a", "4a", True),
        ("4a", "4a", False),
        ("train", "4a", False),
        ("train", "", True),
        ("train_4a", "4b", False),
    ],
)
def test_a_split_of_the_folder_above(name: str, above: str, is_one: bool) -> None:
    assert SplitWords({}).is_split_of(name, above) == is_one


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train", "val", "x"], {"train": "train", "val": "validation"}),
        (["train_images", "cats"], {"train_images": "train"}),
        (["seg_train", "seg_test", "seg_pred"], {"seg_train": "train", "seg_test": "test"}),
        (["seg_train", "cat_test"], {}),
        (["rps", "rps-test-set"], {"rps": "train", "rps-test-set": "test"}),
        (["rps", "rps-train-set"], {}),
        (["images", "test"], {"test": "test"}),
    ],
)
def test_folders_side_by_side_name_splits_together(names: list[str], splits: dict[str, str]) -> None:
    assert SplitWords({}).splits_among(names) == splits
    assert SplitWords({}).splits_among(reversed(names)) == splits
