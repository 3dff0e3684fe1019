"""Bytes into pixels: the one function through which every image goes, whatever it is and whoever made it."""

from __future__ import annotations

import io
import warnings
import zlib
from typing import TYPE_CHECKING

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from tasks.reasons import Reason

if TYPE_CHECKING:
    from tasks.images.pixel_spec import PixelSpec

_PILLOW = {
    "jpeg": ("JPEG",),
    "png": ("PNG",),
    "tiff": ("TIFF",),
    "webp": ("WEBP",),
    "bmp": ("BMP", "DIB"),
    "gif": ("GIF",),
}
_PLUGINS = (
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
"""Imported, and with that registered: `Image.open(formats=…)` knows only those that are. JPEG's opens MPO files."""
_NAMES = {pillow: name for name, formats in _PILLOW.items() for pillow in formats} | {"MPO": "jpeg"}
_EXTENSIONS = {
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "jpe": "jpeg",
    "jfif": "jpeg",
    "mpo": "jpeg",
    "png": "png",
    "tif": "tiff",
    "tiff": "tiff",
    "webp": "webp",
    "bmp": "bmp",
    "dib": "bmp",
    "gif": "gif",
}
_TRANSPOSED = frozenset({5, 6, 7, 8})
_ORIENTATION = 0x0112
_CUT_SHORT = (
    "truncated",
    "premature",
    "not enough image data",
    "unexpected end",
    "incomplete",
    "end of file",
    "broken data",
)


class RejectedImageError(Exception):
    """Bytes that are no image that is admitted: the first argument is the reason, the second the detail."""

    @property
    def reason(self) -> Reason:
        """One of the image stage's reasons."""
        return Reason(self.args[0])

    @property
    def detail(self) -> str:
        """What exactly was wrong."""
        return str(self.args[1])[:200]


def open_image(data: bytes, spec: PixelSpec) -> Image.Image:
    """The first frame of the image in *data*, its header read and its pixels not.

    Raises:
        RejectedImageError: It is empty, no image, of another format, too large, too small or too long.
    """
    if not data:
        raise RejectedImageError(Reason.EMPTY_FILE, "has no bytes")
    formats = [pillow for name in spec.formats for pillow in _PILLOW[name]]
    try:
        image = Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError:
        raise RejectedImageError(*_why_unidentified(data)) from None
    except Image.DecompressionBombError as error:
        raise RejectedImageError(Reason.TOO_MANY_PIXELS, str(error)) from None
    _check_size(image, spec)
    if image.format == "PNG" and not spec.allow_truncated:
        _check_png(data)
    return image


def _check_png(data: bytes) -> None:
    """Raise `RejectedImageError` where a chunk's checksum is wrong: decoding alone does not look at those of pixels."""
    place = 8
    while place + 12 <= len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        end = place + 8 + length
        if end + 4 > len(data):
            return
        if zlib.crc32(memoryview(data)[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            raise RejectedImageError(Reason.DECODE_ERROR, f"the checksum of its chunk at byte {place} is wrong")
        place = end + 4


def _why_unidentified(data: bytes) -> tuple[Reason, str]:
    """Whether *data* is an image of a format that is not admitted, one cut short, or none."""
    every = [pillow for formats in _PILLOW.values() for pillow in formats]
    try:
        with Image.open(io.BytesIO(data), formats=every) as image:
            return Reason.FORMAT_NOT_ALLOWED, f"is {image.format}, which `validation.formats` does not list"
    except UnidentifiedImageError:
        pass
    if data[:4] in {b"II*\x00", b"MM\x00*"}:
        return _why_no_tiff(data)
    for name, magic in _MAGIC.items():
        if data.startswith(magic):
            return Reason.TRUNCATED, f"begins like {name} and ends in its header, after {len(data)} bytes"
    for name, magic in _FOREIGN.items():
        if data.startswith(magic) or data[4:12].startswith(magic):
            return Reason.FORMAT_NOT_ALLOWED, f"is {name}, which is never read"
    return Reason.NOT_AN_IMAGE, f"is no image: begins with {data[:12]!r}"


def _why_no_tiff(data: bytes) -> tuple[Reason, str]:
    try:
        TiffImagePlugin.TiffImageFile(io.BytesIO(data))
    except SyntaxError as error:
        if "mode" in str(error):
            return Reason.UNSUPPORTED_MODE, f"is a TIFF whose bands or sample format cannot be converted: {error}"
    except Exception as error:  # noqa: BLE001 - Pillow's plugins raise anything on damaged bytes
        return Reason.TRUNCATED, f"begins like a TIFF and cannot be read: {type(error).__name__}: {error}"
    return Reason.TRUNCATED, "begins like a TIFF and cannot be read"


_MAGIC = {
    "JPEG": b"\xff\xd8\xff",
    "PNG": b"\x89PNG\r\n\x1a\n",
    "GIF": b"GIF8",
    "BMP": b"BM",
    "WebP": b"RIFF",
}
_FOREIGN = {
    "EPS": b"%!PS",
    "PDF": b"%PDF",
    "Photoshop": b"8BPS",
    "JPEG 2000": b"\x00\x00\x00\x0cjP",
    "FITS": b"SIMPLE  =",
    "HEIF": b"ftyphei",
    "AVIF": b"ftypavif",
    "WMF": b"\xd7\xcd\xc6\x9a",
    "icon": b"\x00\x00\x01\x00",
}


def _check_size(image: Image.Image, spec: PixelSpec) -> None:
    width, height = image.size
    if width * height > spec.max_pixels:
        detail = f"{width} × {height} pixels are more than `validation.max_pixels`, {spec.max_pixels}"
        raise RejectedImageError(Reason.TOO_MANY_PIXELS, detail)
    if min(width, height) < spec.min_side:
        detail = f"{width} × {height}: a side is under `validation.min_side`, {spec.min_side}"
        raise RejectedImageError(Reason.TOO_SMALL, detail)
    if spec.max_aspect and max(width, height) > spec.max_aspect * min(width, height):
        detail = f"{width} × {height}: longer than `validation.max_aspect`, {spec.max_aspect:g}"
        raise RejectedImageError(Reason.BAD_ASPECT, detail)


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8, that loading leaves to us; 1 where there is none or it is damaged."""
    if image.format == "TIFF":
        return 1  # Pillow turns TIFFs upright itself, and says their upright size
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a damaged EXIF block raises anything, and says nothing of the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def load_pixels(image: Image.Image, wanted: tuple[int, int] | None, orientation: int) -> Image.Image:
    """*image*, decoded in full and turned upright; JPEGs no larger than twice *wanted* where that is given.

    Args:
        image: As `open_image` gave it.
        wanted: Width and height in pixels, upright, that it will be scaled down to at least; None for its own size.
        orientation: As `orientation_of` gave it.

    Raises:
        RejectedImageError: It is cut short, or cannot be decoded.
    """
    if wanted is not None and image.format in {"JPEG", "MPO"}:
        turned = (wanted[1], wanted[0]) if orientation in _TRANSPOSED else wanted
        image.draft(None, (2 * turned[0], 2 * turned[1]))
    try:
        image.load()
    except OSError as error:
        raise RejectedImageError(*why_undecodable(error)) from None
    return ImageOps.exif_transpose(image) if orientation != 1 else image


def why_undecodable(error: Exception) -> tuple[Reason, str]:
    """What Pillow's *error* says of an image: it is cut short, or damaged."""
    text = str(error)
    is_cut = any(mark in text.lower() for mark in _CUT_SHORT)
    return (Reason.TRUNCATED if is_cut else Reason.DECODE_ERROR), f"{type(error).__name__}: {text}"


def extension_warning(image: Image.Image, name: str, spec: PixelSpec) -> str:
    """``"extension_mismatch"`` where *name* claims another format than the content; else empty.

    Raises:
        RejectedImageError: It does, and the config is strict about it.
    """
    claimed = _EXTENSIONS.get(name.rpartition(".")[2].lower()) if "." in name else None
    actual = _NAMES.get(image.format or "", "")
    if claimed is None or claimed == actual:
        return ""
    if spec.strict_extensions:
        raise RejectedImageError(Reason.EXTENSION_MISMATCH, f"is named .{claimed} and is {actual}")
    return Reason.EXTENSION_MISMATCH.value


def confine_pillow(*, allow_truncated: bool) -> None:
    """Set Pillow's switches, once a process: limits are ours, warnings of damaged files are no news."""
    Image.MAX_IMAGE_PIXELS = None
    ImageFile.LOAD_TRUNCATED_IMAGES = allow_truncated
    TiffImagePlugin.READ_LIBTIFF = False
    warnings.simplefilter("ignore")
