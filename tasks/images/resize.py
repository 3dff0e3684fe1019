"""Images to the size that the network wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageColor

if TYPE_CHECKING:
    from tasks.images.pixel_spec import PixelSpec

Size = tuple[int, int]


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


def resize_image(image: Image.Image, spec: PixelSpec) -> Image.Image:
    """*image* as *spec* asks for it; in its own mode, ``L``, ``RGB`` or ``RGBA``."""
    if spec.mode == "none":
        return image
    method = Image.Resampling[spec.filter.upper()]
    if spec.mode == "crop":
        box = cover_box(image.size, spec.size)
        if image.size == spec.size:
            return image
        return image.resize(spec.size, method, box=box)
    size = target_size(image.size, spec)
    scaled = image if size == image.size else image.resize(size, method)
    return _padded(scaled, spec) if spec.mode == "pad" else scaled


def cover_box(size: Size, wanted: Size) -> tuple[float, float, float, float]:
    """The middle part of an image of *size* that has the proportions of *wanted*: left, top, right, bottom."""
    scale = max(wanted[0] / size[0], wanted[1] / size[1])
    width, height = min(wanted[0] / scale, size[0]), min(wanted[1] / scale, size[1])
    left, top = (size[0] - width) / 2, (size[1] - height) / 2
    return left, top, left + width, top + height


def _padded(image: Image.Image, spec: PixelSpec) -> Image.Image:
    if image.size == spec.size:
        return image
    colour = ImageColor.getcolor(spec.background, image.mode)
    ground = Image.new(image.mode, spec.size, colour)
    ground.paste(image, ((spec.size[0] - image.width) // 2, (spec.size[1] - image.height) // 2))
    return ground
