"""Small pictures of published images, read out of shards for a page that a person looks at."""

from __future__ import annotations

import base64
import io
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from tasks.columns import ShardRow
from tasks.errors import DatasetError
from tasks.samples import UNREADABLE
from tasks.shards.schema import pixel_spec_of
from tasks.storage import Store

SIDE = 96
"""The longer side of a small picture, in pixels."""

_GROUPS = {True: 384, False: 48}
_BYTES = {True: 384 << 20, False: 96 << 20}
"""So many row groups, of so many bytes, are read for a page at most: from a local disk, and from another store."""

MOST_PIXELS = 16_000_000
"""Of an image that is made small in passing, unless it can be decoded at a smaller scale, as a JPEG can."""

_COLUMNS = ("image.bytes", "pixels", "width", "height", "channels")

Place = tuple[int, int]
"""A row: its file, by its place in a list, and its place in that file."""

Shrink = Callable[[Sequence[bytes]], Sequence[bytes]]
"""Gives for each of some image files, whatever is in them, a small JPEG, or nothing where there is none to be had."""


@dataclass(frozen=True, slots=True)
class Album:
    """Small pictures of rows.

    Attributes:
        pictures: Each as an address that holds it whole (``data:image/jpeg;base64,…``), by its place.
        lost: The files that could not be read.
    """

    pictures: Mapping[Place, str] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


def read_album(store: Store, files: Sequence[str], places: Iterable[Place], shrink: Shrink) -> Album:
    """The pictures of *places*, as far as few enough row groups hold them; the fullest are read first.

    Args:
        store: The output.
        files: The shards, below its root.
        places: Rows of them.
        shrink: What makes small pictures of images that are as their sources have them.
    """
    by_file: dict[int, set[int]] = defaultdict(set)
    for file, row in places:
        by_file[file].add(row)
    pictures: dict[Place, str] = {}
    lost: list[str] = []
    left = _Left(_GROUPS[store.is_local], _BYTES[store.is_local])
    for file in sorted(by_file, key=lambda one: (-len(by_file[one]), one)):
        if left.is_over:
            break
        try:
            found = _of_file(store, files[file], sorted(by_file[file]), left, shrink)
        except (*UNREADABLE, DatasetError):
            lost.append(files[file])
            continue
        pictures |= {(file, row): picture for row, picture in found.items()}
    return Album(pictures, tuple(lost))


@dataclass(slots=True)
class _Left:
    """What may still be read: so many row groups, and so many bytes."""

    groups: int
    size: int

    @property
    def is_over(self) -> bool:
        return self.groups <= 0 or self.size <= 0

    def take(self, size: int) -> None:
        """One row group more, of *size* bytes."""
        self.groups -= 1
        self.size -= size


def _of_file(store: Store, path: str, rows: Sequence[int], left: _Left, shrink: Shrink) -> dict[int, str]:
    """The pictures of *rows* of one shard, from as many of its row groups as there are *left* to be read."""
    pictures: dict[int, str] = {}
    with store.open(path) as opened, pq.ParquetFile(opened) as parquet:
        sizes = [parquet.metadata.row_group(number).num_rows for number in range(parquet.num_row_groups)]
        starts = np.cumsum([0, *sizes])
        groups = Counter(int(np.searchsorted(starts, row, side="right")) - 1 for row in rows if row < starts[-1])
        is_of_source = pixel_spec_of(parquet.schema_arrow).get("pixels") == "original"
        columns = [name for name in _COLUMNS if name.partition(".")[0] in parquet.schema_arrow.names]
        for group in sorted(sorted(groups), key=lambda group: -groups[group]):
            if left.is_over:
                break
            left.take(parquet.metadata.row_group(group).total_byte_size)
            start = int(starts[group])
            inside = [row for row in rows if start <= row < starts[group + 1]]
            table = parquet.read_row_group(group, columns=columns).take([row - start for row in inside])
            found = table.to_pylist()
            made = shrink([row["image"]["bytes"] for row in found]) if is_of_source else map(_picture_of, found)
            pictures |= {row: as_address(jpeg) for row, jpeg in zip(inside, made, strict=True) if jpeg}
    return pictures


def _picture_of(values: ShardRow) -> bytes:
    """The picture of one row, whose image we have encoded; empty where there is none to be had."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow has to say of damaged metadata is no news here
            return _small(_raw(values) if "pixels" in values else _opened(values["image"]["bytes"]))
    except Exception:  # noqa: BLE001 - Pillow raises anything, and a page lacks one picture more
        return b""


def _raw(values: ShardRow) -> Image.Image:
    shape = (values["height"], values["width"], values["channels"])
    pixels = np.frombuffer(values["pixels"], dtype=np.uint8).reshape(shape)
    return Image.fromarray(pixels[:, :, 0] if shape[2] == 1 else pixels)


def _opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    if image.format != "JPEG" and image.width * image.height > MOST_PIXELS:
        raise ValueError("too large to be made small in passing")
    image.draft(None, (SIDE, SIDE))  # type: ignore[no-untyped-call, unused-ignore]
    return image


def _small(image: Image.Image) -> bytes:
    image.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    _on_white(image).save(buffer, "JPEG", quality=72)
    return buffer.getvalue()


def as_address(jpeg: bytes) -> str:
    """An address that holds a picture whole."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in {"L", "RGB"}:
        return image
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")


def spread(places: Iterable[Place], most: int) -> Iterator[Place]:
    """At most *most* of *places*, evenly spread over them."""
    listed = list(places)
    count = min(most, len(listed))
    yield from (listed[number * len(listed) // count] for number in range(count))
