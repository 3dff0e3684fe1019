"""Files with a stretch that was made room for and never written, and files that may look so and are whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tasks.images.pixel_spec import PixelSpec
from tasks.reasons import Reason
from tests.tasks.images.image_files import saved
from tests.tasks.images.test_modes import KEEP
from tests.tasks.images.test_pixels import made, why

ALL = replace(KEEP, formats=(*PixelSpec().formats, "avif", "jpeg2000"))
PICTURE = Image.fromarray(np.random.default_rng(3).integers(0, 255, (40, 40, 3), np.uint8)).resize((400, 400))
KINDS = [
    pytest.param("JPEG", {"quality": 90}, id="jpeg"),
    pytest.param("JPEG", {"quality": 90, "progressive": True}, id="progressive"),
    pytest.param("WEBP", {"quality": 95}, id="webp"),
    pytest.param("WEBP", {"lossless": True}, id="lossless webp"),
    pytest.param("AVIF", {"quality": 95}, id="avif"),
    pytest.param("JPEG2000", {}, id="jpeg2000"),
    pytest.param("PNG", {}, id="png"),
    pytest.param("GIF", {}, id="gif"),
    pytest.param("TIFF", {"compression": "tiff_lzw"}, id="lzw"),
    pytest.param("TIFF", {"compression": "packbits"}, id="packbits"),
    pytest.param("TIFF", {"compression": "lzma"}, id="lzma"),
    pytest.param("TIFF", {"compression": "zstd"}, id="zstd"),
    pytest.param("TIFF", {"compression": "jpeg", "quality": 90}, id="jpeg in a tiff"),
]


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("share", [0.4, 0.7])
def test_a_block_that_was_never_written_is_found(kind: str, options: dict[str, object], share: float) -> None:
    data = saved(PICTURE, kind, **options)
    place = int(len(data) * share)
    assert made(data, ALL).shape == (400, 400, 3)
    assert why(data[:place] + bytes(4096) + data[place + 4096 :], ALL)[0] in {Reason.TRUNCATED, Reason.DECODE_ERROR}


@pytest.mark.parametrize(("kind", "options"), [*KINDS, pytest.param("JPEG", {"optimize": True}, id="optimized")])
def test_an_even_picture_is_whole_however_many_zeros_it_is_packed_to(kind: str, options: dict[str, object]) -> None:
    page = Image.new("RGB", (1500, 1500), "white")
    page.paste(PICTURE, (0, 0))
    page.paste(PICTURE, (900, 1050))
    for picture in (page, Image.new("L", (1500, 1500), 77)):
        assert made(saved(picture, kind, **options), ALL).shape == (1500, 1500, 3)


@pytest.mark.parametrize("progressive", [False, True])
def test_zeros_that_fill_up_the_end_of_a_jpegs_data_are_no_pixels(progressive: bool) -> None:
    data = saved(PICTURE, "JPEG", quality=90, progressive=progressive)
    filled = data[:-2] + bytes(5000) + data[-2:]
    assert np.array_equal(made(filled), made(data))
    assert np.array_equal(made(data + bytes(5000)), made(data))
