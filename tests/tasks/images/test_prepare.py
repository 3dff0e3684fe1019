"""Images as cameras, scanners and the web make them: each mode against a reference, each fault by its reason."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.prepare import prepare_array, prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason
from tests.tasks.images.image_files import Array, saved

KEEP = PixelSpec(mode="none", pixels="png")
RAMP = np.tile(np.arange(0, 256, dtype=np.uint8), (8, 1))
COLOUR = np.dstack([RAMP, RAMP[:, ::-1], np.full_like(RAMP, 77)])


@pytest.fixture(autouse=True)
def confined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", False)


def pixels(prepared: Prepared) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(prepared.data)))


def why(data: bytes, spec: PixelSpec = KEEP, name: str = "x") -> Reason:
    with pytest.raises(RejectedImageError) as caught:
        prepare_image(data, name, spec)
    return caught.value.reason


GREY = np.dstack([RAMP] * 3)
DEEP = RAMP.astype(np.uint16) * 257


def test_cmyk_and_grey_jpegs_keep_their_tones() -> None:
    for mode in ("CMYK", "L"):
        data = saved(Image.new("RGB", (32, 32), (200, 200, 200)).convert(mode), "JPEG", quality=95)
        assert np.abs(pixels(prepare_image(data, "x", KEEP)).astype(int) - 200).max() <= 4


def test_a_transparent_palette_shows_the_background() -> None:
    image = Image.new("P", (4, 4), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((0, 0), 1)
    data = saved(image, "PNG", transparency=0)

    made = pixels(prepare_image(data, "x", replace(KEEP, background="blue")))

    assert made[0, 0].tolist() == [0, 255, 0]
    assert made[1, 1].tolist() == [0, 0, 255]


def test_a_broken_or_wide_profile_is_harmless() -> None:
    data = saved(Image.fromarray(COLOUR), "PNG", icc_profile=b"broken")
    for icc in ("ignore", "srgb"):
        assert np.array_equal(pixels(prepare_image(data, "x", replace(KEEP, icc=icc))), COLOUR)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tagged = saved(Image.fromarray(COLOUR), "PNG", icc_profile=profile)
    assert np.abs(pixels(prepare_image(tagged, "x", replace(KEEP, icc="srgb"))).astype(int) - COLOUR).max() <= 2


@pytest.mark.parametrize(
    ("mode", "size", "expected"),
    [
        ("stretch", (640, 480), (224, 224)),
        ("crop", (640, 480), (224, 224)),
        ("pad", (640, 480), (224, 224)),
        ("shorter", (640, 480), (299, 224)),
        ("longer", (640, 480), (224, 168)),
        ("none", (640, 480), (640, 480)),
        ("crop", (1, 1), (224, 224)),
        ("crop", (10_000, 1), (224, 224)),
        ("pad", (10_000, 1), (224, 224)),
        ("longer", (10_000, 1), (224, 1)),
        ("stretch", (1, 10_000), (224, 224)),
    ],
)
def test_every_image_has_the_size_that_is_asked_for(
    mode: str, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    prepared = prepare_image(saved(Image.new("RGB", size, "red"), "PNG"), "x", PixelSpec(mode=mode))

    assert (prepared.width, prepared.height) == expected
    assert Image.open(io.BytesIO(prepared.data)).size == expected


def test_padding_stands_in_the_background_and_the_content_in_its_middle() -> None:
    spec = PixelSpec(mode="pad", pixels="png", background="#00ff00")
    made = pixels(prepare_image(saved(Image.new("RGB", (640, 480), "red"), "PNG"), "x", spec))

    assert (made[28:196] == (255, 0, 0)).all()
    assert (made[:28] == (0, 255, 0)).all()
    assert (made[196:] == (0, 255, 0)).all()


def test_small_images_stay_small_when_asked() -> None:
    spec = PixelSpec(mode="longer", upscale=False)
    assert prepare_image(saved(Image.new("RGB", (20, 10)), "PNG"), "x", spec).width == 20


def test_scaled_decoding_looks_like_full_decoding() -> None:
    noise = Image.effect_noise((1600, 1200), 80).resize((2400, 1800)).convert("RGB")
    data = saved(noise, "JPEG", quality=95)
    full = np.asarray(Image.open(io.BytesIO(data)).resize((224, 168), Image.Resampling.BICUBIC)).astype(int)

    made = pixels(prepare_image(data, "x", PixelSpec(size=(224, 168), mode="stretch", pixels="png")))

    assert np.sqrt(((made - full) ** 2).mean()) < 3


def slope(width: int, height: int) -> Array:
    """Grey from 0 at the left to 255 at the right."""
    return np.tile(np.linspace(0, 255, width).round().astype(np.uint8), (height, 1))


def averages(line: Array, start: float, end: float, cells: int) -> Array:
    """The mean of *line*, its pixels taken as steps, over each of *cells* equal parts of *start* to *end*."""
    sums = np.concatenate([[0.0], np.cumsum(line.astype(float))])
    edges = np.interp(np.linspace(start, end, cells + 1), np.arange(len(sums)), sums)
    return np.asarray(np.diff(edges) / ((end - start) / cells))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("mode", "size", "shown"),
    [
        pytest.param("stretch", (20, 20), (0, 401, 20), id="stretch"),
        pytest.param("crop", (20, 20), (50, 351, 20), id="crop"),
        pytest.param("longer", (20, 20), (0, 401, 20), id="longer"),
        pytest.param("shorter", (15, 15), (0, 401, 20), id="shorter"),
        pytest.param("pad", (20, 20), (0, 401, 20), id="pad"),
    ],
)
def test_a_jpeg_decoded_at_an_eighth_covers_its_source_exactly(
    orientation: int, mode: str, size: tuple[int, int], shown: tuple[int, int, int]
) -> None:
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    upright = Image.fromarray(slope(401, 301))
    stored = upright.transpose(Image.Transpose(turns[orientation])) if orientation > 1 else upright
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    data = saved(stored.convert("RGB"), "JPEG", quality=98, exif=exif)

    made = pixels(prepare_image(data, "x", PixelSpec(mode=mode, size=size, filter="box", pixels="png")))

    middle = made[made.shape[0] // 2, :, 0].astype(int)
    assert np.abs(middle - averages(slope(401, 1)[0], *shown)).max() <= 2.5


def test_a_png_with_a_wrong_checksum_is_refused() -> None:
    data = bytearray(saved(Image.fromarray(COLOUR), "PNG"))
    place = data.index(b"IDAT")
    length = struct.unpack(">I", data[place - 4 : place])[0]
    data[place + 4 + length] ^= 1
    assert why(bytes(data)) in {Reason.DECODE_ERROR, Reason.TRUNCATED}


def test_limits_of_size_aspect_and_format() -> None:
    wide = saved(Image.new("RGB", (100, 10)), "PNG")
    assert why(wide, replace(KEEP, min_side=11)) == Reason.TOO_SMALL
    assert why(wide, replace(KEEP, max_aspect=9.0)) == Reason.BAD_ASPECT
    assert why(wide, replace(KEEP, max_pixels=999)) == Reason.TOO_MANY_PIXELS
    assert why(wide, replace(KEEP, formats=("jpeg",))) == Reason.FORMAT_NOT_ALLOWED


def test_a_name_that_lies_is_a_warning_or_a_reject() -> None:
    data = saved(Image.new("RGB", (9, 9)), "PNG")
    assert prepare_image(data, "x.jpg", KEEP).warning == "extension_mismatch"
    assert prepare_image(data, "x.PNG", KEEP).warning == ""
    assert why(data, replace(KEEP, strict_extensions=True), "x.jpg") == Reason.EXTENSION_MISMATCH


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp", "raw"])
def test_what_is_written_carries_no_metadata_and_is_the_same_each_time(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "planted name"
    data = saved(Image.fromarray(COLOUR), "JPEG", exif=exif, comment=b"planted name", quality=95)
    spec = PixelSpec(size=(32, 32), pixels=kind)

    first, second = (prepare_image(data, "x", spec) for _ in range(2))

    assert first == second
    assert b"planted" not in first.data
    if kind == "raw":
        assert len(first.data) == 32 * 32 * 3


def test_original_bytes_are_written_as_they_are() -> None:
    data = saved(Image.fromarray(COLOUR), "JPEG")
    prepared = prepare_image(data, "x", PixelSpec(mode="none", pixels="original"))
    assert prepared.data == data
    assert (prepared.width, prepared.height, prepared.orig_format) == (256, 8, "JPEG")


def test_only_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "TIFF", "WEBP"):
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        assert pixels(prepare_image(data, "x", KEEP))[4, 4, 0] > 200


def test_arrays_are_images_too() -> None:
    for values, expected in ((RAMP, GREY), (DEEP, GREY), (COLOUR, COLOUR)):
        buffer = io.BytesIO()
        np.save(buffer, values)
        assert np.array_equal(pixels(prepare_array(buffer.getvalue(), KEEP)), expected)


def test_an_array_is_never_published_nearly_black_or_as_one_colour_without_a_word() -> None:
    def npy(values: Array) -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, values)
        return buffer.getvalue()

    with pytest.raises(RejectedImageError, match="nearly black") as caught:
        prepare_array(npy(DEEP // 16), KEEP)
    assert caught.value.reason == Reason.UNSUPPORTED_MODE
    assert np.abs(pixels(prepare_array(npy(DEEP // 16), replace(KEEP, depth_16="12"))).astype(int) - GREY).max() <= 1
    nearly = np.full((9, 9), 30_000, np.uint16)
    assert prepare_array(npy(nearly), KEEP).warning == ""
    nearly[4, 4] += 10
    assert prepare_array(npy(nearly), KEEP).warning == "blank"
