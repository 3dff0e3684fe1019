"""What a decoder process keeps of an image for measuring it: small grey copies, made while its pixels are in hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from PIL import Image, ImageColor

from tasks.images.pillow_core import black, packed

if TYPE_CHECKING:
    from tasks.images.kernel import Box

ALGORITHM = "grey-64-dct-8-sign-2"
"""Names in pixel specs how `thumb_of` and `measure_thumbs` measure: under another name other numbers come out."""

KINDRED = frozenset({ALGORITHM, "grey-64-dct-8-sign-1"})
"""Ways of which one shard may have the one and another the other: a copy is as near, whichever each is measured by.

The first took more points of images from 512 pixels on.
"""

WHOLE, PART = 64, 32
"""The sides of the copy of the whole image and of those of parts of it, in pixels."""

SHEET = (WHOLE, WHOLE + 3 * PART)
"""Width and height of the sheet that holds them: the whole, and below it five parts, two in a row."""

SMALL_SHEET = (WHOLE, WHOLE + PART)
"""Those of the sheet of an image that has one part: what would be black below it is left out."""

_SAMPLED_EVERY = 512  # pixels of the longer side to one point of the grid for each pixel of the copy
_MOST_STEPS = 8
_SEEN_AT = 512  # pixels of the longer side, beyond which parts are looked at in a smaller size
_PLACES = ((0.5, 0.5), (0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
PARTS = len(_PLACES)
"""How many parts of an image are looked at that has more than one."""
_PLAIN = frozenset({"L", "RGB"})
_DITHER = Image.Dither.FLOYDSTEINBERG  # what `Image.convert` says, and grey makes nothing of
_SMALL = SHEET[0] * SHEET[1]  # pixels

_Corners = tuple[int, int, int, int]


def is_sheet(thumb: bytes) -> bool:
    """Whether *thumb* is as long as what `thumb_of` makes: nobody but a decoder process has looked at it."""
    return len(thumb) in {SHEET[0] * SHEET[1], SMALL_SHEET[0] * SMALL_SHEET[1]}


def thumb_of(image: Image.Image, window: Box, background: str) -> bytes:
    """The sheet of the part *window* of *image*, of any mode: 64 × 160 pixels of grey, row by row, or 64 × 96.

    The whole of it, whose proportions do not count, is looked at through a grid of points, more of them in a large
    image, so that the cost hardly grows as the image does. Parts, one of an image that is no larger, are as sharp as
    it is; places without a part are black. Where there is transparency the *background* shows.
    """
    image.load()
    view = _view_of(window)
    if image.mode in _PLAIN and "transparency" not in image.info:
        return _plain_sheet(image.im, window, view)
    steps = view.steps
    grid = image.resize((WHOLE * steps, WHOLE * steps), Image.Resampling.NEAREST, box=window)
    if image.mode == "RGBA" and "transparency" not in image.info:
        whole = grid.reduce(steps) if steps > 1 else grid
        return _composed(image._new(_sheet(image.im, whole.im, view)), background).convert("L").tobytes()
    shown = _as_grey(grid, image, background)
    sheet = Image.new("L", view.sheet)
    sheet.paste(shown(grid).reduce(steps) if steps > 1 else shown(grid), (0, 0))
    for number, box in enumerate(view.boxes):
        part = shown(image.crop(box))
        sheet.paste(part if part.size == (PART, PART) else part.resize((PART, PART), Image.Resampling.BOX), _at(number))
    return sheet.tobytes()


class _View(NamedTuple):
    """How a part of an image is looked at; the same of all images of one size.

    Attributes:
        steps: So many points to a side of a pixel of the whole.
        boxes: The parts of it that are looked at closely.
        sheet: Width and height of the sheet.
        is_direct: Its points are but taken, none of them mixed.
    """

    steps: int
    boxes: tuple[_Corners, ...]
    sheet: tuple[int, int]
    is_direct: bool


@lru_cache(maxsize=1024)
def _view_of(window: Box) -> _View:
    longest = int(max(window[2] - window[0], window[3] - window[1]))
    boxes = tuple(_parts(window, max(1, longest // _SEEN_AT)))
    return _View(
        steps=min(_MOST_STEPS, max(1, longest // _SAMPLED_EVERY)),
        boxes=boxes,
        sheet=SHEET if len(boxes) > 1 else SMALL_SHEET,
        is_direct=longest < 2 * min(_SAMPLED_EVERY, _SEEN_AT),
    )


def _plain_sheet(source: Any, window: Box, view: _View) -> bytes:
    """The sheet of the part *window* of *source*, an image of Pillow's core in grey or colours, by the core alone.

    What is small and whose points are but taken becomes grey before they are: the same, for less.
    """
    if view.is_direct and source.mode == "RGB" and source.size[0] * source.size[1] < _SMALL:
        source = source.convert("L", _DITHER)
    side = WHOLE * view.steps
    whole = source.resize((side, side), Image.Resampling.NEAREST, window)
    if view.steps > 1:
        whole = whole.reduce((view.steps, view.steps), (0, 0, side, side))
    sheet = _sheet(source, whole, view)
    return packed(sheet if sheet.mode == "L" else sheet.convert("L", _DITHER), "raw", "L")


def _sheet(source: Any, whole: Any, view: _View) -> Any:
    """The sheet in the mode of *source*, of *whole* and of the parts of *source*; all of them images of the core."""
    sheet = black(source.mode, view.sheet)
    sheet.paste(whole, (0, 0, WHOLE, WHOLE))
    for number, box in enumerate(view.boxes):
        part = source.crop(box)
        if part.size != (PART, PART):
            part = part.resize((PART, PART), Image.Resampling.BOX, (0, 0, *part.size))
        left, top = _at(number)
        sheet.paste(part, (left, top, left + PART, top + PART))
    return sheet


def _at(number: int) -> tuple[int, int]:
    """Where the part of that *number* lies in a sheet."""
    return number % 2 * PART, WHOLE + number // 2 * PART


def _parts(window: Box, scale: int) -> Iterator[_Corners]:
    """Where in an image the parts of its *window* lie, of which each pixel stands for *scale* by *scale*."""
    left, top, right, bottom = int(window[0]), int(window[1]), int(window[2]), int(window[3])
    across, down = max(1, min(PART * scale, right - left)), max(1, min(PART * scale, bottom - top))
    is_small = right - left <= across and bottom - top <= down
    for x, y in _PLACES[: 1 if is_small else None]:
        first, upper = left + int((right - left - across) * x), top + int((bottom - top - down) * y)
        yield first, upper, first + across, upper + down


def _as_grey(grid: Image.Image, image: Image.Image, background: str) -> Callable[[Image.Image], Image.Image]:
    """What makes a copy of a part of *image*, such as *grid*, one of mode ``L``."""
    if image.mode.startswith("I") or image.mode == "F":
        low, high = cast("tuple[float, float]", _wide(grid).getextrema())
        scale = 255 / (high - low) if high > low else 0.0
        # Of numbers of which nothing says what is black and white: the least of them is, and the greatest.
        return lambda copy: _wide(copy).point(lambda value: value * scale + (-low * scale)).convert("L")
    if image.mode == "LAB":
        return lambda copy: copy.getchannel("L")
    if image.mode in {"P", "PA", "La", "RGBa", "LA", "RGBA"} or "transparency" in image.info:
        return lambda copy: _composed(copy.convert("RGBA"), background).convert("L")
    if image.mode in {"CMYK", "HSV"}:
        return lambda copy: copy.convert("RGB").convert("L")
    return lambda copy: copy.convert("L")


def _wide(copy: Image.Image) -> Image.Image:
    return copy.convert("F") if copy.mode in {"I", "F"} else copy.convert("I").convert("F")


def _composed(copy: Image.Image, background: str) -> Image.Image:
    """*copy*, of mode ``RGBA``, over the colour *background*."""
    ground = Image.new("RGB", copy.size, ImageColor.getrgb(background)[:3])
    ground.paste(copy, mask=copy)
    return ground
