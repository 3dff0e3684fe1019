"""A small labelled image set, drawn in every layout, with a config for each: something to try every command on."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from tasks.errors import OutputError

_SIZE = (96, 72)
_PER_CLASS = 15
_FAMILIES = {"circle": "round", "ellipse": "round", "square": "angular", "triangle": "angular"}

_CONFIG = """\
# {comment}
name: {name}
source:
  path: {source}
resize: {{size: [64, 64], mode: crop}}
write: {{pixels: jpeg, quality: 90}}
output:
  path: published/{name}
"""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One image of the demo set."""

    shape: str
    number: int
    data: bytes
    suffix: str

    @property
    def name(self) -> str:
        return f"{self.number:02}.{self.suffix}"

    @property
    def split(self) -> str:
        return ("train", "train", "train", "validation", "test")[self.number % 5]


def draw_demo(folder: Path) -> list[Path]:
    """Write the demo set below *folder*, and return the configs that publish it, one a layout.

    Raises:
        OutputError: *folder* holds something else already.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "class_folders.yaml").exists():
        raise OutputError(f"{folder} is not empty and holds no earlier demo. Name a new folder.")
    drawings = list(_drawings())
    configs = []
    for layout, (write, source, comment) in _LAYOUTS.items():
        write(folder / layout, drawings)
        config = folder / f"{layout}.yaml"
        name = f"shapes-{layout.replace('_', '-')}"
        text = _CONFIG.format(comment=comment, name=name, source=source)
        config.write_text(text, encoding="utf-8")
        configs.append(config)
    return configs


def _drawings() -> Iterator[_Drawing]:
    dice = random.Random(7)  # noqa: S311 - the same pictures each time, nothing secret
    for shape in _FAMILIES:
        for number in range(_PER_CLASS):
            suffix = "png" if number % 3 == 0 else "jpg"
            yield _Drawing(shape, number, _draw(shape, suffix, dice), suffix)


def _draw(shape: str, suffix: str, dice: random.Random) -> bytes:
    image = Image.new("RGB", _SIZE, tuple(dice.randint(150, 255) for _ in range(3)))
    x, y, radius = dice.randint(26, 70), dice.randint(26, 46), dice.randint(12, 24)
    fill = tuple(dice.randint(0, 130) for _ in range(3))
    _SHAPES[shape](ImageDraw.Draw(image), (x, y, radius), fill)
    buffer = io.BytesIO()
    image.save(buffer, {"jpg": "JPEG", "png": "PNG"}[suffix])
    return buffer.getvalue()


Place = tuple[int, int, int]
Colour = tuple[int, ...]


def _circle(pen: ImageDraw.ImageDraw, place: Place, fill: Colour) -> None:
    x, y, radius = place
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill)


def _ellipse(pen: ImageDraw.ImageDraw, place: Place, fill: Colour) -> None:
    x, y, radius = place
    pen.ellipse((x - radius, y - radius // 2, x + radius, y + radius // 2), fill)


def _square(pen: ImageDraw.ImageDraw, place: Place, fill: Colour) -> None:
    x, y, radius = place
    pen.rectangle((x - radius, y - radius, x + radius, y + radius), fill)


def _triangle(pen: ImageDraw.ImageDraw, place: Place, fill: Colour) -> None:
    x, y, radius = place
    pen.polygon([(x, y - radius), (x - radius, y + radius), (x + radius, y + radius)], fill)


_SHAPES: dict[str, Callable[[ImageDraw.ImageDraw, Place, Colour], None]] = {
    "circle": _circle,
    "ellipse": _ellipse,
    "square": _square,
    "triangle": _triangle,
}


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _write_class_folders(folder: Path, drawings: list[_Drawing]) -> None:
    for drawing in drawings:
        _put(folder / drawing.shape / drawing.name, drawing.data)
    _put(folder / "circle" / "cut-short.jpg", drawings[1].data[:700])


def _write_split_folders(folder: Path, drawings: list[_Drawing]) -> None:
    for drawing in drawings:
        _put(folder / drawing.split / drawing.shape / drawing.name, drawing.data)


def _write_hierarchy(folder: Path, drawings: list[_Drawing]) -> None:
    for drawing in drawings:
        _put(folder / _FAMILIES[drawing.shape] / drawing.shape / drawing.name, drawing.data)


def _write_csv(folder: Path, drawings: list[_Drawing]) -> None:
    for drawing in drawings:
        _put(folder / "images" / drawing.shape / drawing.name, drawing.data)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["label", "location", "split"])
    rows.writerows([d.shape, f"images/{d.shape}/{d.name}", d.split] for d in drawings)
    text.write(f"square,{_embedded_square()},train\n")
    _put(folder / "labels.csv", text.getvalue().encode())


def _write_json(folder: Path, drawings: list[_Drawing]) -> None:
    for drawing in drawings:
        _put(folder / "images" / f"{drawing.shape}-{drawing.name}", drawing.data)
    records = [{"image": f"images/{d.shape}-{d.name}", "label": d.shape, "split": d.split} for d in drawings]
    _put(folder / "labels.json", json.dumps(records, indent=1).encode())


def _embedded_square() -> str:
    """A 16x16 grey image of a square, as a label file can hold it."""
    rows = [[30 if 4 <= x < 12 and 4 <= y < 12 else 220 for x in range(16)] for y in range(16)]
    return json.dumps(rows, separators=(",", ":"))


_LAYOUTS = {
    "class_folders": (_write_class_folders, "class_folders", "One folder a class; one image is cut short on purpose."),
    "split_folders": (_write_split_folders, "split_folders", "Folders train, validation and test, then one a class."),
    "hierarchy": (_write_hierarchy, "hierarchy", "Folders within folders: family, then shape."),
    "csv": (_write_csv, "csv/labels.csv", "A CSV that names files and holds one image's pixels itself."),
    "json": (_write_json, "json/labels.json", "A JSON list of objects."),
}
