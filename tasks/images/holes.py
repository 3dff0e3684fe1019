"""Whether a stretch of an image's file was made room for and never written: zeros where packed pixels have none.

A copy that stopped, a download in pieces or a damaged disk leaves such a hole. Most decoders draw something of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from tasks.images.rejected import RejectedImageError
from tasks.images.scans import ARITHMETIC, PROGRESSIVE, Frame, draws_as
from tasks.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

_HOLE = 512  # bytes; the zeros of packed pixels are at most some dozens in a row, but for what is said below
_LEAST_LOSSY_WEBP, _PIXELS_A_ZERO = 1024, 4000  # even pictures: 1,159 zeros of 12 megapixels
_END_BYTES, _END_SHARE = 512, 0.15  # an even picture of many megapixels ends in zeros too, 5 % of its file
_WEBP_PIXELS = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANMF"})
_HUFFMAN = 0xC4
_FILLER = bytes(range(1, 250))
_TWO_ZEROS = bytes(2)


def check_hollow_end(data: bytes, name: str) -> None:
    """Raise `RejectedImageError` where the end of *data*, a packed image, was made room for and never written."""
    zeros = len(data) - len(data.rstrip(b"\0"))
    if zeros > max(_END_BYTES, _END_SHARE * len(data)):
        raise RejectedImageError(Reason.TRUNCATED, f"is a {name} whose last {zeros} bytes are zeros, never written")


def check_webp_holes(data: bytes, pixels: int) -> None:
    """Raise `RejectedImageError` where the packed pixels of the WebP *data*, so many *pixels*, have a hole."""
    place = 12
    while place + 8 <= len(data):
        kind, end = data[place : place + 4], place + 8 + int.from_bytes(data[place + 4 : place + 8], "little")
        if kind in _WEBP_PIXELS:
            least = _HOLE if kind == b"VP8L" else _LEAST_LOSSY_WEBP + pixels // _PIXELS_A_ZERO
            refuse_hole(data, place + 8, end, least)
        place = end + end % 2


def check_avif_holes(data: bytes) -> None:
    """Raise `RejectedImageError` where the pixels of the AVIF or HEIF *data* have a hole; EXIF, beside them, may."""
    place = 0
    while place + 8 <= len(data) and b"Exif" not in data:
        size = int.from_bytes(data[place : place + 4], "big")
        end = place + size if size > 7 else len(data)
        if data[place + 4 : place + 8] == b"mdat":
            refuse_hole(data, place + 8, end)
        place = end


def check_jpeg2000_holes(data: bytes) -> None:
    """Raise `RejectedImageError` where the packed pixels of the JPEG 2000 *data* have a hole."""
    start = data.find(b"\xff\x93")
    if start >= 0:
        refuse_hole(data, start, max(data.rfind(b"\xff\xd9"), start))


def refuse_hole(data: bytes, start: int, end: int, least: int = _HOLE) -> None:
    """Raise `RejectedImageError` where *data*, from *start* to *end*, have so many zeros in a row, *least*."""
    place = _find_zeros(data, start, end, least)
    if place >= 0:
        raise _hole(data, place)


def _find_zeros(data: bytes, start: int, end: int | None = None, least: int = _HOLE) -> int:
    """Where in *data*, from *start* to *end*, so many zeros stand in a row, *least*; -1 where they do not.

    Every so many bytes one is looked at first: among so many zeros there are two of them.
    """
    if _TWO_ZEROS not in data[start : end : least // 2]:
        return -1
    return data.find(bytes(least), start, end)


def _hole(data: bytes, place: int) -> RejectedImageError:
    zeros = len(data) - place - len(data[place:].lstrip(b"\0"))
    return RejectedImageError(
        Reason.TRUNCATED, f"has {zeros} zeros at byte {place}, where its pixels were never written"
    )


def check_jpeg_holes(image: Image.Image, data: bytes, frame: Frame, draft: tuple[int, int] | None) -> None:
    """Raise `RejectedImageError` where *image*, a loaded JPEG, was made of a hole.

    Zeros mean something only where the shortest codes stand for an even area; and some cameras fill up the end of their
    data with them, which makes no pixel.

    Args:
        image: As it was loaded.
        data: What it was opened from.
        frame: Of *data*.
        draft: The size that scaled decoding was asked for.
    """
    place = jpeg_hole(data, frame)
    if place >= 0 and not draws_as(without_hole(data, place), image, draft):
        raise _hole(data, place)


def jpeg_hole(data: bytes, frame: Frame) -> int:
    """The place of zeros that may be a hole in the packed pixels of the JPEG *data*, of *frame*; -1 for none."""
    kind, _, scan = frame
    place = _find_zeros(data, scan) if scan >= 0 else -1
    if place < 0 or data.find(b"\xff\xd9", place) != data.find(b"\xff\xd9", scan):
        return -1  # behind the end of the picture; where that lacks its mark, zeros may stand for its rest
    if kind in ARITHMETIC or _may_be_zeros(data, kind, data.rfind(b"\xff\xda", 0, place)):
        return -1
    return place


def without_hole(data: bytes, place: int) -> bytes:
    """*data* with something else in place of the hole that begins at *place*."""
    return data[:place] + (_FILLER * 3)[:_HOLE] + data[place + _HOLE :]


def _may_be_zeros(data: bytes, kind: int, scan: int) -> bool:
    """Whether the *scan* at that place may hold nothing but zeros for a while, as even areas are written."""
    count = data[scan + 4]
    header = data[scan + 5 : scan + 8 + 2 * count]
    first, approximation = header[2 * count], header[2 * count + 2]
    if kind in PROGRESSIVE and (first or approximation >> 4):
        return not first  # a bit of each average: all of them may be zero
    shortest = dict(_shortest_codes(data[:scan]))
    tables = header[1 : 2 * count : 2]
    averages = all(shortest.get(table >> 4) == 0 for table in tables)
    return averages and (kind in PROGRESSIVE or all(shortest.get(16 + table % 16) == 0 for table in tables))


def _shortest_codes(data: bytes) -> Iterable[tuple[int, int]]:
    """For each table of codes in *data* its number, from 16 on for details, and what its code of zeros stands for."""
    place = 2
    while place + 4 <= len(data):
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if data[place] != 0xFF or data[place + 1] == 0xDA:  # the data of a scan
            place = data.find(b"\xff\xc4", place + 2)
            if place < 0:
                return
            continue
        table = place + 4
        while data[place + 1] == _HUFFMAN and table + 17 < end:
            yield data[table], data[table + 17]
            table += 17 + sum(data[table + 1 : table + 17])
        place = end
