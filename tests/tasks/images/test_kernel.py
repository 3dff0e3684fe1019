"""The kernel of wide instructions: the same picture as Pillow's, whatever is resized, and the same bytes everywhere."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.images.jobs import ImageJob, Limits
from tasks.images.kernel import SIMD, SIMD_FILTERS, has_simd, resize_by, resize_by_simd
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool
from tasks.images.prepare import prepare_image
from tests.tasks.images.image_files import Array

pytestmark = pytest.mark.skipif(not has_simd(), reason="no wheel of the kernel for this machine")
CHANCE = np.random.default_rng(11)


def drawing(width: int, height: int) -> Image.Image:
    """Black and white at random, where every edge overshoots."""
    return Image.fromarray((CHANCE.integers(0, 2, (height, width, 3)) * 255).astype(np.uint8))


def picture(width: int, height: int) -> Image.Image:
    """Soft shapes and some grain, as a camera sees them."""
    x, y = np.meshgrid(np.linspace(0, 9, width), np.linspace(0, 7, height))
    bands = [127 + 100 * np.sin(x * (1 + n) + y) + CHANCE.normal(0, 8, (height, width)) for n in range(3)]
    return Image.fromarray(np.clip(np.dstack(bands), 0, 255).astype(np.uint8))


def decibels(one: Array, other: Array) -> float:
    error = float(((one.astype(float) - other) ** 2).mean())
    return 99.0 if error == 0 else float(10 * np.log10(255**2 / error))


def assert_alike(one: Image.Image, other: Image.Image) -> None:
    assert (one.mode, one.size) == (other.mode, other.size)
    mine, theirs = np.asarray(one), np.asarray(other)
    assert np.abs(mine.astype(int) - theirs).mean() <= 2
    assert decibels(mine, theirs) >= 50


@pytest.mark.parametrize("filter_name", SIMD_FILTERS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("make", [drawing, picture])
@pytest.mark.parametrize("size", [(224, 224), (33, 47), (300, 700), (700, 300), (1, 9), (9, 1), (517, 100), (100, 333)])
def test_it_makes_the_picture_that_pillow_makes(filter_name: str, mode: str, make: Any, size: tuple[int, int]) -> None:
    for width, height in ((517, 333), (333, 517), (64, 1000), (20, 31)):
        image = make(width, height).convert(mode)
        whole, odd = (0, 0, width, height), (width * 0.13, 0.3, width * 0.91, height - 0.7)
        for box in (whole, odd, (0, height / 3, width, height / 3 + 1.5)):
            expected = image.resize(size, Image.Resampling[filter_name.upper()], box=box)
            assert_alike(resize_by_simd(image, size, box, filter_name), expected)


@pytest.mark.parametrize("wanted", [(31, 31), (224, 224), (300, 300)])
def test_the_last_row_and_column_are_in_the_picture(wanted: tuple[int, int]) -> None:
    image = Image.new("L", (301, 299))
    image.paste(255, (300, 0, 301, 299))
    image.paste(255, (0, 298, 301, 299))

    made = np.asarray(resize_by_simd(image, wanted, (0, 0, 301, 299), "bicubic")).astype(int)

    assert made[:-1, -1].min() > 4 * max(1, made[: -wanted[1] // 4, : -wanted[0] // 4].max())
    assert made[-1, :-1].min() > 4 * max(1, made[: -wanted[1] // 4, : -wanted[0] // 4].max())


def test_images_that_it_does_not_do_are_pillows_to_the_byte() -> None:
    clear = picture(200, 150)
    clear.putalpha(Image.fromarray(CHANCE.integers(0, 256, (150, 200), np.uint8)))
    for image, size, name in (
        (clear, (64, 64), "bicubic"),
        (picture(40, 40), (32, 32), "bicubic"),
        (picture(200, 150), (64, 64), "box"),
    ):
        box = (0, 0, *image.size)
        expected = image.resize(size, Image.Resampling[name.upper()], box=box)
        assert resize_by(SIMD, image, size, box, name).tobytes() == expected.tobytes()


def test_it_makes_the_same_bytes_with_and_without_wide_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    from cykooz_resizer import CpuExtensions  # noqa: PLC0415 - not on every machine
    from cykooz_resizer.rust_lib import RustResizer  # noqa: PLC0415 - as above

    made = set()
    for extension in ("none", "sse4_1", "avx2"):
        resizer = RustResizer()
        resizer.set_cpu_extensions(getattr(CpuExtensions, extension).value)
        monkeypatch.setattr("tasks.images.kernel._resizer", lambda resizer=resizer: resizer)
        chance = np.random.default_rng(3)
        image = Image.fromarray(chance.integers(0, 256, (333, 517, 3), np.uint8))
        made.add(resize_by_simd(image, (224, 224), (92, 0, 425, 333), "bicubic").tobytes())

    assert len(made) == 1


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "LA", "P", "1", "CMYK", "YCbCr", "I;16", "LAB"])
@pytest.mark.parametrize("how", ["crop", "pad", "stretch", "shorter", "longer"])
def test_a_file_of_any_mode_becomes_what_pillow_makes_of_it(mode: str, how: str) -> None:
    image = picture(400, 301)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    elif mode in {"RGBA", "LA"}:
        image.putalpha(image.getchannel("R"))
    image = image if image.mode == "I;16" else image.convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "TIFF" if mode in {"CMYK", "YCbCr", "LAB"} else "PNG")
    spec = PixelSpec(mode=how, size=(97, 130), pixels="png")

    by_pillow, by_simd = (
        prepare_image(buffer.getvalue(), "x", replace(spec, kernel=kernel)) for kernel in ("pillow", SIMD)
    )

    one, other = (Image.open(io.BytesIO(made.data)) for made in (by_simd, by_pillow))
    assert_alike(one, other)


def test_a_confined_decoder_process_has_it(tmp_path: Path) -> None:
    path = tmp_path / "x.jpg"
    picture(500, 375).save(path)
    spec = PixelSpec(kernel=SIMD, pixels="raw")
    pool = DecoderPool(1, Limits())
    try:
        [made] = pool.prepare_images([ImageJob(path.read_bytes(), "x.jpg")], spec)
    finally:
        pool.close()

    expected = prepare_image(path.read_bytes(), "x.jpg", spec)
    assert isinstance(made, Prepared)
    assert made.data == expected.data
    assert made.data != prepare_image(path.read_bytes(), "x.jpg", replace(spec, kernel="pillow")).data
