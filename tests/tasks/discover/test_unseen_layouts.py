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
