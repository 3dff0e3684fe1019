"""Pictures whose pixels are numbers of colours: which colours there are, and what Pillow makes of grey ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import ImagePalette

from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason

if TYPE_CHECKING:
    from PIL import Image, ImageFile

_COLOUR_MAP = 320
_OLD_HEADER = 12  # bytes, of OS/2
_LAYOUTS = {1: "P;1", 4: "P;4", 8: "P"}
"""How Pillow calls the pixels of a BMP, by their bits."""


def keep_greys(image: ImageFile.ImageFile, data: bytes) -> None:
    """Have *image*, a BMP opened from *data*, read by the bits that its pixels have.

    Pillow drops a palette of greys, and of black and white, and then reads pixels of 8 bits, or one, whatever they are.
    """
    is_old = int.from_bytes(data[14:18], "little") == _OLD_HEADER
    bits = data[24] if is_old else data[28]
    if image.mode not in {"1", "L"} or bits not in _LAYOUTS:
        return
    colours = (0 if is_old else int.from_bytes(data[46:50], "little")) or 1 << bits
    greys = (0, 255)[:colours] if image.mode == "1" else range(min(colours, 256))
    if len(greys) == 1 << bits and bits in {1, 8}:
        return  # Pillow reads these as they are
    image._mode = "P"
    image.palette = ImagePalette.raw("RGB", bytes(grey for grey in greys for _ in range(3)))
    (tile,) = image.tile
    if isinstance(tile.args, tuple):
        image.tile = [tile._replace(args=(_LAYOUTS[bits], *tile.args[1:]))]


def colours_of(image: ImageFile.ImageFile, data: bytes) -> int | None:
    """How many colours *image*, opened from *data* and not loaded, has a palette of; None where it has no palette."""
    if image.format == "GIF":
        return _colours_of_gif(data)
    if image.mode != "P":
        return None
    if image.format == "TIFF":
        return len(image.tag_v2.get(_COLOUR_MAP, ())) // 3  # type: ignore[attr-defined]
    if image.format not in {"PNG", "BMP", "DIB"}:
        return None
    if image.palette is None:
        return 0
    return len(image.palette.palette) // (4 if image.palette.rawmode == "BGRX" else 3)


def _colours_of_gif(data: bytes) -> int | None:
    """How many colours there are for the first frame of the GIF *data*; None where it is not found."""
    shared = 2 << (data[10] & 7) if data[10] & 0x80 else 0
    place = 13 + 3 * shared
    while data[place : place + 1] == b"!":
        place += 2
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    if data[place : place + 1] != b"," or place + 9 >= len(data):
        return None
    own = data[place + 9]
    return 2 << (own & 7) if own & 0x80 else shared


def check_colours(image: Image.Image, colours: int | None) -> None:
    """Raise `RejectedImageError` where *image*, loaded, has pixels of a number beyond its *colours*."""
    if colours is None or image.mode not in {"P", "L"} or int(image.getextrema()[1]) < colours:  # type: ignore[arg-type]
        return
    through = image.info.get("transparency")
    beyond = [number for number, count in enumerate(image.histogram()) if count and number >= colours]
    if beyond == [through]:
        return  # a number for what is transparent need not be a colour
    raise RejectedImageError(Reason.DECODE_ERROR, f"has pixels of the colour {beyond[-1]}, and a palette of {colours}")
