"""The pixels of PNGs: unpacked by libdeflate and unfiltered by libspng, in two fifths of the time that Pillow takes.

Everything else of a PNG is read by Pillow as ever. Its pixels alone are taken from these libraries, and only where they
are complete to the last byte and their checksum is right: whatever else is left to Pillow, and to what it says of it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from PIL import Image, PngImagePlugin

from tasks.images.kernel import knows_memory
from tasks.images.pillow_core import mapped
from tasks.images.whole import WHOLE, bits_of, wanted_length

if TYPE_CHECKING:
    from PIL import ImageFile

_UNPACKS, _UNFILTERS = "deflate", "pyspng"
_MOST_BYTES = 48 << 20
"""Of unpacked pixels: there are three copies of them for a moment, where Pillow has one."""
_ALIKE = {1: (0, "L"), 3: (2, "RGB"), 4: (6, "RGBA")}
"""For each number of bytes of a pixel, a kind of PNG that has as many, of 8 bits a band: its number and its name.

Filters know nothing else of a pixel, so that lines of any kind are unfiltered as lines of that one.
"""
_SHOWN_AS = {("RGB", "RGB"): "RGBA", ("L", "L"): "L"}
"""What lies in memory as Pillow has it, by Pillow's mode and raw mode: as which kind it is asked for."""
_SIGNATURE, _STREAM, _END = b"\x89PNG\r\n\x1a\n", b"\x78\x01", b"\0\0\0\0IEND\xaeB`\x82"
_BLOCK = 65535
"""Bytes of a block that is stored as it is."""
_SAMPLE = bytes((1, 10, 20, 30, 5, 5, 5, 4, 1, 1, 1, 250, 0, 7))
"""Two lines of two pixels, filtered in two ways."""
_SAMPLE_PIXELS = bytes((10, 20, 30, 15, 25, 35, 11, 21, 31, 9, 25, 42))


@cache
def unfilters_png() -> bool:
    """Whether both libraries are here, and do what they are here for."""
    if not knows_memory() or not all(map(find_spec, (_UNPACKS, _UNFILTERS))):
        return False
    with suppress(ImportError, AttributeError, TypeError, ValueError, RuntimeError):
        return bytes(_unfiltered(_SAMPLE, (6, 2), 3, "RGB")) == _SAMPLE_PIXELS
    return False


@cache
def _unpacker() -> Any:
    import deflate  # noqa: PLC0415 - not every machine has it

    return deflate


@cache
def _unfilterer() -> Any:
    import pyspng  # noqa: PLC0415 - as above

    return pyspng


def load_pixels(image: ImageFile.ImageFile, data: bytes) -> bool:
    """Load *image*, opened from *data*, as its own `load` would; false, and it is as it was, where Pillow has to.

    Raises:
        OSError, ValueError, SyntaxError: What stands behind its pixels is damaged, as Pillow says it.
    """
    if not isinstance(image, PngImagePlugin.PngImageFile) or not _is_plain(image, data) or not unfilters_png():
        return False
    try:
        pixels = _pixels(image, data)
    except MemoryError:
        return False
    if pixels is None:
        return False
    image.im = pixels.im
    image.load_prepare()
    image.tile = []
    image.readonly = pixels.readonly
    image.load_end()
    image.fp = None
    image.info[WHOLE] = True
    return True


def crc32_of(data: memoryview) -> int:
    """The checksum of a chunk that is *data*."""
    return int(_unpacker().crc32(data)) if unfilters_png() else zlib.crc32(data)


def _is_plain(image: PngImagePlugin.PngImageFile, data: bytes) -> bool:
    """Whether the lines of *image* follow one another, from the place of its only tile on, and nothing moves."""
    if len(image.tile) != 1 or image.tile[0].codec_name != "zip" or image.info.get("interlace"):
        return False
    offset = image.tile[0].offset
    is_first = data[12:16] == b"IHDR" and data[offset - 4 : offset] == b"IDAT"
    is_usual = data.find(b"IHDR", 16, offset) < 0 and data.find(b"acTL", 16, offset) < 0
    return is_first and is_usual and wanted_length(data[16:29]) <= _MOST_BYTES


def _pixels(image: PngImagePlugin.PngImageFile, data: bytes) -> Image.Image | None:
    """The pixels of *image*, opened from *data*, in its mode; None where they are not all there, or of another kind."""
    raw, bits = str(image.tile[0].args), bits_of(data[16:29])
    reach, line = max(1, bits // 8), -(-image.width * bits // 8)
    if reach not in _ALIKE:
        return None
    lines = _unpacked(b"".join(_packed(data, image.tile[0].offset - 8)), wanted_length(data[16:29]))
    shown = _SHOWN_AS.get((image.mode, raw))
    try:
        values = None if lines is None else _unfiltered(lines, (line, image.height), reach, shown or _ALIKE[reach][1])
    except RuntimeError:
        return None
    if values is None:
        return None
    if shown is None:
        return Image.frombytes(image.mode, image.size, values.tobytes(), "raw", raw)
    made = mapped(values, image.mode, image.size)
    made.readonly = 1
    return made


def _packed(data: bytes, place: int) -> Iterator[memoryview]:
    """The parts of the packed pixels of the PNG *data* whose first chunk is at *place*, and that follow each other."""
    view = memoryview(data)
    while data[place + 4 : place + 8] == b"IDAT":
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        yield view[place + 8 : end]
        place = end + 4


def _unpacked(packed: bytes, length: int) -> bytes | None:
    """What *packed* holds; None unless it is undamaged, by its checksum too, and comes to exactly that *length*."""
    try:
        found: bytes = _unpacker().zlib_decompress(packed, length)
    except (_unpacker().DeflateError, ValueError):
        return None
    return found if len(found) == length else None


def _unfiltered(lines: bytes, size: tuple[int, int], reach: int, shown: str) -> Any:
    """The bytes of *lines* without the filter that stands before each: uint8, height × width × bands.

    Args:
        lines: Unpacked.
        size: Bytes of a line, and how many there are.
        reach: How many bytes back a filter looks.
        shown: The bands that come out; as many as bytes are looked back, or four where those are three.

    Raises:
        RuntimeError: A line has a filter that there is not.
    """
    kind, _ = _ALIKE[reach]
    head = struct.pack(">4sIIBBBBB", b"IHDR", size[0] // reach, size[1], 8, kind, 0, 0, 0)
    return _unfilterer().load(b"".join([_SIGNATURE, *_chunk(head), *_chunk(b"IDAT", *_stored(lines)), _END]), shown)


def _stored(lines: bytes) -> Iterator[bytes | memoryview]:
    """The stream that unpacks to *lines* and is not packed, in parts."""
    view = memoryview(lines)
    yield _STREAM
    for start in range(0, len(view), _BLOCK):
        block = view[start : start + _BLOCK]
        yield struct.pack("<BHH", start + _BLOCK >= len(view), len(block), len(block) ^ 0xFFFF)
        yield block
    yield struct.pack(">I", _unpacker().adler32(lines))


def _chunk(*parts: bytes | memoryview) -> Iterator[bytes | memoryview]:
    """A chunk of a PNG, its kind and data being *parts*."""
    checksum = 0
    for part in parts:
        checksum = _unpacker().crc32(part, checksum)
    yield struct.pack(">I", sum(map(len, parts)) - 4)
    yield from parts
    yield struct.pack(">I", checksum)
