"""Layouts that a config names count, whatever lies there on a later night; what speaks against them is said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.tasks.discover.test_unseen_layouts import draw, lines, refusal, rows

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

NAMES = ("cat", "dog", "owl")
IMAGES = tuple(f"{name}/{name}{number}.jpg" for name in NAMES for number in range(8))


def warnings(look: Look, root: Path, **keys: Any) -> list[str]:
    """What is said against the layout that *keys* name."""
    return [notice for notice in look(root, **keys).notices if notice.startswith("Warning: ")]


@pytest.mark.parametrize(
    ("images", "files", "told"),
    [
        pytest.param((), {}, None, id="nothing"),
        pytest.param(
            (),
            {"labels_csv": lines("file,label", *(f"{path},{NAMES[at % 3]}" for at, path in enumerate(IMAGES)))},
            "calls 16 of 24 images otherwise than their folders do, such as cat/cat1.jpg: dog",
            id="a table",
        ),
        pytest.param(
            (),
            {"list_md": lines(*(f"- {path} {'old' if at % 3 else 'young'}" for at, path in enumerate(IMAGES)))},
            "list.md calls 24 images by name",
            id="a page",
        ),
        pytest.param((), {"test_txt": lines(*IMAGES[::3]), "train_txt": lines(*IMAGES[1::3], *IMAGES[2::3])},
                     "test.txt, train.txt the splits", id="lists of splits"),
        pytest.param(tuple(f"test/{name}/t{at}.jpg" for name in NAMES for at in range(4)), {},
                     "test is named like a split and cat, dog, owl are not", id="a split with classes"),
        pytest.param(tuple(f"test/t{at}.jpg" for at in range(4)), {},
                     "test is named like a split and cat, dog, owl are not", id="a split without"),
        pytest.param(tuple(path.replace(".jpg", "_mask.png") for path in IMAGES), {},
                     "24 images would be left out by themselves: each lies beside the image", id="masks"),
        pytest.param(tuple(f"copy/{path}" for path in IMAGES), {},
                     "24 images would be left out by themselves: those in copy", id="a copy of all"),
    ],
)  # fmt: skip
def test_what_speaks_against_class_folders_is_said(
    look: Look, tmp_path: Path, images: tuple[str, ...], files: dict[str, str], told: str | None
) -> None:
    draw(tmp_path, *IMAGES, **files)
    for place in images:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        own = tmp_path / place.removeprefix("copy/")
        (tmp_path / place).write_bytes(own.read_bytes() if own.exists() else place.encode())

    said = warnings(look, tmp_path, layout="class_folders")

    assert len(said) == (told is not None)
    assert (told or "") in "".join(said)


@pytest.mark.parametrize(
    ("top", "told"), [(("data",), "in data/cat would be cat"), (("train", "test"), "would be cat in the split test")]
)
def test_folders_that_moved_below_others_are_called_by_those_and_it_is_said(
    look: Look, tmp_path: Path, top: tuple[str, ...], told: str
) -> None:
    draw(tmp_path, *(f"{above}/{path}" for above in top for path in IMAGES))

    [said] = warnings(look, tmp_path, layout="class_folders")

    assert told in said
    assert said.endswith("the config names `layout: class_folders`, and that counts")


def test_a_level_that_only_the_config_knows_is_no_reason_to_warn(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"{name}/{when}/{name}{at}.jpg" for name in NAMES for when in ("day", "night") for at in range(4)))

    assert not warnings(look, tmp_path, layout="hierarchy", levels=["animal", "when"])


def test_a_table_that_calls_folders_by_the_names_of_others_opposes_them(look: Look, tmp_path: Path) -> None:
    swapped = {"cat": "dog", "dog": "cat", "owl": "owl"}
    draw(tmp_path, *IMAGES, labels_csv=lines("file,label", *(f"{path},{swapped[path[:3]]}" for path in IMAGES)))

    assert "calls 16 of 24 images otherwise" in str(refusal(look, tmp_path))


def test_two_tables_that_give_the_same_words_to_other_images_are_no_reading(look: Look, tmp_path: Path) -> None:
    images = [f"img/{at:03}.jpg" for at in range(24)]
    draw(
        tmp_path,
        *images,
        labels_csv=lines("file,label", *(f"{path},{NAMES[at % 3]}" for at, path in enumerate(images))),
        metadata_csv=lines("file_name,label", *(f"{path},{NAMES[(at + 1) % 3]}" for at, path in enumerate(images))),
    )

    said = {one.says for one in refusal(look, tmp_path).unsettled.proposals}

    assert {f"the column label of {name}.csv is the label" for name in ("labels", "metadata")} <= said


@pytest.mark.parametrize("name", ["to_label", "To be sorted", "needs-review", "unsorted"])
def test_folders_of_images_that_wait_for_a_person_are_no_classes(look: Look, tmp_path: Path, name: str) -> None:
    draw(tmp_path, *IMAGES, *(f"{name}/x{at}.jpg" for at in range(5)))

    assert f"{name} may hold images that wait for their labels" in str(refusal(look, tmp_path))


def test_tables_that_only_number_classes_go_with_folders(look: Look, tmp_path: Path) -> None:
    told = [f"{path},{NAMES.index(path[:3])}" for path in IMAGES]
    draw(tmp_path, *IMAGES, labels_csv=lines("file,label", *told))

    assert {label for label, _ in rows(look(tmp_path)).values()} == set(NAMES)


LISTED = [f"img/{at:03}.jpg" for at in range(24)]
TABLES = [{"file": "labels.csv", "columns": {"file": "location", "label": "label"}}]


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        pytest.param("site", ("a", "b", "a", "b"), None, id="a column of something else"),
        pytest.param("split", ("train", "test", "train", "test"), "labels.csv says which images are in which split",
                     id="splits"),
        pytest.param("status", ("approved", "rejected", "approved", "approved"), "the column status of labels.csv says",
                     id="a verdict"),
        pytest.param("label_v2", NAMES, "label_v2 of labels.csv is the label, 16 images are called otherwise",
                     id="another column of labels"),
    ],
)  # fmt: skip
def test_columns_that_speak_against_a_named_table_are_told(
    look: Look, tmp_path: Path, column: str, values: tuple[str, ...], told: str | None
) -> None:
    rows_told = (f"{path},{NAMES[at % 3]},{values[at // 2 % len(values)]}" for at, path in enumerate(LISTED))
    draw(tmp_path, *LISTED, labels_csv=lines(f"file,label,{column}", *rows_told))

    said = warnings(look, tmp_path, layout="tables", tables=TABLES)

    assert len(said) == (told is not None)
    assert (told or "") in "".join(said)


def test_another_table_that_calls_images_otherwise_than_the_named_one_is_told(look: Look, tmp_path: Path) -> None:
    mine = [f"{path},{NAMES[at % 3]}" for at, path in enumerate(LISTED)]
    draw(tmp_path, *LISTED, labels_csv=lines("file,label", *mine))
    assert not warnings(look, tmp_path, layout="tables", tables=TABLES)

    (tmp_path / "v2.csv").write_text(
        lines("file,label", *(f"{path},{NAMES[at // 8]}" for at, path in enumerate(LISTED)))
    )

    [said] = warnings(look, tmp_path, layout="tables", tables=TABLES)
    assert "by what the column label of v2.csv is the label, 16 images are called otherwise" in said


def test_rows_that_a_config_leaves_out_are_not_warned_of(look: Look, tmp_path: Path) -> None:
    told = [f"{path},{NAMES[at % 3]},{'rejected' if at % 5 == 0 else 'approved'}" for at, path in enumerate(LISTED)]
    draw(tmp_path, *LISTED, labels_csv=lines("file,label,status", *told))

    assert not warnings(look, tmp_path, layout="tables", tables=[{**TABLES[0], "where": {"status": "approved"}}])
