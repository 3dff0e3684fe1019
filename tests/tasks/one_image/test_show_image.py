"""One image beside its source: both pictures, what its source has now, and its life over the versions."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from tasks.console.portrait import print_portrait
from tasks.errors import UnknownImageError
from tasks.one_image.show_image import show_image
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tasks.storage import Store, open_store
from tests.steps_here import StepsHere

RED, BLUE = (250, 10, 20), (10, 20, 250)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name, colour in (("cat/1", RED), ("cat/2", (0, 90, 0)), ("dog/1", (90, 90, 0)), ("dog/2", (1, 2, 90))):
        path = tmp_path / "pets" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 20), colour).save(path)
    return tmp_path / "pets"


def publish(source: Path, /, **sections: Any) -> Store:
    config = {
        "name": "pets",
        "source": {"path": str(source)},
        "output": {"path": str(source.parent / "out")},
        "resize": {"size": [16, 16]},
        "gates": {"max_delete_fraction": 1, "max_reject_fraction": 1},
        "write": {"pixels": "png"},
    }
    dataset = Dataset.model_validate(config | sections)
    assert refresh(dataset, RefreshOptions(), StepsHere()).outcome == "published"
    return open_store(dataset.store)


@pytest.mark.parametrize("pixels", ["png", "raw"])
def test_the_published_image_stands_beside_the_source_it_was_made_of(source: Path, pixels: str) -> None:
    store = publish(source, write={"pixels": pixels})

    portrait = show_image(store, "cat/1.png")

    assert portrait.facts["source_now"] == "the same bytes"
    assert portrait.facts["label_name"] == "cat"
    assert (portrait.published.caption, portrait.source.caption) == (
        f"16 x 16 {'PNG' if pixels == 'png' else 'ARRAY'}",
        "40 x 20 PNG",
    )
    with Image.open(io.BytesIO(portrait.as_png)) as picture:
        assert picture.getpixel((100, 100)) == RED
        assert picture.getpixel((picture.width // 2 + 100, 100)) == RED
        assert picture.getpixel((picture.width // 2 + 100, 300)) == (255, 255, 255)


def test_its_history_names_what_changed_in_which_version(source: Path) -> None:
    store, kittens = publish(source), {"aliases": {"cat": "kitten"}}
    Image.new("RGB", (8, 8), (3, 4, 5)).save(source / "dog" / "3.png")
    publish(source)
    Image.new("RGB", (40, 20), BLUE).save(source / "cat" / "1.png")
    publish(source)
    publish(source, labels=kittens, source={"path": str(source), "split": "test"})
    publish(source, labels=kittens, source={"path": str(source), "split": "test"}, resize={"size": [8, 8]})
    good = (source / "cat" / "1.png").read_bytes()
    (source / "cat" / "1.png").write_bytes(b"no image")
    publish(source, labels=kittens)
    (source / "cat" / "1.png").write_bytes(good)
    publish(source, labels=kittens)
    (source / "cat" / "1.png").unlink()
    publish(source, labels=kittens)

    events = [(event["version"], event["event"], event.get("is")) for event in show_image(store, "cat/1.png").history]

    split = show_image(store, "cat/1.png", 1).facts["split"]
    assert events == [
        (1, "first seen", f"cat, {split}"),
        (3, "changed", None),
        (4, "relabelled", "kitten"),
        *([(4, "moved split", "test")] if split != "test" else []),
        (5, "pixels made anew", None),
        (6, "left out", "not_an_image"),
        (7, "back", f"kitten, {split}"),
        (8, "gone", None),
    ]


def test_a_source_that_has_other_bytes_or_is_gone_says_so(source: Path) -> None:
    store = publish(source)
    Image.new("RGB", (40, 20), BLUE).save(source / "cat" / "1.png")
    (source / "cat" / "2.png").unlink()
    changed, gone = show_image(store, "cat/1.png"), show_image(store, "cat/2.png")
    shutil.rmtree(source)
    away = show_image(store, "dog/1.png")

    assert changed.facts["source_now"] == "other bytes than then"
    assert changed.source.image is not None
    assert gone.facts["source_now"] == "not listed any more"
    assert gone.published.image is not None
    assert str(away.facts["source_now"]).startswith("cannot be read: ")
    assert away.source.image is None


def test_images_of_a_label_file_are_found_by_its_records(source: Path) -> None:
    shutil.copy(source / "cat" / "1.png", source / "photo.png")
    (source / "labels.csv").write_text("path,label,split\nphoto.png,cat,train\ndog/1.png,dog,train\n")
    store = publish(source, source={"layout": "csv", "path": str(source / "labels.csv")})

    portrait = show_image(store, "photo.png")

    assert portrait.facts["source_now"] == "the same bytes"


def test_an_image_that_was_left_out_shows_only_its_source(source: Path) -> None:
    (source / "cat" / "bad.png").write_bytes(b"no image")
    store = publish(source)

    portrait = show_image(store, "bad.png")

    assert (portrait.facts["outcome"], portrait.published.image) == ("left out", None)
    assert portrait.source.caption == "not_an_image"
    assert [event["event"] for event in portrait.history] == ["left out"]
    with pytest.raises(UnknownImageError):
        show_image(store, "nowhere.png")


def test_of_a_version_without_a_row_what_was_left_out_is_told(source: Path) -> None:
    for path in source.glob("*/*.png"):
        path.write_bytes(b"no image")

    portrait = show_image(publish(source, gates={"max_reject_fraction": 1, "min_rows": 0}), "cat/1.png")

    assert (portrait.facts["reason"], portrait.published.caption) == ("not_an_image", "not in this version")
    assert [event["event"] for event in portrait.history] == ["left out"]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_gets_pictures_and_a_pipe_plain_facts(source: Path, is_terminal: bool) -> None:
    portrait = show_image(publish(source), "cat/1.png")
    page = io.StringIO()
    console = Console(file=page, force_terminal=is_terminal, color_system="truecolor" if is_terminal else None)

    print_portrait(console, portrait)

    assert ("\x1b[38;2;250;10;20" in page.getvalue()) is is_terminal
    assert "first seen: cat, " in page.getvalue()
