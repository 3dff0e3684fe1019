"""Pixels of any mode into the mode that is asked for: scaled, composed and converted, never clipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image, ImageColor

from tasks.images.deep import scale_16, scale_stated
from tasks.images.rejected import RejectedImageError
from tasks.images.tiff import has_white_zero, is_signed, says_no_alpha
from tasks.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tasks.images.pixel_spec import PixelSpec

_DEEP = frozenset({"I;16", "I;16B", "I;16L", "I;16N"})
_WIDE = frozenset({"I", "F"})
_WITH_ALPHA = frozenset({"LA", "RGBA", "PA", "La", "RGBa"})
_PLAIN = frozenset({"1", "L", "RGB", "CMYK", "YCbCr", "LAB", "HSV", "RGBX"}) | _WITH_ALPHA


def convert_mode(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """*image* in the mode that *spec* asks for: ``L``, ``RGB`` or ``RGBA``.

    16 bits are scaled to 8; transparent pixels show the background, unless the mode keeps them.

    Raises:
        RejectedImageError: Its numbers have no range: floats, 32-bit integers, signed ones, where *spec* does not state
            one.
    """
    plain = _plain(image, spec)
    if spec.icc == "srgb":
        plain = _in_srgb(plain, image.info)
    target = _target(plain, spec)
    if plain.mode == target:
        return plain
    if plain.mode in _WITH_ALPHA and target != "RGBA":
        plain = _compose(plain, spec.background)
    return plain if plain.mode == target else plain.convert(target)


def _in_srgb(image: Image.Image, info: Mapping[str | tuple[int, int], Any]) -> Image.Image:
    """*image* in sRGB, by what the *info* of its file says of its colours: a profile, else the gamma of a PNG."""
    from tasks.images.profile import by_gamma, in_srgb  # noqa: PLC0415 - few configs ask for it, and it is slow to load

    if "icc_profile" in info:
        return in_srgb(image, info["icc_profile"])
    return by_gamma(image, info["gamma"]) if "gamma" in info and "srgb" not in info else image


def _target(image: Image.Image, spec: PixelSpec) -> str:
    if spec.color != "keep":
        return spec.color
    if image.mode in _WITH_ALPHA:
        return "RGB" if spec.pixels == "jpeg" else "RGBA"  # JPEG has no transparency, and WebP no grey
    return "L" if image.mode in {"L", "1"} and spec.pixels != "webp" else "RGB"


def _plain(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """*image* in one of the modes that have 8 bits and no palette."""
    if image.mode in _DEEP:
        return scale_16(image, spec)
    if image.mode in _WIDE or (image.mode == "L" and is_signed(image)):
        return _scale_wide(image, spec)
    if image.mode == "P" or (image.mode in {"L", "RGB", "1"} and "transparency" in image.info):
        return _palette(image)
    if image.mode == "RGBA" and says_no_alpha(image) and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")  # all of it transparent: bytes that nobody uses
    if image.mode in _PLAIN:
        return image
    raise RejectedImageError(Reason.UNSUPPORTED_MODE, f"has the mode {image.mode}, which cannot be converted")


def _palette(image: Image.Image) -> Image.Image:
    if "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGBA" if image.palette is not None and image.palette.mode == "RGBA" else "RGB")


def _compose(image: Image.Image, background: str) -> Image.Image:
    """*image*, which has an alpha band, over the colour *background*: mode RGB, with no third picture in memory."""
    shown = image if image.mode == "RGBA" else image.convert("RGBA")
    ground = Image.new("RGB", shown.size, ImageColor.getrgb(background)[:3])
    ground.paste(shown, (0, 0), shown)
    return ground


def _scale_wide(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """Floats, 32-bit and signed integers, from the range that *spec* states to 0 to 255; beyond it, its ends."""
    import numpy as np  # noqa: PLC0415 - such images are few, and processes start faster without it

    values = np.asarray(image)
    if image.mode == "I" and image.format == "PPM":  # 16 bits, which Pillow scales by the white that the file names
        return Image.fromarray(scale_stated(values, spec.depth_16, image))
    if image.mode == "L":
        values = values.view(np.int8)
    elif image.mode == "I" and not is_signed(image):
        values = values.view(np.uint32)
    if spec.value_range is None:
        kind = "floats" if image.mode == "F" else "signed integers" if is_signed(image) else "32-bit integers"
        detail = f"holds {kind}: `resize.value_range: [black, white]` would say how to show them"
        raise RejectedImageError(Reason.UNSUPPORTED_MODE, detail)
    low, high = spec.value_range
    share = (np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low) - low) / (high - low)
    shown = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
    return Image.fromarray(255 - shown if has_white_zero(image) else shown)
