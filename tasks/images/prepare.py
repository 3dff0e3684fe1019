"""One image, from the bytes that were fetched to the bytes that are published."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image, JpegImagePlugin

from tasks.images.blank import BLANK, is_blank, is_even
from tasks.images.convert import convert_mode
from tasks.images.decode import Decoded, check_size, decode_upright, extension_warning, open_image, why_undecodable
from tasks.images.deep import scale_stated
from tasks.images.pillow_core import packed
from tasks.images.pixel_spec import Prepared
from tasks.images.png_chunks import without_obstacles
from tasks.images.rejected import RejectedImageError
from tasks.images.resize import resize_image
from tasks.images.thumb import thumb_of
from tasks.images.turbo import decode_plain
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
    plain = decode_plain(data, spec)
    if plain is not None:
        picture = _Picture(plain, *_shown(plain, spec))
        if not is_even(picture.made):
            return _prepared(data, picture, "JPEG", extension_warning("JPEG", name, spec), spec)
    if spec.pixels != "original":  # what is published as it is must be readable as it is
        data = without_obstacles(data)
    with open_image(data, spec) as image:
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        warning = extension_warning(kind, name, spec)
        decoded = decode_upright(image, data, spec)
        picture = _Picture(decoded, *_shown(decoded, spec))
        blank = BLANK if is_blank(picture.made, decoded.pixels, data, decoded.size) else ""
        return _prepared(data, picture, kind, " ".join(filter(None, [warning, blank])), spec)


class _Picture(NamedTuple):
    """An image on its way: as it was *decoded*, as it is *shown* in the mode that is asked for, and as it is *made*."""

    decoded: Decoded
    shown: Image.Image
    made: Image.Image


def _shown(decoded: Decoded, spec: PixelSpec) -> tuple[Image.Image, Image.Image]:
    """What was *decoded* in the mode that *spec* asks for, and at its size."""
    if spec.pixels == "original":
        return decoded.pixels, decoded.pixels
    shown = convert_mode(decoded.pixels, spec)
    return shown, resize_image(shown, spec, decoded.size, decoded.window)


def _prepared(data: bytes, picture: _Picture, kind: str, warning: str, spec: PixelSpec) -> Prepared:
    """The *picture* that came of *data*, an image of that *kind*, as it is published."""
    size, made = picture.decoded.size, picture.made
    thumb = _thumb(picture.shown, picture.decoded.window, spec)
    if spec.pixels == "original":
        return Prepared(data, *size, _channels(made), *size, kind, warning, thumb)
    return Prepared(encode_image(made, spec), *made.size, _BANDS[made.mode], *size, kind, warning, thumb)


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
    image.load()
    image.info = {}
    buffer = io.BytesIO()
    match spec.pixels:
        case "jpeg":
            return packed(image.im, "jpeg", *_jpeg_arguments(image.mode, spec.quality))
        case "webp":
            image.save(buffer, "WEBP", quality=spec.quality, lossless=spec.quality == 100)
        case _:
            image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


@cache
def _jpeg_arguments(mode: str, quality: int) -> tuple[Any, ...]:
    """What Pillow gives its JPEG encoder for an image of *mode*: saving works it out anew for each image."""
    sample = Image.new(mode, (1, 1))
    sample.save(io.BytesIO(), "JPEG", quality=quality)
    return JpegImagePlugin.RAWMODE[mode], *sample.encoderconfig
