"""Columns of which none is the label without doubt: what is proposed of them, in one table and in several."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.tasks.discover.test_unseen_layouts import draw, lines, read_as, refusal

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look

IMAGES = [f"{at:03}.jpg" for at in range(24)]
BIRDS = [f"bird{at % 4}" for at in range(24)]


def told(root: Path, look: Look) -> list[dict[str, str]]:
    """For each proposal the labels that it gives to the images of *root*."""
    readings = [read_as(root, one) for one in refusal(look, root).unsettled.proposals]
    return [{path: row["label_path"] for path, row in reading.items()} for reading in readings]


def test_a_column_of_ids_that_are_there_several_times_is_proposed_beside_others(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *IMAGES)
    cells = [
        f"{bird},{at},{path},clip{at % 6},place{at % 3}"
        for at, (path, bird) in enumerate(zip(IMAGES, BIRDS, strict=True))
    ]
    (tmp_path / "notes.csv").write_text(lines("id,row_id,img,clip,place", *cells), encoding="utf-8")

    readings = told(tmp_path, look)

    assert dict(zip(IMAGES, BIRDS, strict=True)) in readings
    assert all(dict(zip(IMAGES, map(str, range(24)), strict=True)) != reading for reading in readings)


def test_tables_that_name_other_images_are_proposed_together(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"images/{path}" for path in IMAGES))
    cells = [f"{path.partition('.')[0]},{bird}" for path, bird in zip(IMAGES, BIRDS, strict=True)]
    first = [line.replace(",", f",{at % 7},") for at, line in enumerate(cells[:16])]
    (tmp_path / "first.csv").write_text(lines("image_id,width,bird_id", *first), encoding="utf-8")
    (tmp_path / "more.csv").write_text(lines("image_id,bird_id", *cells[16:]), encoding="utf-8")

    readings = told(tmp_path, look)

    assert dict(zip((f"images/{path}" for path in IMAGES), BIRDS, strict=True)) in readings


def test_each_of_several_folders_of_the_same_names_is_proposed_alone(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"{size}/{path}" for size in ("large", "small") for path in IMAGES))
    cells = [f"{path},{bird}" for path, bird in zip(IMAGES, BIRDS, strict=True)]
    (tmp_path / "notes.csv").write_text(lines("image,bird", *cells), encoding="utf-8")

    readings = told(tmp_path, look)

    for size in ("large", "small"):
        assert dict(zip((f"{size}/{path}" for path in IMAGES), BIRDS, strict=True)) in readings


def test_folders_of_names_of_their_own_stay_classes_beside_a_table(look: Look, tmp_path: Path) -> None:
    draw(tmp_path, *(f"large/{path}" for path in IMAGES), *(f"small/x{path}" for path in IMAGES))
    (tmp_path / "notes.csv").write_text(lines("image,width", *(f"{path},48" for path in IMAGES)), encoding="utf-8")

    assert look(tmp_path).class_paths == ("large", "small")
