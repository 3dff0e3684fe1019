"""One image, from the bytes that were fetched to the bytes that are published."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from tasks.images.blank import BLANK, is_blank, is_even
from tasks.images.convert import convert_mode
from tasks.images.decode import check_size, decode_upright, extension_warning, open_image, why_undecodable
from tasks.images.deep import scale_stated
from tasks.images.pixel_spec import Prepared
from tasks.images.rejected import RejectedImageError
from tasks.images.resize import resize_image
from tasks.images.thumb import thumb_of
from tasks.reasons import Reason

if TYPE_CHECKING:
    from tasks.images.kernel import Box
    from tasks.images.pixel_spec import PixelSpec

_BANDS = {"L": 1, "RGB": 3, "RGBA": 4}


def prepare_image(data: bytes, name: str, spec: PixelSpec) -> Prepared:
    """The image in *data* as *spec* asks for it.

    Args:
        data: An image file.
        name: What it is called; only its extension matters, and only for a warning.
        spec: What is admitted, and what it becomes.

    Raises:
        RejectedImageError: With a reason of the image stage.
    """
    try:
        return _prepare(data, name, spec)
    except RejectedImageError:
        raise
    except MemoryError:
        raise RejectedImageError(Reason.DECODER_LIMIT, "needs more memory than `validation.memory` allows") from None
    except Exception as error:  # noqa: BLE001 - Pillow's plugins raise anything on damaged bytes
        raise RejectedImageError(*why_undecodable(error, data)) from None


def _prepare(data: bytes, name: str, spec: PixelSpec) -> Prepared:
    with open_image(data, spec) as image:
        warning = extension_warning(image, name, spec)
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        decoded = decode_upright(image, data, spec)
        shown = decoded.pixels if spec.pixels == "original" else convert_mode(decoded.pixels, spec)
        made = shown if spec.pixels == "original" else resize_image(shown, spec, decoded.size, decoded.window)
        thumb = _thumb(shown, decoded.window, spec)
        warnings = " ".join(
            filter(None, [warning, BLANK if is_blank(made, decoded.pixels, data, decoded.size) else ""])
        )
        if spec.pixels == "original":
            return Prepared(data, *decoded.size, _channels(made), *decoded.size, kind, warnings, thumb)
        return Prepared(encode_image(made, spec), *made.size, _BANDS[made.mode], *decoded.size, kind, warnings, thumb)


def _channels(image: Image.Image) -> int:
    return min(len(image.getbands()), 4)


def _thumb(image: Image.Image, window: Box, spec: PixelSpec) -> bytes:
    """What *image* is measured by; empty where it is not to be, or is of a kind that cannot be shown in grey."""
    if not spec.measures:
        return b""
    try:
        return thumb_of(image, window, spec.background)
    except (ValueError, TypeError, OSError):
        return b""


def prepare_array(data: bytes, spec: PixelSpec) -> Prepared:
    """The array in *data*, a ``.npy`` file, as *spec* asks for it; an ``original`` array is written as PNG.

    Raises:
        RejectedImageError: It is too large, too small, or too long.
    """
    import numpy as np  # noqa: PLC0415 - decoder processes start faster without it

    values = np.load(io.BytesIO(data), allow_pickle=False)
    image = Image.fromarray(scale_stated(values, spec.depth_16) if values.dtype == np.uint16 else values)
    check_size(image.size, spec)
    size, window = image.size, (0.0, 0.0, float(image.width), float(image.height))
    shown = convert_mode(image, spec)
    made = resize_image(shown, spec, size, window)
    thumb = _thumb(shown, window, spec)
    warning = BLANK if is_even(made) and (values != values[:1, :1]).any() else ""
    return Prepared(encode_image(made, spec), *made.size, _BANDS[made.mode], *size, "ARRAY", warning, thumb)


def encode_image(image: Image.Image, spec: PixelSpec) -> bytes:
    """*image* in the format that *spec* asks for, without any of the source's metadata."""
    if spec.pixels == "raw":
        return image.tobytes()
    image.info = {}
    buffer = io.BytesIO()
    match spec.pixels:
        case "jpeg":
            image.save(buffer, "JPEG", quality=spec.quality)
        case "webp":
            image.save(buffer, "WEBP", quality=spec.quality, lossless=spec.quality == 100)
        case _:
            image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
