"""What each level of folders is: a split, a level of the label, or nothing that an image shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.discover.by_folders.class_folders import ClassFolders
from tasks.discover.by_folders.folders import images_under
from tasks.discover.folder_evidence.folder_roles import FolderRoles, levels_passed_over
from tasks.discover.folder_evidence.left_out import to_leave_out
from tasks.discover.folder_evidence.reading_roles import read_roles
from tasks.discover.words.split_words import SplitWords
from tests.tasks.discover.layouts import Layout, draw


def roles_of(root: Path, *lines: str, **keys: object) -> FolderRoles:
    draw(Layout("", tuple(f"{line} ?" for line in lines)), root)
    source = ClassFolders.model_validate({"layout": "class_folders", "path": str(root), **keys})
    return read_roles(images_under(source), source, SplitWords({}))[1]


def told(roles: FolderRoles) -> set[str]:
    """The label of each folder, and its split."""
    return {"/".join(one.names()) + (f" @ {one.split}" if one.split else "") for one in roles.folders}


@pytest.mark.parametrize(
    ("lines", "labels", "passed"),
    [
        pytest.param(("{cat|dog}/raw/{1-2}.jpg",), {"cat", "dog"}, {"only organises"}, id="what organises, below"),
        pytest.param(
            ("{cat|dog}/{raw|seen}/{1-2}.jpg",),
            {"cat/raw", "cat/seen", "dog/raw", "dog/seen"},
            set(),
            id="not all of it organises",
        ),
        pytest.param(
            ("cat/raw/{1-2}.jpg", "dog/{1-2}.jpg"), {"cat", "dog"}, {"only organises"}, id="what organises, below some"
        ),
        pytest.param(
            ("pets/{cat|dog}/{1-2}.jpg",), {"cat", "dog"}, {"is the same for all images"}, id="the same above all"
        ),
        pytest.param(
            ("pets/{cat|dog}/{01-38}.jpg", "pets/{1-4}.jpg"),
            {"pets", "cat", "dog"} - {"pets"} | {""},
            {"is the same for all images"},
            id="a twentieth of the images above",
        ),
        pytest.param(
            ("pets/{cat|dog}/{01-37}.jpg", "pets/{1-4}.jpg"),
            {"pets", "pets/cat", "pets/dog"},
            set(),
            id="more than a twentieth above",
        ),
        pytest.param(
            ("{cat|dog|eel}/x/{1-2}.jpg",),
            {"cat", "dog", "eel"},
            {"is the same for all images"},
            id="the same below three",
        ),
        pytest.param(("{cat|dog}/x/{1-2}.jpg",), {"cat/x", "dog/x"}, set(), id="the same below two"),
        pytest.param(
            ("20{18-19}/{cat|dog}/{1-2}.jpg",), {"cat", "dog"}, {"tells when the images were made"}, id="years"
        ),
        pytest.param(
            ("2018/{cat|dog}/{1-2}.jpg",), {"cat", "dog"}, {"tells when the images were made"}, id="one year above"
        ),
        pytest.param(("{cat|dog}/2018/{1-2}.jpg",), {"cat/2018", "dog/2018"}, set(), id="one year below two"),
        pytest.param(
            ("{cat|dog}/20{18-19}/{1-2}.jpg",), {"cat", "dog"}, {"tells when the images were made"}, id="years below"
        ),
        pytest.param(
            ("{cat|dog}/{1-2}/{1-2}.jpg",), {"cat/1", "cat/2", "dog/1", "dog/2"}, set(), id="numbers without a year"
        ),
        pytest.param(
            ("20{18-19}/{1-2}/{cat|dog}/{1-2}.jpg",),
            {"cat", "dog"},
            {"tells when the images were made"},
            id="months below years",
        ),
        pytest.param(
            ("{8863|9036|1025}/{0|1}/{1-2}.jpg",),
            {"0", "1"},
            {"numbers patients, places or recordings"},
            id="identifiers above the same classes",
        ),
        pytest.param(
            ("{8863|9036|1025}/0/{1-2}.jpg",),
            {"8863", "9036", "1025"},
            {"is the same for all images"},
            id="identifiers above one class",
        ),
        pytest.param(
            ("8863/{0|1}/{1-2}.jpg", "9036/{2|3}/{1-2}.jpg", "1025/{4|5}/{1-2}.jpg"),
            {
                f"{one}/{number}"
                for one, numbers in (("8863", "01"), ("9036", "23"), ("1025", "45"))
                for number in numbers
            },
            set(),
            id="identifiers above other numbers each",
        ),
        pytest.param(
            ("{cat|dog}/{8863|9036|1025}/{1-2}.jpg",),
            {"cat", "dog"},
            {"numbers patients, places or recordings"},
            id="identifiers below classes",
        ),
        pytest.param(("{8863|9036|1025}/{1-2}.jpg",), {"8863", "9036", "1025"}, set(), id="identifiers alone"),
        pytest.param(
            ("{cat|dog}/patient{1-2}/{1-2}.jpg",),
            {"cat", "dog"},
            {"numbers patients, places or recordings"},
            id="patients below classes",
        ),
        pytest.param(
            ("patient{1-2}/{1-2}.jpg",), {""}, {"numbers patients, places or recordings"}, id="patients alone"
        ),
        pytest.param(("patient1/{1-2}.jpg",), {"patient1"}, set(), id="one patient"),
        pytest.param(("{100EOS5D|101EOS5D}/{1-2}.jpg",), {""}, {"is a folder of a camera's card"}, id="cards"),
        pytest.param(
            ("a/{abbey|arch}/{1-2}.jpg", "b/bar/{1-2}.jpg"),
            {"abbey", "arch", "bar"},
            {"is the beginning of what lies in it"},
            id="letters above classes",
        ),
        pytest.param(
            ("a/{abbey|arch}/{1-2}.jpg", "b/car/{1-2}.jpg"),
            {"a/abbey", "a/arch", "b/car"},
            set(),
            id="letters above others",
        ),
        pytest.param(
            ("a/{abbey|arch}/{1-2}.jpg", "b/{1-2}.jpg"), {"a/abbey", "a/arch", "b"}, set(), id="letters above some"
        ),
        pytest.param(
            ("a/a{1-2}.jpg", "b/b{1-2}.jpg"), {""}, {"is the beginning of its files' names"}, id="letters of files"
        ),
        pytest.param(("a/a{1-2}.jpg", "b/c{1-2}.jpg"), {"a", "b"}, set(), id="letters of some files"),
        pytest.param(("a/a{1-2}.jpg",), {"a"}, set(), id="one letter"),
        pytest.param(
            ("a/{1|2}/a{0}x.jpg", "b/{1|2}/c{0}x.jpg"),
            {"a/1", "a/2", "b/1", "b/2"},
            set(),
            id="letters and numbers of some files",
        ),
        pytest.param(
            ("cat/cat/{1-2}.jpg", "dog/dog/{1-2}.jpg"),
            {"cat", "dog"},
            {"repeats the folder around it"},
            id="folders within themselves",
        ),
        pytest.param(
            ("cat/Cat/{1-2}.jpg", "dog/{1-2}.jpg"),
            {"cat", "dog"},
            {"repeats the folder around it"},
            id="one folder within itself, in another case",
        ),
        pytest.param(
            ("cat/cat/{1-2}.jpg", "cat/{3-4}.jpg", "dog/{1-2}.jpg"),
            {"cat/cat", "cat", "dog"},
            set(),
            id="a folder within itself beside images",
        ),
        pytest.param(
            ("cat/{cat|kitten}/{1-2}.jpg", "dog/{1-2}.jpg"),
            {"cat/cat", "cat/kitten", "dog"},
            set(),
            id="a folder within itself beside another",
        ),
        pytest.param(
            ("1000/10{00-05}.png", "2000/20{00-05}.png"),
            {""},
            {"is the number at which those of its files begin"},
            id="numbers of files",
        ),
        pytest.param(
            ("1000/10{00-05}.png", "2000/2{998-999}.png"),
            {""},
            {"is the number at which those of its files begin"},
            id="numbers of files, to their end",
        ),
        pytest.param(
            ("1000/10{00-05}.png", "1000/1006a.png", "2000/20{00-05}.png"),
            {"1000", "2000"},
            set(),
            id="numbers of files, and a word further on",
        ),
        pytest.param(
            ("1000/10{00-05}.png", "2000/20{00-05}.png", "0{000-003}.png"),
            {""},
            {"is the number at which those of its files begin"},
            id="numbers of files, and lower ones in no folder",
        ),
        pytest.param(
            ("1000/1{998-999}.png", "1000/2000.png", "2000/20{01-05}.png"),
            {"1000", "2000"},
            set(),
            id="numbers of files, and beyond",
        ),
        pytest.param(
            ("1000/0999.png", "1000/10{01-05}.png", "2000/20{01-05}.png"),
            {"1000", "2000"},
            set(),
            id="numbers of files, and before",
        ),
        pytest.param(
            ("1000/10{00-05}.png", "2000/20{00-05}a.png"), {"1000", "2000"}, set(), id="numbers of files, and words"
        ),
        pytest.param(
            ("1001/1001.png", "1002/1002.png", "1003/{1003-1009}.png"),
            {"1001", "1002", "1003"},
            set(),
            id="each number of its own file",
        ),
        pytest.param(
            ("{Archery|YoYo}/v_{0}_g0{1-3}/{1-2}.jpg",),
            {"Archery", "YoYo"},
            {"numbers what the class around it holds"},
            id="recordings of their class",
        ),
        pytest.param(
            ("{ox|gu}/{0}_g0{1-3}/{1-2}.jpg",),
            {f"{one}/{one}_g0{at}" for one in ("ox", "gu") for at in (1, 2, 3)},
            set(),
            id="recordings of classes of two letters",
        ),
        pytest.param(
            ("{Archery|YoYo}/v_{0}_g{1-3}/{1-2}.jpg",),
            {f"{one}/v_{one}_g{at}" for one in ("Archery", "YoYo") for at in (1, 2, 3)},
            set(),
            id="recordings counted without a zero",
        ),
        pytest.param(
            ("{Archery|YoYo}/{0}_indoor0{1-3}/{1-2}.jpg",),
            {f"{one}/{one}_indoor0{at}" for one in ("Archery", "YoYo") for at in (1, 2, 3)},
            set(),
            id="recordings that say more",
        ),
        pytest.param(
            ("train/{cat|dog}/{1-2}.jpg", "test/{0|1}/{1-2}.jpg"),
            {"cat @ train", "dog @ train", " @ test"},
            {"is no class of another split, and numbers what lies in the test split"},
            id="numbers in the test alone",
        ),
        pytest.param(
            ("train/{cat|dog}/{1-2}.jpg", "test/{cat|1}/{1-2}.jpg"),
            {"cat @ train", "dog @ train", "cat @ test", "1 @ test"},
            set(),
            id="a class and a number in the test",
        ),
        pytest.param(
            ("train/{c1|c2}/{1-2}.jpg", "test/{c7|c8}/{1-2}.jpg"),
            {"c1 @ train", "c2 @ train", "c7 @ test", "c8 @ test"},
            set(),
            id="other classes of the same form in the test",
        ),
        pytest.param(
            ("train/{cat|dog}/{1-2}.jpg", "test/{eel|fox}/{1-2}.jpg"),
            {"cat @ train", "dog @ train", "eel @ test", "fox @ test"},
            set(),
            id="other words in the test",
        ),
        pytest.param(
            ("val/{cat|dog}/{1-2}.jpg", "train/{0|1}/{1-2}.jpg"),
            {"cat @ validation", "dog @ validation", "0 @ train", "1 @ train"},
            set(),
            id="numbers in another split",
        ),
        pytest.param(
            ("set/{train|test}/{cat|dog}/{1-2}.jpg",),
            {f"{one} @ {split}" for one in ("cat", "dog") for split in ("train", "test")},
            {"is the same for all images"},
            id="splits below a folder",
        ),
        pytest.param(
            ("train/train/{cat|dog}/{1-2}.jpg", "test/test/{cat|dog}/{1-2}.jpg"),
            {f"{one} @ {split}" for one in ("cat", "dog") for split in ("train", "test")},
            {"repeats the folder around it"},
            id="splits within themselves",
        ),
    ],
)
def test_levels_that_say_what_images_show_stay(
    tmp_path: Path, lines: tuple[str, ...], labels: set[str], passed: set[str]
) -> None:
    roles = roles_of(tmp_path, *lines)

    assert told(roles) == labels
    assert {why for _, why in roles.passed} == passed


def test_levels_that_the_config_names_stay(tmp_path: Path) -> None:
    assert told(roles_of(tmp_path, "20{18-19}/{cat|dog}/{1-2}.jpg", levels=["year", "kind"])) == {
        "2018/cat", "2018/dog", "2019/cat", "2019/dog"
    }  # fmt: skip
    assert told(roles_of(tmp_path, "20{18-19}/{cat|dog}/{1-2}.jpg", levels=["kind"])) == {"cat", "dog"}


def test_of_more_than_three_levels_that_say_nothing_the_first_and_the_last_are_told() -> None:
    levels = [([f"d{at}", "e"], "only organises") for at in range(4)]

    assert [*levels_passed_over(levels[:3])] == [
        f"d{at}, e: only organises, so it is not a level of the label" for at in range(3)
    ]
    assert [*levels_passed_over([*levels, (["x"], "numbers patients, places or recordings")])] == [
        "d0, e to d3, e, 4 levels: only organises, so they are not levels of the label",
        "x: numbers patients, places or recordings, so it is not a level of the label",
    ]


@pytest.mark.parametrize(
    ("lines", "groups"),
    [
        (("{a|b}/{1-2}.jpg",), [["a"], ["b"]]),
        (("x/{a|b}/{1-2}.jpg",), [["x/a"], ["x/b"]]),
        (("x/{a|b|c|d|e|f|g|h}/{1-2}.jpg",), [[f"x/{name}"] for name in "abcdefgh"]),
        (("x/{a|b|c|d|e|f|g|h|i}/{1-2}.jpg",), []),
        (("{cat|dog}/{1-2}.jpg", "test/{1-2}.jpg"), [["cat", "dog"], ["cat"], ["dog"], ["test"]]),
        (("p/{cat|dog}/{1-2}.jpg", "p/test/{1-2}.jpg"), [["p/cat", "p/dog"], ["p/cat"], ["p/dog"], ["p/test"]]),
        (("x/y/{1-2}.jpg",), [["x"]]),
    ],
)
def test_folders_that_may_be_left_out(tmp_path: Path, lines: tuple[str, ...], groups: list[list[str]]) -> None:
    assert to_leave_out(roles_of(tmp_path, *lines)) == groups
