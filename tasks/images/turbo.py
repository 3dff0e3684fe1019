"""JPEGs with nothing out of the ordinary, by libjpeg-turbo at once: the pixels that Pillow's decoder gives, for less.

Pillow wraps the same library: it hands it a file in pieces, clears the picture first, and keeps a record of each
segment. That is a fifth of what decoding a photograph costs, and six parts of seven of a tiny image.

What is read here is whole and undamaged by the library's own word: a warning of any kind, which Pillow would not hear
of, leaves the image to Pillow and to all that is looked at there, and so does whatever is not known here.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image, features

from tasks.images.decode import Decoded, check_size, draft_for, orientation_of, turned_window, upright, upright_size
from tasks.images.holes import jpeg_hole
from tasks.images.kernel import knows_memory
from tasks.images.pillow_core import mapped
from tasks.images.rejected import RejectedImageError
from tasks.images.scans import Frame, check_restarts, check_scans

if TYPE_CHECKING:
    from tasks.images.pixel_spec import PixelSpec

TURBO_DISTRIBUTION = "simplejpeg"
_START, _SCAN, _EXIF, _XMP = b"\xff\xd8\xff", 0xDA, b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
_TABLES = frozenset({0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})
"""Second bytes of the markers of Huffman and quantization tables, restart intervals, comments and applications."""
_APPLICATION_1 = 0xE1
_HUFFMAN = frozenset({0xC0, 0xC1, 0xC2})
_MODES = {1: "L", 3: "RGB"}
_LAYOUTS = {"L": "GRAY", "RGB": "RGBX"}
_SCALES = (8, 4, 2)
_LEAST_HEAD = 10
"""Bytes of the head of a scan, and of a frame, of one component."""


class _Head(NamedTuple):
    """What stands before the first scan of a JPEG.

    Attributes:
        frame: Of its one picture, of 8 bits.
        size: Width and height, in pixels.
        info: Its EXIF and XMP, by Pillow's names.
    """

    frame: Frame
    size: tuple[int, int]
    info: dict[str, bytes]


@cache
def has_turbo() -> bool:
    """Whether both decoders are here, Pillow's is the same library, and its images lie in memory as is known."""
    is_same = bool(features.check_feature("libjpeg_turbo"))
    if not is_same or not knows_memory() or find_spec(TURBO_DISTRIBUTION) is None:
        return False
    try:
        _library()
        return mapped(bytes((1, 2, 3, 255)), "RGB", (1, 1)).getpixel((0, 0)) == (1, 2, 3)
    except (ImportError, AttributeError, TypeError, ValueError):
        return False


@cache
def _library() -> Any:
    import simplejpeg  # noqa: PLC0415 - not every machine has it

    return simplejpeg


def decode_plain(data: bytes, spec: PixelSpec) -> Decoded | None:
    """The pixels of the JPEG *data*, as `decode_upright` gives them; None where Pillow has to look at it.

    Args:
        data: An image file of any kind.
        spec: What it will become.
    """
    if not data.startswith(_START) or not has_turbo() or "jpeg" not in spec.formats or spec.icc != "ignore":
        return None
    head = _head_of(data)
    if head is None or not _is_sound(data, head, spec):
        return None
    orientation = _orientation(head)
    way = _way_of(head.size, orientation, spec)
    pixels = _pixels(data, head, way)
    return None if pixels is None else Decoded(upright(pixels, orientation), way.size, way.window)


class _Way(NamedTuple):
    """How a JPEG is decoded; the same for all of one size that lie alike.

    Attributes:
        scale: How many pixels of a side become one.
        decoded: Width and height at that scale.
        size: Width and height in full, upright.
        window: The part of what is decoded that is the image, upright.
    """

    scale: int
    decoded: tuple[int, int]
    size: tuple[int, int]
    window: tuple[float, float, float, float]


@lru_cache(maxsize=1024)
def _way_of(lying: tuple[int, int], orientation: int, spec: PixelSpec) -> _Way:
    size = upright_size(lying, orientation)
    draft = draft_for(size, orientation, spec)
    scale = _scale(lying, draft) if draft else 1
    decoded = (-(-lying[0] // scale), -(-lying[1] // scale))
    return _Way(scale, decoded, size, turned_window(decoded, (lying[0] / scale, lying[1] / scale), orientation))


def _head_of(data: bytes) -> _Head | None:
    """The head of the JPEG *data*; None where it has what is not expected."""
    place, frame, info = 2, 0, dict[str, bytes]()
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker, end = data[place + 1], place + 2 + (data[place + 2] << 8 | data[place + 3])
        if end > len(data) or end < place + (_LEAST_HEAD if marker == _SCAN or marker in _HUFFMAN else 4):
            return None
        if marker == _SCAN:
            return _whole_head(data, frame, place, info)
        if marker == _APPLICATION_1:
            _note_facts(data[place + 4 : end], info)
        elif marker in _HUFFMAN and not frame:
            frame = place
        elif marker not in _TABLES:
            return None
        place = end
    return None


def _whole_head(data: bytes, frame: int, scan: int, info: dict[str, bytes]) -> _Head | None:
    """The head whose *frame* and first *scan* stand there; None unless it is of 8 bits and one band or three."""
    if not frame or data[frame + 4] != 8 or data[frame + 9] not in _MODES:
        return None
    height, width = data[frame + 5] << 8 | data[frame + 6], data[frame + 7] << 8 | data[frame + 8]
    components = list(data[frame + 10 : frame + 10 + 3 * data[frame + 9] : 3])
    return _Head(Frame(data[frame + 1], components, scan), (width, height), info) if width and height else None


def _note_facts(segment: bytes, info: dict[str, bytes]) -> None:
    """Write into *info* what Pillow keeps of a *segment* of its kind."""
    if segment.startswith(_EXIF):
        info["exif"] = info["exif"] + segment[6:] if "exif" in info else segment
    elif segment.startswith(_XMP):
        info["xmp"] = segment.split(b"\0", 1)[1]


def _orientation(head: _Head) -> int:
    if not head.info:
        return 1
    holder = Image.Image()
    holder.format = "JPEG"
    holder.info.update(head.info)
    return orientation_of(holder)


def _is_sound(data: bytes, head: _Head, spec: PixelSpec) -> bool:
    """Whether the JPEG *data* are admitted, and have all of their parts as far as decoding them would not tell.

    That the data of a part are there to their end the decoder does tell: it warns where they are not.
    """
    try:
        check_size(head.size, spec)
        check_scans(data, head.frame)
        check_restarts(data, head.frame)
    except RejectedImageError:
        return False
    return jpeg_hole(data, head.frame) < 0


def _scale(size: tuple[int, int], draft: tuple[int, int]) -> int:
    """How many pixels of a side Pillow makes one where what comes out is to be no smaller than *draft*."""
    most = min(size[0] // draft[0], size[1] // draft[1])
    return next((scale for scale in _SCALES if most >= scale), 1)


def _pixels(data: bytes, head: _Head, way: _Way) -> Image.Image | None:
    """The pixels of the JPEG *data*; None where the decoder has anything to say of it."""
    mode = _MODES[len(head.frame.components)]
    width, height = way.decoded
    try:
        if way.scale > 1:
            values = _library().decode_jpeg(data, _LAYOUTS[mode], min_width=width, min_height=height)
        else:
            values = _library().decode_jpeg(data, _LAYOUTS[mode])
    except ValueError:
        return None
    if values.shape[:2] != (height, width):
        return None
    image = mapped(values, mode, way.decoded)
    image.readonly = 1
    return image
