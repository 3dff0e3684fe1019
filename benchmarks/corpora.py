"""Reproducible image sets for measuring: real photographs, multiplied with distinct bytes, or enlarged."""

from __future__ import annotations

import io
import zlib
from itertools import cycle, islice
from pathlib import Path

from PIL import Image


def distinct_photographs(photos: Path, folder: Path, count: int) -> Path:
    """*count* photographs in class folders below *folder*, each with bytes of its own and pixels of one of *photos*."""
    originals = [(path.stem.split("_", 1)[1], path.read_bytes()) for path in sorted(photos.iterdir())]
    for number in range(count):
        label, data = originals[number % len(originals)]
        _put(folder / label / f"{number:06}.jpg", with_comment(data, number))
    return folder


def camera_photographs(photos: Path, folder: Path, count: int) -> Path:
    """*count* photographs enlarged to 12 megapixels (4000x3000) at quality 92, as cameras write them."""
    made: dict[Path, bytes] = {}
    for number, path in enumerate(islice(cycle(sorted(photos.iterdir())), count)):
        if path not in made:
            with Image.open(path) as image:
                made[path] = _encoded(image.convert("RGB").resize((4000, 3000), Image.Resampling.BICUBIC), "JPEG")
        _put(folder / path.stem.split("_", 1)[1] / f"{number:06}.jpg", with_comment(made[path], number))
    return folder


def small_photographs(photos: Path, folder: Path, count: int) -> Path:
    """*count* photographs of 128x96 at quality 85, each with bytes of its own and pixels of one of *photos*."""
    originals = []
    for path in sorted(photos.iterdir()):
        buffer = io.BytesIO()
        with Image.open(path) as image:
            image.convert("RGB").resize((128, 96), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=85)
        originals.append((path.stem.split("_", 1)[1], buffer.getvalue()))
    for number in range(count):
        label, data = originals[number % len(originals)]
        _put(folder / label / f"{number:06}.jpg", with_comment(data, number))
    return folder


def tiny_images(photos: Path, folder: Path, count: int) -> Path:
    """*count* images of 32x32 at quality 95, each with bytes of its own and pixels of one of *photos*."""
    originals = []
    for path in sorted(photos.iterdir()):
        buffer = io.BytesIO()
        with Image.open(path) as image:
            image.convert("RGB").resize((32, 32), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=95)
        originals.append((path.stem.split("_", 1)[1], buffer.getvalue()))
    for number in range(count):
        label, data = originals[number % len(originals)]
        _put(folder / label / f"{number:06}.jpg", with_comment(data, number))
    return folder


def lossless_photographs(photos: Path, folder: Path, count: int) -> Path:
    """*count* photographs, every other one a PNG and an LZW TIFF, each with bytes of its own and pixels of *photos*."""
    originals = []
    for path in sorted(photos.iterdir()):
        with Image.open(path) as image:
            made = {kind: _encoded(image.convert("RGB"), kind) for kind in ("PNG", "TIFF")}
        originals.append((path.stem.split("_", 1)[1], made))
    for number in range(count):
        label, made = originals[number // 2 % len(originals)]
        place = folder / label / f"{number:06}"
        if number % 2:
            _put(place.with_suffix(".tif"), made["TIFF"] + f"{number:012}".encode())
        else:
            _put(place.with_suffix(".png"), _with_text(made["PNG"], number))
    return folder


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "JPEG":
        image.save(buffer, kind, quality=92)
    else:
        image.save(buffer, kind, compression="tiff_lzw" if kind == "TIFF" else None)
    return buffer.getvalue()


def _with_text(png: bytes, number: int) -> bytes:
    """*png* with a text chunk after its header: other bytes, the same pixels."""
    chunk = b"tEXt" + f"number\0{number:012}".encode()
    framed = (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    return png[:33] + framed + png[33:]


def with_comment(jpeg: bytes, number: int) -> bytes:
    """*jpeg* with a comment segment (marker FFFE) after its start marker: other bytes, the same pixels."""
    text = f"{number:012}".encode()
    return jpeg[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + jpeg[2:]


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
