"""Tables that are many files, one for each image: which files go together, where their images lie, what they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.discover.heads.box_lines import words_of_boxes
from tasks.discover.heads.file_heads import file_heads
from tasks.discover.heads.file_places import Placing, placing_of
from tasks.discover.heads.head import Head
from tasks.discover.heads.named_files import NamedFiles, stem_of
from tasks.discover.listing.listing import Listing
from tasks.discover.listing.scan import scan_images
from tasks.discover.settings import SourceSettings
from tests.folders_here import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def listed(folder: Folder) -> Listing:
    settings = SourceSettings(path=str(folder.root))
    found = scan_images(settings.place, settings)
    assert found is not None
    return found


def heads(folder: Folder) -> tuple[list[Head], set[str]]:
    """The tables that are many of the files beside the images, and the files that they are made of."""
    listing = listed(folder)
    stems = [path.rpartition("/")[2].rpartition(".")[0] for path in listing.beside]
    return file_heads(listing.root, listing.beside, NamedFiles(listing, stems))


def only(folder: Folder) -> Head:
    [head], _ = heads(folder)
    return head


def boxes(*numbers: int) -> list[str]:
    return [f"{number} 0.5 0.5 0.25 0.25" for number in numbers]


def test_files_beside_images_are_one_table_of_their_folder(folder: Folder) -> None:
    folder.images("a/1.jpg", "a/2.jpg", "a/3.jpg").text("a/1.txt", "cat").text("a/2.txt", "dog").text("a/9.txt", "eel")

    [head], taken = heads(folder)

    assert head.table({"0": "label", "file.stem": "location"}) == {
        "files": ["a/*.txt", "!a/9.txt"],
        "delimiter": "line",
        "columns": {"0": "label", "file.stem": "location"},
    }
    assert (head.names, head.rows) == (("0", "file.stem"), (("cat", "1"), ("dog", "2")))
    assert (head.path, head.members, head.count, head.is_whole) == ("a/*.txt", ("a/1.txt", "a/2.txt"), 2, True)
    assert not head.has_boxes
    assert taken == {"a/1.txt", "a/2.txt"}


def test_numbers_below_zero_before_a_word_are_no_boxes_however_many_they_are(folder: Folder) -> None:
    folder.images("a/1.jpg", "a/2.jpg").text("a/1.txt", "0" + 60 * " -1" + " cat").text("a/2.txt", "0" + 60 * " -1")

    assert heads(folder) == ([], set())


@pytest.mark.parametrize(
    ("images", "files", "pattern"),
    [
        (["{}.jpg"], ["{}.txt"], "*.txt"),
        (["a/{}.jpg", "b/{}x.jpg"], ["a/{}.txt", "b/{}x.txt"], "**/*.txt"),
        (["images/a/{}.jpg", "images/b/{}x.jpg"], ["labels/a/{}.txt", "labels/b/{}x.txt"], "labels/**/*.txt"),
        (["a/images/{}.jpg", "b/images/{}x.jpg"], ["a/labels/{}.txt", "b/labels/{}x.txt"], "**/labels/*.txt"),
        (["x/a/i/{}.jpg", "x/b/i/{}x.jpg"], ["x/a/l/{}.txt", "x/b/l/{}x.txt"], "x/**/l/*.txt"),
    ],
)
def test_files_that_lie_alike_are_one_pattern(
    folder: Folder, images: list[str], files: list[str], pattern: str
) -> None:
    for number in (1, 2):
        folder.images(*(name.format(number) for name in images))
        for name in files:
            folder.text(name.format(number), *boxes(number))

    head = only(folder)

    assert (head.path, head.keys) == (pattern, {"files": pattern, "delimiter": "blank"})
    assert head.has_boxes
    assert (head.count, len(head.rows)) == (2 * len(files), 2 * len(files))
    assert head.placed is not None
    assert dict(zip(head.members, head.placed.files, strict=True)) == {
        file.format(number): image.format(number)
        for number in (1, 2) for image, file in zip(images, files, strict=True)
    }  # fmt: skip


@pytest.mark.parametrize(("others", "count"), [(20, 21), (21, 0)])
def test_a_pattern_leaves_out_twenty_files_and_no_more(folder: Folder, others: int, count: int) -> None:
    folder.images(*(f"a/{number}.jpg" for number in range(30)))
    for number in range(30):
        folder.text(f"a/{number}.txt", *boxes(1))
    for number in range(others):
        folder.text(f"a/note{number:02}.txt", "something else")

    found, taken = heads(folder)

    assert [len(head.keys["files"]) for head in found] == [count] * bool(count)
    assert len(taken) == (30 if count else 0)


def test_of_folders_of_which_others_have_many_files_each_has_its_own_pattern(folder: Folder) -> None:
    for place in ("x/a", "x/b"):
        folder.images(*(f"{place}/{number}{place[-1]}.jpg" for number in range(3)))
        for number in range(3):
            folder.text(f"{place}/{number}{place[-1]}.txt", *boxes(1))
    for number in range(30):
        folder.text(f"x/notes/{number:02}.txt", "something else")

    assert only(folder).keys["files"] == ["x/a/*.txt", "x/b/*.txt"]


@pytest.mark.parametrize(("named", "other", "count"), [(2, 2, 1), (2, 3, 0), (1, 0, 0), (2, 0, 1)])
def test_half_of_the_files_of_a_folder_have_an_image_each_and_there_are_two(
    folder: Folder, named: int, other: int, count: int
) -> None:
    folder.images(*(f"{number}.jpg" for number in range(named)))
    for number in range(named):
        folder.text(f"{number}.txt", *boxes(1))
    for number in range(other):
        folder.text(f"x{number}.txt", *boxes(1))

    assert len(heads(folder)[0]) == count


@pytest.mark.parametrize(("count", "is_known"), [(4, True), (3, False)])
def test_files_called_otherwise_are_of_an_image_each_where_a_column_names_them(
    folder: Folder, count: int, is_known: bool
) -> None:
    folder.images(*(f"{number}.jpg" for number in range(count)))
    for number in range(count):
        folder.text(f"{number:032x}-asset.json", json.dumps({"name": f"{number}.jpg", "tag": "cat"}))

    found, taken = heads(folder)

    assert [(head.names, head.rows[0], head.placed) for head in found] == [
        (("name", "tag", "file.stem"), ("0.jpg", "cat", f"{0:032x}-asset"), None)
    ] * is_known
    assert len(taken) == count * is_known


@pytest.mark.parametrize("name", ["same.jpg", "{} and more", "{}"])
def test_files_called_otherwise_that_name_no_image_each_are_no_table(folder: Folder, name: str) -> None:
    folder.images(*(f"{number}.jpg" for number in range(4)))
    for number in range(4):
        folder.text(f"{number:032x}-asset.json", json.dumps({"name": name.format(number), "tag": "cat"}))

    assert heads(folder) == ([], set())


def test_objects_and_lists_of_objects_are_records_of_their_files(folder: Folder) -> None:
    folder.images("1.jpg", "2.jpg", "3.jpg")
    folder.text("1.json", '[{"kind": "cat", "bbox": [1, 2]}, 7, {"kind": "dog"}]').text("2.json", '{"kind": "eel"}')
    folder.text("3.json", "broken")

    head = only(folder)

    assert (head.names, head.rows) == (
        ("kind", "bbox", "file.stem"),
        (("cat", "1\x1f2", "1"), ("dog", "", "1"), ("eel", "", "2")),
    )
    assert (head.members, head.count, head.has_boxes) == (("1.json", "1.json", "2.json"), 3, True)


def test_elements_of_xmls_are_records_of_their_files(folder: Folder) -> None:
    for number, kind in ((1, "cat"), (2, "dog")):
        folder.images(f"{number}.jpg").text(f"{number}.xml", f"<a><kind>{kind}</kind></a>")
    folder.images("3.jpg").text("3.xml", "<a>")

    head = only(folder)

    assert (head.names, head.rows[:2]) == (("kind", "file.stem"), (("cat", "1"), ("dog", "2")))
    assert (head.keys, head.has_boxes) == ({"files": "*.xml"}, False)


@pytest.mark.parametrize("lines", [[], ["a" * 101]])
def test_files_of_nothing_or_of_long_lines_are_no_table(folder: Folder, lines: list[str]) -> None:
    for number in (1, 2):
        folder.images(f"{number}.jpg").text(f"{number}.txt", *lines)

    assert heads(folder) == ([], set())


def test_a_class_may_be_a_line_of_a_hundred_letters(folder: Folder) -> None:
    for number in (1, 2):
        folder.images(f"{number}.jpg").text(f"{number}.txt", " cat " + "a" * 95, "dog", "dog")

    assert only(folder).rows[0] == ("cat " + "a" * 95 + "\x1fdog", "1")


def test_words_among_boxes_are_their_classes(folder: Folder) -> None:
    for number, kinds in ((1, ("car", "bus", "car")), (2, ("car", "bus"))):
        folder.images(f"{number}.jpg").text(f"{number}.txt", *(f"1 2 3 4 {kind}" for kind in kinds))

    head = only(folder)

    assert (head.names, head.rows) == (("4", "file.stem"), (("car\x1fbus", "1"), ("car\x1fbus", "2")))
    assert (head.keys, head.members, head.has_boxes) == (
        {"files": "*.txt", "delimiter": "blank"},
        ("1.txt", "2.txt"),
        True,
    )


KITTI = "{} 0.00 0 -1.58 587"


@pytest.mark.parametrize(
    ("lines", "column", "keys"),
    [
        pytest.param([KITTI.format("Car"), KITTI.format("Bus")] * 2, 0, {"delimiter": "blank"}, id="before numbers"),
        pytest.param(["1,2,3,4, Car", "1,2,3,4,Bus"] * 2, 4, {"delimiter": ","}, id="behind numbers"),
        pytest.param(
            ["from: there", "by: me", *["1 2 Car 3 4", "1 2 Bus 3 4"] * 2], 2, {"delimiter": "blank", "skip": 2},
            id="below two lines of something else",
        ),
        pytest.param(["1 2 3 Car", "1 2 3 Bus"] * 2, None, {}, id="three numbers"),
        pytest.param(["1 2 3 4 Car x", "1 2 3 4 Bus y"] * 2, None, {}, id="two columns of words"),
        pytest.param(["1 2 3 4 5"] * 4, None, {}, id="no word"),
        pytest.param(["1 2 3 4 Car"] * 4, None, {}, id="one word"),
        pytest.param([f"1 2 3 4 {word}" for word in "abc"] * 2, 4, {"delimiter": "blank"}, id="each word twice"),
        pytest.param([f"1 2 3 4 {word}" for word in "abcd"] + ["1 2 3 4 a"] * 3, None, {}, id="most of them once"),
        pytest.param([f"1 2 3 4 {word * 60}" for word in "ab"], 4, {"delimiter": "blank"}, id="sixty letters"),
        pytest.param([f"1 2 3 4 {word * 61}" for word in "ab"], None, {}, id="more letters"),
        pytest.param(["1 2 3 4 Car", "1 2 3 4 7"] * 2, None, {}, id="a number among words"),
        pytest.param(["1,2,3,4,Car", "1,2,3,4,"] * 2, None, {}, id="an empty word"),
        pytest.param(["1 2 3 4 Car", "1 2 3 Bus"], None, {}, id="lines of different widths"),
        pytest.param(["a b", "c d", "e f", "1 2 3 4 Car", "1 2 3 4 Bus"], None, {}, id="three lines of something else"),
    ],
)  # fmt: skip
def test_the_words_of_boxes_are_one_column_among_four_numbers_at_least(
    lines: list[str], column: int | None, keys: dict[str, Any]
) -> None:
    found = words_of_boxes({"1.txt": lines})

    if column is None:
        assert found is None
    else:
        assert found is not None
        assert (found.column, found.keys) == (column, keys)
        said = [word for line in lines[keys.get("skip", 0) :] for word in ("Car", "Bus") if word in line]
        assert not said or found.said == {"1.txt": said}


@pytest.mark.parametrize(
    ("folder", "images", "placing"),
    [
        ("a", ["a/1.jpg"], Placing((), ())),
        ("", ["1.jpg"], Placing((), ())),
        ("labels", ["images/1.jpg"], Placing(("labels",), ("images",))),
        ("a/labels/x", ["a/images/x/1.jpg"], Placing(("labels",), ("images",))),
        ("a/b/c", ["a/x/y/c/1.jpg"], Placing(("b",), ("x", "y"))),
        ("a/labels", ["a/1.jpg"], Placing(("labels",), ())),
        ("a", ["a/images/1.jpg"], Placing((), ("images",))),
        ("a", ["images/a/1.jpg"], Placing((), ("images",), is_first=True)),
        ("a/a", ["a/1.jpg"], Placing(("a",), ())),
        ("", ["images/1.jpg"], Placing((), ("images",))),
        ("labels", ["b/far/1.jpg", "images/1.jpg"], Placing(("labels",), ("images",))),
        ("labels", ["b/1.jpg", "a/1.jpg"], Placing(("labels",), ("a",))),
        ("labels", [], None),
    ],
)
def test_images_lie_where_one_part_of_the_files_path_is_another(
    folder: str, images: list[str], placing: Placing | None
) -> None:
    assert placing_of(folder, [("1", images)]) == placing


def test_images_of_all_files_lie_in_one_folder_or_in_none() -> None:
    assert placing_of("l", [("1", ["a/1.jpg", "b/1.jpg"]), ("2", ["b/2.jpg"])]) == Placing(("l",), ("b",))
    assert placing_of("l", [("1", ["a/1.jpg"]), ("2", ["b/2.jpg"])]) is None
    assert placing_of("l", []) is None


@pytest.mark.parametrize(
    ("files", "images", "keys"),
    [
        (
            ["labels/x/1.txt", "labels/2.txt"], ["images/x/1.jpg", "images/2.jpg"],
            {"pattern": {"of": r"^(?P<head>(?:.*/)?)labels/(?P<rest>.+)\.txt$"}, "location": "{head}images/{rest}"},
        ),
        (
            ["a/1.txt", "2.txt"], ["a/1.jpg", "2.jpg"],
            {"pattern": {"of": r"^(?P<head>(?:.*/)?)(?P<rest>[^/]+)\.txt$"}, "location": "{head}{rest}"},
        ),
        (
            ["a/1.txt", "a/2.txt"], ["images/a/1.jpg", "images/a/2.jpg"],
            {"pattern": {"of": r"^(?P<rest>.+)\.txt$"}, "location": "images/{rest}"},
        ),
    ],
)  # fmt: skip
def test_one_rule_finds_the_images_of_all_files(
    folder: Folder, files: list[str], images: list[str], keys: dict[str, Any]
) -> None:
    folder.images(*images)
    named = NamedFiles(listed(folder), ["1", "2", "3"])
    own = files[0].rpartition("/")[0]
    placing = placing_of(own, [("1", named.named("1"))])
    assert placing is not None

    placed = placing.placed([*files, f"{files[1].rpartition('2')[0]}3.txt"], ".txt", named)

    assert placed is not None
    assert (placed.keys, placed.files) == (keys, (*images, ""))
    assert placing.placed([*files, "a/3.xml"], ".txt", named) is None


def test_a_file_of_which_two_images_could_be_meant_is_not_placed(folder: Folder) -> None:
    folder.images("1.jpg", "1.png", "2.jpg")
    named = NamedFiles(listed(folder), ["1", "2"])

    assert Placing((), ()).placed(["1.txt", "2.txt"], ".txt", named) is None


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("a/cat.1.jpg", ["a/cat.1.jpg"]),
        ("cat.1", ["a/cat.1.jpg", "b/cat.1.png"]),
        ("./a/cat.1", ["a/cat.1.jpg"]),
        ("/.//a/cat.1", ["a/cat.1.jpg"]),
        ("\\a\\cat.1.jpg", ["a/cat.1.jpg"]),
        (" cat.1.png ", ["b/cat.1.png"]),
        ("C:/far/away/b/cat.1.png", ["b/cat.1.png"]),
        ("far/b/cat.1.tif", ["b/cat.1.png"]),
        ("c/cat.1.tif", []),
        ("cat.1.tif", []),
        ("cat", []),
        ("t.1.jpg", []),
        ("http://h/x/c/only.jpg", ["c/only.jpg"]),
        ("only.png", []),
        ("x/only.jpg", ["c/only.jpg"]),
        ("", []),
    ],
)
def test_a_cell_names_images_by_the_end_of_a_path(folder: Folder, cell: str, found: list[str]) -> None:
    folder.images("a/cat.1.jpg", "b/cat.1.png", "c/only.jpg")

    assert NamedFiles(listed(folder), [cell]).named(cell) == found


@pytest.mark.parametrize(
    ("cell", "found"),
    [("1.WAV", ["a/1.png"]), ("1.png", ["a/1.png"]), ("1.xyz", []), ("1", []), ("2.dcm", [])],
)
def test_a_cell_of_another_format_names_what_was_made_of_it_and_no_mask(
    folder: Folder, cell: str, found: list[str]
) -> None:
    folder.images("a/1.png", "masks/2.png")

    assert NamedFiles(listed(folder), ["1", "2"]).made_of(cell) == found


@pytest.mark.parametrize(
    ("cell", "stem"),
    [("a/b.jpg", "b"), ("a\\b.jpg", "b"), ("b.c.jpg", "b.c"), ("b.2", "b.2"), ("b.", "b."), (".jpg", ""), ("b", "b"),
     ("b.j-g", "b.j-g"), ("b.2x", "b")],
)  # fmt: skip
def test_a_cell_ends_in_a_name_without_an_extension(cell: str, stem: str) -> None:
    assert stem_of(cell) == stem
