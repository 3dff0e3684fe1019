"""Images of 16 bits a band: which of them are white, and the bits that Pillow leaves out of all but grey ones."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageFile

from tasks.images.blank import VARIES, is_even
from tasks.images.rejected import RejectedImageError
from tasks.images.tiff import has_white_zero, own_white
from tasks.reasons import Reason

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tasks.images.pixel_spec import PixelSpec

    Values = npt.NDArray[Any]

_WHITE = 65535
_DARK = 4095
_OTHER_BYTES = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
_GREY_AND_ALPHA = "LA;16B"
_KEY = "deep_raw_mode"
_STATED = "stated_white"
_TO_8_BITS = {"L;2": lambda value: (value & 3) * 85, "L;4": lambda value: (value & 15) * 17}


def note_depth(image: ImageFile.ImageFile) -> None:
    """Remember in *image*, opened and not loaded, how its bands lie where they have 16 bits, of which loading takes 8.

    And say the value that a PNG names as transparent in the numbers that its pixels will have.
    """
    args = image.tile[0].args if image.tile else ""
    if image.format == "PPM":
        image.info[_STATED] = args[1] if isinstance(args, tuple) else _WHITE if args == "I;16B" else 255
        image.info[_KEY] = image.tile[0].offset if image.mode == "RGB" and image.info[_STATED] > 255 else 0
        return
    raw = str(args[0] if isinstance(args, tuple) and args else args)
    value = image.info.get("transparency")
    if raw in _TO_8_BITS and isinstance(value, int):
        image.info["transparency"] = _TO_8_BITS[raw](value)
    elif raw == "L" and isinstance(value, int):
        image.info["transparency"] = value & 255
    elif raw == "RGB" and isinstance(value, tuple):
        image.info["transparency"] = tuple(part & 255 for part in value)
    elif raw.endswith((";16B", ";16L", ";16N")) and image.mode in {"LA", "RGB", "RGBA"}:
        image.info[_KEY] = raw


def check_portable(image: ImageFile.ImageFile, data: bytes) -> None:
    """Raise `RejectedImageError` where *image*, a portable map of bytes opened from *data*, has more than its white."""
    tile, white = image.tile[0], int(image.info[_STATED])
    if tile.codec_name != "ppm":
        return
    count = image.width * image.height * len(image.getbands())
    if white < 256:
        beyond = bool(data[tile.offset : tile.offset + count].translate(None, bytes(range(white + 1))))
    else:
        import numpy as np  # noqa: PLC0415 - as below

        values = data[tile.offset : tile.offset + 2 * count]
        beyond = bool((np.frombuffer(values[: len(values) // 2 * 2], ">u2") > white).any())
    if beyond:
        raise RejectedImageError(Reason.DECODE_ERROR, f"has numbers above {white}, which it says is its greatest")


def with_all_bits(image: Image.Image, data: bytes, spec: PixelSpec) -> Image.Image:
    """*image*, loaded from *data*, by all 16 bits of its bands where 8 of them are not enough; else as it is.

    They are not where the file or *spec* says that another number than 65535 is white, and where one colour of 16 bits
    is transparent.

    Raises:
        RejectedImageError: It uses no more than 12 of the 16 bits, and nothing says so.
    """
    raw = image.info.pop(_KEY, "")
    if not raw:
        return image
    if image.format == "PPM":
        return _portable(image, data[raw:], spec)
    white = own_white(image)
    transparent = image.info.pop("transparency", None)
    if spec.depth_16 == "scale" and white == _WHITE and not isinstance(transparent, tuple):
        _refuse_dark_tones(image)
        if is_even(image):
            image.info[VARIES] = not is_even(Image.fromarray(_other_bytes(image, data, raw)))
        return image
    import numpy as np  # noqa: PLC0415 - 16-bit images are few, and processes start faster without it

    values = np.asarray(image).astype(np.uint16) * 256 + _other_bytes(image, data, raw)
    bands = 1 if image.mode == "LA" else 3
    shown = [scale_to_8(values[..., :bands], spec.depth_16, white)]
    if image.mode in {"LA", "RGBA"}:
        shown.append((values[..., -1:] >> 8).astype(np.uint8))
    if isinstance(transparent, tuple):
        shown.append(np.where((values == transparent).all(axis=2, keepdims=True), 0, 255).astype(np.uint8))
    made = Image.fromarray(np.concatenate(shown, axis=2))
    made.info = image.info
    return made


def _portable(image: Image.Image, packed: bytes, spec: PixelSpec) -> Image.Image:
    """*image*, a portable map of colours that has 16 bits a band, *packed* and loaded in 8; see `scale_stated`."""
    if len(packed) != 6 * image.width * image.height:  # text, which keeps its 8 bits
        if image.info[_STATED] == _WHITE and spec.depth_16 == "scale":
            _refuse_dark_tones(image)
        return image
    import numpy as np  # noqa: PLC0415 - as above

    values = np.frombuffer(packed, ">u2").reshape(image.height, image.width, 3)
    image.info[VARIES] = bool((values != values[:1, :1]).any())
    stated = image.info[_STATED]
    if spec.depth_16 == "scale":
        _refuse_dark(int(values.min()), int(values.max()) if stated == _WHITE else _WHITE)
        return image
    made = Image.fromarray(
        scale_to_8(values, "scale" if spec.depth_16.isdecimal() and stated != _WHITE else spec.depth_16, stated)
    )
    made.info = image.info
    return made


def _refuse_dark_tones(image: Image.Image) -> None:
    """`_refuse_dark` by the upper 8 of the 16 bits of *image*."""
    colours = image.getchannel("L") if image.mode == "LA" else image.convert("RGB")
    tones = [place % 256 for place, count in enumerate(colours.histogram()) if count]
    least, greatest = min(tones), max(tones)
    if least < greatest:
        _refuse_dark(least * 256, greatest * 256 + 255)


def _other_bytes(image: Image.Image, data: bytes, raw: str) -> Values:
    """Of each two bytes of *image*, opened from *data* and laid out as *raw*, the one that loading leaves out."""
    import numpy as np  # noqa: PLC0415 - as above

    is_paired = raw == _GREY_AND_ALPHA  # of which Pillow knows but the one order, and makes colours
    with Image.open(io.BytesIO(data), formats=[str(image.format)]) as again:
        other = "RGBA" if is_paired else raw[:-1] + _OTHER_BYTES[raw[-1]]
        again.tile = [tile._replace(args=_with_raw_mode(tile.args, other)) for tile in again.tile]
        again.load()
        return np.asarray(again)[..., [1, 1, 1, 3]] if is_paired else np.asarray(again)


def _with_raw_mode(args: Any, raw: str) -> Any:
    return (raw, *args[1:]) if isinstance(args, tuple) else raw


def scale_16(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """*image*, grey of 16 bits, in 8: its own white, or that of *spec*, becomes 255.

    Raises:
        RejectedImageError: It uses no more than 12 of the 16 bits, and nothing says so.
    """
    import numpy as np  # noqa: PLC0415 - as above

    values = np.asarray(image)
    transparent = image.info.get("transparency")
    white = own_white(image)
    if spec.depth_16 == "scale" and white == _WHITE and values.size:
        _refuse_dark(int(values.min()), int(values.max()))
    scaled = scale_to_8(values, spec.depth_16, white)
    if has_white_zero(image):
        scaled = 255 - scaled
    if not isinstance(transparent, int):
        return Image.fromarray(scaled)
    return Image.fromarray(np.dstack([scaled, np.where(values == transparent, 0, 255).astype(np.uint8)]))


def scale_stated(values: Values, how: str, image: Image.Image | None = None) -> npt.NDArray[np.uint8]:
    """*values*, 16-bit numbers whose white has become 65535, in 8 bits.

    Args:
        values: Of *image*, a portable map, or of an array without a word of its white.
        how: See `scale_to_8`; bits that are stated do not count where the file says its white itself.
        image: What they are of.

    Raises:
        RejectedImageError: No other white than 65535 is said, and no more than 12 bits are used.
    """
    stated = image.info.get(_STATED, _WHITE) if image is not None else _WHITE
    if how == "scale" and stated == _WHITE and values.size:
        _refuse_dark(int(values.min()), int(values.max()))
    return scale_to_8(values, "scale" if how.isdecimal() and stated != _WHITE else how)


def scale_to_8(values: Values, how: str, white: int = _WHITE) -> npt.NDArray[np.uint8]:
    """16-bit *values* as uint8, rounded: 0 to *white* become 0 to 255, and what is beyond 255.

    Args:
        values: Any shape.
        how: ``scale`` by *white*; ``range`` by the least and the greatest of *values*; ``10``, ``12``, ``14`` or ``16``
            by the greatest number of so many bits.
        white: The file's own.
    """
    import numpy as np  # noqa: PLC0415 - as above

    white = (1 << int(how)) - 1 if how.isdecimal() else white
    low, high = (int(values.min()), int(values.max())) if how == "range" and values.size else (0, white)
    span = max(high - low, 1)
    share = ((np.clip(values, low, high).astype(np.uint32) - low) * 255 + span // 2) // span
    return np.asarray(share, dtype=np.uint8)


def _refuse_dark(least: int, greatest: int) -> None:
    """Raise `RejectedImageError` where numbers from *least* to *greatest* would all be nearly black of 65535."""
    if least < greatest <= _DARK:
        raise RejectedImageError(
            Reason.UNSUPPORTED_MODE,
            f"has 16 bits a pixel and no number above {greatest}, so it would be nearly black: say how many bits it "
            "has, as in `resize.depth_16: 12`, or 16 if it is as dark as that",
        )
