"""Glob patterns over paths, columns that could be one or another, and images whose pixels are columns, in blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.errors import LayoutError
from tasks.tables.opening import glob_pattern, parent_of
from tests.folders_here import Folder


@pytest.mark.parametrize(
    ("pattern", "paths", "others"),
    [
        ("*.txt", ["a.txt", ".txt"], ["a/b.txt", "a.txt.gz", "a_txt"]),
        ("**/*.txt", ["a.txt", "a/b.txt", "a/b/c.txt"], ["a.csv"]),
        ("a/**", ["a/b", "a/b/c.txt"], ["b/a", "a"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/xb", "b"]),
        ("?.txt", ["a.txt"], ["ab.txt", ".txt", "/.txt"]),
        ("[ab].txt", ["a.txt", "b.txt"], ["c.txt", "ab.txt"]),
        ("[!ab].txt", ["c.txt"], ["a.txt", "b.txt"]),
        ("[0-3]*.txt", ["0x.txt", "3.txt"], ["4.txt"]),
        ("a+(b).txt", ["a+(b).txt"], ["aab.txt"]),
    ],
)
def test_a_pattern_takes_whole_paths(pattern: str, paths: list[str], others: list[str]) -> None:
    glob = glob_pattern(pattern)

    assert [path for path in paths + others if glob.match(path)] == paths


@pytest.mark.parametrize(
    ("folder", "what", "name"),
    [
        ("a/b/c", "parent", "c"),
        ("a/b/c", "parent.1", "c"),
        ("a/b/c", "parent.3", "a"),
        ("a/b/c", "parent.4", ""),
        ("a/b/c", "parent.0", ""),
        ("a/b/c", "parent.x", ""),
        ("a/b/c", "parent.²", ""),
        ("/a//", "parent", "a"),
        ("", "parent", ""),
    ],
)
def test_the_folders_above_are_counted_from_the_innermost(folder: str, what: str, name: str) -> None:
    assert parent_of(folder, what) == name


@pytest.mark.parametrize("count", [3, 40])
@pytest.mark.parametrize("pixels", [["p*"], ["all"]], ids=["each in a column", "all in one"])
def test_images_whose_pixels_stand_in_the_rows_are_each_their_own(
    tmp_path: Path, count: int, pixels: list[str]
) -> None:
    header = "label,p0,p1,p2,p3" if pixels == ["p*"] else "label,all"
    sign = "," if pixels == ["p*"] else " "
    rows = [f"{'ab'[number % 2]},{sign.join(str(number + at) for at in range(4))}" for number in range(count)]
    folder = Folder(tmp_path).text("rows.csv", header, *rows)

    found = folder.found({"file": "rows.csv", "columns": {"label": "label"}, "pixels": pixels})

    assert len(set(found.samples["sample_id"].to_pylist())) == count
    assert sorted(found.samples["label_path"].to_pylist()) == sorted("ab"[number % 2] for number in range(count))


def test_a_location_that_could_be_in_two_columns_is_asked_for(tmp_path: Path) -> None:
    folder = Folder(tmp_path).images("0.jpg").text("rows.csv", "file,image,label", "0.jpg,0.jpg,cat")

    with pytest.raises(
        LayoutError, match=r"the location could be in the columns 'file', 'image'\. Say which: `columns: \{file"
    ):
        folder.found({"file": "rows.csv"})
