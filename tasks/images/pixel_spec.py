"""All that shapes an image's pixels, as plain values that a decoder process gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tasks.image_formats import BY_DEFAULT


@dataclass(frozen=True, slots=True)
class PixelSpec:
    """What is admitted, what it becomes, and how it is written; the fields are those of the config's sections.

    Attributes:
        min_side: Pixels.
        max_pixels: Width times height.
        max_aspect: Longer over shorter side; 0 for no bound.
        formats: Lower-case names.
        allow_truncated: Keep images that are cut short.
        strict_extensions: Reject names that claim another format.
        size: Width and height in pixels.
        mode: One of stretch, crop, pad, shorter, longer, none.
        filter: Pillow's name of it, in lower case.
        kernel: What resizes: ``pillow`` or ``simd``; ``auto`` in a config alone.
        color: RGB, L, RGBA or keep.
        background: A colour's name.
        upscale: Whether smaller images are enlarged.
        depth_16: ``scale``, ``range``, or how many bits are used: ``10``, ``12``, ``14``, ``16``.
        value_range: The numbers that are black and white in images of floats, 32-bit or signed integers, or None.
        icc: ``ignore`` or ``srgb``.
        pixels: jpeg, png, webp, raw or original.
        quality: Of JPEG and WebP, 1 to 100; WebP is lossless at 100.
        measures: How images are measured, by the name of the way; empty where they are not.
    """

    min_side: int = 1
    max_pixels: int = 64_000_000
    max_aspect: float = 0.0
    formats: tuple[str, ...] = BY_DEFAULT
    allow_truncated: bool = False
    strict_extensions: bool = False
    size: tuple[int, int] = (224, 224)
    mode: str = "crop"
    filter: str = "bicubic"
    kernel: str = "pillow"
    color: str = "RGB"
    background: str = "white"
    upscale: bool = True
    depth_16: str = "scale"
    value_range: tuple[float, float] | None = None
    icc: str = "ignore"
    pixels: str = "jpeg"
    quality: int = 90
    measures: str = ""


WARNINGS = {
    "blank": "came out in one colour although their files are not of one colour",
    "extension_mismatch": "are named like another format than they have",
}
"""What is said of images that are written with a warning, by its word."""


class Prepared(NamedTuple):
    """An image as it is published; a tuple, since one is made of each image three times over.

    Attributes:
        data: The encoded image, or raw pixels: uint8, height × width × channels, in C order.
        width: Of `data`, in pixels.
        height: Of `data`, in pixels.
        channels: 1, 3 or 4.
        orig_width: Of the source, after orientation.
        orig_height: Of the source, after orientation.
        orig_format: Pillow's name of the source's format, such as ``JPEG``; ``ARRAY`` for embedded numbers.
        warning: ``"extension_mismatch"``, ``"blank"``, both with a blank between, or empty.
        thumb: What it is measured by, as `thumb_of` makes it; empty where it is not to be.
    """

    data: bytes
    width: int
    height: int
    channels: int
    orig_width: int
    orig_height: int
    orig_format: str
    warning: str = ""
    thumb: bytes = b""
