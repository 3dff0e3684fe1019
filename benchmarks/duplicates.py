"""Which copies of an image are found as near duplicates, how many different images are taken for such, and how fast.

    python -m benchmarks.duplicates FOLDER… [--images 1000] [--rows 1000000] [--new 10000]

Each FOLDER is a collection of its own, searched with all folders below it. With `--rows 0` nothing is timed.
"""

from __future__ import annotations

import argparse
import io
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from tasks.images.measures import measure_thumbs
from tasks.images.thumb import thumb_of
from tasks.quality.near import MIRRORED, Hashes, near_pairs

_DISTANCES = (6, 10)


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue())).convert("RGB")


def _half(image: Image.Image) -> Image.Image:
    return image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.LANCZOS)


def _cut(image: Image.Image, share: float) -> Image.Image:
    across, down = image.width * share / 2, image.height * share / 2
    return image.crop((round(across), round(down), round(image.width - across), round(image.height - down)))


_COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG again at quality 50": lambda image: _jpeg(image, 50),
    "JPEG again at quality 20": lambda image: _jpeg(image, 20),
    "half the size": _half,
    "half the size, quality 60": lambda image: _jpeg(_half(image), 60),
    "brighter by a fifth": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "5 % cut off": lambda image: _cut(image, 0.05),
    "10 % cut off": lambda image: _cut(image, 0.1),
    "mirrored": ImageOps.mirror,
}


def main() -> None:
    """Measure, and print a table for each folder and the times."""
    options = argparse.ArgumentParser()
    options.add_argument("folders", nargs="*", type=Path)
    options.add_argument("--images", type=int, default=1000)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--new", type=int, default=10_000)
    chosen = options.parse_args()
    for folder in chosen.folders:
        _shares(folder, chosen.images)
    if chosen.rows:
        _times(chosen.rows, chosen.new)


def _hash(image: Image.Image) -> int:
    return int.from_bytes(measure_thumbs([thumb_of(image, (0, 0, *image.size), "white")])[0]["phash"])


def _shares(folder: Path, most: int) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    images = [Image.open(path).convert("RGB") for path in paths[:: max(1, len(paths) // most)]]
    hashes = np.array([_hash(image) for image in images], np.uint64)
    _say(f"{folder.name}: {len(images)} images", *(f"distance <= {distance}" for distance in _DISTANCES))
    for name, copy in _COPIES.items():
        apart = np.bitwise_count(np.array([_hash(copy(image)) for image in images], np.uint64) ^ hashes)
        _say(name, *(f"{np.mean(apart <= distance):.1%}" for distance in _DISTANCES))
        if name == "mirrored":
            turned = np.minimum(apart, np.bitwise_count(_mirrored(hashes, images, copy)))
            _say("mirrored, with quality.mirrored", *(f"{np.mean(turned <= one):.1%}" for one in _DISTANCES))
    apart = np.bitwise_count(hashes[:, np.newaxis] ^ hashes)[np.triu_indices(len(hashes), 1)]
    _say(f"different images, {len(apart):,} pairs", *(f"{np.sum(apart <= distance)}" for distance in _DISTANCES))


def _mirrored(hashes: Hashes, images: list[Image.Image], copy: Callable[[Image.Image], Image.Image]) -> Hashes:
    copies = np.array([_hash(copy(image)) for image in images], np.uint64)
    return np.asarray(copies ^ hashes ^ MIRRORED, np.uint64)


def _times(rows: int, new: int) -> None:
    random = np.random.default_rng(1)
    there = np.unique(random.integers(0, 1 << 63, rows, np.uint64))
    fresh = np.unique(random.integers(0, 1 << 63, new, np.uint64))
    for title, other in ((f"{new:,} new against {rows:,}", there), (f"a first build of {rows:,}", None)):
        begun, cpu = time.perf_counter(), time.process_time()
        found = sum(len(pairs[0]) for pairs in near_pairs(fresh if other is not None else there, other, 10))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        spent = f"{time.perf_counter() - begun:.1f} s, {time.process_time() - cpu:.1f} s CPU"
        _say(title, spent, f"{found:,} pairs", f"peak {peak:.0f} MB")


def _say(name: str, *values: str) -> None:
    sys.stdout.write(f"{name:<36}{'  '.join(f'{value:>16}' for value in values)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
