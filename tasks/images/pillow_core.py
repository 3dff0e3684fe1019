"""Pillow's core, called at once: for a small image what Pillow's Python does around a call costs more than the call.

What is used here is what Pillow's own methods come to, with the arguments that they give.
"""

from __future__ import annotations

from typing import Any

from PIL import Image

_ROOM = 1 << 16
"""Bytes that an encoder may fill at a time."""


def core() -> Any:
    """The module of Pillow's core, which its stubs do not name."""
    return vars(Image)["core"]


def image_of(pixels: Any) -> Image.Image:
    """The image whose *pixels*, an image of the core's, those are."""
    return Image.Image()._new(pixels)


def packed(pixels: Any, codec: str, *options: Any) -> bytes:
    """*pixels*, an image of the core's, by the encoder *codec* with its *options*; `Image.tobytes` does the same.

    Raises:
        OSError: It cannot be packed so.
    """
    encoder = getattr(core(), f"{codec}_encoder")(pixels.mode, *options)
    parts = []
    try:
        encoder.setimage(pixels, (0, 0, *pixels.size))
        status = 0
        while not status:
            _, status, part = encoder.encode(max(_ROOM, 4 * pixels.size[0]))
            parts.append(part)
    finally:
        encoder.cleanup()
    if status < 0:
        raise OSError(f"the encoder {codec} ended with {status}")
    return parts[0] if len(parts) == 1 else b"".join(parts)
