"""What resizes pixels: Pillow, or a kernel of wide instructions that makes the same picture in a third of the time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import PIL
from PIL import Image

from tasks.images.pillow_core import unfilled

if TYPE_CHECKING:
    from tasks.images.pixel_spec import PixelSpec

AUTO, PILLOW, SIMD = "auto", "pillow", "simd"
SIMD_DISTRIBUTION = "cykooz-resizer"
HOW_TO_INSTALL = "pip install 'cykooz-resizer>=4.0.1,<5'"
_MODULE = "cykooz_resizer"
SIMD_FILTERS = {"bilinear": ("bilinear", 1.0), "bicubic": ("catmull_rom", 2.0), "lanczos": ("lanczos3", 3.0)}
"""The filters that both have, by Pillow's names: the kernel's names, and how far they reach, in pixels.

A box whose edge falls between two pixels takes the one or the other of them, and both do not agree on which.
"""
_MODES = frozenset({"L", "RGB"})
_SMALL = 8192
"""Pixels, of the image and what it becomes together."""
_KNOWN_PILLOWS = frozenset({"12", "13"})
"""Major versions whose images the kernel finds its way about in memory; with another one it would read wildly."""

Size = tuple[int, int]
Box = tuple[float, float, float, float]


def kernel_of(published: Mapping[str, object]) -> str:
    """The kernel that a *published* pixel spec names; those of earlier versions name none, and mean Pillow's."""
    return str(published.get("kernel") or PILLOW)


def knows_memory() -> bool:
    """Whether it is known how Pillow's images lie in memory."""
    return PIL.__version__.partition(".")[0] in _KNOWN_PILLOWS


@cache
def has_simd() -> bool:
    """Whether the kernel of wide instructions can be used here."""
    if find_spec(_MODULE) is None or not knows_memory():
        return False
    try:
        _resizer()
    except ImportError:
        return False
    return True


def suits_simd(spec: PixelSpec) -> bool:
    """Whether any image that becomes what *spec* asks for would be resized by the kernel of wide instructions."""
    return spec.mode != "none" and spec.filter in SIMD_FILTERS


def resize_by(kernel: str, image: Image.Image, size: Size, box: Box, filter_name: str) -> Image.Image:
    """The part *box* of *image*, of mode ``L``, ``RGB`` or ``RGBA``, at *size*, by the *kernel* and filter of a spec.

    Which of both resizes an image depends on nothing but the spec and the image: transparent ones are Pillow's, since
    a rounding in what nearly nothing is seen of becomes another colour, and so are small ones, where it is as fast.
    """
    is_small = image.width * image.height + size[0] * size[1] < _SMALL
    if kernel == SIMD and image.mode in _MODES and filter_name in SIMD_FILTERS and not is_small:
        return resize_by_simd(image, size, box, filter_name)
    return image.resize(size, Image.Resampling[filter_name.upper()], box=box)


def resize_by_simd(image: Image.Image, size: Size, box: Box, filter_name: str) -> Image.Image:
    """The part *box* of *image*, of mode ``L`` or ``RGB``, at *size*, by one of the filters that both kernels have.

    Passes are taken in the order that Pillow takes them in, each rounded to 8 bits: so what overshoots at edges is cut
    off alike.
    """
    image.load()
    across, down = image.width - size[0], image.height - size[1]
    if down > 0 and down > 2 * across:
        return _passed(image, size, box, filter_name)
    first, last = _rows_needed(image.height, size[1], box, SIMD_FILTERS[filter_name][1])
    narrow = image
    if image.width != size[0] or box[0] or box[2] != size[0]:
        narrow = _passed(image, (size[0], last - first), (box[0], first, box[2], last), filter_name)
        box = (0, box[1] - first, size[0], box[3] - first)
    return narrow if narrow.size == size and box == (0, 0, *size) else _passed(narrow, size, box, filter_name)


def _rows_needed(height: int, wanted: int, box: Box, reach: float) -> tuple[int, int]:
    """The first of the rows that *wanted* ones are made of, and the one after the last."""
    margin = reach * max(1.0, (box[3] - box[1]) / wanted) + 1
    return max(0, math.floor(box[1] - margin)), min(height, math.ceil(box[3] + margin))


def _passed(image: Image.Image, size: Size, box: Box, filter_name: str) -> Image.Image:
    """One call of the kernel; where both directions change, it takes the vertical one first."""
    wrapped = _wrapper()
    made = unfilled(image.mode, size)
    _resizer().resize_pil(wrapped(image), wrapped(made), _options(filter_name, *_inside(image.size, box)))
    return made


def _inside(size: Size, box: Box) -> tuple[float, float, float, float]:
    """*box* as left, top, width and height whose sums stay within *size*, whatever they are rounded to."""
    left, top = box[0], box[1]
    width, height = min(box[2], size[0]) - left, min(box[3], size[1]) - top
    while left + width > size[0]:
        width = math.nextafter(width, 0)
    while top + height > size[1]:
        height = math.nextafter(height, 0)
    return left, top, width, height


@cache
def _resizer() -> Any:
    """The kernel, without the Python around it, which is there for modes that it is not asked for here."""
    from cykooz_resizer.rust_lib import RustResizer  # noqa: PLC0415 - not every machine has it

    return RustResizer()


@cache
def _wrapper() -> Any:
    """What the kernel takes images as."""
    from cykooz_resizer.rust_lib import PilImageWrapper  # noqa: PLC0415 - as above

    return PilImageWrapper


@lru_cache(maxsize=256)
def _options(filter_name: str, left: float, top: float, width: float, height: float) -> Any:
    import cykooz_resizer as kernel  # noqa: PLC0415 - as above

    convolution = kernel.ResizeAlg.convolution(getattr(kernel.FilterType, SIMD_FILTERS[filter_name][0]))
    box = kernel.CropBox(left, top, width, height)
    return kernel.ResizeOptions(resize_alg=convolution, use_alpha=False, crop_box=box).rust_options
