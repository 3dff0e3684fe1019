"""What stands in a PNG beside its picture, and keeps Pillow from opening it: texts that are long, and damage.

Browsers and libpng pass it over, and so is it here: without it the file is another one that shows the same picture.
"""

from __future__ import annotations

import zlib
from itertools import chain
from typing import TYPE_CHECKING

from tasks.images.png_pixels import crc32_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_LONGEST_TEXT = 1 << 20
_OF_THE_PICTURE = frozenset({b"tRNS", b"acTL", b"fcTL", b"fdAT"})
"""Chunks that may be left out, and that make another picture of it if they are."""
_ANCILLARY = 0x20
"""Set in the first letter of a chunk that may be left out."""


def without_obstacles(data: bytes) -> bytes:
    """The PNG *data* without texts that are long, unpacked, and without chunks beside the picture that are damaged.

    Anything else, and a PNG that has none of this, comes back as it is.
    """
    if not data.startswith(_SIGNATURE):
        return data
    kept = list(_kept(data))
    if len(kept) == 1:
        return data
    return b"".join(chain([data[: len(_SIGNATURE)]], (data[start:end] for start, end in kept)))


def _kept(data: bytes) -> Iterator[tuple[int, int]]:
    """The stretches of *data* that stay, from its first chunk on; one where all of them do."""
    start = place = len(_SIGNATURE)
    while place + 12 <= len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        if end > len(data) or data[place + 4 : place + 8] == b"IEND":
            break
        if _is_obstacle(data, place, end):
            yield start, place
            start = end
        place = end
    yield start, len(data)


def _is_obstacle(data: bytes, place: int, end: int) -> bool:
    """Whether the chunk of *data* from *place* to *end* is in the way and beside the picture."""
    kind = data[place + 4 : place + 8]
    if not kind[0] & _ANCILLARY or kind in _OF_THE_PICTURE:
        return False
    if kind in _TEXTS and _is_long(data, place, end):
        return True
    return crc32_of(memoryview(data)[place + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big")


def _is_long(data: bytes, place: int, end: int) -> bool:
    """Whether the text of *data* whose chunk lies from *place* to *end* is longer than Pillow reads, once unpacked."""
    kind, parts = data[place + 4 : place + 8], data[place + 8 : end - 4].split(b"\0", 1)
    if end - place > _LONGEST_TEXT:
        return True
    if len(parts) == 1 or kind == b"tEXt":
        return False
    packed = parts[1][1:] if kind == b"zTXt" else parts[1][2:].split(b"\0", 2)[-1] if parts[1][:1] == b"\1" else b""
    try:
        return len(zlib.decompressobj().decompress(packed, _LONGEST_TEXT + 1)) > _LONGEST_TEXT
    except zlib.error:
        return False  # Pillow passes it over
