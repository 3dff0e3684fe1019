"""PNGs whose picture is whole, beside chunks that keep Pillow from opening them."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest

from tasks.images.png_chunks import without_obstacles
from tasks.reasons import Reason
from tests.tasks.images.image_files import chunk, png
from tests.tasks.images.test_modes import KEEP, RAMP, SIZE, rows
from tests.tasks.images.test_pixels import made, why


def broken(kind: bytes, data: bytes) -> bytes:
    """A chunk whose checksum is wrong."""
    return chunk(kind, data)[:-4] + b"\0\0\0\1"


def grey_png(*chunks: bytes) -> bytes:
    return png(SIZE, 8, 0, rows(RAMP), *chunks)


OBSTACLES = [
    pytest.param(chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(70 << 20), 9)), id="a text that unpacks to 70 MiB"),
    pytest.param(chunk(b"zTXt", b"k\0\0" + zlib.compress(b"abc" * 900)[:-9] + b"zz"), id="a text that does not unpack"),
    pytest.param(chunk(b"iTXt", b"k\0\1\0\0\0" + zlib.compress(bytes(3 << 20))), id="an international one"),
    pytest.param(chunk(b"tEXt", b"k\0" + b"w" * (3 << 20)), id="a long text"),
    pytest.param(broken(b"tEXt", b"k\0w"), id="a damaged text"),
    pytest.param(broken(b"iCCP", b"x\0\0" + zlib.compress(bytes(200))), id="a damaged profile"),
    pytest.param(broken(b"pHYs", struct.pack(">IIB", 1, 1, 1)), id="damaged dots an inch"),
    pytest.param(broken(b"eXIf", bytes(20)), id="damaged EXIF"),
]


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_stands_beside_the_picture_is_passed_over(obstacle: bytes) -> None:
    data = grey_png(obstacle)
    assert np.array_equal(made(data)[..., 0], RAMP)
    behind = data.replace(obstacle, b"")
    assert np.array_equal(made(behind[:-12] + obstacle + behind[-12:])[..., 0], RAMP)


@pytest.mark.parametrize("obstacle", [OBSTACLES[0], OBSTACLES[4]])
def test_an_original_is_published_only_if_it_can_be_read_as_it_is(obstacle: bytes) -> None:
    assert why(grey_png(obstacle), replace(KEEP, pixels="original"))[0] in {Reason.DECODE_ERROR, Reason.TRUNCATED}


def test_damage_to_the_picture_itself_is_no_obstacle() -> None:
    transparent = grey_png(broken(b"tRNS", b"\0\7"))
    data = grey_png()
    place = data.index(b"IDAT") + 4 + int.from_bytes(data[data.index(b"IDAT") - 4 : data.index(b"IDAT")], "big")
    assert why(transparent)[0] in {Reason.DECODE_ERROR, Reason.TRUNCATED}
    assert why(data[:place] + b"\0\0\0\1" + data[place + 4 :])[0] == Reason.DECODE_ERROR


def test_a_png_without_any_of_it_is_left_as_it_is() -> None:
    data = grey_png(chunk(b"tEXt", b"Software\0x"), chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"))
    assert without_obstacles(data) is data
    assert without_obstacles(b"GIF89a") == b"GIF89a"
    assert without_obstacles(data[:40]) == data[:40]
