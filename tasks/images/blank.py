"""Images that came out in one colour although their files are not of one colour."""

from __future__ import annotations

import zlib

from PIL import Image

BLANK = "blank"
_HEAD = 1024  # what headers and tables come to
_LOOKED_AT = 1 << 20


def is_blank(made: Image.Image, decoded: Image.Image, data: bytes) -> bool:
    """Whether *made* is of one colour, and what it was made of is not.

    Args:
        made: What is published.
        decoded: What the file decoded to; it may be the same.
        data: The file. One of a single colour packs to next to nothing, whatever its format.
    """
    if not _is_even(made):
        return False
    return not _is_even(decoded) or _says_more(data, decoded)


def _is_even(image: Image.Image) -> bool:
    """Whether all pixels of *image* are the same; five are compared first, since nearly no image is."""
    right, bottom = image.width - 1, image.height - 1
    first = image.getpixel((0, 0))
    for place in ((right, bottom), (right // 2, bottom // 2), (right, 0), (0, bottom)):
        if image.getpixel(place) != first:
            return False
    bands = len(image.getbands())
    if bands > 1:  # its extrema would be taken of a copy of each band
        return sum(count > 0 for count in image.histogram()) == bands
    low, high = (image.convert("I") if image.mode.startswith("I;") else image).getextrema()
    return low == high


def _says_more(data: bytes, image: Image.Image) -> bool:
    """Whether *data* hold more than one colour and what is written about it."""
    about = sum(len(value) for value in image.info.values() if isinstance(value, bytes | str))
    looked_at = data[:_LOOKED_AT]
    even = len(looked_at) // 128 + image.width * image.height // 1024
    return len(zlib.compress(looked_at, 1)) > _HEAD + about + even
