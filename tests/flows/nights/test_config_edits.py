"""What the next night makes of a config that was edited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.errors import ConfigError


def test_levels_that_change_their_places_are_written_anew(nights: Any, tmp_path: Path, draw: Any) -> None:
    for number, place in enumerate(["cat/siamese", "cat/manx", "dog/pug"]):
        draw(tmp_path / "tree" / place / f"{number}.png", number)
    nights.change("source", path=str(tmp_path / "tree"), layout="hierarchy", levels=["species", "breed"])
    nights.run()

    nights.change("source", levels=["breed", "species"])
    outcome = nights.run()

    assert (outcome["outcome"], outcome["rows_copied"], outcome["images_fetched"]) == ("published", 3, 0)
    names = nights.manifest()["class_names"]
    breeds = [names["label_breed"][number] for number in nights.rows()["label_breed"]]
    assert breeds == ["cat", "cat", "dog"]
    assert [names["label_species"][number] for number in nights.rows()["label_species"]] == ["manx", "siamese", "pug"]


def test_a_level_that_is_named_twice_is_an_error(nights: Any) -> None:
    nights.change("source", layout="hierarchy", levels=["breed", "breed"])

    with pytest.raises(ConfigError, match=r"source\.levels: names 'breed' twice"):
        nights.run()


@pytest.mark.parametrize("section", ["source", "output"])
def test_an_empty_path_is_no_root_of_the_disk(nights: Any, section: str) -> None:
    nights.change(section, path="")

    with pytest.raises(ConfigError, match=rf"{section}\.path: is empty"):
        nights.run()


def test_an_order_of_classes_that_ids_no_longer_take_is_told_of(nights: Any) -> None:
    nights.run()
    nights.change("labels", class_order=["class2", "class1", "class0"])

    said = "`labels.class_order` is another order than that of the ids, which stay as they are published: class0 0"

    assert any(notice.startswith(said) for notice in nights.run()["notices"])
