"""The job that every peer does: photographs into labelled JPEGs of 224x224, and epochs over them; needs Pillow alone.

A module ``by_NAME`` runs in the environment of its peer as

    python -m benchmarks.peers.by_NAME write SOURCE DEST      photographs in folders of classes into the peer's form
    python -m benchmarks.peers.by_NAME pack SOURCE DEST       the same of images that are made already
    python -m benchmarks.peers.by_NAME read DEST ORDER        one epoch, decoded: in-order, shuffled, random, guided
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

Pair = tuple[bytes, int]
Reading = Callable[[Path], Iterable[tuple[Any, int]]]
"""From the bytes of each image, or an array of the pixels that were decoded from them."""

PROCESSES = 2
LOOKED_UP = 200
"""So many single images are read at random."""


def labelled(source: Path) -> list[tuple[Path, int]]:
    """Every JPEG below *source*, and the number of its folder."""
    paths = sorted(source.rglob("*.jpg"))
    names = sorted({path.parent.name for path in paths})
    numbers = {name: number for number, name in enumerate(names)}
    return [(path, numbers[path.parent.name]) for path in paths]


def prepare(path: Path) -> bytes:
    """The photograph at *path* as a JPEG of 224x224, quality 90."""
    with Image.open(path) as image:
        fitted = ImageOps.fit(image.convert("RGB"), (224, 224), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    fitted.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def prepared(item: tuple[Path, int]) -> Pair:
    """The image and label of *item*."""
    return prepare(item[0]), item[1]


def as_it_is(item: tuple[Path, int]) -> Pair:
    """The bytes of the file and the label of *item*."""
    return item[0].read_bytes(), item[1]


def run(write: Callable[[Path, Path], None], pack: Callable[[Path, Path], None], orders: dict[str, Reading]) -> None:
    """Do what the command line asks for, and say in one line of JSON what reading cost."""
    verb, first, second = sys.argv[1:4]
    if verb == "read":
        sys.stdout.write(json.dumps(_epoch(orders[second], Path(first))) + "\n")
    else:
        (write if verb == "write" else pack)(Path(first), Path(second))


def _epoch(reading: Reading, dest: Path) -> dict[str, float]:
    """One epoch, without the start of the process: the pixels of each image, by Pillow where there are bytes only."""
    before, started, bytes_before = os.times(), time.perf_counter(), _bytes_read()
    images = pixels = 0
    for data, _ in reading(dest):
        if isinstance(data, bytes | bytearray | memoryview):
            with Image.open(io.BytesIO(data)) as image:
                pixels += len(image.tobytes())
        else:
            pixels += data.nbytes
        images += 1
    after = os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    seconds = time.perf_counter() - started
    return {"images": images, "pixels": pixels, "cpu_s": cpu, "seconds": seconds, "bytes": _bytes_read() - bytes_before}


def _bytes_read() -> int:
    found = re.search(r"rchar: (\d+)", Path("/proc/self/io").read_text(encoding="ascii"))
    return int(found[1]) if found else 0


def no_packing(source: Path, dest: Path) -> None:
    """Of a peer that is only measured at writing."""
    raise SystemExit(f"{source} is not packed into {dest}: this peer is measured at writing alone")
