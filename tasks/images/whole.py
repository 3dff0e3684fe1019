"""Whether a decoder gave the whole image: some end early without a word, and leave the rest black or grey."""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

from PIL import Image

from tasks.images.rejected import RejectedImageError
from tasks.images.scans import ARITHMETIC, END, Frame, draws_as, may_lack_an_end
from tasks.reasons import Reason

if TYPE_CHECKING:
    from tasks.images.pixel_spec import PixelSpec

WHOLE = "whole"
"""Set in the `info` of a PNG of which it is known that all of its lines are there, until that is looked at."""
_MID_GREY = frozenset({127, 128})
_FILLER = bytes(range(1, 250)) * 16
"""What decodes to something, wherever a JPEG decoder goes on with it; no marker is in it."""
_PASSES = ((8, 8, 0, 0), (8, 8, 4, 0), (4, 8, 0, 4), (4, 4, 2, 0), (2, 4, 0, 2), (2, 2, 1, 0), (1, 2, 0, 1))
"""Of an interlaced PNG: steps to the right and down, from where on."""
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PIECE = 1 << 16


def check_whole(image: Image.Image, data: bytes, spec: PixelSpec) -> None:
    """Raise `RejectedImageError` where the lines of *image*, a PNG loaded from *data*, end too early.

    Pillow takes compressed data that end with a whole line for the end of the image. They are counted only where one of
    the last two lines is all zeros, as a line is that was never written, or where lines come in passes.
    """
    if image.info.pop(WHOLE, False):
        return
    if image.format != "PNG" or spec.allow_truncated or not (_ends_in_zeros(image) or image.info.get("interlace")):
        return
    there, wanted = _unpacked_length(data), wanted_length(data[16:29])
    if there < wanted:
        raise RejectedImageError(Reason.TRUNCATED, f"its pixels end after {there} of {wanted} bytes")


def _ends_in_zeros(image: Image.Image) -> bool:
    lines = range(max(0, image.height - 2), image.height)
    return any(image.crop((0, line, image.width, line + 1)).getbbox(alpha_only=False) is None for line in lines)


def bits_of(header: bytes) -> int:
    """How many bits a pixel of a PNG of this *header* has."""
    return header[8] * _CHANNELS.get(header[9], 1)


def wanted_length(header: bytes) -> int:
    """How many bytes a PNG of this *header* has, unpacked: each line with its filter, in one pass or seven."""
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    bits, is_interlaced = bits_of(header), header[12]
    passes = _PASSES if is_interlaced else ((1, 1, 0, 0),)
    sizes = ((len(range(left, width, right)), len(range(top, height, down))) for right, down, left, top in passes)
    return sum(down * (1 + -(-across * bits // 8)) for across, down in sizes if across)


def _unpacked_length(data: bytes) -> int:
    """How many bytes the pixels of the PNG *data* come to, unpacked; as far as they can be."""
    unpacker, place, length = zlib.decompressobj(), 8, 0
    with suppress(zlib.error):
        while place + 8 <= len(data) and not unpacker.eof:
            end = place + 8 + int.from_bytes(data[place : place + 4], "big")
            if data[place + 4 : place + 8] == b"IDAT":
                rest = data[place + 8 : end]
                while rest and not unpacker.eof:
                    length += len(unpacker.decompress(rest, _PIECE))
                    rest = unpacker.unconsumed_tail
            place = end + 4
    return length


def check_jpeg_end(image: Image.Image, data: bytes, frame: Frame, draft: tuple[int, int] | None, scale: int) -> None:
    """Raise `RejectedImageError` where *image*, a loaded JPEG, is grey or coarse since its data end too early.

    An end marker may have been put where the file broke off; the decoder then fills what is missing with grey, or
    leaves it as earlier scans have it. Where that may be so, more data are put before that marker: a whole image stays
    as it is.

    Args:
        image: As it was loaded.
        data: What it was opened from.
        frame: Of *data*.
        draft: The size that scaled decoding was asked for.
        scale: How many pixels of a side became one.
    """
    if not _is_mid_grey(image) and not may_lack_an_end(data, frame, scale):
        return
    end = data.find(END, frame.scan) if frame.scan >= 0 else -1
    if end < 0 or frame.kind in ARITHMETIC or draws_as(data[:end] + _FILLER + data[end:], image, draft):
        return
    raise RejectedImageError(Reason.TRUNCATED, "its data end too early: what is missing would be grey or coarse")


def _is_mid_grey(image: Image.Image) -> bool:
    """Whether the last pixel is grey as a decoder leaves it."""
    last = image.getpixel((image.width - 1, image.height - 1))
    return set(last if isinstance(last, tuple) else (last,)) <= _MID_GREY
