"""Which lists give numbered labels their names, and which are about something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tasks.discover.test_unseen_layouts import draw, lines, rows

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


def labels(look: Look, root: Path, first: int, **files: str) -> set[str]:
    """The labels of images that a table calls by the numbers from *first* on."""
    told = lines("file,label", *(f"{at:03}.jpg,{first + at % 3}" for at in range(24)))
    draw(root, *(f"img/{at:03}.jpg" for at in range(24)), labels_csv=told, **files)
    return {label for label, _ in rows(look(root)).values()}


@pytest.mark.parametrize(
    ("first", "names", "expected"),
    [
        pytest.param(0, ("cat", "dog", "owl"), {"cat", "dog", "owl"}, id="counted from 0"),
        pytest.param(1, ("cat", "dog", "owl"), {"cat", "dog", "owl"}, id="counted from 1"),
        pytest.param(1, ("background", "cat", "dog", "owl"), {"1", "2", "3"}, id="one more: from 0 or from 1"),
    ],
)
def test_a_list_names_numbers_by_its_lines_where_these_leave_no_doubt(
    look: Look, tmp_path: Path, first: int, names: tuple[str, ...], expected: set[str]
) -> None:
    assert labels(look, tmp_path, first, class_names_txt=lines(*names)) == expected


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"hospital_names_txt": lines("Berlin", "Paris", "Rome")}, id="a list"),
        pytest.param({"hospitals_csv": lines("id,city", "0,Berlin", "1,Paris", "2,Rome")}, id="a table"),
    ],
)
def test_names_of_something_else_are_given_to_no_label(look: Look, tmp_path: Path, files: dict[str, str]) -> None:
    assert labels(look, tmp_path, 0, **files) == {"0", "1", "2"}


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"names_txt": lines("cat", "dog", "owl")}, id="a list of names"),
        pytest.param({"labels_map_csv": lines("id,animal", "0,cat", "1,dog", "2,owl")}, id="a map"),
        pytest.param({"animals_csv": lines("class_id,animal", "0,cat", "1,dog", "2,owl")}, id="a column of classes"),
    ],
)
def test_tables_of_classes_name_them(look: Look, tmp_path: Path, files: dict[str, str]) -> None:
    assert labels(look, tmp_path, 0, **files) == {"cat", "dog", "owl"}


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({"columns": ["file", "label"], "data": [["a.png", "cat"], ["b.png", "dog"]]}, id="lists"),
        pytest.param({"data": [{"file": "a.png", "label": "cat"}, {"file": "b.png", "label": "dog"}]}, id="objects"),
    ],
)
def test_images_give_no_names_to_classes_of_which_each_has_one(
    look: Look, tmp_path: Path, told: dict[str, object]
) -> None:
    draw(tmp_path, "a.png", "b.png", labels_json=json.dumps(told))
    assert {name: label for name, (label, _) in rows(look(tmp_path)).items()} == {"a.png": "cat", "b.png": "dog"}
