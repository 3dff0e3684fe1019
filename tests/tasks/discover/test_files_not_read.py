"""Files beside class folders that are read as no table, although they may say what images show: never passed over."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tests.tasks.discover.test_unseen_layouts import draw, lines, refusal, rows

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

PEOPLE = ("anna", "ben", "carl")
KINDS = ("dog", "cat", "dog", "owl", "cat")
IMAGES = {
    f"{name}/{name}{number}.jpg": KINDS[(number + at) % 5] for at, name in enumerate(PEOPLE) for number in range(8)
}


def by_class(separator: str) -> list[str]:
    """For each class a line of its images' names."""
    named = {kind: [path.rpartition("/")[2] for path, own in IMAGES.items() if own == kind] for kind in set(KINDS)}
    return [f"{kind}: {separator.join(names)}" for kind, names in sorted(named.items())]


def refused_beside(look: Look, folder: Path, file: str, text: str) -> UnsettledLayoutError:
    """Why the images in *folder* are not settled with the *file* of that *text* beside them."""
    draw(folder, *IMAGES)
    (folder / file).write_text(text)
    return refusal(look, folder)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param(
            "README.md",
            lines("| image | shows |", "| --- | --- |", *(f"| {path} | {kind} |" for path, kind in IMAGES.items())),
            id="a table of Markdown",
        ),
        pytest.param(
            "list.html",
            "<table>" + "".join(f"<tr><td>{path}<td>{kind}</tr>\n" for path, kind in IMAGES.items()),
            id="a table of HTML",
        ),
        pytest.param(
            "list.csv", lines(*(f"{path.upper()},{kind}" for path, kind in IMAGES.items())), id="names in upper case"
        ),
        pytest.param("classes.txt", lines(*by_class(" ")), id="a line a class"),
        pytest.param(
            "list.txt",
            lines(*(f"{path.rpartition('/')[2]:<24}{kind:<12}taken in 2019" for path, kind in IMAGES.items())),
            id="columns of a fixed width",
        ),
        pytest.param(
            "list.csv",
            lines(",".join(path.rpartition("/")[2] for path in IMAGES), ",".join(IMAGES.values())),
            id="a column an image",
        ),
        pytest.param(
            "list.csv",
            lines("file,label", *(f"/pacs/{path.rpartition('/')[2][:-4]}.dcm,{kind}" for path, kind in IMAGES.items())),
            id="names of what the images were made of, elsewhere",
        ),
    ],
)
def test_what_calls_the_images_by_name_in_another_form_opposes_folders(
    look: Look, tmp_path: Path, file: str, text: str
) -> None:
    error = refused_beside(look, tmp_path, file, text)

    assert file in str(error)
    assert "the folders alone are right" in {one.says for one in error.unsettled.proposals}


def test_a_database_that_calls_the_images_by_name_opposes_folders(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *IMAGES)
    with sqlite3.connect(tmp_path / "labels.sqlite") as base:
        base.execute("create table labels(file, label)")
        base.executemany("insert into labels values (?, ?)", IMAGES.items())
    base.close()

    assert "labels.sqlite calls 24 images by name" in str(refusal(look, tmp_path))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param("SHA256SUMS", lines(*(f"{at:064x}  ./{path}" for at, path in enumerate(IMAGES))), id="checksums"),
        pytest.param(
            "ls.txt",
            lines(*(f"-rw-r--r-- 1 me me 2{at:03} Jan 12 10:{at + 10} {path}" for at, path in enumerate(IMAGES))),
            id="a listing of folders",
        ),
        pytest.param("README.md", lines("# Pictures", "![one](anna/anna0.jpg)", "A dog of ben0.jpg"), id="an example"),
        pytest.param(
            "draw.py", lines(*(f"show('{path}', title='{kind}')" for path, kind in IMAGES.items())), id="a program"
        ),
    ],
)
def test_what_calls_images_by_name_and_says_nothing_of_them_opposes_nothing(
    look: Look, tmp_path: Path, file: str, text: str
) -> None:
    draw(tmp_path, *IMAGES)
    (tmp_path / file).write_text(text)

    assert look(tmp_path).class_paths == PEOPLE


def test_a_program_of_splits_that_names_some_images_opposes_folders_without_splits(look: Look, tmp_path: Path) -> None:
    text = lines("TEST = [", *(f'    "{path}",' for path in list(IMAGES)[::5]), "]")
    draw(tmp_path, *IMAGES, splits_py=text)

    assert "splits.py calls 5 images by name" in str(refusal(look, tmp_path))


@pytest.mark.parametrize("called", ["IMG_{}.jpg", "{}"])
def test_a_table_that_calls_images_by_a_part_of_their_names_opposes_folders(
    look: Look, tmp_path: Path, called: str
) -> None:
    images = [f"{PEOPLE[at % 3]}/{1000 + 7 * at:05}.jpg" for at in range(24)]
    told = [f"{called.format(1000 + 7 * at)},{KINDS[at % 5]}" for at in range(24)]
    draw(tmp_path, *images, labels_csv=lines("image_id,label", *told))

    error = refusal(look, tmp_path)

    assert "labels.csv" in str(error)


def test_labels_of_what_is_no_name_of_an_image_oppose_folders(look: Look, tmp_path: Path) -> None:
    images = [f"{PEOPLE[at // 8]}/frame_{at:04}.jpg" for at in range(24)]
    told = [f"{at},{at + 2},{KINDS[at // 3 % 5]}" for at in range(0, 24, 3)]
    draw(tmp_path, *images, ranges_csv=lines("from,to,label", *told))

    assert "ranges.csv names no image, and its column label may say" in str(refusal(look, tmp_path))


def test_splits_by_the_numbers_of_rows_are_not_drawn_at_random(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *IMAGES, split_json='{"train": [0, 2, 3, 5, 6], "val": [1, 4]}')

    assert "split.json may say which images are in which split" in str(refusal(look, tmp_path))


def test_lists_of_numbers_that_are_no_splits_oppose_nothing(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *IMAGES, colours_json='{"red": [255, 0, 0], "lime": [0, 255, 0]}')

    assert look(tmp_path).class_paths == PEOPLE


@pytest.mark.parametrize(
    ("file", "text"),
    [
        pytest.param("wrong.txt", "anna/anna3.jpg ben\nben/ben2.jpg carl\n", id="lines"),
        pytest.param("wrong.json", '{"anna3.jpg": "ben", "ben2.jpg": "carl"}', id="a map"),
        pytest.param("wrong.csv", "file,right_name\nanna/anna3.jpg,ben\nben/ben2.jpg,carl\n", id="a named column"),
    ],
)
def test_a_short_list_that_gives_several_images_other_classes_opposes_folders(
    look: Look, tmp_path: Path, file: str, text: str
) -> None:
    error = refused_beside(look, tmp_path, file, text)

    assert file in str(error)
    assert "images otherwise than their folders do, such as anna/anna3.jpg: ben" in str(error)


def test_a_table_one_column_of_which_says_what_folders_say_may_say_more(look: Look, tmp_path: Path) -> None:
    told = [f"{path},{path.partition('/')[0]},{PEOPLE[at % 3]}" for at, path in enumerate(IMAGES)]
    draw(tmp_path, *IMAGES, people_csv=lines("path,shown,asked", *told))

    assert {label for label, _ in rows(look(tmp_path)).values()} == set(PEOPLE)


@pytest.mark.parametrize(
    ("column", "values", "train"),
    [
        ("training", ("TRUE", "FALSE"), "TRUE"),
        ("in_train", ("True", "False"), "True"),
        ("holdout", ("0", "1"), "0"),
    ],
)
def test_columns_that_say_yes_or_no_to_a_split_are_splits(
    look: Look, tmp_path: Path, column: str, values: tuple[str, str], train: str
) -> None:
    told = [(f"img/{at}a.jpg", KINDS[at % 5], values[at % 4 == 0]) for at in range(24)]
    draw(tmp_path, *(path for path, *_ in told), labels_csv=lines(f"file,label,{column}", *map(",".join, told)))

    found = rows(look(tmp_path))

    assert {path: split for path, (_, split) in found.items()} == {
        path: "train" if said == train else "test" for path, _, said in told
    }


def test_a_column_of_numbered_sets_is_not_passed_over(look: Look, tmp_path: Path) -> None:
    told = [f"img/{at}a.jpg,{KINDS[at % 5]},{(1, 1, 2, 3)[at % 4]}" for at in range(24)]
    draw(tmp_path, *(f"img/{at}a.jpg" for at in range(24)), labels_csv=lines("file,label,set", *told))

    assert "the column set of labels.csv parts the images into 1, 2, 3" in str(refusal(look, tmp_path))


@pytest.mark.parametrize(
    ("folders", "told"),
    [
        pytest.param(("ultrasound", "nerve_masks"), "nerve_masks", id="masks"),
        pytest.param(("CXR", "Masks/left", "Masks/right"), "Masks/left, Masks/right", id="masks of two kinds"),
        pytest.param(("T1", "T2", "FLAIR"), "FLAIR, T1, T2", id="ways to take a scene"),
        pytest.param(("mug/rgb", "mug/depth", "bowl/rgb", "bowl/depth"), "depth, rgb", id="forms in each class"),
    ],
)
def test_folders_of_the_same_names_that_hold_forms_of_images_are_no_classes(
    look: Look, tmp_path: Path, folders: tuple[str, ...], told: str
) -> None:
    draw(tmp_path, *(f"{folder}/{number}.png" for folder in folders for number in range(1, 11)))

    assert told in str(refusal(look, tmp_path))
