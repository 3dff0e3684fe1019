"""Files beside folders of classes: which say something else than the folders do, and which do not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.discover.proposals import UnsettledLayoutError
from tests.folders_here import Folder

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

IMAGES = [f"{kind}/{kind}_{number}.jpg" for kind in ("cat", "dog") for number in range(4)]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).images(*IMAGES)


def kind_of(path: str) -> str:
    return path.split("/")[-2]


def notes(look: Look, folder: Folder, name: str, lines: Iterable[str]) -> str:
    """What the refusal says that *name* with *lines* does; empty where the source is read by its folders."""
    folder.text(name, *lines)
    try:
        found = look(folder.root)
    except UnsettledLayoutError as error:
        return str(error).partition(f"{name} ")[2].partition(". ")[0] or str(error)
    assert {row["label_path"] for row in found.samples.to_pylist()} == {"cat", "dog"}
    return ""


def test_a_file_of_prose_is_passed_over(look: Look, folder: Folder) -> None:
    assert notes(look, folder, "notes.data", (f"see {path} for a nice picture of it, please" for path in IMAGES)) == ""


@pytest.mark.parametrize(
    "line", ["{path} {kind} {at}", "./{path};{number};{at};x", "C:\\data\\{mirrored} {kind}s {at}"]
)
def test_a_file_that_says_nothing_else_is_passed_over(look: Look, folder: Folder, line: str) -> None:
    made = [
        line.format(path=path, at=at, kind=kind_of(path), number=at // 4, mirrored=path.replace("/", "\\"))
        for at, path in enumerate(IMAGES)
    ]

    assert notes(look, folder, "notes.data", made) == ""


def test_a_file_that_names_other_images_is_passed_over(look: Look, folder: Folder) -> None:
    assert notes(look, folder, "notes.data", (f"eel_{number}.jpg a{number % 2} x y" for number in range(8))) == ""


@pytest.mark.parametrize(("others", "is_told"), [(8, True), (9, False)])
def test_half_of_the_lines_must_name_images(look: Look, folder: Folder, others: int, is_told: bool) -> None:
    paths = [IMAGES[at // 2 + 4 * (at % 2)] for at in range(8)]
    lines = [f"{path} {'ab'[at // 2 % 2]} note of it" for at, path in enumerate(paths)]

    told = notes(look, folder, "notes.data", [*lines, *(f"nothing {at} is here" for at in range(others))])

    assert bool(told) == is_told


@pytest.mark.parametrize(("at", "is_told"), [(49, False), (50, True)])
def test_what_may_be_a_list_of_a_split_is_known_by_its_first_fifty_lines(
    look: Look, folder: Folder, at: int, is_told: bool
) -> None:
    lines = [f"scan-{number} a" for number in range(60)]
    lines[at] = "four words of it"

    assert bool(notes(look, folder, "train.data", lines)) == is_told


def test_named_folders_and_such_a_file_leave_none(look: Look, folder: Folder) -> None:
    folder.data("labels.mat", b"\0")

    assert len(look(folder.root).samples) == 8
