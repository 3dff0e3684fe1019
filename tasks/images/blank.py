"""Images that came out in one colour although their files are not of one colour."""

from __future__ import annotations

import io
import zlib

from PIL import Image

BLANK = "blank"
VARIES = "varies"
"""Set in the `info` of an image of one colour whose file tells more of them apart than 8 bits can."""
_HEAD = 1024  # what headers and tables come to
_LOOKED_AT = 1 << 20


def is_blank(made: Image.Image, decoded: Image.Image, data: bytes, size: tuple[int, int]) -> bool:
    """Whether *made* is of one colour, and what it was made of is not.

    Args:
        made: What is published.
        decoded: What the file decoded to, at its size or smaller; it may be the same.
        data: The file. One of a single colour packs to next to nothing, whatever its format.
        size: Width and height that the image has in full, in pixels.
    """
    if not is_even(made):
        return False
    if not is_even(decoded) or decoded.info.get(VARIES, False) or _says_more(data, decoded):
        return True
    return decoded.size != size and not _is_even_in_full(data)


def _is_even_in_full(data: bytes) -> bool:
    """Whether the JPEG *data*, decoded at its own size, is of one colour: at a smaller one, fine patterns are."""
    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        image.load()
        return is_even(image)


def is_even(image: Image.Image) -> bool:
    """Whether all pixels of *image* are the same; five are compared first, since nearly no image is."""
    right, bottom = image.width - 1, image.height - 1
    pixels = image.load()
    if pixels is not None:
        first = pixels[0, 0]
        for place in ((right, bottom), (right // 2, bottom // 2), (right, 0), (0, bottom)):
            if pixels[place] != first:
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
