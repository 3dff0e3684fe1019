"""What speaks against folders as classes, and where each of these doubts begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tests.tasks.discover.layouts import Layout, draw

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

MASKS = ("{cat|dog}/{1-4}.jpg ?", "{cat|dog}/{1-4}_mask.png ?")
HEXES = "0f3a9c70|1b3a9c71|2c3a9c72|3d3a9c73|4e3a9c74|5f3a9c75|6a3a9c76|7b3a9c77"


def doubt_of(look: Look, root: Path, *lines: str) -> str:
    """What the refusal of a layout doubts; empty where it is read."""
    draw(Layout("", lines), root)
    try:
        look(root)
    except UnsettledLayoutError as error:
        what = error.what.removeprefix(str(root)).removeprefix(" can be read in two ways, since ").removeprefix(": ")
        return what.partition(". Say which")[0]
    return ""


CASES = [
    pytest.param(
        ("c{01-08}/1.jpg ?", "c{09-15}/{1-2}.jpg ?"),
        "8 of 15 folders hold one image, so they may be no classes",
        id="one image in most of fifteen",
    ),
    pytest.param(("c{01-07}/1.jpg ?", "c{08-15}/{1-2}.jpg ?"), "", id="one image in less than half of fifteen"),
    pytest.param(("c{01-14}/1.jpg ?",), "", id="one image in each of fourteen"),
    pytest.param(
        ("{" + HEXES + "|8c3a9c78}/{1-2}.jpg ?", "cat/{1-2}.jpg ?"),
        "the folders 0f3a9c70, 1b3a9c71, 2c3a9c72 and 7 more are called by identifiers, which say nothing of what "
        "their images show",
        id="identifiers in nine of ten",
    ),
    pytest.param(("{" + HEXES + "}/{1-2}.jpg ?", "cat/{1-2}.jpg ?"), "", id="identifiers in eight of nine"),
    pytest.param(("{0f3a9c70|1b3a9c71}/{1-2}.jpg ?",), "", id="two identifiers"),
    pytest.param(
        ("{train|test}/{cat|dog}/{01-10}.jpg ?", "{1-3}.jpg ?"),
        "3 images, in the source itself, lie in none of the splits",
        id="more than a twentieth outside of splits",
    ),
    pytest.param(("{train|test}/{cat|dog}/{01-10}.jpg ?", "{1-2}.jpg ?"), "", id="less than a twentieth outside"),
    pytest.param(
        ("{Augmented|Gray}/{cat|dog}/a{1-2}.jpg ?",),
        "Augmented, Gray may hold what was made of the images in each other",
        id="versions of each other",
    ),
    pytest.param(
        ("Augmented/{cat|dog}/a{1-2}.jpg ?", "farm/{cat|dog}/b{1-2}.jpg ?"),
        "Augmented, farm hold the same folders, and may be versions or kinds of the same images",
        id="a version beside a name of its own",
    ),
    pytest.param(
        ("{cat|dog}/{rgb|depth}/{a|b}.jpg ?",),
        "depth, rgb lie in each of cat, dog, and may be parts of each",
        id="forms in each class",
    ),
    pytest.param(("{cat|dog}/{wild|tame}/{a|b}.jpg ?",), "", id="kinds in each class"),
    pytest.param(
        ("{0|1}/{wild|tame}/{a|b}.jpg ?",),
        "the folders 0, 1 hold the same folders, and may number whom or what they show",
        id="numbers above kinds",
    ),
    pytest.param(
        ("{cat|dog}/{wild|tame}/{x|y}/{a|b}.jpg ?",),
        "folders lie in 3 levels, and tame, wild are there in each of the others",
        id="three crossed levels",
    ),
    pytest.param(
        ("cat/{wild|tame}/{x|y}/{a|b}.jpg ?", "dog/{wolf|lap}/{v|w}/{a|b}.jpg ?"), "", id="three levels, none crossed"
    ),
    pytest.param(
        ("pets/{cat|dog}/{1-3}.jpg ?", "cover/{7-9}.jpg ?"), "", id="two classes below one folder, beside another"
    ),
    pytest.param(
        ("pets/{cat|dog|eel}/{1-3}.jpg ?", "cover/{7-9}.jpg ?"),
        "pets holds folders that may be the classes, and cover beside it holds images itself",
        id="three classes below one folder, beside another",
    ),
    pytest.param(
        ("Images/{cat|dog}/{1-3}.jpg ?", "cover/{7-9}.jpg ?"),
        "Images holds folders that may be the classes, and cover beside it holds images itself",
        id="classes below a folder that organises, beside another",
    ),
    pytest.param(("{cat|dog}/{cat_tabby|dog_pug}/{1-3}.jpg ?",), "", id="names that say the class and more"),
    pytest.param(("{plain|x2019-03-01|y2019-03-02}/{1-3}.jpg ?",), "", id="a day in some names"),
    pytest.param(
        ("{x2019-03-01|y2019-03-02}/{1-3}.jpg ?",),
        "the folders x2019-03-01, y2019-03-02 have a date in their names, and may tell of whom and when, not what",
        id="a day in all names",
    ),
    pytest.param(
        ("a{1-3}/{ok|bad}_{1-3}.jpg ?",),
        "the files in a1, a2, a3 are called alike, bad, ok, which may be what they show",
        id="numbered folders with files of the same words",
    ),
    pytest.param(("a{1-2}/{ok|bad}_{1-3}.jpg ?",), "", id="two numbered folders with files of the same words"),
    pytest.param(("a{1-3}/ok_{1-3}.jpg ?",), "", id="numbered folders with files of one word"),
    pytest.param(("{cat|dog|eel}/{ok|bad}_{1-3}.jpg ?",), "", id="named folders with files of the same words"),
    pytest.param(
        ("a1/{ok|bad}_{1-3}.jpg ?", "a2/{up|on}_{1-3}.jpg ?", "a3/{in|by}_{1-3}.jpg ?"),
        "",
        id="numbered folders with files of words of their own",
    ),
    pytest.param(
        ("{train|test}/train/{cat|dog}/{1-2}.jpg ?",),
        "train name splits, and lie in test, which do so too",
        id="a split within another",
    ),
    pytest.param(
        ("{train|test}/part/{train|val}/{cat|dog}/{1-2}.jpg ?",),
        "train, val name splits, and lie in test, train, which do so too",
        id="splits within splits",
    ),
    pytest.param(
        ("test/{bus|car}/{1-2}.jpg ?", "train/{1-2}.jpg ?", "val/{1-2}.jpg ?"),
        "the images of train, val lie in no class folder, and those of other splits do",
        id="two splits without classes",
    ),
    pytest.param(
        ("train/{bus|car}/{1-2}.jpg ?", "test/{train|val}/{1-2}.jpg ?"),
        "train, val name splits, and lie in test, which do so too",
        id="splits within one of two",
    ),
    pytest.param(("{train|test}/{bus|train}/{1-2}.jpg ?",), "", id="a class called train in both splits"),
    pytest.param(
        ("train/{bus|car}/{1-2}.jpg ?", "test/{bus|train}/{1-2}.jpg ?"), "", id="a class called train in the test"
    ),
    pytest.param(
        ("{query_drone|gallery_satellite}/{1-4}.jpg ?",),
        "gallery_satellite, query_drone say which images are looked for among which, not what they show",
        id="images that are looked for, and those among which",
    ),
    pytest.param(("{gallery|museum}/{1-4}.jpg ?",), "", id="one word for images that are looked for"),
    pytest.param(
        ("P{1-3}/cam{1-2}/{1-4}.jpg ?",),
        "the folders P1, P2, P3 are numbered, as cam1, cam2 in them are, and may be no classes either",
        id="numbers above cameras",
    ),
    pytest.param(("{cat|dog}/cam{1-2}/{1-4}.jpg ?",), "", id="names above cameras"),
    pytest.param(("grade{1-3}/cam{1-2}/{1-4}.jpg ?",), "", id="numbered classes above cameras"),
    pytest.param(
        ("{front|top_view}/{1021|1044|1107}/{1-2}.jpg ?",),
        "front, top_view tell from where images were taken, and 1021, 1044, 1107 in them whom or what they show",
        id="views above numbers",
    ),
    pytest.param(("{front|cat}/{1021|1044|1107}/{1-2}.jpg ?",), "", id="a view beside a name, above numbers"),
    pytest.param(("{front|top}/{1-4}.jpg ?",), "", id="views alone"),
    pytest.param(
        ("{ink|pen}/{01-06}_0.jpg ?", "{ink|pen}/{07-12}_1.jpg ?"),
        "the files in ink, pen are numbered and end in 0, 1, which may be what they show",
        id="counted files that end in one of two numbers",
    ),
    pytest.param(("{ink|pen}/{01-12}_{0|1}.jpg ?",), "", id="each counter with both numbers"),
    pytest.param(("ink/{01-12}_0.jpg ?", "pen/{01-12}_1.jpg ?"), "", id="a number for each folder"),
    pytest.param(("{ink|pen}/{01-05}_0.jpg ?", "pen/11_1.jpg ?"), "", id="few files for each number"),
    pytest.param(
        ("BirdPhotos/{wren|tit|owl}.jpg ?", "bird_photos/{1-4}.jpg ?"),
        "the folders BirdPhotos, bird_photos have one name, written in several ways, which may be a class or not",
        id="one name in two spellings",
    ),
    pytest.param(("{BirdPhotos|bird_photos|cat}/{1-4}.jpg ?",), "", id="one name in two spellings beside another"),
    pytest.param(("{+|-}/{1-4}.jpg ?",), "", id="names without words"),
    pytest.param(
        ("train/{0|1|2}/{1-4}.jpg ?", "val/{cat|dog|eel}/{5-8}.jpg ?"),
        "the classes of train are numbers and those of validation names, perhaps of the same classes",
        id="numbers in one split and names in another",
    ),
    pytest.param(("train/{0|1|2}/{1-4}.jpg ?", "val/{1|cat}/{5-8}.jpg ?"), "", id="numbers and a name"),
    pytest.param(
        ("plain/{train|test}/{cat|dog}/{1-4}.jpg ?", "farm/{train|val}/{day|dusk}/{cat|dog}/{5-8}.jpg ?"),
        "farm, plain each hold splits of their own with classes below, and may be sets rather than classes",
        id="splits in each of two folders, with classes at two depths",
    ),
    pytest.param(
        ("cat_data/{train|test}/{wild|tame}/{1-4}.jpg ?", "dataset/{train|val}/{old|young}/{5-8}.jpg ?"),
        "cat_data, dataset each hold splits of their own with classes below, and may be sets rather than classes",
        id="splits in each of two folders for images",
    ),
    pytest.param(
        ("{cat|dog}/{train|test}/{wild|tame}/{1-4}.jpg ?",), "", id="splits in each of two folders, and alike below"
    ),
    pytest.param(("train/{ann|bob}/{1-4}.jpg ?", "test/{cal|dee}/{5-8}.jpg ?"), "", id="other names in each split"),
]


@pytest.mark.parametrize(("lines", "said"), CASES)
def test_where_a_doubt_begins(look: Look, tmp_path: Path, lines: tuple[str, ...], said: str) -> None:
    assert doubt_of(look, tmp_path, *lines) == said
