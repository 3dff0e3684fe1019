"""What of an animation is shown first: a frame that may be smaller than its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, WebPImagePlugin

from tasks.images.png_pixels import load_pixels

if TYPE_CHECKING:
    from PIL import ImageFile


def load_first(image: ImageFile.ImageFile, data: bytes) -> Image.Image:
    """What a browser shows first of *image*, loaded: around a frame that is smaller than its screen, nothing.

    Args:
        image: As it was opened.
        data: What from.

    Raises:
        OSError: It is cut short, or cannot be decoded.
    """
    if image.format == "GIF":
        return _load_gif(image)
    if isinstance(image, WebPImagePlugin.WebPImageFile) and image.is_animated and image.mode == "RGB":
        # No frame is transparent, so the file says that nothing is: but around a small one everything is.
        image.rawmode = image._mode = "RGBA"
    if not load_pixels(image, data):
        image.load()
    return image


def _load_gif(image: ImageFile.ImageFile) -> Image.Image:
    box = image.tile[0].extents if image.tile else None
    image.load()
    if box is None or tuple(box) == (0, 0, *image.size):
        return image
    screen = Image.new("RGBA", image.size)
    screen.paste(image.crop(box).convert("RGBA"), box[:2])
    return screen
