"""Bytes into pixels: the one function through which every image goes, whatever it is and whoever made it."""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image, ImageFile, TiffImagePlugin, UnidentifiedImageError

from tasks.image_formats import NAME_OF_SUFFIX
from tasks.images.deep import check_portable, note_depth, with_all_bits
from tasks.images.frames import load_first
from tasks.images.holes import (
    check_avif_holes,
    check_hollow_end,
    check_jpeg2000_holes,
    check_jpeg_holes,
    check_webp_holes,
)
from tasks.images.identify import (
    FORMAT_NAMES,
    check_png,
    explain_unidentified,
    is_cut_webp,
    pillow_names,
    webp_size,
)
from tasks.images.in_step import check_in_step
from tasks.images.other_files import odd_jpeg
from tasks.images.palettes import check_colours, colours_of, keep_greys
from tasks.images.rejected import RejectedImageError
from tasks.images.resize import target_size
from tasks.images.scans import check_restarts, check_scans, first_frame
from tasks.images.strips import check_strips
from tasks.images.tiff import check_tiff
from tasks.images.whole import check_jpeg_end, check_whole
from tasks.reasons import Reason

if TYPE_CHECKING:
    from tasks.images.pixel_spec import PixelSpec

_TRANSPOSED = frozenset({5, 6, 7, 8})
_ORIENTATION = 0x0112
_IN_XMP = re.compile(rb"tiff:Orientation\s*(?:=\s*[\"']|>)\s*([1-8])\s*[\"'<]")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_APPLE = (
    "is Apple's own variant of PNG (CgBI), made for apps, which keeps its colours in another order: turn it back with "
    "`xcrun pngcrush -revert-iphone-optimizations`"
)
_CUT_SHORT = (
    "truncated",
    "premature",
    "not enough image data",
    "unexpected end",
    "incomplete",
    "end of file",
    "broken data",
)


def open_image(data: bytes, spec: PixelSpec) -> ImageFile.ImageFile:
    """The first frame of the image in *data*, its header read and its pixels not.

    Raises:
        RejectedImageError: It is empty, no image, of another format, too large, too small or too long.
    """
    if not data:
        raise RejectedImageError(Reason.EMPTY_FILE, "has no bytes")
    _look_at_webp(data, spec)
    try:
        image = Image.open(io.BytesIO(data), formats=pillow_names(spec.formats))
    except UnidentifiedImageError:
        raise RejectedImageError(*explain_unidentified(data, spec.formats)) from None
    except Image.DecompressionBombError as error:
        raise RejectedImageError(Reason.TOO_MANY_PIXELS, str(error)) from None
    check_size(image.size, spec)
    return _checked(image, data, spec)


def _look_at_webp(data: bytes, spec: PixelSpec) -> None:
    """Check what Pillow would not before it makes room for the whole picture, which it does as it opens a WebP."""
    size = webp_size(data) if "webp" in spec.formats else None
    if size is None:
        return
    check_size(size, spec)
    if is_cut_webp(data):
        raise RejectedImageError(Reason.TRUNCATED, f"is a WebP cut short after {len(data)} bytes")
    check_hollow_end(data, "WebP")
    check_webp_holes(data, size[0] * size[1])


def _look_at_png(data: bytes, spec: PixelSpec) -> None:
    """Check what decoding a PNG does not look at."""
    if data[12:16] == b"CgBI":
        raise RejectedImageError(Reason.UNSUPPORTED_MODE, _APPLE)
    if not spec.allow_truncated:
        check_png(data)


def _checked(image: ImageFile.ImageFile, data: bytes, spec: PixelSpec) -> ImageFile.ImageFile:
    """*image*, after what its format needs looked at before its pixels are read."""
    match image.format:
        case "AVIF" | "HEIF":
            check_hollow_end(data, str(image.format))
            check_avif_holes(data)
        case "JPEG2000":
            check_jpeg2000_holes(data)
        case "PNG":
            _look_at_png(data, spec)
            note_depth(image)
        case "BMP" | "DIB":
            keep_greys(image, data)
        case "PPM":
            note_depth(image)
            check_portable(image, data)
        case "TIFF" if isinstance(image, TiffImagePlugin.TiffImageFile):
            note_depth(image)
            return check_tiff(image, data)
    return image


def check_size(size: tuple[int, int], spec: PixelSpec) -> None:
    """Raise `RejectedImageError` where an image of *size*, width and height in pixels, is not admitted."""
    width, height = size
    if width * height > spec.max_pixels:
        detail = f"{width} × {height} pixels are more than `validation.max_pixels`, {spec.max_pixels:,}"
        raise RejectedImageError(Reason.TOO_MANY_PIXELS, detail)
    if min(width, height) < spec.min_side:
        detail = f"{width} × {height} pixels: a side is shorter than `validation.min_side`, {spec.min_side}"
        raise RejectedImageError(Reason.TOO_SMALL, detail)
    if spec.max_aspect and max(width, height) > spec.max_aspect * min(width, height):
        detail = f"{width} × {height} pixels: longer than `validation.max_aspect`, {spec.max_aspect:g}, admits"
        raise RejectedImageError(Reason.BAD_ASPECT, detail)


class Decoded(NamedTuple):
    """The pixels of an image, upright.

    Attributes:
        pixels: In whatever mode its format keeps them.
        size: Width and height that the image has in full, upright, in pixels.
        window: The part of *pixels* that is the image: left, top, right, bottom. Scaled decoding makes whole pixels of
            what the last ones of a side leave over, so that it may end within one.
    """

    pixels: Image.Image
    size: tuple[int, int]
    window: tuple[float, float, float, float]


def decode_upright(image: ImageFile.ImageFile, data: bytes, spec: PixelSpec) -> Decoded:
    """The pixels of *image*, decoded in full and turned upright; of a JPEG no more than twice what *spec* asks for.

    Args:
        image: As `open_image` gave it.
        data: The bytes that it was opened from.
        spec: What it will become.

    Raises:
        RejectedImageError: It is cut short, or cannot be decoded.
    """
    if image.format in {"JPEG", "MPO"}:
        return _decode_jpeg(image, data, spec)
    # Pixels first: Pillow's search for EXIF decodes a PNG too, and takes an error for the lack of it.
    pixels = _loaded(image, data)
    check_whole(image, data, spec)
    if isinstance(image, TiffImagePlugin.TiffImageFile) and not spec.allow_truncated:
        check_strips(image, data)
    pixels = with_all_bits(pixels, data, spec)
    orientation = orientation_of(image)
    size = upright_size(pixels.size, orientation)
    return Decoded(upright(pixels, orientation), size, (0, 0, *size))


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Width and height of an image of *size* once it is turned upright."""
    return (size[1], size[0]) if orientation in _TRANSPOSED else size


def upright(pixels: Image.Image, orientation: int) -> Image.Image:
    """*pixels*, turned upright."""
    return pixels.transpose(_TURNS[orientation]) if orientation != 1 else pixels


def draft_for(size: tuple[int, int], orientation: int, spec: PixelSpec) -> tuple[int, int] | None:
    """The width and height that a JPEG of *size*, upright, is decoded to at least, as it lies; None for all of it."""
    if spec.mode == "none":
        return None
    across, down = upright_size(target_size(size, spec), orientation)
    return 2 * across, 2 * down


def _decode_jpeg(image: ImageFile.ImageFile, data: bytes, spec: PixelSpec) -> Decoded:
    orientation = orientation_of(image)
    width, height = image.size
    size = upright_size(image.size, orientation)
    extent = (float(width), float(height))
    draft = draft_for(size, orientation, spec)
    if draft is not None:
        drafted = image.draft(None, draft)  # type: ignore[no-untyped-call, unused-ignore]
        extent = drafted[1][2:] if drafted else extent
    _loaded(image, data)
    if not spec.allow_truncated:
        frame = first_frame(data)
        check_scans(data, frame)
        check_restarts(data, frame)
        check_jpeg_end(image, data, frame, draft, scale=max(1, round(width / image.width)))
        check_jpeg_holes(image, data, frame, draft)
        check_in_step(data, frame)
    return Decoded(upright(image, orientation), size, turned_window(image.size, extent, orientation))


def _loaded(image: ImageFile.ImageFile, data: bytes) -> Image.Image:
    colours = colours_of(image, data)
    try:
        loaded = load_first(image, data)
    except OSError as error:
        raise RejectedImageError(*why_undecodable(error, data)) from None
    check_colours(image, colours)
    return loaded


def turned_window(
    size: tuple[int, int], extent: tuple[float, float], orientation: int
) -> tuple[float, float, float, float]:
    """Where the top left *extent* of an image of *size* lies once it is upright: left, top, right, bottom."""
    spare_x, spare_y = size[0] - extent[0], size[1] - extent[1]
    left = {2: spare_x, 3: spare_x, 6: spare_y, 7: spare_y}.get(orientation, 0.0)
    top = {3: spare_y, 4: spare_y, 7: spare_x, 8: spare_x}.get(orientation, 0.0)
    width, height = (extent[1], extent[0]) if orientation in _TRANSPOSED else extent
    return left, top, left + width, top + height


def orientation_of(image: Image.Image) -> int:
    """The EXIF orientation, 1 to 8, that loading leaves to us; 1 where there is none or it is damaged.

    Anything but a JPEG is loaded first: Pillow's search for EXIF does it otherwise, and its errors would be lost here.
    """
    if image.format == "TIFF":
        return 1  # Pillow turns TIFFs upright itself, and says their upright size
    if image.format == "JPEG" and "exif" not in image.info and "xmp" not in image.info:
        return 1
    try:
        value = image.getexif().get(_ORIENTATION)
    except Exception:  # noqa: BLE001 - a damaged EXIF block raises anything, and says nothing of the pixels
        return 1
    value = _orientation_in_xmp(image) if value is None else value
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _orientation_in_xmp(image: Image.Image) -> int:
    """The orientation that XMP states in a way of writing XML which Pillow does not look for; 0 where there is none."""
    said = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    found = _IN_XMP.search(said.encode() if isinstance(said, str) else bytes(said))
    return int(found[1]) if found else 0


def why_undecodable(error: Exception, data: bytes) -> tuple[Reason, str]:
    """What Pillow's *error* says of the image in *data*: it is cut short, or damaged."""
    if kind := odd_jpeg(data):
        return Reason.UNSUPPORTED_MODE, kind
    said = str(error) or type(error).__name__
    if any(mark in said.lower() for mark in _CUT_SHORT):
        return Reason.TRUNCATED, f"ends too early: after its {len(data):,} bytes a part of the image is missing"
    return Reason.DECODE_ERROR, f"is damaged, or of a kind that cannot be decoded; its decoder says: {said}"


def extension_warning(kind: str, name: str, spec: PixelSpec) -> str:
    """``"extension_mismatch"`` where *name* claims another format than the content's, Pillow's *kind*; else empty.

    Raises:
        RejectedImageError: It does, and the config is strict about it.
    """
    claimed = NAME_OF_SUFFIX.get(name.rpartition(".")[2].lower()) if "." in name else None
    actual = FORMAT_NAMES.get(kind, "")
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
