"""Nights on which a source comes to say something else, although its config reads it as ever: refused, and accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import refresh
from tests.steps_here import StepsHere

NAMES = ("cat", "dog", "owl")
FOLDERS: Mapping[str, object] = {"layout": "class_folders"}
TABLE: Mapping[str, object] = {"tables": [{"file": "labels.csv", "columns": ["location", "label"]}]}


def draw(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (number * 7 % 256, number * 13 % 256, number % 256)).save(path)


def draw_folders(root: Path) -> None:
    for number in range(36):
        draw(root / NAMES[number % 3] / f"{number:02}.png", number)


def write_table(root: Path, *columns: Callable[[int], str]) -> None:
    lines = [",".join([f"img/{number:02}.png", *(column(number) for column in columns)]) for number in range(36)]
    (root / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def draw_table(root: Path) -> None:
    for number in range(36):
        draw(root / "img" / f"{number:02}.png", number)
    write_table(root, species)


def species(number: int) -> str:
    return NAMES[number % 3]


def sex(number: int) -> str:
    return ("female", "male")[number % 2]


class Nights:
    """A source and the dataset that is made of it, night after night."""

    def __init__(self, folder: Path, source: Mapping[str, object]) -> None:
        self.root, self._out, self.source = folder / "src", folder / "out", source

    def run(self, *accept: str, **sections: object) -> RunOutcome:
        """One night, with *accept* for gates and further *sections* of the config."""
        config = {
            "name": "pets",
            "source": {"path": str(self.root), **self.source},
            "output": {"path": str(self._out)},
            "resize": {"mode": "none"},
        }
        return refresh(Dataset.model_validate(config | sections), RefreshOptions(accept=accept), StepsHere())


@pytest.fixture
def of_folders(tmp_path: Path) -> Nights:
    nights = Nights(tmp_path, FOLDERS)
    draw_folders(nights.root)
    assert nights.run().outcome == "published"
    return nights


@pytest.fixture
def of_table(tmp_path: Path) -> Nights:
    nights = Nights(tmp_path, TABLE)
    draw_table(nights.root)
    assert nights.run().outcome == "published"
    return nights


def moved(place_of: Callable[[Path], str]) -> Callable[[Path], None]:
    """The class folders taken apart: each image lies where *place_of* has it."""

    def move(root: Path) -> None:
        for path in sorted(root.glob("*/*.png")):
            place = root / place_of(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            path.rename(place)
        for name in NAMES:
            (root / name).rmdir()

    return move


def in_its_class(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(moved(lambda path: f"data/{in_its_class(path)}"), id="one folder around all"),
        pytest.param(
            moved(lambda path: f"{'test' if path.stem < '10' else 'train'}/{in_its_class(path)}"),
            id="split folders around all",
        ),
        pytest.param(moved(lambda path: f"images/{path.name}"), id="all in one folder"),
    ],
)
def test_classes_that_become_one_are_refused(of_folders: Nights, change: Callable[[Path], None]) -> None:
    change(of_folders.root)

    refused = of_folders.run("max_new_doubts")
    accepted = of_folders.run("max_new_doubts", "max_relabel_fraction")

    assert refused.outcome == "refused"
    assert refused.reason.startswith("max_relabel_fraction: 36 of 36 images would have another class than before")
    assert "--accept max_relabel_fraction" in refused.reason
    assert accepted.outcome == "published"


def test_columns_that_change_places_are_refused(of_table: Nights) -> None:
    write_table(of_table.root, sex, species)

    refused = of_table.run("max_new_doubts")

    assert refused.reason.startswith("max_relabel_fraction: 36 of 36 images would have another class than before")


def test_a_config_that_is_told_to_read_otherwise_is_not_held_to_what_was(of_table: Nights) -> None:
    write_table(of_table.root, species, sex)
    of_table.source = {"tables": [{"file": "labels.csv", "columns": ["location", "species", "label"]}]}

    assert of_table.run().outcome == "published"


def correct(root: Path) -> None:
    (root / "fixes.csv").write_text("file,label\ncat/00.png,dog\ndog/01.png,owl\ncat/03.png,owl\n", encoding="utf-8")


def split_folder(root: Path) -> None:
    for number in range(36, 42):
        draw(root / "test" / NAMES[number % 3] / f"{number}.png", number)


def masks(root: Path) -> None:
    for path in sorted(root.glob("*/*.png")):
        draw(path.with_name(f"{path.stem}_mask.png"), int(path.stem) + 100)


@pytest.mark.parametrize("change", [correct, split_folder, masks])
def test_what_comes_to_speak_against_a_named_layout_is_refused_once(
    of_folders: Nights, change: Callable[[Path], None]
) -> None:
    change(of_folders.root)

    refused = of_folders.run()
    accepted = of_folders.run("max_new_doubts")
    draw(of_folders.root / "cat" / "90.png", 90)
    after = of_folders.run()

    assert refused.outcome == "refused"
    assert refused.reason.startswith("max_new_doubts: 1 new finding against how the config reads the source: ")
    assert accepted.outcome in {"published", "unchanged"}
    assert after.outcome == "published" or accepted.outcome == "unchanged"


def test_a_config_that_names_another_layout_answers_for_it(of_folders: Nights) -> None:
    split_folder(of_folders.root)
    of_folders.source = {"layout": "hierarchy"}

    assert of_folders.run().outcome == "published"


def add_a_class(root: Path) -> None:
    for number in range(40, 46):
        draw(root / "fox" / f"{number}.png", number)


def rename_a_class(root: Path) -> None:
    (root / "cat").rename(root / "kitten")


def merge_two_classes(root: Path) -> None:
    for path in sorted((root / "cat").iterdir()):
        path.rename(root / "dog" / path.name)
    (root / "cat").rmdir()


def correct_some(root: Path) -> None:
    for path in sorted((root / "cat").iterdir())[:4]:
        path.rename(root / "dog" / path.name)


def remove_some(root: Path) -> None:
    for path in sorted(root.glob("*/*0.png")):
        path.unlink()


def replace_some(root: Path) -> None:
    for path in sorted((root / "cat").iterdir())[:4]:
        draw(path, int(path.stem) + 200)


@pytest.mark.parametrize(
    "change", [add_a_class, rename_a_class, merge_two_classes, correct_some, remove_some, replace_some]
)
def test_an_ordinary_night_is_published(of_folders: Nights, change: Callable[[Path], None]) -> None:
    change(of_folders.root)

    assert of_folders.run(gates={"max_delete_fraction": 0.2}).outcome == "published"


def all_names_move_on(root: Path) -> None:
    """An image comes before all others: each gets the number of the next, in its own class."""
    for path in sorted(root.glob("*/*.png"), key=lambda one: one.stem, reverse=True):
        path.rename(path.with_name(f"new-{int(path.stem) + 1:02}.png"))
    for path in sorted(root.glob("*/new-*.png")):
        path.rename(path.with_name(path.name.removeprefix("new-")))


def other_images_under_the_names(root: Path) -> None:
    for number in range(36):
        draw(root / "img" / f"{number:02}.png", number + 100)
    write_table(root, lambda number: NAMES[(number + 1) % 3])


def names_of_a_table_move_on(root: Path) -> None:
    for number in reversed(range(36)):
        (root / "img" / f"{number:02}.png").rename(root / "img" / f"{number + 1:02}.png")
    draw(root / "img" / "00.png", 99)
    write_table(root, lambda number: NAMES[(number - 1) % 3])


def test_images_whose_names_move_on_keep_their_classes(of_folders: Nights) -> None:
    all_names_move_on(of_folders.root)

    assert of_folders.run().outcome == "published"


@pytest.mark.parametrize("change", [other_images_under_the_names, names_of_a_table_move_on])
def test_what_has_another_class_is_an_image_not_its_name(of_table: Nights, change: Callable[[Path], None]) -> None:
    change(of_table.root)

    assert of_table.run(gates={"max_delete_fraction": 1.0}).outcome == "published"


def test_classes_that_the_config_renames_are_published(of_folders: Nights) -> None:
    renamed = of_folders.run(labels={"aliases": {name: name.upper() for name in NAMES}})

    assert renamed.outcome == "published"


def test_names_that_all_give_way_to_others_are_refused(of_table: Nights) -> None:
    write_table(of_table.root, lambda number: str(number % 3))

    refused = of_table.run()

    assert "36 of 36 images would have another class than before, most of them owl → 2 (100.0%)" in refused.reason


def test_a_few_images_are_relabelled_by_hand(tmp_path: Path) -> None:
    nights = Nights(tmp_path, FOLDERS)
    for number in range(8):
        draw(nights.root / NAMES[number % 2] / f"{number}.png", number)
    assert nights.run().outcome == "published"
    for path in sorted(nights.root.glob("*/*.png"))[:6]:
        path.rename(nights.root / NAMES[path.parent.name == "cat"] / path.name)

    assert nights.run().outcome == "published"
