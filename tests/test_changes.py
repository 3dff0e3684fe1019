"""Changes that are not released yet: a file each, named by its heading, which a release can take as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.changes import FOLDER, KINDS, NAME, lines

FILES = sorted(path for path in FOLDER.iterdir() if path.name != "README.md")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_change_is_one_item_of_whole_sentences_under_a_known_heading(path: Path) -> None:
    text = path.read_text("utf-8")

    assert NAME.fullmatch(path.name), f"name it {'|'.join(KINDS)}-what-it-is-about.md"
    assert text.endswith(".\n"), "whole sentences, and an end of line"
    assert not text.startswith(("-", "#", " ")), "only what stands behind the dash"
    assert "\n\n" not in text, "one item a file"
    assert max(map(len, text.splitlines())) <= 130


def test_a_release_has_them_under_their_headings_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, text in (("fixed-b", "Later.\n"), ("added-z", "New,\nin two lines.\n"), ("fixed-a", "First.\n")):
        (tmp_path / f"{name}.md").write_text(text)

    assert list(lines(tmp_path)) == [
        "", "### Added", "", "- New,", "  in two lines.", "", "### Fixed", "", "- First.", "- Later.",
    ]  # fmt: skip
    assert list(lines(tmp_path / "none")) == []


def test_the_changelog_says_where_they_are() -> None:
    assert "(changes/)" in (FOLDER.parent / "CHANGELOG.md").read_text("utf-8")
