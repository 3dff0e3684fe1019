"""How classes are called and numbered: append-only, whatever the source shows next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import LayoutError, RefusedError
from tasks.labels.classes import (
    Namer,
    class_notices,
    number_classes,
    number_notices,
    order_classes,
    refuse_equal_leaves,
)
from tasks.labels.likeness import likeness_notices
from tasks.labels.settings import LabelSettings
from tasks.reasons import Reason

NAMED = "means no label, and what `missing_labels` names"
MISREAD = "whose names look like UTF-8 that was read in another encoding"
BARE = "whose names are not UTF-8, and stand as U+EF80 to U+EFFF for their bytes"
names = st.sets(st.text("abc019", min_size=1, max_size=3), max_size=6)


def settings(**keys: object) -> LabelSettings:
    return LabelSettings.model_validate(keys)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        pytest.param("path", "cat/siamese/blue", id="the whole path"),
        pytest.param("leaf", "blue", id="its last part"),
        pytest.param("top", "cat", id="its first part"),
        pytest.param(0, "cat", id="a level by number"),
        pytest.param(1, "siamese", id="the next one"),
        pytest.param(7, "blue", id="the deepest there is, where the path ends above the level"),
    ],
)
def test_a_class_is_called_by_the_level_that_is_asked_for(level: object, expected: str) -> None:
    assert Namer(settings(level=level), is_tree=True).name_of("cat/siamese/blue") == expected


def test_a_slash_is_a_character_where_there_is_no_hierarchy_and_no_label_stays_none() -> None:
    assert Namer(settings(level="leaf"), is_tree=False).name_of("and/or") == "and/or"
    assert Namer(settings(level="top"), is_tree=True).name_of("") == ""


def test_names_are_folded_then_taken_from_the_list_then_renamed() -> None:
    namer = Namer(
        settings(class_case="fold", class_names=["Zero", "One"], aliases={"One": "uno", "cat": "dog"}), is_tree=False
    )

    assert [namer.name_of(path) for path in ("0", "1", "2", "CAT", "²", "01", "Bird", "")] == [
        "Zero", "uno", "2", "dog", "²", "uno", "bird", "",
    ]  # fmt: skip


def test_numbers_stay_numbers_where_no_names_are_given_for_them_and_case_is_kept() -> None:
    assert Namer(settings(), is_tree=False).name_of("0") == "0"
    assert Namer(settings(), is_tree=False).name_of("Cat") == "Cat"


def test_digits_that_python_would_not_read_are_a_name() -> None:
    namer = Namer(settings(class_names=["zero"]), is_tree=False)

    assert namer.name_of("0" * 1000) == "zero"
    assert namer.name_of("0" * 1001) == "0" * 1001
    assert namer.name_of("-1") == "-1"


def test_two_places_of_one_leaf_are_refused_with_both_and_the_remedy() -> None:
    paths = ["b/x", "a/x", "a/y", "c/x", "d/x"]
    with pytest.raises(LayoutError) as caught:
        refuse_equal_leaves(paths, [path[-1] for path in paths])

    assert str(caught.value) == (
        "`labels.level: leaf` would make one class 'x' of a/x and b/x and c/x. "
        "Set `labels.level: path`, or rename one of the folders."
    )
    refuse_equal_leaves(["a/x", "a/y"], ["x", "y"])


@given(names, st.lists(st.text("abc019", min_size=1, max_size=3), unique=True, max_size=6))
def test_the_class_list_only_grows_and_names_every_class_once(found: set[str], known: list[str]) -> None:
    classes, refused = number_classes([*found, ""], settings(), known)

    assert classes[: len(known)] == known
    assert sorted(classes) == sorted({*found, *known})
    assert refused == {}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        pytest.param("auto", ["0", "1", "10"], id="numbers count as numbers"),
        pytest.param("numeric", ["0", "1", "10"], id="when told so"),
        pytest.param("lexicographic", ["0", "1", "10"], id="by character"),
    ],
)
def test_the_order_of_numbers(order: str, expected: list[str]) -> None:
    assert order_classes(["10", "0", "1"], order) == expected


def test_by_character_ten_stands_before_two_and_one_name_among_numbers_makes_all_names() -> None:
    assert order_classes(["10", "2"], "lexicographic") == ["10", "2"]
    assert order_classes(["10", "2"]) == ["2", "10"]
    assert order_classes(["10", "2", "a"]) == ["10", "2", "a"]
    assert order_classes(["02", "2", "1"]) == ["1", "02", "2"]


def test_a_declared_list_orders_classes_behind_those_there_are_and_rejects_others() -> None:
    classes, refused = number_classes(["cat", "eel", "x" * 200], settings(class_order=["dog", "cat", "bird"]), ["bird"])

    assert classes == ["bird", "dog", "cat"]
    assert set(refused) == {"eel", "x" * 200}
    assert refused["eel"].reason is Reason.UNKNOWN_CLASS
    assert refused["eel"].detail == "'eel': its class is not in `labels.class_order`"
    assert refused["x" * 200].detail.startswith(f"{'x' * 80!r}:")


def test_a_new_class_is_added_quarantined_or_refused_as_the_config_says_but_never_on_the_first_run() -> None:
    for choice in ("add", "quarantine", "fail"):
        assert number_classes(["b", "a"], settings(on_new_class=choice), []) == (["a", "b"], {})
        assert number_classes(["a"], settings(on_new_class=choice), ["b", "a"]) == (["b", "a"], {})
    assert number_classes(["b", "a"], settings(), ["b"]) == (["b", "a"], {})
    assert number_classes(["10", "9", "7"], settings(class_order="lexicographic"), ["7"]) == (["7", "10", "9"], {})
    assert number_classes(["10", "9", "7"], settings(), ["7"]) == (["7", "9", "10"], {})

    classes, refused = number_classes(["a", "b", "y" * 90], settings(on_new_class="quarantine"), ["b"])
    assert classes == ["b"]
    assert set(refused) == {"a", "y" * 90}
    assert refused["a"].reason is Reason.QUARANTINED_NEW_CLASS
    assert refused["a"].detail == "'a': a class that no version has; `labels.on_new_class: add` admits it"
    assert refused["y" * 90].detail.startswith(f"{'y' * 80!r}:")

    with pytest.raises(RefusedError) as caught:
        number_classes("gfedcba", settings(on_new_class="fail"), ["b"])
    assert str(caught.value) == (
        "new classes: a, c, d, e, f. Set `labels.on_new_class: add`, or `quarantine`, to go on."
    )


def test_new_classes_are_told_of_but_not_on_the_first_run_nor_those_without_an_image() -> None:
    many = [f"new-{number:02}" for number in range(25)]

    assert list(class_notices(["b", "a", "c"], ["b"], ["b", "a"])) == ["New classes: a"]
    assert list(class_notices(["b", *many], ["b"], many)) == [f"New classes: {', '.join(many[:20])}"]
    assert list(class_notices(["b"], ["b"], ["b"])) == []
    assert list(class_notices(["a", "b"], [], ["a", "b"])) == []
    assert list(class_notices(["1", "2"], ["1"], ["1"])) == []


def test_numbers_that_are_not_their_own_ids_are_told_of() -> None:
    said = ["Class names are numbers but not 0 to 1: their ids follow their order"]

    assert number_notices(["1", "2"]) == said == list(class_notices(["1", "2"], [], []))
    assert number_notices(["0", "1"]) == number_notices(["5"]) == number_notices(["3", "a"]) == []


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (["cat", "cat\u200b", "dog"], ["that look the same: cat, 'cat\\u200b'"]),
        (["a b", "a\u00a0 b"], ["that look the same: a b, 'a\\xa0 b'"]),
        (["ca\u0308t", "c\u00e4t"], ["that look the same: 'ca\\u0308t', 'c\\xe4t'"]),
        (["1", "01", "1.0", "10", "-1", "1.5"], ["that are the same number: 01, 1, 1.0"]),
        (["0", "00", "0.50", ".5", "0.5"], ["that are the same number: 0, 00", "that are the same number: 0.5, 0.50"]),
        (
            ["NA", "#REF!", "nano"],
            [f"named as if there were no value: #REF!, NA; only an empty cell {NAMED}"],
        ),
        (["a\n2\tb", "a"], ["whose names hold line breaks: 'a\\n2\\tb'; a stray quote takes in the next lines"]),
        (["a\0b", "a"], ["whose names hold control characters, as damaged files do: 'a\\x00b'"]),
        (["cat", "c\u0430t", "\uff43\uff41\uff54"], ["that look the same: cat, 'c\\u0430t', '\\uff43\\uff41\\uff54'"]),
        (["fish", "\ufb01sh", "x2"], ["that look the same: fish, '\\ufb01sh'"]),
        (["1000", "1,000", "1e3", "10,00"], ["that are the same number: 1,000, 1000, 1e3"]),
        (["caf\u00c3\u00a9", "caf\u00e9"], [f"{MISREAD}: 'caf\\xc3\\xa9' ('caf\\xe9')"]),
        (["caf\uefe9"], [f"{BARE}: 'caf\\uefe9'; rename their folders, or give them names by `labels.aliases`"]),
        (
            ["\\N", "-", "a-b", "?", "a?", "Unlabeled"],
            [f"named as if there were no value: -, ?, Unlabeled, \\N; only an empty cell {NAMED}"],
        ),
        (["none", "1", "2", "a", "A", "cat dog", "cat_dog"], []),
    ],
)
def test_classes_that_seem_another_or_none_are_told_of(classes: list[str], said: list[str]) -> None:
    notices = [f"Classes {words}" for words in said]

    assert likeness_notices(classes) == notices == list(class_notices(classes, classes, classes))


@pytest.mark.parametrize(
    ("aliases", "said"),
    [
        ({"cat": "pet"}, []),
        ({"cat": "dog", "dog": "cat"}, []),
        ({"old": "cat"}, []),
        ({"cta": "pet"}, ["`labels.aliases` renames 'cta', and no class is called so"]),
        (
            {"cat": "wolf", "wolf": "lion"},
            [
                "`labels.aliases` renames 'wolf', and no class is called so",
                "`labels.aliases` renames 'cat' to 'wolf' and 'wolf' to 'lion': each name is looked up once, so what "
                "was 'cat' is 'wolf'",
            ],
        ),
    ],
)
def test_aliases_that_rename_nothing_or_in_a_chain_are_told_of(aliases: dict[str, str], said: list[str]) -> None:
    namer = Namer(settings(aliases=aliases), is_tree=False)

    assert namer.notices([namer.name_of(name) for name in ("cat", "dog")], ["old"]) == said


def test_an_order_that_published_ids_do_not_have_is_told_of() -> None:
    said = "`labels.class_order` is another order than that of the ids, which stay as they are published: cat 0, dog 1"

    assert Namer(settings(class_order=["dog", "cat"]), is_tree=False).notices([], ["cat", "dog"]) == [said]
    assert Namer(settings(class_order=["cat", "dog", "x"]), is_tree=False).notices([], ["old", "cat", "dog"]) == [
        said.replace("cat 0, dog 1", "old 0, cat 1, dog 2")
    ]
    assert Namer(settings(class_order=["cat", "cow", "dog"]), is_tree=False).notices([], ["cat", "dog"]) == []
    assert Namer(settings(class_order=["dog", "cat"]), is_tree=False).notices([], []) == []
