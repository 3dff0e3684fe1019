"""What is measured of images: the same whatever the format, the mode and the orientation, and near for near copies."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from tasks.image_formats import ImageFormat
from tasks.images.measures import MEASURES, MIRRORED, Measures, measure_thumbs
from tasks.images.pixel_spec import PixelSpec
from tasks.images.prepare import prepare_array, prepare_image
from tasks.images.thumb import ALGORITHM, PART, WHOLE, is_sheet, thumb_of
from tests.tasks.images.image_files import saved
from tests.tasks.images.test_formats import THERE, written
from tests.tasks.images.test_orientation import WRITERS

KERNELS = ("pillow", "simd")


def picture(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A scene of soft shapes with sharp edges and some grain, another one for each seed."""
    random = np.random.default_rng(seed)
    soft = Image.fromarray(random.integers(0, 256, (6, 8, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
    grain = random.normal(0, 6, (size[1], size[0], 3))
    blocks = Image.fromarray(random.integers(0, 2, (12, 16), np.uint8) * 40).resize(size, Image.Resampling.NEAREST)
    values = np.asarray(soft, np.float64) + grain + np.asarray(blocks)[..., np.newaxis]
    return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))


def measured(data: bytes, **spec: Any) -> Measures:
    thumb = prepare_image(data, "", PixelSpec(measures=ALGORITHM, **spec)).thumb
    assert is_sheet(thumb)
    return measure_thumbs([thumb])[0]


def hash_of(image: Image.Image) -> int:
    found = measure_thumbs([thumb_of(image, (0, 0, *image.size), "white")])[0]["phash"]
    return int.from_bytes(found)


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def as_jpeg(image: Image.Image, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(saved(image, "JPEG", quality=quality)))


def half(image: Image.Image) -> Image.Image:
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "JPEG of quality 20": lambda image: as_jpeg(image, 20),
    "half the size": half,
    "half the size, and JPEG of quality 60": lambda image: as_jpeg(half(image), 60),
    "brighter by a fifth": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "grey": lambda image: image.convert("L"),
}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_near_and_another_image_is_not(kind: str) -> None:
    originals = [picture(seed) for seed in range(8)]
    hashes = [hash_of(image) for image in originals]
    copies = [hash_of(COPIES[kind](image)) for image in originals]

    assert all(distance(one, other) <= 10 for one, other in zip(hashes, copies, strict=True))
    assert all(
        distance(one, other) > 10 for one in hashes for other in copies if hashes.index(one) != copies.index(other)
    )


def test_a_mirrored_image_is_near_once_its_odd_bits_are_turned() -> None:
    for seed in range(8):
        image = picture(seed)

        assert distance(hash_of(image) ^ int(MIRRORED), hash_of(ImageOps.mirror(image))) <= 4


@pytest.mark.parametrize("writer", WRITERS)
def test_an_orientation_that_exif_states_changes_nothing(writer: str) -> None:
    image = picture(3, (320, 240))
    turns = {6: Image.Transpose.ROTATE_90, 3: Image.Transpose.ROTATE_180, 8: Image.Transpose.ROTATE_270}
    upright = measured(WRITERS[writer](image, 1))
    for tag, turn in turns.items():
        turned = measured(WRITERS[writer](image.transpose(turn), tag))

        away = distance(int.from_bytes(upright["phash"]), int.from_bytes(turned["phash"]))
        assert away <= (2 if writer.endswith(("JPEG", "first", "MPO")) or writer == "WebP" else 0)
        assert turned["mean"] == pytest.approx(upright["mean"], abs=1)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("item", THERE, ids=lambda item: item.name)
def test_every_format_is_measured(item: ImageFormat, kernel: str) -> None:
    formats = tuple(one.name for one in THERE)
    found = measured(written(item), formats=formats, kernel=kernel, size=(48, 48))

    assert len(found["phash"]) == 8
    assert 0 < found["mean"] < 255


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "PA"])
@pytest.mark.parametrize("pixels", ["jpeg", "original"])
def test_every_mode_is_measured(mode: str, pixels: str) -> None:
    kind = "TIFF" if mode in {"CMYK", "I;16", "LA", "PA"} else "PNG"
    grey = picture(5).convert("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey, np.uint16) * 257)
    elif mode == "PA":
        image = grey.convert("RGB").convert("P").convert("PA")
        kind = "TIFF"
    else:
        image = grey.convert("RGB").convert(mode) if mode in {"P", "CMYK", "RGBA"} else grey.convert(mode)
    try:
        data = saved(image, kind)
    except OSError:
        pytest.skip(f"Pillow writes no {mode}")
    found = measured(data, pixels=pixels, mode="none" if pixels == "original" else "crop")

    assert distance(int.from_bytes(found["phash"]), hash_of(grey)) <= (20 if mode == "1" else 6)
    assert found["mean"] == pytest.approx(np.asarray(grey).mean(), abs=30 if mode in {"1", "I;16"} else 6)


@pytest.mark.parametrize(("value", "size"), [(0, (300, 200)), (255, (300, 200)), (90, (1, 1)), (200, (3, 900))])
def test_an_even_image_has_no_bit_no_spread_and_no_edge(value: int, size: tuple[int, int]) -> None:
    found = measured(saved(Image.new("RGB", size, (value,) * 3), "PNG"), mode="none")

    assert found == {"phash": bytes(8), "mean": value, "deviation": 0, "sharpness": 0}


def test_a_blurred_image_is_less_sharp_whatever_its_size() -> None:
    for size in ((120, 90), (400, 300), (1600, 1200)):
        image = picture(1, size)
        blurred = image.filter(ImageFilter.GaussianBlur(size[0] / 80))

        sharp, soft = (measured(saved(one, "PNG"), mode="none")["sharpness"] for one in (image, blurred))
        assert soft < sharp / 5


def test_transparent_pixels_are_measured_as_the_background() -> None:
    clear = saved(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG")

    assert measured(clear, background="white")["mean"] == 255
    assert measured(clear, background="black", color="RGBA", pixels="png")["mean"] == 0


def test_arrays_are_measured_too() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(picture(2)))
    made = prepare_array(buffer.getvalue(), PixelSpec(measures=ALGORITHM))

    assert int.from_bytes(measure_thumbs([made.thumb])[0]["phash"]) == hash_of(picture(2))


def test_many_at_once_are_measured_as_one_by_one() -> None:
    sizes = [(20 + seed, 16 + seed % 20) for seed in range(70)]  # of one part, and of several
    thumbs = [thumb_of(picture(seed, size), (0, 0, *size), "white") for seed, size in enumerate(sizes)]
    assert len({len(thumb) for thumb in thumbs}) == 2

    together = measure_thumbs(thumbs)
    assert together == [measure_thumbs([thumb])[0] for thumb in thumbs]
    assert tuple(together[0]) == MEASURES
    assert measure_thumbs([]) == []


@pytest.mark.parametrize("size", [(32, 32), (64, 64), (300, 200)], ids=str)
def test_measures_are_those_of_whole_numbers_however_strong_the_contrast(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    image = Image.fromarray(random.integers(0, 2, (size[1], size[0]), np.uint8) * 255)
    thumb = thumb_of(image, (0, 0, *size), "white")
    rows = np.frombuffer(thumb, np.uint8).reshape(-1, WHOLE).astype(int)
    (found,) = measure_thumbs([thumb])

    whole, parts = rows[:WHOLE], rows[WHOLE:]
    assert found["mean"] == whole.sum() / whole.size
    assert found["deviation"] ** 2 == pytest.approx((whole * whole).sum() / whole.size - found["mean"] ** 2)
    corners = [(top, left) for top in range(0, len(parts), PART) for left in (0, PART)]
    assert found["sharpness"] == max(_spread_of_edges(parts[y : y + PART, x : x + PART]) for y, x in corners)


def _spread_of_edges(part: Any) -> float:
    around = part[:-2, 1:-1] + part[2:, 1:-1] + part[1:-1, :-2] + part[1:-1, 2:]
    edges = 4 * part[1:-1, 1:-1] - around
    mean = int(edges.sum()) / edges.size
    return float(int((edges * edges).sum()) / edges.size - mean * mean)


def test_nothing_is_kept_where_nothing_is_to_be_measured() -> None:
    assert prepare_image(saved(picture(0), "PNG"), "", PixelSpec()).thumb == b""


@pytest.mark.parametrize("size", [(32, 32), (100, 60), (9, 1000), (64, 160)], ids=str)
def test_a_small_image_is_seen_as_in_the_middle_of_a_large_one(size: tuple[int, int]) -> None:
    small = picture(4, size)
    ground = Image.new("RGB", (400, 1200))
    ground.paste(small, (7, 5))

    assert thumb_of(small, (0, 0, *size), "white") == thumb_of(ground, (7, 5, 7 + size[0], 5 + size[1]), "white")
