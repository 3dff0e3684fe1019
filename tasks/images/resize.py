"""Images to the size that the network wants."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageColor

from tasks.images.kernel import Box, Size, resize_by

if TYPE_CHECKING:
    from tasks.images.pixel_spec import PixelSpec


def target_size(size: Size, spec: PixelSpec) -> Size:
    """The width and height that the pixels of an image of *size* are scaled to, in pixels, at least 1 each.

    For ``crop`` it is what covers the size, before the middle is cut out; for ``pad`` the content without its border.
    """
    match spec.mode:
        case "none":
            return size
        case "stretch":
            return spec.size
        case "crop":
            scale = max(spec.size[0] / size[0], spec.size[1] / size[1])
        case "pad":
            scale = min(spec.size[0] / size[0], spec.size[1] / size[1])
        case "shorter":
            scale = spec.size[0] / min(size)
        case _:
            scale = spec.size[0] / max(size)
    if not spec.upscale:
        scale = min(scale, 1.0)
    width, height = (max(1, round(side * scale)) for side in size)
    return width, height


def resize_image(image: Image.Image, spec: PixelSpec, size: Size, window: Box) -> Image.Image:
    """*image* as *spec* asks for it; in its own mode, ``L``, ``RGB`` or ``RGBA``.

    Args:
        image: What was decoded, in full or at a scale.
        spec: What it becomes.
        size: Width and height of the whole image, in pixels.
        window: The part of *image* that stands for it, which the result covers exactly: left, top, right, bottom.
    """
    if spec.mode == "none":
        return image
    if spec.mode == "crop":
        return _scaled(image, spec.size, middle_of(window, spec.size), spec)
    scaled = _scaled(image, target_size(size, spec), window, spec)
    return _padded(scaled, spec) if spec.mode == "pad" else scaled


def _scaled(image: Image.Image, size: Size, box: Box, spec: PixelSpec) -> Image.Image:
    if image.size == size and box == (0, 0, *size):
        return image
    return resize_by(spec.kernel, image, size, box, spec.filter)


@lru_cache(maxsize=1024)
def middle_of(window: Box, wanted: Size) -> Box:
    """The middle part of *window* that has the proportions of *wanted*: left, top, right, bottom."""
    across, down = window[2] - window[0], window[3] - window[1]
    scale = max(wanted[0] / across, wanted[1] / down)
    width, height = min(wanted[0] / scale, across), min(wanted[1] / scale, down)
    left, top = window[0] + (across - width) / 2, window[1] + (down - height) / 2
    return left, top, min(left + width, window[2]), min(top + height, window[3])


def _padded(image: Image.Image, spec: PixelSpec) -> Image.Image:
    if image.size == spec.size:
        return image
    colour = ImageColor.getcolor(spec.background, image.mode)
    ground = Image.new(image.mode, spec.size, colour)
    ground.paste(image, ((spec.size[0] - image.width) // 2, (spec.size[1] - image.height) // 2))
    return ground
