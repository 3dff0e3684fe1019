"""Tables beside images as public datasets have them: read where one reading accounts for all, else refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from flows.config import DatasetConfig
from tasks.discover import discover_sources
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.errors import LabelFileError
from tasks.samples import Discovery

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


def draw(root: Path, *images: str, **files: str) -> None:
    """Draw *images*, and *files* by names in which ``__`` stands for a slash and the last ``_`` for a dot."""
    for at, name in enumerate(images):
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x" * (at + 1))
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        place = root / f"{stem.replace('__', '/')}.{suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def lines(*texts: str) -> str:
    return "\n".join(texts) + "\n"


def rows(found: Discovery) -> dict[str, tuple[Any, str]]:
    return {row["location"]: (row["label_path"], row["split"]) for row in found.samples.to_pylist()}


def read_as(root: Path, proposal: Proposal) -> dict[str, dict[str, Any]]:
    """The samples that *proposal*, as a config says it, makes of *root*."""
    keys = json.loads(json.dumps(proposal.keys))
    keys["source"]["path"] = str(root)
    config = DatasetConfig.model_validate({"name": "x", "output": {"path": str(root / "out")}, **keys})
    found = discover_sources(config.sources, config.splits.names, config.split_lists)
    return {row["location"]: dict(row) for row in found.samples.to_pylist()}


def refusal(look: Look, root: Path) -> UnsettledLayoutError:
    with pytest.raises(UnsettledLayoutError) as caught:
        look(root)
    return caught.value


SIGNS = ("EXIT", "STOP", "TAXI")


def test_class_folders_that_are_numbered_in_even_steps_alike_are_classes(look: Look, tmp_path: Path) -> None:
    numbers = range(0, 600, 50)
    draw(tmp_path, *(f"{name}/{number:04}.jpg" for name in ("deer", "frog", "truck") for number in numbers))

    found = look(tmp_path)

    assert found.class_paths == ("deer", "frog", "truck")


def test_folders_of_the_same_scattered_numbers_may_be_forms_of_the_same_images(look: Look, tmp_path: Path) -> None:
    numbers = (3, 40, 58, 171, 180, 402, 433, 590)
    draw(tmp_path, *(f"{name}/{number:04}.jpg" for name in ("deer", "frog", "truck") for number in numbers))

    assert "hold files of the same names" in str(refusal(look, tmp_path))


def test_lists_of_two_splits_under_names_of_their_own_are_one_table(look: Look, tmp_path: Path) -> None:
    draw(
        tmp_path,
        *(f"ch4_training_words/word_{i}.png" for i in range(1, 10)),
        *(f"ch4_test_words/word_{i}.png" for i in range(1, 5)),
        ch4_training_words__gt_txt=lines(*(f'word_{i}.png, "{SIGNS[i % 3]}"' for i in range(1, 10))),
        Challenge4_Test_GT_txt=lines(*(f'word_{i}.png, "{SIGNS[i % 3]}"' for i in range(1, 5))),
    )

    found = rows(look(tmp_path))

    assert len(found) == 13
    assert found["ch4_test_words/word_2.png"] == ("TAXI", "test")
    assert found["ch4_training_words/word_2.png"] == ("TAXI", "train")


def places(split_file: str) -> dict[str, str]:
    """A table of images with their places, and what *split_file* says of these."""
    records = [
        {"id": i, "file_name": f"S1/p{i}.jpg", "site": f"{'ABCD'[i % 4]}0{i % 4}", "label": ("fox", "hare")[i // 4 % 2]}
        for i in range(16)
    ]
    return {"season_json": json.dumps(records), "season_splits_json": split_file}


def test_splits_of_places_are_joined_to_their_images(look: Look, tmp_path: Path) -> None:
    told = places(json.dumps({"splits": {"train": ["A00", "B01", "D03"], "val": ["C02"]}}))
    draw(tmp_path, *(f"S1/p{i}.jpg" for i in range(16)), **told)

    found = rows(look(tmp_path))

    assert found["S1/p2.jpg"] == ("fox", "validation")
    assert {split for _, split in found.values()} == {"train", "validation"}
    assert sum(split == "validation" for _, split in found.values()) == 4


def test_splits_of_what_no_table_knows_are_not_drawn_at_random(look: Look, tmp_path: Path) -> None:
    told = places(json.dumps({"splits": {"train": ["north", "south"], "val": ["east"]}}))
    draw(tmp_path, *(f"S1/p{i}.jpg" for i in range(16)), **told)

    error = refusal(look, tmp_path)

    assert "season_splits.json may say which images are in which split" in str(error)
    assert "label" in error.unsettled.proposals[0].says


def test_a_place_without_a_split_keeps_no_other_from_having_one(look: Look, tmp_path: Path) -> None:
    splits = {"A00": "train", "B01": "train", "C02": "val", "D03": "train", "E04": ""}
    told = places(json.dumps([{"area": site, "part_of": split} for site, split in splits.items()]))
    draw(tmp_path, *(f"S1/p{i}.jpg" for i in range(16)), **told)

    assert {split for _, split in rows(look(tmp_path)).values()} == {"train", "validation"}


def test_a_table_may_call_pictures_what_they_were_made_of(look: Look, tmp_path: Path) -> None:
    kinds = ("dog", "rain", "siren")
    draw(
        tmp_path,
        *(f"spectrograms/{i}-A.png" for i in range(9)),
        meta__sounds_csv=lines("filename,fold,category", *(f"{i}-A.wav,{i % 2},{kinds[i % 3]}" for i in range(9))),
    )

    found = rows(look(tmp_path))

    assert {place: label for place, (label, _) in found.items()} == {
        f"spectrograms/{i}-A.png": kinds[i % 3] for i in range(9)
    }


def test_masks_are_not_what_a_table_calls_by_another_suffix(look: Look, tmp_path: Path) -> None:
    draw(
        tmp_path,
        *(f"masks/{i}.png" for i in range(9)),
        labels_csv=lines("image,label", *(f"{i}.jpg,{SIGNS[i % 3]}" for i in range(9))),
    )

    error = refusal(look, tmp_path)

    assert all("tables" not in str(one.keys["source"].get("tables", "")) for one in error.unsettled.proposals)
    assert not any("column label" in one.says for one in error.unsettled.proposals)


def observation(number: int, species: str) -> str:
    said = f"<Species>{species}</Species>" if species else ""
    return f"<Image><MediaId>{number}</MediaId><Author>jo</Author>{said}</Image>"


def test_an_element_that_some_of_many_files_lack_is_empty_there(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"train/{i}.jpg" for i in range(8)), *(f"test/{i}.jpg" for i in range(8, 11)))
    for number in range(11):
        place = tmp_path / ("train" if number < 8 else "test") / f"{number}.xml"
        place.write_text(observation(number, ("Acer", "Olea")[number % 2] if number < 8 else ""))

    found = rows(look(tmp_path))

    assert found["train/3.jpg"] == ("Olea", "train")
    assert found["test/9.jpg"] == ("", "test")


def test_a_key_that_no_file_has_is_an_error(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"{i}.jpg" for i in range(4)))
    for number in range(4):
        (tmp_path / f"{number}.xml").write_text(observation(number, "Acer"))
    tables = [{"files": "*.xml", "columns": {"MediaId": "location", "Genus": "label"}}]

    with pytest.raises(LabelFileError, match=r"has no column 'Genus'.*MediaId, Author, Species"):
        look(tmp_path, layout="tables", tables=tables)


def test_a_semicolon_parts_cells_that_hold_commas(look: Look, tmp_path: Path) -> None:
    head = "Filename;Annotation tag;Occluded,On another road;Origin file"
    draw(
        tmp_path,
        *(f"frames/a{i}.png" for i in range(9)),
        allAnnotations_csv=lines(head, *(f"frames/a{i}.png;{SIGNS[i % 3]};0,0;track{i}.avi" for i in range(9))),
    )

    assert rows(look(tmp_path))["frames/a4.png"] == ("STOP", "")


KITTI = "{} 0.00 0 -1.58 587.01 173.33 614.12 200.12 1.65 1.67 3.64 -0.65 1.71 46.70 -1.59"
DOTA = "2753 2408 2861 2385 2888 2468 2805 2502 {} 0"


@pytest.mark.parametrize(
    ("form", "head", "place"),
    [
        pytest.param(KITTI, (), "label_2", id="a word before numbers"),
        pytest.param(DOTA, ("imagesource:GoogleEarth", "gsd:0.146"), "labelTxt", id="a word behind numbers"),
        pytest.param("1,2,3,4,{},0", (), "boxes", id="a word among commas"),
    ],
)
def test_words_among_the_numbers_of_boxes_are_a_set_of_labels(
    look: Look, tmp_path: Path, form: str, head: tuple[str, ...], place: str
) -> None:
    draw(tmp_path, *(f"train/images/P{i}.png" for i in range(8)))
    (tmp_path / "train" / place).mkdir()
    for number in range(8):
        said = sorted({("car", "bus", "tram")[number % 3], "car"})
        text = lines(*head, *(form.format(word) for word in said))
        (tmp_path / "train" / place / f"P{number}.txt").write_text(text)

    certain = refusal(look, tmp_path).certain

    assert certain is not None
    found = read_as(tmp_path, certain)
    assert {place: sorted(row["label_paths"] or [row["label_path"]]) for place, row in found.items()} == {
        f"train/images/P{i}.png": sorted({("car", "bus", "tram")[i % 3], "car"}) for i in range(8)
    }


def test_what_a_table_opposes_stays_a_reading_that_is_possible(look: Look, tmp_path: Path) -> None:
    draw(
        tmp_path,
        *(f"Class{c}/{i}.png" for c in (1, 2) for i in range(6)),
        defects_csv=lines("file,label", *(f"Class{c}/{i}.png,{i % 3}" for c in (1, 2) for i in range(6))),
    )

    error = refusal(look, tmp_path)

    assert error.unsettled.proposals[0].says == "the column label of defects.csv is the label"
    assert error.unsettled.proposals[-1].says == "the folders alone are right"


@pytest.mark.parametrize(
    ("called", "file"),
    [
        pytest.param("{}", "{:04}.png", id="without its zeros"),
        pytest.param("{}", "img_{:05}.jpg", id="without what all begin with"),
        pytest.param("scan{}.jpg", "scan{}_small.png", id="without what all end in"),
        pytest.param("raw/scan{}.dcm", "x_scan{}.png", id="in another folder and format"),
    ],
)
def test_a_table_may_call_images_by_a_part_of_their_names(look: Look, tmp_path: Path, called: str, file: str) -> None:
    draw(
        tmp_path,
        *(f"images/{file.format(i)}" for i in range(1, 13)),
        labels_csv=lines("image_id,label", *(f"{called.format(i)},{SIGNS[i % 3]}" for i in range(1, 13))),
    )

    found = rows(look(tmp_path))

    assert found == {f"images/{file.format(i)}": (SIGNS[i % 3], "") for i in range(1, 13)}


def test_numbers_of_rows_are_no_numbers_of_files(look: Look, tmp_path: Path) -> None:
    draw(
        tmp_path,
        *(f"images/img_{i:05}.jpg" for i in range(1, 31)),
        labels_csv=lines("index,label", *(f"{i},{SIGNS[i % 3]}" for i in range(30))),
    )

    error = refusal(look, tmp_path)

    (by_place,) = (one for one in error.unsettled.proposals if "column label" in one.says)
    assert by_place.says.endswith("whose rows, counted from 1, have the numbers in the images' names")
    assert not any("index" in line for line in by_place.yaml_lines())


def test_paths_with_blanks_end_before_the_last_one(look: Look, tmp_path: Path) -> None:
    kinds = ("Air-dried meat", "Beef Wellington", "Zongzi")
    splits = ("train", "train", "val")
    images = [(kind, at, i) for at, kind in enumerate(kinds) for i in range(6)]
    draw(tmp_path, *(f"images/{kind}/{at:03}_{i:05}.jpg" for kind, at, i in images))
    for split in ("train", "val"):
        listed = [f"{kind}/{at:03}_{i:05}.jpg {at}" for kind, at, i in images if splits[i % 3] == split]
        (tmp_path / f"{split}_private.txt").write_text(lines(*listed))

    found = rows(look(tmp_path))

    assert found["images/Air-dried meat/000_00002.jpg"] == ("Air-dried meat", "validation")
    assert found["images/Zongzi/002_00000.jpg"] == ("Zongzi", "train")
    assert len(found) == 18


def test_lists_of_numbered_folders_say_label_and_split(look: Look, tmp_path: Path) -> None:
    clips = {37 * i: SIGNS[i % 3] for i in range(1, 21)}
    parts = {"train": list(clips)[:12], "validation": list(clips)[12:]}
    draw(tmp_path, *(f"clips/{clip}/0000{i}.jpg" for clip in clips for i in (1, 2)))
    for split, numbers in parts.items():
        (tmp_path / f"jester-{split}.csv").write_text(lines(*(f"{number};{clips[number]}" for number in numbers)))

    first, *_, last = refusal(look, tmp_path).unsettled.proposals

    assert last.says == "the folders alone are right"
    assert {place: (row["label_path"], row["split"]) for place, row in read_as(tmp_path, first).items()} == {
        f"clips/{number}/0000{i}.jpg": (clips[number], split)
        for split, numbers in parts.items()
        for number in numbers
        for i in (1, 2)
    }


def test_images_without_a_row_may_show_none_of_the_classes(look: Look, tmp_path: Path) -> None:
    defects = [f"p{i}.jpg,{i % 3}" for i in range(12)] + [f"p{i}.jpg,{(i + 1) % 3}" for i in range(0, 12, 4)]
    draw(
        tmp_path,
        *(f"train_images/p{i}.jpg" for i in range(16)),
        *(f"test_images/q{i}.jpg" for i in range(3)),
        train_csv=lines("ImageId,ClassId", *sorted(defects)),
    )

    offered = {one.says: one for one in refusal(look, tmp_path).unsettled.proposals}

    (says,) = (says for says in offered if says.endswith("images in train_images that it does not name show none"))
    found = read_as(tmp_path, offered[says])
    assert sorted(found) == sorted(f"train_images/p{i}.jpg" for i in range(16))
    assert not any(found[f"train_images/p{i}.jpg"]["label_paths"] for i in range(12, 16))


def test_tables_of_one_object_each_that_say_all_splits_are_one_reading(look: Look, tmp_path: Path) -> None:
    for thing in ("cap", "zipper"):
        told: dict[str, list[dict[str, str]]] = {"train": [], "test": []}
        for i in range(12):
            split = "train" if i < 6 else "test"
            place = f"S{i:04}/{thing}_{i:04}_{split}.jpg"
            draw(tmp_path, f"{thing}/{place}")
            told[split].append({"category": thing, "class": ("good", "bent")[i % 2], "image_path": place})
        (tmp_path / f"{thing}.json").write_text(json.dumps({"meta": {"prefix": thing}, **told}))

    try:
        found = rows(look(tmp_path))
    except UnsettledLayoutError as error:
        first = error.unsettled.proposals[0]
        found = {place: (row["label_path"], row["split"]) for place, row in read_as(tmp_path, first).items()}

    assert len(found) == 24
    assert found["zipper/S0007/zipper_0007_test.jpg"] == ("bent", "test")


def test_splits_that_names_begin_with_are_offered_and_never_taken(look: Look, tmp_path: Path) -> None:
    names = [f"{'train' if i < 14 else 'test'}_{i:03}" for i in range(20)]
    draw(
        tmp_path,
        *(f"imgs/{name}.jpg" for name in names),
        labels_csv=lines("file,label", *(f"{name}.jpg,{SIGNS[i % 3]}" for i, name in enumerate(names))),
    )

    error = refusal(look, tmp_path)

    assert "begin with words for splits" in str(error)
    found = read_as(tmp_path, error.unsettled.proposals[0])
    assert {place: row["split"] for place, row in found.items()} == {
        f"imgs/{name}.jpg": name.partition("_")[0] for name in names
    }


@pytest.mark.parametrize(
    ("names", "label"),
    [
        pytest.param(
            [f"{'lamp fern'.split()[i % 2]}.{i * 7919 + 4096:08x}.jpg" for i in range(12)], 0, id="beginnings"
        ),
        pytest.param([f"{i * 7919 + 4096:08x}-{'lamp fern'.split()[i % 2]}.jpg" for i in range(12)], 1, id="ends"),
    ],
)
def test_words_at_either_end_of_names_are_offered(look: Look, tmp_path: Path, names: list[str], label: int) -> None:
    draw(tmp_path, *(f"photos/{name}" for name in names))

    offered = [one for one in refusal(look, tmp_path).unsettled.proposals if "pattern" in one.keys["source"]]

    told = {place: row["label_path"] for place, row in read_as(tmp_path, offered[0]).items()}
    assert told == {f"photos/{name}": name.removesuffix(".jpg").replace("-", ".").split(".")[label] for name in names}


def test_the_whole_of_a_name_may_be_the_text_that_it_shows(look: Look, tmp_path: Path) -> None:
    texts = ("2b827", "d8nd6", "4egwb", "x3fwf", "pme86", "nfbg8", "8w875", "wc2bd")
    draw(tmp_path, *(f"captchas/{text}.png" for text in texts))

    offered = [one for one in refusal(look, tmp_path).unsettled.proposals if "pattern" in one.keys["source"]]

    told = {row["label_path"] for row in read_as(tmp_path, offered[0]).values()}
    assert told == set(texts)


def test_numbers_may_be_what_a_pattern_finds(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, "a/img_07.jpg", "a/img_12.jpg", labels_csv=lines("n,label", "7,cat", "12.0,dog"))
    tables = [
        {"listing": "**", "pattern": r"img_(?P<n>\d+)\.jpg$", "numbers": ["n"]},
        {"file": "labels.csv", "numbers": ["n"]},
    ]

    assert rows(look(tmp_path, layout="tables", tables=tables)) == {
        "a/img_07.jpg": ("cat", ""),
        "a/img_12.jpg": ("dog", ""),
    }


def test_files_of_one_name_in_two_splits_speak_of_the_image_in_their_own(look: Look, tmp_path: Path) -> None:
    kinds = ("bus", "car", "van")
    for split, count, first in (("train", 10, 0), ("test", 5, 1)):
        draw(tmp_path, *(f"{split}/images/f{i}.jpg" for i in range(count)))
        (tmp_path / split / "labels").mkdir()
        for i in range(count):
            (tmp_path / split / "labels" / f"f{i}.txt").write_text(f"{(first + i) % 3} 0.5 0.5 0.2 0.2\n")
        (tmp_path / split / "labels" / "classes.txt").write_text(lines(*kinds))

    single = refusal(look, tmp_path).unsettled.proposals[1]

    found = read_as(tmp_path, single)
    assert {place: (row["label_path"], row["split"]) for place, row in found.items()} == {
        f"{split}/images/f{i}.jpg": (kinds[(first + i) % 3], split)
        for split, count, first in (("train", 10, 0), ("test", 5, 1))
        for i in range(count)
    }


def test_boxes_of_one_class_part_images_that_show_it_from_those_that_do_not(look: Look, tmp_path: Path) -> None:
    for i in range(12):
        draw(tmp_path, f"train/images/a{i}.jpg")
        place = tmp_path / f"train/labels/a{i}.txt"
        place.parent.mkdir(exist_ok=True)
        place.write_text("0 0.5 0.5 0.2 0.2\n" if i % 4 else "")
    (tmp_path / "data.yaml").write_text("train: ../train/images\nnc: 1\nnames: ['face']\n")

    certain = refusal(look, tmp_path).certain

    assert certain is not None
    found = read_as(tmp_path, certain)
    assert {place: row["label_paths"] or [] for place, row in found.items()} == {
        f"train/images/a{i}.jpg": ["face"] if i % 4 else [] for i in range(12)
    }


def test_annotations_of_one_class_in_all_images_are_offered(look: Look, tmp_path: Path) -> None:
    for i in range(6):
        draw(tmp_path, f"shelf_{i}.jpg")
        said = f"<filename>shelf_{i}.jpg</filename><object><name>pricetag</name></object>"
        (tmp_path / f"shelf_{i}.xml").write_text(f"<annotation>{said}<bndbox><xmin>2</xmin></bndbox></annotation>")

    first = refusal(look, tmp_path).unsettled.proposals[0]

    assert {row["label_path"] or row["label_paths"][0] for row in read_as(tmp_path, first).values()} == {"pricetag"}


def test_boxes_of_one_class_say_nothing_against_folders(look: Look, tmp_path: Path) -> None:
    names = [f"{kind}/p{i}_{kind}.jpg" for kind in ("run", "sit") for i in range(8)]
    draw(tmp_path, *names)
    images = [{"id": at, "file_name": name, "width": 9, "height": 9} for at, name in enumerate(names)]
    notes = [{"id": at, "image_id": at, "category_id": 1, "bbox": [1, 2, 3, 4]} for at in range(0, 16, 2)]
    kinds = [{"id": 1, "name": "person"}]
    (tmp_path / "people.json").write_text(json.dumps({"images": images, "annotations": notes, "categories": kinds}))

    found = rows(look(tmp_path))

    assert found == {name: (name.partition("/")[0], "") for name in names}


def test_a_folder_that_names_a_split_among_other_words_may_belong_to_it(look: Look, tmp_path: Path) -> None:
    for split in ("train", "val", "test", "auto_test"):
        for grade in "012":
            for number in range(3):
                place = tmp_path / f"knee/{split}/{grade}/{split}{grade}{number}.png"
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(place.name.encode())

    said = {one.says: one for one in refusal(look, tmp_path).unsettled.proposals}

    found = read_as(tmp_path, said["auto_test belongs to the split test"])
    assert found["knee/auto_test/1/auto_test10.png"]["split"] == "test"
    assert {row["label_path"] for row in found.values()} == {"0", "1", "2"}
