"""What Pillow leaves to its callers in TIFFs: planes, strips that are not there, colour maps, white, signs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image, ImagePalette, TiffImagePlugin

from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

_BITS, _COMPRESSION, _PHOTOMETRIC, _OFFSETS, _SAMPLES, _ROWS, _COUNTS = 258, 259, 262, 273, 277, 278, 279
_GREATEST, _PLANES, _COLOURS, _INK_SET, _EXTRA, _SAMPLE_FORMAT = 281, 284, 320, 332, 338, 339
_TILES, _SUBSAMPLING = 324, 530
_KIND, _OLD_KIND, _OLD_REDUCED, _INNER = 254, 255, 2, 330
_MOST_BANDS = 4
_INKS, _YCBCR = 5, 6
_SIGNED = 2
_FAXES = frozenset({2, 3, 4})  # white is zero unless they say otherwise


def check_tiff(image: TiffImageFile, data: bytes) -> TiffImageFile:
    """*image*, opened from *data*, or the same opened so that its planes are read right.

    Raises:
        RejectedImageError: It has more than four bands, or inks that are not the four of print: which of them to show
            would be a guess; it is but a small copy of another picture; or some of its strips are not there.
    """
    tags = image.tag_v2
    bands = tags.get(_SAMPLES, 1)
    if bands > _MOST_BANDS:
        raise RejectedImageError(Reason.UNSUPPORTED_MODE, f"has {bands} bands: which of them to show would be a guess")
    if tags.get(_PHOTOMETRIC) == _INKS and tags.get(_INK_SET, 1) != 1:
        raise RejectedImageError(Reason.UNSUPPORTED_MODE, "has inks that are not cyan, magenta, yellow and black")
    if (tags.get(_KIND, 0) & 1 or tags.get(_OLD_KIND) == _OLD_REDUCED) and (_INNER in tags or tags.next):
        raise RejectedImageError(
            Reason.UNSUPPORTED_MODE,
            "begins with a small copy of a larger picture in it, as raw photographs do: save that one by itself",
        )
    if _PHOTOMETRIC not in tags and tags.get(_COMPRESSION, 1) not in _FAXES:
        raise RejectedImageError(
            Reason.UNSUPPORTED_MODE, "does not say whether zero is black or white (PhotometricInterpretation)"
        )
    _check_places(tags)
    if tags.get(_COMPRESSION, 1) == 1 and _OFFSETS in tags:
        _check_strips(tags, *image.size)
    if tags.get(_PLANES, 1) == 2 and not image.use_load_libtiff:
        image = _opened_by_libtiff(image, data)
    colours = tags.get(_COLOURS, ())
    if image.mode == "P" and colours and max(colours) < 256:  # 8 bits, written into a map of 16
        image.palette = ImagePalette.raw("RGB;L", bytes(colours))
    return image


def _opened_by_libtiff(image: TiffImageFile, data: bytes) -> TiffImageFile:
    """Pillow's own reader takes separate planes for 8 bits each; libtiff knows better."""
    image.close()
    TiffImagePlugin.READ_LIBTIFF = True
    try:
        return TiffImagePlugin.TiffImageFile(io.BytesIO(data))
    finally:
        TiffImagePlugin.READ_LIBTIFF = False


def _check_places(tags: Any) -> None:
    """Raise `RejectedImageError` where a strip or tile is said to lie where the file begins, as one without data is."""
    for name, places in (("strip", tags.get(_OFFSETS, ())), ("tile", tags.get(_TILES, ()))):
        if 0 in places:
            detail = f"its {name} {places.index(0) + 1} of {len(places)} was never written"
            raise RejectedImageError(Reason.TRUNCATED, detail)


def _check_strips(tags: Any, width: int, height: int) -> None:
    """Raise `RejectedImageError` unless the strips of an image that is not compressed hold all of its lines."""
    if tags.get(_PHOTOMETRIC) == _YCBCR and tuple(tags.get(_SUBSAMPLING, (2, 2))) != (1, 1):
        detail = "keeps its colours at a lower resolution, without compression, which cannot be converted"
        raise RejectedImageError(Reason.UNSUPPORTED_MODE, detail)
    rows = min(tags.get(_ROWS, height), height) or height
    planes = tags.get(_SAMPLES, 1) if tags.get(_PLANES, 1) == 2 else 1
    in_plane = -(-height // rows)
    offsets, counts = tags[_OFFSETS], tags.get(_COUNTS, ())
    if len(offsets) < in_plane * planes:
        detail = f"has {len(offsets)} of the {in_plane * planes} strips that its {height} lines need"
        raise RejectedImageError(Reason.TRUNCATED, detail)
    bits = tags.get(_BITS, (1,))
    together = sum(bits) if len(bits) > 1 else bits[0] * tags.get(_SAMPLES, 1)
    line = -(-width * together // planes // 8)
    for number, count in enumerate(counts[: in_plane * planes] if len(offsets) > 1 else ()):
        lines = min(rows, height - number % in_plane * rows)
        if count < line * lines:
            raise RejectedImageError(
                Reason.TRUNCATED, f"its strip {number + 1} has {count} bytes where {lines} lines need {line * lines}"
            )


def own_white(image: Image.Image) -> int:
    """The value that is white in *image*, of 16-bit numbers: 65535, or less where its file says that it has fewer bits.

    ``MaxSampleValue`` is taken for white where it is the greatest number of some bits, as cameras write it: 1023, 4095.
    Any other is but the greatest that occurs.
    """
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS, (16,))[0]
    if 8 < bits < 16:
        return int((1 << bits) - 1)
    greatest = tags.get(_GREATEST, 65535)
    white = int(max(greatest) if isinstance(greatest, tuple) else greatest)
    return white if 255 < white < 65535 and white & (white + 1) == 0 else 65535


def has_white_zero(image: Image.Image) -> bool:
    """Whether *image*, of more than 8 bits, keeps white as zero: Pillow turns such an image round only in 8 bits."""
    return bool(getattr(image, "tag_v2", {}).get(_PHOTOMETRIC, 1) == 0)


def is_signed(image: Image.Image) -> bool:
    """Whether the numbers of *image* have signs, which its mode does not say."""
    return bool(getattr(image, "tag_v2", {}).get(_SAMPLE_FORMAT, (1,))[0] == _SIGNED)


def says_no_alpha(image: Image.Image) -> bool:
    """Whether the fourth band of *image* is taken for its transparency without the file's word for it."""
    return image.format in {"BMP", "DIB"} or (image.format == "TIFF" and _EXTRA not in getattr(image, "tag_v2", ()))
