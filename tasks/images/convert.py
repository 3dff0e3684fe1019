"""Pixels of any mode into the mode that is asked for: scaled, composed and converted, never clipped."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageCms, ImageColor

from tasks.images.decode import RejectedImageError
from tasks.reasons import Reason

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tasks.images.pixel_spec import PixelSpec

_WHITE_16 = 257  # 65535 / 255
_DEEP = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I"})


def convert_mode(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """*image* in the mode that *spec* asks for: ``L``, ``RGB`` or ``RGBA``.

    16 bits are scaled to 8; transparent pixels show the background, unless the mode keeps them.

    Raises:
        RejectedImageError: Its mode cannot be converted without guessing: floats, more than four bands.
    """
    if spec.icc == "srgb" and "icc_profile" in image.info:
        image = _to_srgb(image)
    plain = _plain(image, spec)
    target = _target(plain, spec)
    if plain.mode == target:
        return plain
    if plain.mode in {"LA", "RGBA", "PA", "La", "RGBa"} and target in {"L", "RGB"}:
        plain = _compose(plain.convert("RGBA"), spec.background)
    return plain if plain.mode == target else plain.convert(target)


def _target(image: Image.Image, spec: PixelSpec) -> str:
    if spec.color != "keep":
        return spec.color
    if image.mode in {"RGBA", "LA"}:
        return "RGBA"
    return "L" if image.mode in {"L", "1"} else "RGB"


def _plain(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """*image* as one of the modes ``1``, ``L``, ``LA``, ``RGB``, ``RGBA``, ``CMYK``, ``YCbCr``, ``LAB``, ``HSV``."""
    if image.mode in _DEEP:
        return _scale_16(image, spec)
    if image.mode == "P" or (image.mode in {"L", "RGB", "1"} and "transparency" in image.info):
        return _palette(image)
    if image.mode in {"1", "L", "LA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "RGBX", "PA", "La", "RGBa"}:
        return image
    raise RejectedImageError(
        Reason.UNSUPPORTED_MODE, f"has the mode {image.mode}, which has no range to be scaled from"
    )


def _palette(image: Image.Image) -> Image.Image:
    if "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGBA" if image.palette is not None and image.palette.mode == "RGBA" else "RGB")


def _compose(image: Image.Image, background: str) -> Image.Image:
    """*image*, mode RGBA, over the colour *background*."""
    ground = Image.new("RGBA", image.size, (*ImageColor.getrgb(background)[:3], 255))
    ground.alpha_composite(image)
    return ground.convert("RGB")


def _scale_16(image: Image.Image, spec: PixelSpec) -> Image.Image:
    import numpy as np  # noqa: PLC0415 - 16-bit images are few, and processes start faster without it

    values = np.asarray(image)
    if image.mode == "I" and values.size and (values.min() < 0 or values.max() > 65535):
        raise RejectedImageError(Reason.UNSUPPORTED_MODE, "holds 32-bit integers beyond 0 to 65535")
    if "transparency" in image.info:
        image.info.pop("transparency")
    return Image.fromarray(scale_to_8(values, spec.depth_16))


def scale_to_8(values: npt.NDArray[Any], how: str) -> npt.NDArray[np.uint8]:
    """16-bit *values* as uint8, rounded: 0 to 65535 become 0 to 255; with ``range`` their own least and greatest do."""
    import numpy as np  # noqa: PLC0415 - as above

    wide = values.astype(np.uint32)
    if how == "range" and wide.size:
        low, high = int(wide.min()), int(wide.max())
        return np.asarray(((wide - low) * 255 + (high - low) // 2) // max(high - low, 1), dtype=np.uint8)
    return np.asarray((wide + _WHITE_16 // 2) // _WHITE_16, dtype=np.uint8)


def _to_srgb(image: Image.Image) -> Image.Image:
    """*image* in sRGB by its own colour profile; as it is where the profile is damaged or does not fit."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        mode = "L" if image.mode == "L" else "RGB"
        made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError):
        return image
    return made if made is not None else image
