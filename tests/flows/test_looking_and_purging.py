"""`show` and `purge` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.errors import ConfigError, UnknownImageError
from tests.flows.typed_here import published_pets, typed


@pytest.fixture
def root(tmp_path: Path) -> str:
    return published_pets(tmp_path)


def test_an_image_is_shown_as_facts_and_written_as_a_picture_once(root: str, tmp_path: Path) -> None:
    shown = typed("show", root, "cat/1.png", "--output", str(tmp_path / "cat.png"))

    assert "published  8 x 8 JPEG" in shown
    assert (tmp_path / "cat.png").read_bytes().startswith(b"\x89PNG")
    told = json.loads(typed("show", root, "cat/1.png", "--json"))
    assert (told["label_name"], told["source_now"], told["picture"]) == ("cat", "the same bytes", None)
    with pytest.raises(ConfigError, match=r"--output .*there is such a file already"):
        typed("show", root, "cat/1.png", "--output", str(tmp_path / "cat.png"))


def test_a_purge_says_what_would_go_and_goes_on_yes(root: str) -> None:
    would = typed("purge", root, "cat/1.png")
    still = typed("files", root)
    gone = json.loads(typed("purge", root, "--where", "sample_id=cat/1.png", "--yes", "--json"))

    assert would.startswith("cat/1.png\nTo be taken out: 1 image: 1 row of version 1, ")
    assert (gone["purged"], gone["images"], gone["versions"]) == (True, ["cat/1.png"], {"1": 1})
    assert typed("files", root) != still
    assert typed("purge", root, "cat/1.png", "--yes") == "Nothing of these images is left.\n"
    assert "purged" in typed("explain", root, "cat/1.png")
    assert "all as they were written" in typed("verify", root)


def test_a_purge_of_nothing_and_an_image_without_a_name_are_mistakes(root: str) -> None:
    with pytest.raises(ConfigError, match="purge: name images"):
        typed("purge", root)
    with pytest.raises(ConfigError, match="--where label_name=owl: no row of any version is like that"):
        typed("purge", root, "--where", "label_name=owl", "--yes")
    for command in ("explain", "show"):
        with pytest.raises(UnknownImageError, match="knows no image ''"):
            typed(command, root, "")
