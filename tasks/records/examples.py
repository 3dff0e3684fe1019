"""The image in the record of a TFRecord: the bytes of an image file, or pixels whose size the record says."""

from __future__ import annotations

import re

import numpy as np

from tasks.image_formats import format_of
from tasks.records.embedded import EmbeddedPixels
from tasks.records.framed_files import BY_NAME
from tasks.records.record_format import EmbeddedSettings, RecordFormat
from tasks.records.tfrecords import Example, ExampleError, Values

_SIGNS = re.compile(r"[/_.\s-]+")
_CHANNELS = (1, 3, 4)
_UNSAID_CHANNELS = (1, 3)
"""Four bytes a pixel can be colours with a mask, or one number of 32 bits."""


def read_picture(record: bytes, form: RecordFormat) -> EmbeddedPixels:
    """The image in *record*, the bytes of one with its framing, where *form* says; no bytes where there is none.

    Raises:
        ExampleError: The record is damaged, or its bytes are no image.
    """
    kind = BY_NAME["recordio" if form.kind == "recordio" else "tfrecord"]
    return picture_of(kind.parse(kind.data_of(record)), str(form.location), form.embedded)


def picture_of(example: Example, name: str, settings: EmbeddedSettings) -> EmbeddedPixels:
    """The image in the feature *name* of *example*; no bytes where there is none.

    Raises:
        ExampleError: It holds several, or bytes that are no image, or of which nothing says what size they are.
    """
    values = example.get(name, [])
    if len(values) > 1:
        raise ExampleError(f"has {len(values):,} values in {name!r}, where one image should be")
    data = values[0] if values else b""
    if not isinstance(data, bytes):
        raise ExampleError(f"has a number in {name!r}, where an image should be")
    if not data or format_of(data) is not None:
        return EmbeddedPixels(encoded=data)
    return _pixels(example, name, data, settings)


def _pixels(example: Example, name: str, data: bytes, settings: EmbeddedSettings) -> EmbeddedPixels:
    height, width = _number(example, "height"), _number(example, "width")
    channels = _number(example, "depth") or _number(example, "channels")
    kind = np.dtype("u1" if settings.bit_depth == 8 else "<u2")
    pixels = height * width * kind.itemsize
    if not channels and pixels and len(data) % pixels == 0 and len(data) // pixels in _UNSAID_CHANNELS:
        channels = len(data) // pixels
    if not pixels or channels not in _CHANNELS or pixels * channels != len(data) or settings.value_range != "byte":
        said = f"height {height}, width {width}, depth {channels}" if pixels and channels else "no height and width"
        raise ExampleError(
            f"has {len(data):,} bytes in {name!r} that are no image file, and not the pixels of one whose size the "
            f"record says ({said})"
        )
    held = np.frombuffer(data, kind).astype(kind.newbyteorder("="))
    if settings.array_order == "chw":
        array = held.reshape(channels, height, width).transpose(1, 2, 0)
    else:
        array = held.reshape(height, width, channels)
    return EmbeddedPixels(array=np.ascontiguousarray(array[:, :, 0] if channels == 1 else array))


def _number(example: Example, word: str) -> int:
    """The one number above 0 of the feature whose name ends in *word*; 0 where there is none, or several."""
    found = [_whole(values) for key, values in example.items() if _SIGNS.split(key.casefold())[-1] == word]
    return found[0] if len(found) == 1 else 0


def _whole(values: Values) -> int:
    value = values[0] if len(values) == 1 else 0
    return value if isinstance(value, int) and value > 0 else 0
