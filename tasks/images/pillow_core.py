"""Pillow's core, called at once: for a small image what Pillow's Python does around a call costs more than the call.

What is used here is what Pillow's own methods come to, with the arguments that they give.
"""

from __future__ import annotations

from typing import Any

from PIL import Image

_CORE: Any = vars(Image)["core"]  # its stubs do not name it
_NOTHING = Image.Image()
_ROOM = 1 << 16
"""Bytes that an encoder may fill at a time."""
_PIXEL_BYTES = {"L": 1, "RGB": 4}


def mapped(values: Any, mode: str, size: tuple[int, int]) -> Image.Image:
    """The image of *mode* whose memory *values* are, a byte a pixel or four of them, as Pillow lays them out.

    `Image.frombuffer` does the same, but for colours, of which it makes a copy.
    """
    return _NOTHING._new(_CORE.map_buffer(values, size, "raw", 0, (mode, 0, 1)))


def unfilled(mode: str, size: tuple[int, int]) -> Image.Image:
    """An image of *mode*, ``L`` or ``RGB``, to be drawn over all of it: Pillow's own are black first."""
    import numpy as np  # noqa: PLC0415 - decoder processes start faster without it

    return mapped(np.empty(_PIXEL_BYTES[mode] * size[0] * size[1], np.uint8), mode, size)


def black(mode: str, size: tuple[int, int]) -> Any:
    """A black image of the core's, of *mode* and *size*."""
    return _CORE.fill(mode, size, 0)


def packed(pixels: Any, codec: str, *options: Any) -> bytes:
    """*pixels*, an image of the core's, by the encoder *codec* with its *options*; `Image.tobytes` does the same.

    Raises:
        OSError: It cannot be packed so.
    """
    encoder = getattr(_CORE, f"{codec}_encoder")(pixels.mode, *options)
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
