"""Which names of files part images into classes for certain, and which parts of names are offered."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest

from tasks.discover.folder_evidence.name_patterns import NamePattern, certain_pattern, possible_patterns
from tasks.discover.folder_evidence.named_splits import split_pattern
from tasks.discover.words.split_words import SplitWords


def paths(*names: str) -> pa.ChunkedArray:
    return pa.chunked_array([[f"all/{name}" for name in names]], pa.string())


def many(form: str, **counts: int) -> list[str]:
    """Names of *form*, so many of each word, numbered through."""
    words = [word for word, count in counts.items() for _ in range(count)]
    return [form.format(word=word, at=at) for at, word in enumerate(words)]


def counts_of(names: list[str]) -> dict[str, int] | None:
    pattern = certain_pattern(paths(*names), SplitWords({}))
    return pattern.counts if pattern else None


@pytest.mark.parametrize(
    "form",
    [
        "{word}_{at}.jpg",
        "{word} ({at}).jpg",
        "{word}.{at}.jpg",
        "{word}{at}.jpeg",
        "{at}_{word}.jpg",
        "{at:03}-{word}.png",
    ],
)
@pytest.mark.parametrize(
    ("counts", "are_classes"),
    [
        pytest.param({"cat": 4, "dog": 4}, True, id="a quarter as many words as images"),
        pytest.param({"cat": 4, "dog": 3}, False, id="more words than a quarter"),
        pytest.param({"cat": 5, "dog": 3}, True, id="three of a word"),
        pytest.param({"cat": 6, "dog": 2}, False, id="two of a word"),
        pytest.param({"cat": 8}, False, id="one word"),
        pytest.param({"cat": 4, "img": 4}, False, id="a word of cameras"),
        pytest.param({"cat": 4, "images": 4}, False, id="a word that organises"),
        pytest.param({"cat": 4, "patient": 4}, False, id="a word for people"),
        pytest.param({"cat": 4, "mask": 4}, False, id="a word for what goes with images"),
        pytest.param({"cat": 4, "unlabeled": 4}, False, id="a word for images without labels"),
        pytest.param({"cat": 4, "train": 4}, False, id="a word for a split"),
        pytest.param({"cat": 4, "val_dog": 4}, False, id="a word for a split and another"),
        pytest.param({"cat": 4, "sea lion": 4}, True, id="two words"),
        pytest.param({"cat": 4, "left cat": 4}, True, id="a word of cameras and another"),
    ],
)
def test_words_before_or_behind_numbers_are_classes_where_they_are_few(
    form: str, counts: dict[str, int], are_classes: bool
) -> None:
    assert counts_of(many(form, **counts)) == (counts if are_classes else None)


@pytest.mark.parametrize(
    ("labels", "are_classes"),
    [
        (["f_sad", "f_glad", "m_sad", "m_glad"], False),
        (["f_sad", "f_glad", "m_sad"], True),
        (["f_sad", "m_glad"], True),
        (["a1_x", "a2_x", "b1_x"], False),
        (["a1_x", "a2_y", "b1_z"], True),
        (["a1x", "a2y", "bc"], True),
        (["f1_sad", "f1_glad", "f2_sad", "f2_glad"], False),
    ],
)
def test_words_that_say_two_things_are_no_classes(labels: list[str], are_classes: bool) -> None:
    assert (counts_of(many("{word}_{at}.jpg", **dict.fromkeys(labels, 4))) is not None) == are_classes


def test_a_name_of_another_form_leaves_none() -> None:
    assert counts_of([*many("{word}_{at}.jpg", cat=4, dog=4), "eel.jpg"]) is None
    assert counts_of([*many("{word}_{at}.jpg", cat=4, dog=4), "1234.jpg"]) is None


@pytest.mark.parametrize(("again", "are_views"), [(1, False), (2, True)])
def test_numbers_that_come_again_with_other_words_are_views(again: int, are_views: bool) -> None:
    names = [f"{max(at, again)}_{('left cat', 'dog')[at % 2]}.jpg" for at in range(20)]

    assert (counts_of(names) is None) == are_views


@pytest.mark.parametrize(
    ("angles", "are_classes"),
    [((range(0, 20, 5), range(0, 20, 5)), True), ((range(0, 20, 5), range(5, 25, 5)), False)],
)
def test_numbered_things_are_classes_where_all_have_the_same_views(
    angles: tuple[range, range], are_classes: bool
) -> None:
    names = [f"obj{thing}__{angle}.png" for thing, of in zip((1, 2), angles, strict=True) for angle in of]

    assert counts_of(names) == ({"obj1": 4, "obj2": 4} if are_classes else None)


def said(*names: str) -> list[tuple[str, str]]:
    """What is offered: its labels, and what its expression finds in the first of *names*."""
    found = []
    for pattern in possible_patterns(paths(*names), SplitWords({})):
        match = re.search(pattern.expression, f"all/{names[0]}")
        found.append((pattern.says, match["label"] if match else ""))
    return found


def test_each_part_that_takes_few_values_is_offered_the_fewest_first() -> None:
    names = [f"s{a}-{b}-{c}-{d}.png" for a in range(2) for b in "xyz" for c in range(4) for d in range(5)]

    assert said(*names) == [
        ("0 (60), 1 (60)", "0"),
        ("x (40), y (40), z (40)", "x"),
        ("0 (30), 1 (30), 2 (30), 3 (30)", "0"),
    ]
    assert (
        possible_patterns(paths(*names), SplitWords({}))[0].expression
        == r"(^|/)s(?P<label>[0-9]+)\-[A-Za-z]+\-[0-9]+\-[0-9]+\.png$"
    )


@pytest.mark.parametrize(("count", "odd", "is_offered"), [(20, 1, True), (19, 1, False), (40, 2, True), (39, 2, False)])
def test_one_name_of_twenty_may_have_another_form(count: int, odd: int, is_offered: bool) -> None:
    names = [f"{'ab'[at % 2]}{at:02}.png" for at in range(count - odd)] + [f"x-{at}-y.png" for at in range(odd)]

    assert bool(said(*names)) == is_offered


@pytest.mark.parametrize(
    ("names", "offered"),
    [
        pytest.param(
            [f"{w}_{'abcdefgh'[: at + 1]}-{at}{at}.png" for at, w in enumerate(["up", "on"] * 4)],
            [("on (4), up (4)", "up")],
            id="words that names begin with",
        ),
        pytest.param(
            [f"{'abcdefgh'[: at + 1]}-{at}-{at}.{w}.png" for at, w in enumerate(["up", "on"] * 4)],
            [("on (4), up (4)", "up")],
            id="words that names end in",
        ),
        pytest.param([f"{'abcdefgh'[: at + 1]}{'-' * (at % 3)}{at}.png" for at in range(8)], [], id="neither"),
        pytest.param(
            [f"{word}.png" for word in ("x7k", "Pq3z", "m2w", "AB12", "zz9", "q1")],
            [("AB12 (1), Pq3z (1), m2w (1), q1 (1), …", "x7k")],
            id="six texts",
        ),
        pytest.param([f"{word}.png" for word in ("x7k", "Pq3z", "m2w", "AB12", "zz9")], [], id="five texts"),
        pytest.param(
            ["x7k-0.png", "x7k-0(1).png", "Pq3z-0.png", "m2w_12.png", "AB12-1.png", "zz9-0 (2).png", "q1-0.png"],
            [("x7k (2), AB12 (1), Pq3z (1), m2w (1), …", "x7k")],
            id="texts with counters",
        ),
        pytest.param(
            [f"{word}-{at}.png" for word in ("x7k", "Pq3z", "m2w", "AB12", "zz9", "q1") for at in "012"],
            [],
            id="more pictures than two of each text",
        ),
        pytest.param(
            [f"{word}.png" for word in ("x7k", "Pq3z", "m2w", "AB12", "zz9", "q")], [], id="a letter among texts"
        ),
        pytest.param(
            [f"{word}.png" for word in ("x7k", "Pq3z", "m2w", "img1", "img22", "Img4")],
            [("Img4 (1), Pq3z (1), img1 (1), img22 (1), …", "x7k")],
            id="half of them one word with numbers",
        ),
        pytest.param(
            [f"{word}.png" for word in ("x7k", "Pq3z", "img333", "img1", "img22", "Img4")],
            [],
            id="most of them one word",
        ),
    ],
)
def test_words_at_the_ends_and_whole_texts_are_offered(names: list[str], offered: list[tuple[str, str]]) -> None:
    assert said(*names) == offered


def test_four_labels_are_shown_the_most_frequent_first() -> None:
    assert NamePattern("", {"b": 2, "a": 2, "c": 1_234}).says == "c (1,234), a (2), b (2)"
    assert NamePattern("", {"b": 2, "a": 2, "c": 3, "d": 1, "e": 1}).says == "c (3), a (2), b (2), d (1), …"


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["train_1", "train_2", "test_3", "test_4"], ["train", "train", "test", "test"]),
        (["train1", "train2", "val1", "val2"], ["train", "train", "val", "val"]),
        (["seg_train_1", "seg_train_2", "seg_test_1", "seg_test_2"], ["train", "train", "test", "test"]),
        (["trainA_1", "trainB_2", "testA_3", "testB_4"], ["train", "train", "test", "test"]),
        (["train_1", "train_2", "test_3"], []),
        (["train_1", "train_2", "train_3", "train_4"], []),
        (["val_1", "val_2", "test_3", "test_4"], []),
        (["train_1", "train_2", "test_3", "cat_4"], []),
        (["train_1", "train_2", "test_3", "4"], []),
    ],
)
def test_splits_that_names_begin_with(names: list[str], found: list[str]) -> None:
    expression = split_pattern(paths(*(f"{name}.jpg" for name in names)), SplitWords({}))

    assert [re.search(expression, f"all/{name}.jpg")["split"] for name in names if expression] == found  # type: ignore[index]
