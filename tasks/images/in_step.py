"""Whether a JPEG's data and its pixels come out even, by the word of its decoder, which Pillow does not pass on.

A damaged byte puts a decoder out of step: it draws something of all that follows, meets codes that there are not, and
ends before the data do or after them. Of what it has to say it says the first; what stands beside pixels is no matter.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tasks.images.rejected import RejectedImageError
from tasks.images.scans import ARITHMETIC, END, Frame, segments_of
from tasks.reasons import Reason

if TYPE_CHECKING:
    import numpy as np

_DECODER = "simplejpeg"
_LEFT_OVER = re.compile(r"(\d+) extraneous bytes before marker 0x([0-9a-f]{2})")
_AFTER_PIXELS = frozenset({0xC4, 0xD9, 0xDA, *range(0xD0, 0xD8)})
"""Markers that may follow the data of a scan: tables, the end, another scan, a restart."""
_PADDING = b"\0\xff"
_MORE = bytes(range(1, 250)) * 16
"""What decodes to something, wherever a decoder goes on with it; no marker is in it."""
_REMEDY = "copy it again from where it came from, or keep such images with `validation.allow_truncated`"


def check_in_step(data: bytes, frame: Frame) -> None:
    """Raise `RejectedImageError` where the JPEG *data*, of *frame*, are damaged within the pixels, as far as it shows.

    Bytes left over at the end that are all zeros, or all ones, are what some cameras fill up their data with.
    """
    if frame.scan < 0 or find_spec(_DECODER) is None:
        return
    segments = b"".join([data[:2], *segments_of(data, frame), data[frame.scan :]])
    said = _said_of(segments, frame)
    if "bad Huffman code" in said or "bad arithmetic code" in said:
        raise _damaged("have codes that there are not", Reason.DECODE_ERROR)
    if "premature end of data segment" in said and not _draws_with_more(segments, frame):
        raise _damaged("end before the last of them", Reason.TRUNCATED)
    found = _LEFT_OVER.search(said)
    if found is not None and int(found[2], 16) in _AFTER_PIXELS and not _is_padding(data, frame, found):
        raise _damaged("go on after the last of them", Reason.DECODE_ERROR)


def _damaged(what: str, reason: Reason) -> RejectedImageError:
    return RejectedImageError(reason, f"is damaged within its pixels, whose data {what}: {_REMEDY}")


def _is_padding(data: bytes, frame: Frame, found: re.Match[str]) -> bool:
    """Whether the bytes that were *found* to be left over in *data* fill up the end of the picture's last scan."""
    count, end = int(found[1]), data.find(END, frame.scan)
    return int(found[2], 16) == END[1] and end >= 0 and not data[end - count : end].strip(_PADDING)


def _said_of(data: bytes, frame: Frame) -> str:
    """What libjpeg-turbo says first of the JPEG *data*, of *frame*; empty where that is nothing."""
    try:
        _drawn(data, frame, min_width=1, min_height=1, strict=True)
    except ValueError as error:
        return str(error)
    return ""


def _draws_with_more(data: bytes, frame: Frame) -> bool:
    """Whether more data at the end of the JPEG *data*, of *frame*, change no pixel: then only bits of a code lack."""
    end = data.find(END, data.find(b"\xff\xda"))
    if end < 0 or frame.kind in ARITHMETIC:
        return True
    more = data[:end] + _MORE + data[end:]
    return bool((_drawn(data, frame, strict=False) == _drawn(more, frame, strict=False)).all())


def _drawn(data: bytes, frame: Frame, **how: Any) -> np.ndarray[Any, Any]:
    import simplejpeg  # noqa: PLC0415 - not every machine has it

    drawn: np.ndarray[Any, Any] = simplejpeg.decode_jpeg(data, "CMYK" if len(frame.components) > 3 else "GRAY", **how)
    return drawn
