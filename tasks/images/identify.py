"""What bytes are that Pillow does not open, and what of a file can be told from its outer form alone."""

from __future__ import annotations

import functools
import importlib
import io
from typing import TYPE_CHECKING, Any

from PIL import Image

from tasks.image_formats import READ, ImageFormat, format_of
from tasks.images.other_files import odd_jpeg, what_else
from tasks.images.png_pixels import crc32_of
from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT_NAMES = {pillow: name for name, item in READ.items() for pillow in item.pillow}
"""For each of Pillow's names that of the format in `validation.formats`."""
_FLI = frozenset({b"\x11\xaf", b"\x12\xaf"})
_UNSUPPORTED = ("pixel mode", "-bit layers", "unsupported bmp", "sample", "not yet supported", "-layer images")


def explain_unidentified(data: bytes, formats: Iterable[str]) -> tuple[Reason, str]:
    """Whether *data*, which none of *formats* opens, is an image of another one, one cut short or damaged, or none."""
    known = format_of(data)
    if known is None:
        if data[4:6] in _FLI and len(data) > 128:
            return Reason.FORMAT_NOT_ALLOWED, "is FLI, which is never read"
        if _is_svg(data):
            return Reason.FORMAT_NOT_ALLOWED, "is SVG, which is never read"
        return Reason.NOT_AN_IMAGE, f"is not an image: {_beginning(data)}"
    if known.name and known.name in formats:
        return _explain_header(data, known)
    return Reason.FORMAT_NOT_ALLOWED, f"is {known.title}, {remedy_of(known)}"


def _beginning(data: bytes) -> str:
    """What stands at the beginning of *data*, as a person reads it."""
    head = data[:16]
    if not any(data):
        return f"its {len(data):,} bytes are all zero"
    if known := what_else(data):
        return known
    if head.isascii() and head.decode().strip().isprintable():
        return f"its text begins with {head.decode().strip()!r}"
    return f"its bytes begin with {head.hex(' ')}"


def remedy_of(known: ImageFormat) -> str:
    """What admits a format that is not admitted."""
    if not known.name:
        return "which is never read: convert it to PNG or TIFF, or pass it over with `source.ignore`"
    if not known.extra:
        return f"which `validation.formats` does not list: add {known.name} to it"
    package = f"and `pip install 'parquetry[{known.extra}]'`"
    return f"which `validation.formats` does not list: add {known.name} to it, {package}"


def _explain_header(data: bytes, known: ImageFormat) -> tuple[Reason, str]:
    """Why *data*, which begin as the format that is *known*, are not opened."""
    if not known.is_there:
        return Reason.FORMAT_NOT_ALLOWED, f"is {known.title}: `pip install 'parquetry[{known.extra}]'` reads it"
    try:
        Image.OPEN[known.pillow[0]][0](io.BytesIO(data), "")
    except Exception as error:  # noqa: BLE001 - Pillow's plugins raise anything on damaged bytes
        if kind := odd_jpeg(data):
            return Reason.UNSUPPORTED_MODE, kind
        said = f"{type(error).__name__}: {error}".lower()
        if any(mark in said for mark in _UNSUPPORTED):
            return Reason.UNSUPPORTED_MODE, f"is {known.title} of a kind that cannot be converted: {error}"
        broken = f"begins like {known.title} and ends or breaks in its header: {type(error).__name__}: {error}"
        return Reason.TRUNCATED, broken
    return Reason.TRUNCATED, f"begins like {known.title} and has no image in its {len(data)} bytes"


def _is_svg(data: bytes) -> bool:
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith(b"<svg") or (head.startswith(b"<?xml") and b"<svg" in head)


def check_png(data: bytes) -> None:
    """Raise `RejectedImageError` unless all chunks are there and right: decoding does not look at pixels' checksums."""
    place, kind = 8, b""
    while kind != b"IEND":
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        kind = data[place + 4 : place + 8]
        if end + 4 > len(data):
            raise RejectedImageError(Reason.TRUNCATED, f"ends in its chunk at byte {place}, after {len(data)} bytes")
        if crc32_of(memoryview(data)[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
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


@functools.cache
def pillow_names(formats: tuple[str, ...]) -> list[str]:
    """Pillow's names of *formats*, each registered with it: `Image.open(formats=…)` knows only those that are."""
    names: list[str] = []
    for name in formats:
        item = READ[name]
        if not item.is_there:
            continue
        for module in item.modules:
            _ready(importlib.import_module(module))
        names += [pillow for pillow in item.pillow if pillow in Image.OPEN]  # JPEG opens MPO
    return names


def _ready(plugin: Any) -> None:
    """Have *plugin* registered, where importing it was not enough, and keep it to one thread."""
    if hasattr(plugin, "register_heif_opener"):
        plugin.register_heif_opener(thumbnails=False)
    if hasattr(plugin, "DEFAULT_MAX_THREADS"):
        plugin.DEFAULT_MAX_THREADS = 1
