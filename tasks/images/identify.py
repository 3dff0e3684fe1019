"""What bytes are that Pillow does not open, and what of a file can be told from its outer form alone."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PILLOW_FORMATS = {
    "jpeg": ("JPEG",),
    "png": ("PNG",),
    "tiff": ("TIFF",),
    "webp": ("WEBP",),
    "bmp": ("BMP", "DIB"),
    "gif": ("GIF",),
}
"""For each name in `validation.formats`, Pillow's names. JPEG's plugin opens MPO files too."""
FORMAT_NAMES = {pillow: name for name, formats in PILLOW_FORMATS.items() for pillow in formats} | {"MPO": "jpeg"}
_EVERY = tuple(pillow for formats in PILLOW_FORMATS.values() for pillow in formats)
PLUGINS = (MpoImagePlugin,)
"""Imported, and with that registered, as those below: `Image.open(formats=…)` knows only those that are."""
_MAGIC = (
    ("JPEG", (b"\xff\xd8\xff",), JpegImagePlugin.JpegImageFile),
    ("PNG", (b"\x89PNG\r\n\x1a\n",), PngImagePlugin.PngImageFile),
    ("GIF", (b"GIF87a", b"GIF89a"), GifImagePlugin.GifImageFile),
    ("BMP", (b"BM",), BmpImagePlugin.BmpImageFile),
    ("TIFF", (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"), TiffImagePlugin.TiffImageFile),
    ("WebP", (b"RIFF",), WebPImagePlugin.WebPImageFile),
)
_FOREIGN = {
    b"%!PS": "EPS",
    b"\xc5\xd0\xd3\xc6": "EPS",
    b"%PDF": "PDF",
    b"8BPS": "Photoshop",
    b"SIMPLE  =": "FITS",
    b"\xd7\xcd\xc6\x9a": "WMF",
    b"\x01\x00\x09\x00\x00\x03": "WMF",
    b"\x00\x00\x00\x0cjP": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\xff\x0a": "JPEG XL",
    b"\x00\x00\x00\x0cJXL": "JPEG XL",
    b"\x00\x00\x01\x00": "an icon",
    b"icns": "an icon",
    b"DDS ": "DDS",
    b"qoif": "QOI",
}
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "HEIF"
)
_NETPBM = frozenset(b"123456")
_FLI = frozenset({b"\x11\xaf", b"\x12\xaf"})
_UNSUPPORTED = ("pixel mode", "-bit layers", "unsupported bmp", "sample", "not yet supported")


def explain_unidentified(data: bytes) -> tuple[Reason, str]:
    """Whether *data* is an image of a format that is not admitted, one cut short or damaged, or none."""
    try:
        with Image.open(io.BytesIO(data), formats=_EVERY) as image:
            return Reason.FORMAT_NOT_ALLOWED, f"is {image.format}, which `validation.formats` does not list"
    except UnidentifiedImageError:
        pass
    if name := foreign_format(data):
        return Reason.FORMAT_NOT_ALLOWED, f"is {name}, which is never read"
    for name, magics, plugin in _MAGIC:
        if data.startswith(magics) and (name != "WebP" or data[8:12] == b"WEBP"):
            return _explain_header(data, name, plugin)
    return Reason.NOT_AN_IMAGE, f"is no image: begins with {data[:12]!r}"


def _explain_header(data: bytes, name: str, plugin: Callable[[io.BytesIO], Image.Image]) -> tuple[Reason, str]:
    """Why *plugin* does not read *data*, which begins as its format does."""
    try:
        plugin(io.BytesIO(data))
    except Exception as error:  # noqa: BLE001 - Pillow's plugins raise anything on damaged bytes
        said = f"{type(error).__name__}: {error}".lower()
        if any(mark in said for mark in _UNSUPPORTED):
            return Reason.UNSUPPORTED_MODE, f"is {name} of a kind that cannot be converted: {error}"
        return Reason.TRUNCATED, f"begins like {name} and ends or breaks in its header: {type(error).__name__}: {error}"
    return Reason.TRUNCATED, f"begins like {name} and has no image in its {len(data)} bytes"


def foreign_format(data: bytes) -> str:
    """The format of *data* where it is one that is never read, however it is named; else empty."""
    for magic, name in _FOREIGN.items():
        if data.startswith(magic):
            return name
    if data[4:8] == b"ftyp" and data[8:12] in _BRANDS:
        return _BRANDS[data[8:12]]
    if data[:4] == b"\x01\x00\x00\x00" and data[40:44] == b" EMF":
        return "EMF"
    if data[4:6] in _FLI and len(data) > 128:
        return "FLI"
    if data[:1] == b"P" and data[1:2] and data[1] in _NETPBM and data[2:3].isspace():
        return "PPM"
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "SVG" if head.startswith(b"<svg") or (head.startswith(b"<?xml") and b"<svg" in head) else ""


def check_png(data: bytes) -> None:
    """Raise `RejectedImageError` unless all chunks are there and right: decoding does not look at pixels' checksums."""
    place, kind = 8, b""
    while kind != b"IEND":
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        kind = data[place + 4 : place + 8]
        if end + 4 > len(data):
            raise RejectedImageError(Reason.TRUNCATED, f"ends in its chunk at byte {place}, after {len(data)} bytes")
        if zlib.crc32(memoryview(data)[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise RejectedImageError(Reason.DECODE_ERROR, f"the checksum of its chunk at byte {place} is wrong")
        place = end + 4


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of the WebP file *data*, in pixels, as its header has them; None of anything else."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    match data[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF
    return None


def is_cut_webp(data: bytes) -> bool:
    """Whether *data*, a WebP file, is shorter than its header says."""
    return 8 + int.from_bytes(data[4:8], "little") > len(data)


def pillow_names(formats: Iterable[str]) -> list[str]:
    """Pillow's names of *formats*."""
    return [pillow for name in formats for pillow in PILLOW_FORMATS[name]]
