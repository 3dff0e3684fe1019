"""Tables beside images as public datasets have them: read where one reading accounts for all, else refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tasks.discover.proposals import UnsettledLayoutError
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
