"""What speaks against folders that look like classes: keywords of photographs, closed zips, lists by line, patients."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tasks.discover.test_unseen_layouts import draw, lines, read_as, refusal, rows

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

PEOPLE = ("anna", "ben", "carl")
KINDS = ("cat", "dog", "owl")
PHOTOS = [f"{PEOPLE[at % 3]}/DSC_{at:04}.jpg" for at in range(27)]
XMP = """<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="3">
<dc:subject><rdf:Bag><rdf:li>{}</rdf:li></rdf:Bag></dc:subject></rdf:Description></rdf:RDF></x:xmpmeta>
"""


def kind(at: int) -> str:
    return KINDS[at * 5 % 7 % 3]


def test_keywords_beside_photographs_oppose_folders_of_people_and_can_be_read(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *PHOTOS)
    for at, path in enumerate(PHOTOS):
        (tmp_path / path).with_suffix(".xmp").write_text(XMP.format(kind(at)), encoding="utf-8")

    readings = [read_as(tmp_path, one) for one in refusal(look, tmp_path).unsettled.proposals]

    told = [{place: row["label_path"] for place, row in reading.items()} for reading in readings]
    assert {path: kind(at) for at, path in enumerate(PHOTOS)} in told


def test_keywords_beside_photographs_in_folders_of_days_are_their_labels(look: Look, tmp_path: Path) -> None:
    photos = [f"2021-05-0{1 + at % 2}/DSC_{at:04}.jpg" for at in range(24)]
    draw(tmp_path, *photos)
    for at, path in enumerate(photos):
        (tmp_path / path).with_suffix(".xmp").write_text(XMP.format(kind(at)), encoding="utf-8")

    assert {path: label for path, (label, _) in rows(look(tmp_path)).items()} == {
        path: kind(at) for at, path in enumerate(photos)
    }


def test_a_zip_of_lists_beside_class_folders_is_opened_before_they_are_believed(look: Look, tmp_path: Path) -> None:
    images = [f"{KINDS[at % 3]}/{at:03}.jpg" for at in range(27)]
    draw(tmp_path, *images)
    with zipfile.ZipFile(tmp_path / "splits.zip", "w") as packed:
        packed.writestr("train.txt", lines(*images[9:]))
        packed.writestr("test.txt", lines(*images[:9]))

    error = refusal(look, tmp_path)

    assert "splits.zip holds test.txt, train.txt, which are not read" in str(error)
    assert error.unsettled.proposals[0].keys == {"source": {"archives": True}}
    assert {split for _, split in rows(look(tmp_path, archives=True)).values()} == {"train", "test"}


@pytest.mark.parametrize("name", ["images.zip", "docs.zip"])
def test_a_zip_of_anything_else_leaves_class_folders_alone(look: Look, tmp_path: Path, name: str) -> None:
    draw(tmp_path, *(f"{KINDS[at % 3]}/{at:03}.jpg" for at in range(27)))
    with zipfile.ZipFile(tmp_path / name, "w") as packed:
        packed.writestr("cat/000.jpg" if name == "images.zip" else "manual.pdf", b"x")
        packed.writestr("list.txt", "cat/000.jpg")

    assert {label for label, _ in rows(look(tmp_path)).values()} == set(KINDS)


def test_a_list_with_a_line_for_each_image_may_say_what_they_show(look: Look, tmp_path: Path) -> None:
    photos = [f"{PEOPLE[at % 3]}/DSC_{7 * at:04}.jpg" for at in range(27)]
    draw(tmp_path, *photos, Labels_sky_txt=lines(*(str(at // 4 % 2) for at in range(27))))

    assert "Labels_sky.txt has a line for each image" in str(refusal(look, tmp_path))


def test_folders_that_differ_by_numbers_alone_may_be_patients(look: Look, tmp_path: Path) -> None:
    draw(
        tmp_path,
        *(f"{kind}/{100 + 7 * at}_S_{30 * at + part}/{scan}.png" for part, kind in enumerate(("AD", "CN", "MCI"))
          for at in range(3) for scan in range(4)),
    )  # fmt: skip

    error = refusal(look, tmp_path)

    assert "differ by their numbers alone, and may be no classes" in str(error)
    assert {"AD", "CN", "MCI"} in [
        {row["label_path"] for row in read_as(tmp_path, one).values()} for one in error.unsettled.proposals
    ]


@pytest.mark.parametrize(
    "folders",
    [
        pytest.param(
            [f"{kind}/grade {at + 3 * part}" for part, kind in enumerate(KINDS) for at in range(3)], id="grades"
        ),
        pytest.param(
            [f"{top}/{name}" for top in KINDS for name in ("727-200", "A320", "Spitfire")], id="several forms"
        ),
    ],
)
def test_folders_that_may_be_classes_below_others_stay_levels(look: Look, tmp_path: Path, folders: list[str]) -> None:
    draw(tmp_path, *(f"{folder}/{at}.png" for folder in folders for at in range(4)))

    assert {label for label, _ in rows(look(tmp_path)).values()} == set(folders)


def test_folders_around_what_a_cloud_packed_are_called_as_what_is_in_them(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"{name}-20230101T101010Z-001/{name}/{at}.jpg" for name in KINDS for at in range(6)))

    assert {label for label, _ in rows(look(tmp_path)).values()} == set(KINDS)


PLACES = [f"{kind}/{at:03}.jpg" for kind in ("city", "shore") for at in range(12)]


@pytest.mark.parametrize(
    ("header", "cells", "says"),
    [
        pytest.param("name,mos,is_valid", "{at}.25,{at}", "the column mos of scores.csv", id="a named number"),
        pytest.param("", "{at}.25", "column 2 of scores.csv", id="fractions without a name"),
        pytest.param("", "{at}", "", id="whole numbers without a name"),
        pytest.param("name,kind,mos", "{kind},{at}.25", "", id="the folders' classes beside it"),
        pytest.param("name,width,date", "48,2021-05-01", "", id="nothing to predict"),
    ],
)
def test_a_table_of_numbers_alone_opposes_folders(
    look: Look, tmp_path: Path, header: str, cells: str, says: str
) -> None:
    draw(tmp_path, *PLACES)
    told = [f"{path},{cells}".format(at=at * 7 % 24, kind=path.split("/")[0]) for at, path in enumerate(PLACES)]
    told = [line.rpartition(",")[0] + f",{at % 2}" if "is_valid" in header else line for at, line in enumerate(told)]
    (tmp_path / "scores.csv").write_text(lines(*([header] if header else []), *told), encoding="utf-8")

    if not says:
        assert look(tmp_path).class_paths == ("city", "shore")
        return
    error = refusal(look, tmp_path)
    assert f"{says} has a number for each image, and that file says nothing else of them" in str(error)
    of_number = next(one for one in error.unsettled.proposals if "is a number to predict" in one.says)
    read = read_as(tmp_path, of_number)
    assert [read[path]["label_path"] for path in PLACES[:2]] == ["0.25", "7.25"]
    assert {row["split"] for row in read.values()} == ({"train", "validation"} if "is_valid" in header else {""})
