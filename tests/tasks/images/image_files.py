"""Image files written by hand, byte by byte: what Pillow would not write, and what no honest program would."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Array = npt.NDArray[Any]
Tag = tuple[int, str, Sequence[int]]


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """*image* as Pillow writes it."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size: tuple[int, int], depth: int, colour: int, rows: Sequence[bytes], *chunks: bytes) -> bytes:
    """A PNG of packed *rows*, with *chunks* before them."""
    return png_of_stream(size, depth, colour, zlib.compress(b"".join(b"\0" + row for row in rows)), *chunks)


def png_of_stream(size: tuple[int, int], depth: int, colour: int, stream: bytes, *chunks: bytes) -> bytes:
    """The same, its pixels as the compressed *stream*."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    body = (chunk(b"IHDR", header), *chunks, chunk(b"IDAT", stream), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def packed_rows(values: Array, depth: int) -> list[bytes]:
    """Each row of *values*, one band of *depth* bits, 1 to 8, packed."""
    bits = np.unpackbits(values.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
    return [row.tobytes() for row in np.packbits(bits.reshape(len(values), -1), axis=1)]


def deflated_zeros(count: int) -> bytes:
    """*count* zero bytes, deflated: one piece is packed, and stands there as often as it takes."""
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(count & ((1 << 20) - 1))) + packer.flush()
    checksum = (count % 65_521) << 16 | 1  # Adler-32 of so many zeros
    return b"\x78\xda" + piece * (count >> 20) + rest + struct.pack(">I", checksum)


_TAG_FORMATS = {"short": (3, "H"), "long": (4, "I"), "byte": (7, "B")}


def tiff(order: str, size: tuple[int, int], strips: Sequence[bytes], *tags: Tag, rows: int = 0) -> bytes:
    """A TIFF of one image.

    Args:
        order: ``<`` or ``>``.
        size: Width and height.
        strips: Its data; of separate planes, one strip each.
        tags: Number, ``short``, ``long`` or ``byte``, values; those of size and strips are added.
        rows: Lines of a strip; all of them where it is 0.
    """
    offsets = [8 + sum(map(len, strips[:number])) for number in range(len(strips))]
    body = b"".join(strips)
    body += b"\0" * (len(body) % 2)
    known: list[Tag] = [(256, "long", [size[0]]), (257, "long", [size[1]]), (278, "long", [rows or size[1]])]
    known += [(273, "long", offsets), (279, "long", [len(strip) for strip in strips])]
    entries = sorted([*known, *tags])
    place = 8 + len(body)
    far, spare = place + 2 + 12 * len(entries) + 4, b""
    directory = struct.pack(f"{order}H", len(entries))
    for number, name, values in entries:
        code, letter = _TAG_FORMATS[name]
        raw = struct.pack(f"{order}{len(values)}{letter}", *values)
        if len(raw) > 4:
            value, spare = struct.pack(f"{order}I", far + len(spare)), spare + raw + b"\0" * (len(raw) % 2)
        else:
            value = raw.ljust(4, b"\0")
        directory += struct.pack(f"{order}HHI", number, code, len(values)) + value
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(f"{order}I", place) + body + directory + struct.pack(f"{order}I", 0) + spare


def many_scans(count: int, side: int) -> bytes:
    """A progressive JPEG of *side* squared pixels whose last scan comes *count* times more."""
    data = saved(Image.new("RGB", (side, side), (10, 200, 30)), "JPEG", progressive=True)
    last = data.rfind(b"\xff\xc4", 0, data.rfind(b"\xff\xda"))
    return data[:-2] + data[last:-2] * count + data[-2:]


def with_jpeg_size(data: bytes, size: tuple[int, int]) -> bytes:
    """The JPEG *data* with another *size* in its frame header."""
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", size[1], size[0]) + data[place + 4 :]
