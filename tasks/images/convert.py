"""Pixels of any mode into the mode that is asked for: scaled, composed and converted, never clipped."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageCms, ImageColor

from tasks.images.rejected import RejectedImageError
from tasks.images.tiff import deep_white, has_white_zero
from tasks.reasons import Reason

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tasks.images.pixel_spec import PixelSpec

_DEEP = frozenset({"I;16", "I;16B", "I;16L", "I;16N"})
_WIDE = frozenset({"I", "F"})
_WITH_ALPHA = frozenset({"LA", "RGBA", "PA", "La", "RGBa"})
_PLAIN = frozenset({"1", "L", "RGB", "CMYK", "YCbCr", "LAB", "HSV", "RGBX"}) | _WITH_ALPHA


def convert_mode(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """*image* in the mode that *spec* asks for: ``L``, ``RGB`` or ``RGBA``.

    16 bits are scaled to 8; transparent pixels show the background, unless the mode keeps them.

    Raises:
        RejectedImageError: Its numbers have no range: floats, 32-bit integers, where *spec* does not state one.
    """
    if spec.icc == "srgb" and "icc_profile" in image.info:
        image = _to_srgb(image)
    plain = _plain(image, spec)
    target = _target(plain, spec)
    if plain.mode == target:
        return plain
    if plain.mode in _WITH_ALPHA and target != "RGBA":
        plain = _compose(plain, spec.background)
    return plain if plain.mode == target else plain.convert(target)


def _target(image: Image.Image, spec: PixelSpec) -> str:
    if spec.color != "keep":
        return spec.color
    if image.mode in _WITH_ALPHA:
        return "RGB" if spec.pixels == "jpeg" else "RGBA"  # JPEG has no transparency, and WebP no grey
    return "L" if image.mode in {"L", "1"} and spec.pixels != "webp" else "RGB"


def _plain(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """*image* in one of the modes that have 8 bits and no palette."""
    if image.mode in _DEEP:
        return _scale_16(image, spec)
    if image.mode in _WIDE:
        return _scale_wide(image, spec)
    if image.mode == "P" or (image.mode in {"L", "RGB", "1"} and "transparency" in image.info):
        return _palette(image)
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


def _scale_16(image: Image.Image, spec: PixelSpec) -> Image.Image:
    import numpy as np  # noqa: PLC0415 - 16-bit images are few, and processes start faster without it

    values = np.asarray(image)
    transparent = image.info.get("transparency")
    white = deep_white(image)
    scaled = scale_to_8(white - values if has_white_zero(image) else values, spec.depth_16, white)
    if not isinstance(transparent, int):
        return Image.fromarray(scaled)
    return Image.fromarray(np.dstack([scaled, np.where(values == transparent, 0, 255).astype(np.uint8)]))


def scale_to_8(values: npt.NDArray[Any], how: str, white: int = 65535) -> npt.NDArray[np.uint8]:
    """16-bit *values* as uint8, rounded: 0 to *white* become 0 to 255; with ``range`` their own least to greatest."""
    import numpy as np  # noqa: PLC0415 - as above

    low, high = (int(values.min()), int(values.max())) if how == "range" and values.size else (0, white)
    span = max(high - low, 1)
    return np.asarray(((values.astype(np.uint32) - low) * 255 + span // 2) // span, dtype=np.uint8)


def _scale_wide(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """Floats and 32-bit integers, from the range that *spec* states to 0 to 255; beyond it, its ends."""
    import numpy as np  # noqa: PLC0415 - as above

    values = np.asarray(image)
    if spec.value_range is None:
        if image.mode == "I" and values.size and values.min() >= 0 and values.max() <= 65535:
            return Image.fromarray(scale_to_8(values, spec.depth_16))
        kind = "floats" if image.mode == "F" else "integers beyond 0 to 65535"
        detail = f"holds {kind}: `resize.value_range: [black, white]` would say how to show them"
        raise RejectedImageError(Reason.UNSUPPORTED_MODE, detail)
    low, high = spec.value_range
    share = (np.nan_to_num(values.astype(np.float64), nan=low, posinf=high, neginf=low) - low) / (high - low)
    return Image.fromarray(np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8))


def _to_srgb(image: Image.Image) -> Image.Image:
    """*image* in sRGB by its own colour profile; as it is where the profile is damaged or does not fit."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        mode = "L" if image.mode == "L" else "RGB"
        made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError):
        return image
    return made if made is not None else image
