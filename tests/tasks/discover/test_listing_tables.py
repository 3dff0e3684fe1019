"""Tables whose rows are the images themselves, and whose columns are what their paths say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.discover import discover_sources
from tasks.discover.by_tables.origins import origin_of
from tasks.discover.by_tables.tables import TablesSource
from tasks.errors import LayoutError
from tests.folders_here import Folder, labels, splits

PATHS = ("a/b/Cat.1.JPG", "a/dog_2.png", "x.y/e.png", "top.jpg")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).images(*PATHS)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("path", PATHS),
        ("location", PATHS),
        ("name", ("Cat.1.JPG", "dog_2.png", "e.png", "top.jpg")),
        ("stem", ("Cat.1", "dog_2", "e", "top")),
        ("suffix", (".jpg", ".png", ".png", ".jpg")),
        ("folder", ("a/b", "a", "x.y", None)),
        ("parent", ("b", "a", "x.y", None)),
        ("parent.2", ("a", None, None, None)),
        ("parent.3", (None, None, None, None)),
    ],
)
def test_a_listing_has_the_columns_of_its_paths(folder: Folder, column: str, values: tuple[str | None, ...]) -> None:
    found = folder.found({"listing": "**", "columns": {column: "label"}})

    expected = dict(zip(PATHS, values, strict=True))
    there = {row["location"]: row["label_path"] for row in found.samples.to_pylist()}
    there |= dict.fromkeys(found.rejections["location"].to_pylist())
    assert there == expected


def test_conditions_and_templates_may_name_columns_of_paths(folder: Folder) -> None:
    found = folder.found(
        {"listing": "a/**", "pattern": {"stem": r"^(?P<label>[A-Za-z]+)"}, "where": {"suffix": ".png"}}
    )

    assert labels(found) == {"a/dog_2.png": "dog"}


@pytest.mark.parametrize(
    ("listing", "taken"),
    [
        ("**", set(PATHS)),
        ("**/*", set(PATHS)),
        ("*.jpg", {"top.jpg"}),
        ("a/*", {"a/dog_2.png"}),
        ("a/**", {"a/b/Cat.1.JPG", "a/dog_2.png"}),
        ("**/*.png", {"a/dog_2.png", "x.y/e.png"}),
    ],
)
def test_a_glob_says_which_images_are_rows(folder: Folder, listing: str, taken: set[str]) -> None:
    found = folder.found({"listing": listing, "columns": {"name": "label"}, "split": "test"})

    assert splits(found).keys() == taken
    assert set(splits(found).values()) == {"test"}


def test_a_glob_that_takes_nothing_says_so(folder: Folder) -> None:
    with pytest.raises(
        LayoutError, match=r"`listing: b/\*` takes none of the \d images\. `\*\*/` stands for any folders"
    ):
        folder.found({"listing": "b/*", "columns": {"name": "label"}})


def test_a_column_that_no_path_has_is_named_with_those_that_there_are(folder: Folder) -> None:
    with pytest.raises(
        LayoutError, match=r"the listing has no column 'kind'\. Its columns are path, folder, name, stem, "
    ):
        folder.found({"listing": "**", "columns": {"kind": "label"}})


def origins(folder: Folder, *tables: dict[str, Any]) -> list[tuple[str, str, str]]:
    source = TablesSource.model_validate({"path": str(folder.root), "tables": list(tables)}).telling_origins()
    rows = discover_sources([source], {}).samples.to_pylist()
    return sorted((row["location"], origin_of(row, "label"), origin_of(row, "split")) for row in rows)


def test_labels_and_splits_tell_where_they_stand(folder: Folder) -> None:
    folder.text("kinds.csv", "number,label", "1,cat", "2,dog").text(
        "files.csv", "location,number", "top.jpg,2", "a/dog_2.png,1"
    )
    folder.text("parts.json", '[{"number": "1", "split": "train"},', ' {"number": "2", "split": "test"}]')

    found = origins(folder, {"file": "files.csv"}, {"file": "kinds.csv"}, {"file": "parts.json"})

    assert found == [("a/dog_2.png", "kinds.csv:2", "parts.json:1"), ("top.jpg", "kinds.csv:3", "parts.json:2")]


def test_what_a_path_says_stands_there(folder: Folder) -> None:
    found = origins(folder, {"listing": "a/**", "columns": {"name": "label"}})

    assert {(label, split) for _, label, split in found} == {("its path", "")}
