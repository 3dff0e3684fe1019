"""What Pillow leaves to its callers in TIFFs: separate planes of 16 bits, white that is zero, whites under 65535."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, TiffImagePlugin

from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

_BITS, _PHOTOMETRIC, _SAMPLES, _PLANES = 258, 262, 277, 284
_MOST_BANDS = 4


def check_tiff(image: TiffImageFile, data: bytes) -> Image.Image:
    """*image*, opened from *data*, or the same opened so that its planes are read right.

    Raises:
        RejectedImageError: It has more than four bands: which of them to show would be a guess.
    """
    tags = image.tag_v2
    bands = tags.get(_SAMPLES, 1)
    if bands > _MOST_BANDS:
        raise RejectedImageError(Reason.UNSUPPORTED_MODE, f"has {bands} bands: which of them to show would be a guess")
    if tags.get(_PLANES, 1) != 2 or image.use_load_libtiff:
        return image
    # Pillow's own reader takes separate planes for 8 bits each; libtiff knows better.
    image.close()
    TiffImagePlugin.READ_LIBTIFF = True
    try:
        return Image.open(io.BytesIO(data), formats=["TIFF"])
    finally:
        TiffImagePlugin.READ_LIBTIFF = False


def deep_white(image: Image.Image) -> int:
    """The value that is white in *image*, of 16-bit numbers: 65535, or less where the file keeps fewer bits."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS, (16,))[0]
    return (1 << bits) - 1 if 8 < bits < 16 else 65535


def has_white_zero(image: Image.Image) -> bool:
    """Whether *image*, of 16-bit numbers, keeps white as zero: Pillow turns such an image round only in 8 bits."""
    return bool(getattr(image, "tag_v2", {}).get(_PHOTOMETRIC, 1) == 0)
