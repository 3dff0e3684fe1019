"""Which files go with others of nearly their name, and how many of them must."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tasks.discover.folder_evidence.twins import Twins, find_twins
from tasks.discover.listing.scan import scan_images
from tasks.discover.settings import SourceSettings
from tests.folders_here import Folder


def twins(root: Path, names: Sequence[str]) -> list[Twins]:
    Folder(root).images(*names)
    settings = SourceSettings(path=str(root))
    listing = scan_images(settings.place, settings)
    assert listing is not None
    return find_twins(listing)


@pytest.mark.parametrize(("marked", "is_told"), [("abcdx", True), ("abcxy", False)])
def test_four_of_five_must_lie_beside_the_one_whose_name_they_have(tmp_path: Path, marked: str, is_told: bool) -> None:
    found = twins(tmp_path, [*(f"{name}.png" for name in "abcde"), *(f"{name}-d.png" for name in marked)])

    says = "5 images lie each beside the one whose name they have, with -d"
    assert [(one.says, one.patterns) for one in found] == ([(says, ("*-d.*",))] if is_told else [])


@pytest.mark.parametrize(("names", "is_told"), [("abcd", True), ("abc", False)])
def test_of_fewer_than_four_nothing_is_said(tmp_path: Path, names: str, is_told: bool) -> None:
    found = twins(tmp_path, [f"{name}{mark}.png" for name in names for mark in ("", "_mask")])

    assert [one.patterns for one in found] == ([("*_mask.*",)] if is_told else [])
    assert [one.is_one.to_pylist() for one in found] == ([[False, True] * 4] if is_told else [])
