"""Tables whose columns together make up the images' names: offered, and never taken without asking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.tasks.discover.test_unseen_layouts import draw, lines, read_as, refusal

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

PATCHES = [(4 + at % 3, at % 2, 3328 + 32 * at, 21792 + 64 * at, at * 5 % 7 % 2) for at in range(24)]


@pytest.mark.parametrize(
    ("place", "head"),
    [
        pytest.param(
            "patches/patient_{0:03}_node_{1}/patch_patient_{0:03}_node_{1}_x_{2}_y_{3}.png",
            ",patient,node,x,y,tumor,center",
            id="columns again in the folder",
        ),
        pytest.param("tiles/{2}-{3}.png", ",patient,node,x,y,tumor,center", id="two of them"),
        pytest.param("P{0:03}/n{1}x{2}y{3}.png", ",patient,node,x,y,label,center", id="numbers between letters"),
    ],
)
def test_columns_that_make_up_names_of_images_are_offered(look: Look, tmp_path: Path, place: str, head: str) -> None:
    told = [f"{at},{p:03},{n},{x},{y},{tumor},{at % 5}" for at, (p, n, x, y, tumor) in enumerate(PATCHES)]
    draw(tmp_path, *(place.format(*patch) for patch in PATCHES), metadata_csv=lines(head, *told))

    error = refusal(look, tmp_path)

    name = "label" if "label" in head else "tumor"
    offered = next(one for one in error.unsettled.proposals if one.says.startswith(f"the column {name} of metadata"))
    assert "make up the images' names" in offered.says
    found = read_as(tmp_path, offered)
    label = {place.format(*patch): str(patch[-1]) for patch in PATCHES}
    assert {path: row["label_path"] for path, row in found.items()} == label


def test_columns_that_happen_to_stand_in_names_make_up_none(look: Look, tmp_path: Path) -> None:
    told = [f"{at},{at % 4},{2000 + at % 3},{('fox', 'hare')[at % 2]}" for at in range(24)]
    draw(tmp_path, *(f"img/{2000 + at}_{at % 7}.png" for at in range(24)), trips_csv=lines("trip,day,year,seen", *told))

    said = [one.says for one in refusal(look, tmp_path).unsettled.proposals]

    assert not any("make up" in one for one in said)
