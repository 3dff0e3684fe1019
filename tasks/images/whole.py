"""Whether a decoder gave the whole image: some end early without a word, and leave the rest black or grey."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason

if TYPE_CHECKING:
    from tasks.images.pixel_spec import PixelSpec

_MID_GREY = frozenset({127, 128})
_FILLER = bytes(range(1, 250)) * 16
"""What decodes to something, wherever a JPEG decoder goes on with it; no marker is in it."""
_HOLLOW_BYTES = 512
_HOLLOW_SHARE = 0.15  # an even picture of many megapixels ends in zeros too, 5 % of its file


def check_whole(image: Image.Image, data: bytes, spec: PixelSpec) -> None:
    """Raise `RejectedImageError` where the decoder left the end of *image*, a PNG opened from *data*, as it was.

    A PNG whose compressed data end with a whole line, too early, is decoded without an error. Only where the last two
    lines are zeros (of interlaced ones one of both is the last) is it decoded again, onto another ground.
    """
    if image.format != "PNG" or spec.allow_truncated or not (_ends_in_zeros(image) or image.info.get("interlace")):
        return
    with Image.open(io.BytesIO(data), formats=["PNG"]) as again:
        again.im = Image.new(again.mode, again.size).im  # which loading takes as it is
        again.im.paste(_other_ground(again), (0, 0, *again.size))
        again.load()
        if _last_lines(again).tobytes() != _last_lines(image).tobytes():
            raise RejectedImageError(Reason.TRUNCATED, "its pixels end too early: the last lines are missing")


def _last_lines(image: Image.Image) -> Image.Image:
    return image.crop((0, max(0, image.height - 2), *image.size))


def _ends_in_zeros(image: Image.Image) -> bool:
    lines = _last_lines(image)
    return any(
        lines.crop((0, line, lines.width, line + 1)).getbbox(alpha_only=False) is None for line in range(lines.height)
    )


def _other_ground(image: Image.Image) -> int | tuple[int, ...]:
    bands = len(image.getbands())
    return 255 if bands == 1 else (255,) * bands


def check_jpeg_end(image: Image.Image, data: bytes, draft: tuple[int, int] | None) -> None:
    """Raise `RejectedImageError` where *image*, a loaded JPEG, is grey at its end since its data end too early.

    An end marker may have been put where the file broke off; the decoder then fills what is missing with grey. Where
    the last block is grey, more data are put before that marker: a whole image stays as it is.

    Args:
        image: As it was loaded.
        data: What it was opened from.
        draft: The size that scaled decoding was asked for.
    """
    if not _is_mid_grey(image):
        return
    end = _first_end(data)
    if end < 0:
        return
    with Image.open(io.BytesIO(data[:end] + _FILLER + data[end:]), formats=["JPEG"]) as again:
        if draft is not None:
            again.draft(None, draft)
        again.load()
        if again.tobytes() != image.tobytes():
            raise RejectedImageError(Reason.TRUNCATED, "its data end too early: what is missing would be grey")


def _is_mid_grey(image: Image.Image) -> bool:
    """Whether the last pixel is grey as a decoder leaves it."""
    last = image.getpixel((image.width - 1, image.height - 1))
    return set(last if isinstance(last, tuple) else (last,)) <= _MID_GREY


def _first_end(data: bytes) -> int:
    """The place of the end marker of the first image in the JPEG *data*; -1 where there is none."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big") if data[place + 1] != 0xFF else 1
    return data.find(b"\xff\xd9", place)


def check_hollow_end(data: bytes, name: str) -> None:
    """Raise `RejectedImageError` where the end of *data*, a packed image, was made room for and never written."""
    zeros = len(data) - len(data.rstrip(b"\0"))
    if zeros > max(_HOLLOW_BYTES, _HOLLOW_SHARE * len(data)):
        raise RejectedImageError(Reason.TRUNCATED, f"is a {name} whose last {zeros} bytes are zeros, never written")
