"""Files that no listing shows, names of levels, sources without labels: what is found, and what is said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.discover.folder_evidence.contradictions import _goes_with
from tasks.errors import LayoutError
from tests.folders_here import Folder, labels, rejects

if TYPE_CHECKING:
    from tests.tasks.discover.conftest import Look


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path).images("sub/1.jpg")


@pytest.mark.parametrize(("base", "place"), [(None, "sub/picture"), ("", "picture"), ("other", "other/picture")])
def test_a_file_whose_name_is_no_images_is_looked_for_where_its_table_says(
    folder: Folder, base: str | None, place: str
) -> None:
    folder.data("sub/picture", b"x").data("picture", b"xy").data("other/picture", b"xyz").data("other/1.jpg", b"x")
    folder.data("1.jpg", b"x").text("sub/rows.csv", "location,label", "picture,cat", "1.jpg,dog", "none,eel")
    keys = {} if base is None else {"base": base}

    found = folder.found({"file": "sub/rows.csv", "find": "path", **keys})

    assert labels(found)[place] == "cat"
    assert len(labels(found)) == 2
    assert [reason for reason, _ in rejects(found).values()] == ["not_found"]


def test_levels_that_no_table_has_are_said_with_those_that_there_are(folder: Folder) -> None:
    folder.text("rows.csv", "location,label.kind,label.breed", "sub/1.jpg,cat,manx")

    with pytest.raises(LayoutError, match=r"There are: label\.kind, label\.breed\."):
        folder.found({"file": "rows.csv"}, levels=["kind", "colour"])


def test_images_without_labels_are_refused_with_the_layout_that_would_read_them(look: Look, tmp_path: Path) -> None:
    Folder(tmp_path).images(*(f"photo {number}.jpg" for number in "abcdefgh"))

    with pytest.raises(LayoutError, match=r"`allow_unlabeled: true` with `layout: class_folders`\.\n"):
        look(tmp_path)


@pytest.mark.parametrize(
    ("column", "labels_of_rows", "goes_with"),
    [
        (["1", "2", "1"], ["cat", "dog", "cat"], True),
        (["-1.5", "2", "-1.5"], ["cat", "dog", "cat"], True),
        (["Cats", "the dog", "Cats"], ["cat", "dog", "cat"], True),
        (["c", "d", "c"], ["cat/big", "dog", "cat/big"], True),
        (["x", "y", "x"], ["cat", "dog", "cat"], False),
        (["1", "2", "2"], ["cat", "cat", "dog"], False),
        (["1", "1", "1"], ["cat", "dog", "cat"], False),
        (["1", "2", "3", "1"], ["cat", "cat", "dog", "cat"], True),
        (["1", "2", "1", "2"], ["a", "b", "c", "d"], True),
        (["", "1", ""], ["cat", "dog", "cat"], False),
    ],
)
def test_a_column_goes_with_classes_where_it_is_their_number_or_their_name(
    column: list[str], labels_of_rows: list[str], goes_with: bool
) -> None:
    assert _goes_with(column, labels_of_rows) == goes_with
