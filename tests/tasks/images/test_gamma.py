"""The gamma that a PNG states: taken where colours are to be in sRGB, and nowhere else."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.images.pixel_spec import PixelSpec
from tasks.images.prepare import prepare_image
from tests.tasks.images.image_files import chunk, saved


def published(image: Image.Image, *extra: bytes, **keys: Any) -> list[int]:
    data = saved(image, "PNG")
    made = prepare_image(data[:33] + b"".join(extra) + data[33:], "x.png", PixelSpec(mode="none", pixels="png", **keys))
    return [int(value) for value in np.asarray(Image.open(io.BytesIO(made.data)))[0, 0]]


def gamma(value: float) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", round(value * 100_000)))


@pytest.mark.parametrize(
    ("extra", "icc", "expected"),
    [
        pytest.param([gamma(1.0)], "srgb", [186, 255, 0], id="light itself"),
        pytest.param([gamma(1 / 1.8)], "srgb", [145, 255, 0], id="an old Macintosh"),
        pytest.param([gamma(1 / 2.2)], "srgb", [128, 255, 0], id="sRGB's own"),
        pytest.param([gamma(1.0), chunk(b"sRGB", b"\0")], "srgb", [128, 255, 0], id="it says sRGB too"),
        pytest.param([gamma(0.0)], "srgb", [128, 255, 0], id="none that a picture has"),
        pytest.param([gamma(1.0)], "ignore", [128, 255, 0], id="colours are left as they are"),
        pytest.param([], "srgb", [128, 255, 0], id="it says nothing"),
    ],
)
def test_a_gamma_is_taken_where_colours_are_to_be_in_srgb(extra: list[bytes], icc: str, expected: list[int]) -> None:
    found = published(Image.new("RGB", (8, 8), (128, 255, 0)), *extra, icc=icc)

    assert max(abs(one - other) for one, other in zip(found, expected, strict=True)) <= 1


def test_transparency_has_no_gamma() -> None:
    found = published(Image.new("RGBA", (8, 8), (128, 255, 0, 128)), gamma(1.0), icc="srgb", color="RGBA")

    assert found[3] == 128
    assert abs(found[0] - 186) <= 1
