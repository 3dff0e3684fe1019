"""Tables that name no image whole: by a part of its name, by several columns, by the row, or in a cell of JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tasks.discover.test_unseen_layouts import draw, lines, read_as, refusal, rows

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

KINDS = ("cat", "dog", "owl")


def kind(at: int) -> str:
    return KINDS[at * 5 % 7 % 3]


def proposed(look: Look, root: Path) -> list[dict[str, str]]:
    """The label of each image, as each proposal has it."""
    readings = [read_as(root, one) for one in refusal(look, root).unsettled.proposals]
    return [{place: row["label_path"] for place, row in reading.items()} for reading in readings]


def test_several_images_whose_names_begin_with_what_a_table_calls_are_proposed(look: Look, tmp_path: Path) -> None:
    images = {f"scans/P_{at:03}_{side}.png": kind(at) for at in range(12) for side in ("left", "right")}
    draw(tmp_path, *images, patients_csv=lines("patient,diagnosis", *(f"P_{at:03},{kind(at)}" for at in range(12))))

    assert images in proposed(look, tmp_path)


def test_zeros_before_other_signs_belong_to_what_a_table_calls_images_by(look: Look, tmp_path: Path) -> None:
    images = {f"scans/s_{'0' * (at % 3)}{at:x}k_raw.png": kind(at) for at in range(12)}
    called = (f"{'0' * (at % 3)}{at:x}k,{kind(at)}" for at in range(12))
    draw(tmp_path, *images, patients_csv=lines("name,diagnosis", *called))

    found = look(tmp_path)

    told = zip(found.samples["location"].to_pylist(), found.samples["label_path"].to_pylist(), strict=True)
    assert dict(told) == images


def test_images_of_two_columns_of_one_character_are_proposed(look: Look, tmp_path: Path) -> None:
    images = {f"tiles/tile_{row}_{column}.png": kind(5 * row + column) for row in range(6) for column in range(5)}
    told = [f"{row},{column},{kind(5 * row + column)}" for row in range(6) for column in range(5)]
    draw(tmp_path, *images, tiles_csv=lines("row,column,class", *told))

    assert images in proposed(look, tmp_path)


@pytest.mark.parametrize("first", [0, 1])
def test_images_that_are_numbered_as_rows_are_proposed_with_the_splits_of_those(
    look: Look, tmp_path: Path, first: int
) -> None:
    images = {f"images/img_{at + first:05}.png": (kind(at), ("train", "test")[at % 4 == 0]) for at in range(24)}
    told = [f"Europe,{label},{split}" for label, split in images.values()]
    draw(tmp_path, *images, meta_csv=lines("region,category,split", *told))

    readings = [read_as(tmp_path, one) for one in refusal(look, tmp_path).unsettled.proposals]

    told_of = [{place: (row["label_path"], row["split"]) for place, row in reading.items()} for reading in readings]
    assert images in told_of


def test_rows_that_are_one_more_than_images_are_no_numbers_of_them(look: Look, tmp_path: Path) -> None:
    draw(
        tmp_path,
        *(f"images/{at:05}.png" for at in range(24)),
        labels_txt=lines(*(kind(at) for at in range(25))),
    )

    assert not any(set(reading.values()) == set(KINDS) for reading in proposed(look, tmp_path))


def test_splits_of_a_table_that_calls_images_by_a_part_of_their_names_are_taken(look: Look, tmp_path: Path) -> None:
    images = {f"images/img_{at:05}.png": (kind(at), ("train", "test")[at % 4 == 0]) for at in range(24)}
    told = [f"{at},{label},{split}" for at, (label, split) in enumerate(images.values())]
    draw(tmp_path, *images, labels_csv=lines("id,species,split", *told))

    assert rows(look(tmp_path)) == images


def test_the_class_in_a_cell_of_json_is_proposed(look: Look, tmp_path: Path) -> None:
    images = {f"img/{at:03}.jpg": kind(at) for at in range(24)}
    told = [json.dumps({"kind": label, "n": 2}).replace('"', '""') for label in images.values()]
    text = lines("filename,attributes", *(f'{at:03}.jpg,"{cell}"' for at, cell in enumerate(told)))
    draw(tmp_path, *images, via_csv=text)

    assert images in proposed(look, tmp_path)


def test_a_column_of_counts_is_a_number_to_predict(look: Look, tmp_path: Path) -> None:
    draw(
        tmp_path,
        *(f"img/{at:03}.jpg" for at in range(24)),
        counts_csv=lines("image,count", *(f"{at:03}.jpg,{at * 137 % 900}" for at in range(24))),
    )

    assert any(one.keys.get("labels") == {"kind": "number"} for one in refusal(look, tmp_path).unsettled.proposals)


def test_a_row_with_two_images_labels_both_in_the_first_proposal(look: Look, tmp_path: Path) -> None:
    images = {f"img/{at:03}_{side}.jpg": kind(at) for at in range(18) for side in ("front", "back")}
    told = [f"{at},img/{at:03}_front.jpg,img/{at:03}_back.jpg,{kind(at)}" for at in range(18)]
    draw(tmp_path, *images, products_csv=lines("sku,front,back,category", *told))

    assert proposed(look, tmp_path)[0] == images


def test_a_row_with_an_image_and_its_mask_labels_the_image_alone(look: Look, tmp_path: Path) -> None:
    images = {f"img/{at:03}.jpg": kind(at) for at in range(18)}
    masks = [f"other/{at:03}_seg.png" for at in range(18)]
    told = [f"img/{at:03}.jpg,other/{at:03}_seg.png,{kind(at)}" for at in range(18)]
    draw(tmp_path, *images, *masks, scans_csv=lines("image,mask,category", *told))

    assert not any(set(masks) & set(reading) and "cat" in reading.values() for reading in proposed(look, tmp_path))


def test_locations_that_are_written_as_in_addresses_name_files(look: Look, tmp_path: Path) -> None:
    images = {f"img/foto {at:03}.jpg": kind(at) for at in range(18)}
    told = [f"img/foto%20{at:03}.jpg,{kind(at)}" for at in range(18)]
    draw(tmp_path, *images, labels_csv=lines("file,label", *told))

    assert {path: label for path, (label, _) in rows(look(tmp_path)).items()} == images


def test_images_are_found_by_the_arrays_that_they_were_made_of(look: Look, tmp_path: Path) -> None:
    images = {f"img/slice_{at:03}.png": kind(at) for at in range(18)}
    told = [f"/content/img/slice_{at:03}.h5,{kind(at)}" for at in range(18)]
    draw(tmp_path, *images, labels_csv=lines("path,label", *told))

    assert {path: label for path, (label, _) in rows(look(tmp_path)).items()} == images


@pytest.mark.parametrize("form", ["{split}_{kind}", "{kind}-{split}", "{split}{kind}"])
def test_folders_that_name_split_and_class_are_proposed_without_the_sign_between(
    look: Look, tmp_path: Path, form: str
) -> None:
    images = {f"{form.format(split=split, kind=name)}/{at}.jpg": (name, split)
              for split in ("train", "test") for name in ("Cat", "Dog") for at in range(4)}  # fmt: skip
    draw(tmp_path, *images)

    readings = [read_as(tmp_path, one) for one in refusal(look, tmp_path).unsettled.proposals]

    assert images in [
        {place: (row["label_path"], row["split"]) for place, row in reading.items()} for reading in readings
    ]


@pytest.mark.parametrize(
    ("last", "end", "rejected"),
    [
        pytest.param("d", "", 1, id="cut in its label"),
        pytest.param("dog", "", 0, id="whole, without an end of line"),
        pytest.param("d", "\n", 0, id="a class of its own"),
        pytest.param("fox", "", 0, id="no beginning of another"),
    ],
)
def test_a_last_row_that_is_cut_off_in_its_label_is_a_reject(
    look: Look, tmp_path: Path, last: str, end: str, rejected: int
) -> None:
    told = [f"{at:03}.jpg,{kind(at)}" for at in range(23)]
    draw(tmp_path, *(f"img/{at:03}.jpg" for at in range(24)))
    (tmp_path / "labels.csv").write_text(lines("file,label", *told) + f"023.jpg,{last}{end}", encoding="utf-8")

    found = look(tmp_path)

    assert found.rejections.num_rows == rejected
    assert (last in {label for label, _ in rows(found).values()}) is not bool(rejected)
    assert (last in found.class_paths) is not bool(rejected)
