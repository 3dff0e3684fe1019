"""Tables of texts and of amounts beside images, and lists of words for splits that are no classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tasks.discover.test_unseen_layouts import draw, lines, read_as, refusal, rows

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

TEXTS = ("KQUT WW", "TM7B", "elisa", "0209", "MCM6", "stone", "9X1", "Haus")


def table(folder: str, header: str) -> str:
    return lines(header, *(f"word_{at}.png,{text}{folder[:1]}" for at, text in enumerate(TEXTS)))


def words_in(*folders: str) -> list[str]:
    return [f"{folder}/word_{at}.png" for folder in folders for at in range(len(TEXTS))]


def labels_in(read: dict[str, dict[str, object]]) -> dict[str, object]:
    return {place: row["label_path"] for place, row in read.items()}


def test_a_text_for_each_image_opposes_folders_and_can_be_read(look: Look, tmp_path: Path) -> None:
    files = {f"{folder}__labels_csv": table(folder, "filename,content") for folder in ("tune", "evaluate")}
    draw(tmp_path, *words_in("tune/images", "evaluate/images"), **files)

    error = refusal(look, tmp_path)

    assert "evaluate/labels.csv has a text for each of 8 images in its column content" in str(error)
    assert labels_in(read_as(tmp_path, error.unsettled.proposals[0])) == {
        f"evaluate/images/word_{at}.png": f"{text}e" for at, text in enumerate(TEXTS)
    }


def test_checksums_of_images_are_no_texts(look: Look, tmp_path: Path) -> None:
    sums = lines("filename,made", *(f"word_{at}.png,{at:016x}" for at in range(8)))
    draw(tmp_path, *words_in("cat/images", "dog/images"), cat__list_csv=sums)

    assert {label for label, _ in rows(look(tmp_path)).values()} == {"cat", "dog"}


def test_texts_of_several_splits_are_proposed_with_them_and_no_split_is_a_class(look: Look, tmp_path: Path) -> None:
    names = {f"{split}/{split.upper()}_{first + at:04}.jpg": f"{text}{split}"
             for split, first in (("train", 0), ("test", 50)) for at, text in enumerate(TEXTS)}  # fmt: skip
    lists = {f"{split}_ds_csv": lines("FILENAME,IDENTITY", *(f"{place[len(split) + 1 :]},{text}"
             for place, text in names.items() if place.startswith(split))) for split in ("train", "test")}  # fmt: skip
    draw(tmp_path, *names, **lists)

    first, *others = refusal(look, tmp_path).unsettled.proposals

    assert {place: (row["label_path"], row["split"]) for place, row in read_as(tmp_path, first).items()} == {
        place: (text, place.partition("/")[0]) for place, text in names.items()
    }
    assert [other.says for other in others] == ["the images are meant to have no labels"]


@pytest.mark.parametrize(
    ("codes", "kind"), [(("0147", "3811", "6838", "9439", "5108", "3625"), {}), (("3147",) * 0, {"kind": "number"})]
)
def test_digits_of_which_some_begin_with_0_are_a_text(
    look: Look, tmp_path: Path, codes: tuple[str, ...], kind: dict[str, str]
) -> None:
    told = codes or ("1470", "3811", "6838", "9439", "5108", "3625")
    draw(tmp_path, *(f"w{at}.jpg" for at in range(6)), gt_txt=lines(*(f"w{at}.jpg\t{c}" for at, c in enumerate(told))))

    first = refusal(look, tmp_path).unsettled.proposals[0]

    assert first.keys.get("labels", {}) == kind
    assert first.says.startswith("column 2 ")


def test_amounts_are_numbers_to_predict_however_often_they_come_again(look: Look, tmp_path: Path) -> None:
    log = lines(*(f"img/c{at}.jpg,{(at % 21 - 10) / 10}" for at in range(84)))
    draw(tmp_path, *(f"img/c{at}.jpg" for at in range(84)), driving_log_csv=log)

    proposals = refusal(look, tmp_path).unsettled.proposals

    assert "column 2 is a number to predict" in [one.says for one in proposals]
    assert not any(one.says.startswith("column 2 of") for one in proposals)


def test_lists_in_cells_are_several_labels_and_lists_of_places_are_none(look: Look, tmp_path: Path) -> None:
    moods = [("'happy'", "12"), ("'sad', 'happy'", "40, 9"), ("'angry'", "7")] * 4
    told = lines("file_name;moods;x_s", *(f"e{at}.jpg;[{mood}];[{x}]" for at, (mood, x) in enumerate(moods)))
    draw(tmp_path, *(f"e{at}.jpg" for at in range(12)), all_csv=told)

    first, *others = refusal(look, tmp_path).unsettled.proposals

    assert read_as(tmp_path, first)["e1.jpg"]["label_paths"] == ["sad", "happy"]
    assert not any("x_s" in other.says for other in others)


def test_a_comma_among_words_parts_none(look: Look, tmp_path: Path) -> None:
    said = ["the", ",", "cat", "the", ",", "cat", "30,000", "the"]
    draw(
        tmp_path, *(f"words/a{at}.png" for at in range(8)), labels_txt=lines(*(f"a{a} {w}" for a, w in enumerate(said)))
    )

    assert [label for label, _ in rows(look(tmp_path)).values()] == said


def test_the_form_of_files_is_no_label(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"stop_{at:02}.{'JPG' if at % 4 else 'png'}" for at in range(16)))

    assert not any("png (4)" in one.says for one in refusal(look, tmp_path).unsettled.proposals)


def test_a_long_table_that_cannot_be_taken_opposes_folders_of_other_classes(look: Look, tmp_path: Path) -> None:
    about = "of steel, " * 150
    told = [f'p{at},{"saw tongs".split()[at % 2]},processed/p{at}.png,"{about}"' for at in range(400)]
    draw(
        tmp_path,
        *(f"processed/p{at}.png" for at in range(350)),
        *(f"raw/q{at}.png" for at in range(20)),
        all_csv=lines("id,category,image_path,description", *told),
    )

    assert "the column category of all.csv is the label, but 50 rows name no image" in str(refusal(look, tmp_path))


def test_names_count_for_nothing_where_a_table_names_the_images(look: Look, tmp_path: Path) -> None:
    names = [f"{kind} ({at}).jpg" for kind in ("apple", "grape") for at in range(10)]
    told = lines(
        "images,labels", *(f"{name},{name[:5]};fruit" for name in [*names[1:], *(f"x{at}.jpg" for at in "abc")])
    )
    draw(tmp_path, *(f"images/{name}" for name in names), labels_csv=told)

    first = refusal(look, tmp_path).unsettled.proposals[0]

    assert read_as(tmp_path, first)["images/grape (3).jpg"]["label_paths"] == ["grape", "fruit"]


def test_annotations_of_several_folders_are_each_of_the_images_beside_them(look: Look, tmp_path: Path) -> None:
    xml = "<annotation><filename>{}.jpg</filename><object><name>{}</name></object></annotation>"
    places = {f"{top}/JPEGImages/f{at}.jpg": f"{name}{at % 2}" for top, name, count in (("data", "stop", 6),
              ("data2", "turn", 9)) for at in range(count)}  # fmt: skip
    draw(tmp_path, *places, "vision/test/assets/a.jpg")
    for place, name in places.items():
        file = tmp_path / place.replace("JPEGImages", "Annotations").replace(".jpg", ".xml")
        file.parent.mkdir(exist_ok=True)
        file.write_text(xml.format(file.stem, name), encoding="utf-8")

    assert {place: label for place, (label, _) in rows(look(tmp_path)).items()} == places


def test_a_list_of_the_test_is_not_read_as_of_the_training_images(look: Look, tmp_path: Path) -> None:
    head = "filename,width,height,class,xmin,ymin,xmax,ymax"
    row = "u{}.png,86,42,{},1,2,3,4".format
    draw(
        tmp_path,
        *(f"train/u{at}.png" for at in range(12)),
        *(f"test/u{at}.png" for at in range(3)),
        train_labels_csv=lines(head, *(row(at, "owl" if at % 2 else "cat") for at in range(12))),
        test_labels_csv=lines(head, *(row(at, "cat" if at % 2 else "owl") for at in range(5))),
    )

    read = read_as(tmp_path, refusal(look, tmp_path).unsettled.proposals[0])

    assert {place: row["split"] for place, row in read.items()} == {place: place.partition("/")[0] for place in read}
    assert len(read) == 15


@pytest.mark.parametrize(
    ("name", "is_offered"), [("ground_truth_text", True), ("Transcription", True), ("text", False)]
)
def test_long_lines_that_are_called_what_is_read_are_texts(
    look: Look, tmp_path: Path, name: str, is_offered: bool
) -> None:
    said = [f"{word} and then a whole line of a page of words that go on and on, as they stand there" for word in TEXTS]
    rows_of = lines(f"file,{name}", *(f'{at}.png,"{text}"' for at, text in enumerate(said)))
    draw(tmp_path, *(f"pages/{at}.png" for at in range(len(said))), labels_csv=rows_of)

    offered = [one for one in refusal(look, tmp_path).unsettled.proposals if name in one.says]

    assert len(offered) == is_offered
    for one in offered:
        assert [read_as(tmp_path, one)[f"pages/{at}.png"]["label_path"] for at in range(len(said))] == said


@pytest.mark.parametrize(("more", "is_told"), [(0, True), (1, False)])
def test_a_table_of_as_many_lines_as_images_that_names_none_is_told_of(
    look: Look, tmp_path: Path, more: int, is_told: bool
) -> None:
    table_of_places = lines(*(f"0.{at},0.{at + 1}" for at in range(24 + more)))
    draw(tmp_path, *(f"photos/photo_{at}.jpg" for at in range(24)), places_csv=table_of_places)

    assert ("places.csv has as many lines as there are images, 24, and" in str(refusal(look, tmp_path))) == is_told
