"""Images as cameras, scanners and the web make them: each mode against a reference, each fault by its reason."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from tasks.images.decode import RejectedImageError, confine_pillow
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.prepare import prepare_array, prepare_image
from tasks.reasons import Reason

KEEP = PixelSpec(mode="none", pixels="png")
RAMP = np.tile(np.arange(0, 256, dtype=np.uint8), (8, 1))
COLOUR = np.dstack([RAMP, RAMP[:, ::-1], np.full_like(RAMP, 77)])


@pytest.fixture(autouse=True)
def confined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", False)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(prepared: Prepared) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(prepared.data)))


def why(data: bytes, spec: PixelSpec = KEEP, name: str = "x") -> Reason:
    with pytest.raises(RejectedImageError) as caught:
        prepare_image(data, name, spec)
    return caught.value.reason


GREY = np.dstack([RAMP] * 3)
ALPHA = np.dstack([COLOUR, RAMP])
ON_WHITE = np.rint(COLOUR * (RAMP / 255)[..., None] + 255 * (1 - (RAMP / 255))[..., None])
DEEP = RAMP.astype(np.uint16) * 257


@pytest.mark.parametrize(
    ("image", "kind", "expected", "tolerance"),
    [
        pytest.param(Image.fromarray(RAMP), "PNG", GREY, 0, id="8-bit grey"),
        pytest.param(Image.fromarray(COLOUR), "PNG", COLOUR, 0, id="RGB PNG"),
        pytest.param(Image.fromarray(COLOUR), "TIFF", COLOUR, 0, id="RGB TIFF"),
        pytest.param(Image.fromarray(COLOUR), "BMP", COLOUR, 0, id="BMP"),
        pytest.param(Image.fromarray(ALPHA), "PNG", ON_WHITE, 1, id="RGBA on white"),
        pytest.param(Image.fromarray(np.dstack([RAMP, RAMP]), "LA"), "PNG", None, 0, id="LA"),
        pytest.param(Image.fromarray(DEEP), "PNG", GREY, 0, id="16-bit PNG"),
        pytest.param(Image.fromarray(DEEP), "TIFF", GREY, 0, id="16-bit TIFF"),
        pytest.param(Image.fromarray(DEEP.astype(">u2")), "TIFF", GREY, 0, id="16-bit big-endian"),
        pytest.param(Image.fromarray(DEEP.astype(np.int32)), "TIFF", GREY, 0, id="32-bit integers within 16"),
        pytest.param(Image.fromarray(RAMP > 127), "PNG", np.where(GREY > 127, 255, 0), 0, id="1 bit"),
        pytest.param(Image.fromarray(COLOUR).convert("CMYK"), "TIFF", COLOUR, 2, id="CMYK TIFF"),
        pytest.param(Image.fromarray(COLOUR).convert("P", palette=Image.Palette.ADAPTIVE), "GIF", COLOUR, 60, id="GIF"),
    ],
)
def test_every_mode_becomes_rgb_as_it_looks(
    image: Image.Image, kind: str, expected: np.ndarray[Any, Any] | None, tolerance: int
) -> None:
    made = pixels(prepare_image(saved(image, kind), "x", KEEP))

    assert made.shape == (8, 256, 3)
    assert made.dtype == np.uint8
    if expected is not None:
        assert np.abs(made.astype(int) - expected).max() <= tolerance


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


def test_floats_and_many_bands_are_refused() -> None:
    assert why(saved(Image.fromarray(RAMP.astype(np.float32)), "TIFF")) == Reason.UNSUPPORTED_MODE
    assert why(saved(Image.fromarray(np.full((2, 2), 70_000, np.int32)), "TIFF")) == Reason.UNSUPPORTED_MODE


def test_a_broken_or_wide_profile_is_harmless() -> None:
    data = saved(Image.fromarray(COLOUR), "PNG", icc_profile=b"broken")
    for icc in ("ignore", "srgb"):
        assert np.array_equal(pixels(prepare_image(data, "x", replace(KEEP, icc=icc))), COLOUR)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tagged = saved(Image.fromarray(COLOUR), "PNG", icc_profile=profile)
    assert np.abs(pixels(prepare_image(tagged, "x", replace(KEEP, icc="srgb"))).astype(int) - COLOUR).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_every_orientation_is_baked_in_and_its_tag_goes(kind: str, orientation: int) -> None:
    upright = np.zeros((24, 40, 3), np.uint8)
    upright[:12, :20] = (250, 10, 10)
    upright[12:, 20:] = (10, 10, 250)
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 95} if kind in {"JPEG", "WEBP"} else {}
    data = saved(Image.fromarray(np.ascontiguousarray(turned)), kind, exif=exif, **options)

    prepared = prepare_image(data, "x", KEEP)

    assert (prepared.orig_width, prepared.orig_height) == (40, 24)
    inner = np.abs(pixels(prepared).astype(int) - upright)[2:10, 2:18]
    assert inner.mean() <= 8
    assert not Image.open(io.BytesIO(prepared.data)).getexif()


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


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", Reason.EMPTY_FILE, id="empty"),
        pytest.param(b"<html>404</html>", Reason.NOT_AN_IMAGE, id="a page"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n", Reason.FORMAT_NOT_ALLOWED, id="EPS"),
        pytest.param(b"%PDF-1.7\n", Reason.FORMAT_NOT_ALLOWED, id="PDF"),
        pytest.param(b"8BPS\0\1" + bytes(40), Reason.FORMAT_NOT_ALLOWED, id="Photoshop"),
        pytest.param(b"SIMPLE  =                    T", Reason.FORMAT_NOT_ALLOWED, id="FITS"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Reason.NOT_AN_IMAGE, id="SVG"),
        pytest.param(saved(Image.fromarray(COLOUR), "JPEG")[:-400], Reason.TRUNCATED, id="a cut JPEG"),
        pytest.param(saved(Image.fromarray(COLOUR), "PNG")[:-60], Reason.TRUNCATED, id="a cut PNG"),
        pytest.param(saved(Image.fromarray(COLOUR), "TIFF")[:-900], Reason.TRUNCATED, id="a cut TIFF"),
        pytest.param(saved(Image.fromarray(COLOUR), "PPM"), Reason.NOT_AN_IMAGE, id="PPM"),
    ],
)
def test_what_is_no_usable_image_says_why(data: bytes, reason: Reason) -> None:
    assert why(data, name="x.jpg") == reason


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_bombs_are_refused_before_they_are_decoded() -> None:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    assert why(bomb) == Reason.TOO_MANY_PIXELS


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


SEEDS = [saved(Image.fromarray(COLOUR), kind) for kind in ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF")]


@pytest.mark.fuzz
@given(
    seed=st.sampled_from(SEEDS),
    edits=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 4000),
)
def test_damaged_bytes_give_an_image_of_the_asked_size_or_a_reason(
    seed: bytes, edits: list[tuple[int, int]], cut: int
) -> None:
    confine_pillow(allow_truncated=False)
    data = bytearray(seed)
    for place, value in edits:
        data[place % len(data)] = value
    spec = PixelSpec(size=(16, 16), pixels="raw")
    try:
        prepared = prepare_image(bytes(data[: max(1, len(data) - cut % 50)]), "x", spec)
    except RejectedImageError as error:
        assert error.reason.stage == "image"  # noqa: PT017 - either outcome is right
    else:
        assert len(prepared.data) == 16 * 16 * 3
