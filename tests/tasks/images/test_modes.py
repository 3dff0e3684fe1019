"""Every mode, bit depth and byte order beside what numpy makes of the same numbers."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.prepare import prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason
from tests.tasks.images.image_files import Array, Tag, chunk, packed_rows, png, saved, tiff

KEEP = PixelSpec(mode="none", pixels="png")
RAMP = np.tile(np.arange(256, dtype=np.uint8), (8, 1))
COLOUR = np.dstack([RAMP, RAMP[:, ::-1], np.full_like(RAMP, 77)])
GREY = np.dstack([RAMP] * 3)
DEEP = (np.arange(8 * 256).reshape(8, 256) * 31).astype(np.uint16)
DEEP_RAMP = RAMP.astype(np.uint16) * 257
SIZE = (256, 8)


def pixels(prepared: Prepared) -> Array:
    return np.asarray(Image.open(io.BytesIO(prepared.data)))


def on_white(rgb: Array, alpha: Array) -> Array:
    share = alpha[..., None] / 255
    return np.rint(rgb * share + 255 * (1 - share))


def grey(values: Array) -> Array:
    return np.dstack([values] * 3)


def to_8(values: Array, white: int = 65535) -> Array:
    return np.rint(values.astype(np.float64) * 255 / white)


def rows(values: Array) -> list[bytes]:
    """The rows of a PNG: 16 bits most significant byte first."""
    return [row.tobytes() for row in (values.astype(">u2") if values.dtype == np.uint16 else values)]


def png_cases() -> Iterator[Any]:
    deep = np.dstack([DEEP, DEEP_RAMP, DEEP_RAMP[:, ::-1]])
    shallow = np.dstack([to_8(DEEP), RAMP, RAMP[:, ::-1]])
    yield pytest.param(png(SIZE, 16, 0, rows(DEEP)), grey(to_8(DEEP)), 0, id="PNG grey 16")
    yield pytest.param(png(SIZE, 16, 2, rows(deep)), shallow, 1, id="PNG RGB 16")
    yield pytest.param(
        png(SIZE, 16, 4, rows(np.dstack([DEEP, DEEP_RAMP]))), on_white(grey(to_8(DEEP)), RAMP), 1, id="PNG LA 16"
    )
    yield pytest.param(
        png(SIZE, 16, 6, rows(np.dstack([deep, DEEP_RAMP]))), on_white(shallow, RAMP), 1, id="PNG RGBA 16"
    )
    yield pytest.param(
        png(SIZE, 8, 4, rows(np.dstack([RAMP[:, ::-1], RAMP]))), on_white(grey(RAMP[:, ::-1]), RAMP), 1, id="PNG LA 8"
    )
    yield pytest.param(png(SIZE, 8, 6, rows(np.dstack([COLOUR, RAMP]))), on_white(COLOUR, RAMP), 1, id="PNG RGBA 8")
    for depth in (1, 2, 4, 8):
        yield from shallow_png_cases(depth)
    for value in (10 * 257, 10 * 257 + 1, 0x0100):
        big = value.to_bytes(2, "big")
        exact = grey(np.where(value == DEEP_RAMP, 255, RAMP))
        yield pytest.param(
            png(SIZE, 16, 0, rows(DEEP_RAMP), chunk(b"tRNS", big)), exact, 0, id=f"PNG grey 16, {value} transparent"
        )
        data = png(SIZE, 16, 2, rows(np.dstack([DEEP_RAMP] * 3)), chunk(b"tRNS", big * 3))
        yield pytest.param(data, exact, 1, id=f"PNG RGB 16, {value} transparent")
    data = png(SIZE, 8, 2, rows(GREY), chunk(b"tRNS", b"\0\x0a" * 3))
    yield pytest.param(data, np.where(GREY == 10, 255, GREY), 0, id="PNG RGB 8, 10 transparent")


def shallow_png_cases(depth: int) -> Iterator[Any]:
    colours = 1 << depth
    values = np.tile(np.arange(colours), (8, 256 // colours))
    data = packed_rows(values, depth)
    shades = to_8(values, colours - 1)
    yield pytest.param(png(SIZE, depth, 0, data), grey(shades), 0, id=f"PNG grey {depth}")
    for value in {0, 1, colours // 2, colours - 1}:
        hidden = png(SIZE, depth, 0, data, chunk(b"tRNS", value.to_bytes(2, "big")))
        yield pytest.param(
            hidden, grey(np.where(values == value, 255, shades)), 0, id=f"PNG grey {depth}, {value} transparent"
        )
    palette = np.array([[n * 40 % 256, 255 - n % 256, n * 15 % 256] for n in range(colours)], np.uint8)
    alpha = np.array([n * 37 % 256 for n in range(colours)], np.uint8)
    colours_chunk = chunk(b"PLTE", palette.tobytes())
    yield pytest.param(png(SIZE, depth, 3, data, colours_chunk), palette[values], 0, id=f"PNG palette {depth}")
    yield pytest.param(
        png(SIZE, depth, 3, data, colours_chunk, chunk(b"tRNS", alpha.tobytes())),
        on_white(palette[values], alpha[values]),
        1,
        id=f"PNG palette {depth}, transparent",
    )


def tags(bits: int, bands: int, photometric: int, kind: int = 1, *more: Tag) -> tuple[Tag, ...]:
    """Bits per sample, photometric interpretation, samples per pixel and sample format, then *more*."""
    described: tuple[Tag, ...] = ((258, "short", [bits] * bands), (262, "short", [photometric]))
    return (*described, (277, "short", [bands]), (339, "short", [kind] * bands), *more)


ALPHA: Tag = (338, "short", [2])
PREMULTIPLIED: Tag = (338, "short", [1])
PLANES: Tag = (284, "short", [2])
DEFLATE: Tag = (259, "short", [8])


def tiff_cases() -> Iterator[Any]:
    for order in "<>":
        name = "TIFF, least first" if order == "<" else "TIFF, most first"
        yield from grey_tiff_cases(order, name)
        yield from colour_tiff_cases(order, name)
        yield from plane_tiff_cases(order, name)


def grey_tiff_cases(order: str, name: str) -> Iterator[Any]:
    deep = DEEP.astype(f"{order}u2").tobytes()
    yield pytest.param(tiff(order, SIZE, [deep], *tags(16, 1, 1)), grey(to_8(DEEP)), 0, id=f"{name}: grey 16")
    packed = tiff(order, SIZE, [zlib.compress(deep)], *tags(16, 1, 1), DEFLATE)
    yield pytest.param(packed, grey(to_8(DEEP)), 0, id=f"{name}: grey 16, deflated")
    yield pytest.param(tiff(order, SIZE, [RAMP.tobytes()], *tags(8, 1, 0)), 255 - GREY, 0, id=f"{name}: white is 0")
    bits = b"".join(packed_rows(RAMP > 127, 1))
    yield pytest.param(tiff(order, SIZE, [bits], *tags(1, 1, 1)), np.where(GREY > 127, 255, 0), 0, id=f"{name}: 1 bit")
    nibbles = b"".join(packed_rows(RAMP >> 4, 4))
    yield pytest.param(tiff(order, SIZE, [nibbles], *tags(4, 1, 1)), (GREY >> 4) * 17, 0, id=f"{name}: 4 bits")
    both = np.dstack([RAMP[:, ::-1], RAMP]).tobytes()
    yield pytest.param(
        tiff(order, SIZE, [both], *tags(8, 2, 1, 1, ALPHA)), on_white(grey(RAMP[:, ::-1]), RAMP), 1, id=f"{name}: LA"
    )
    if order == "<":
        yield pytest.param(
            tiff(order, SIZE, [deep], *tags(16, 1, 0)), grey(255 - to_8(DEEP)), 1, id=f"{name}: 16 bits, white is 0"
        )
        twelve = (RAMP.astype(int) * 16 + RAMP // 16).reshape(8, -1, 2)
        first, second = twelve[..., 0], twelve[..., 1]
        three = np.dstack([first >> 4, (first & 15) << 4 | second >> 8, second & 255]).astype(np.uint8)
        yield pytest.param(tiff(order, SIZE, [three.tobytes()], *tags(12, 1, 1)), GREY, 1, id=f"{name}: 12 bits")


def colour_tiff_cases(order: str, name: str) -> Iterator[Any]:
    deep = np.dstack([DEEP, DEEP_RAMP, DEEP_RAMP])
    shallow = np.dstack([to_8(DEEP), RAMP, RAMP])
    wide = f"{order}u2"
    yield pytest.param(
        tiff(order, SIZE, [deep.astype(wide).tobytes()], *tags(16, 3, 2)), shallow, 1, id=f"{name}: RGB 16"
    )
    four = np.dstack([deep, DEEP_RAMP]).astype(wide).tobytes()
    yield pytest.param(
        tiff(order, SIZE, [four], *tags(16, 4, 2, 1, ALPHA)), on_white(shallow, RAMP), 1, id=f"{name}: RGBA 16"
    )
    seen = np.dstack([COLOUR, RAMP]).tobytes()
    yield pytest.param(
        tiff(order, SIZE, [seen], *tags(8, 4, 2, 1, ALPHA)), on_white(COLOUR, RAMP), 1, id=f"{name}: RGBA"
    )
    darkened = np.dstack([np.rint(COLOUR * (RAMP / 255)[..., None]), RAMP]).astype(np.uint8).tobytes()
    yield pytest.param(
        tiff(order, SIZE, [darkened], *tags(8, 4, 2, 1, PREMULTIPLIED)),
        on_white(COLOUR, RAMP),
        3,
        id=f"{name}: RGBA, premultiplied",
    )
    inks = np.dstack([255 - COLOUR, np.zeros_like(RAMP)])
    yield pytest.param(tiff(order, SIZE, [inks.tobytes()], *tags(8, 4, 5)), COLOUR, 2, id=f"{name}: CMYK")
    deep_inks = (inks.astype(np.uint16) * 257).astype(wide).tobytes()
    yield pytest.param(tiff(order, SIZE, [deep_inks], *tags(16, 4, 5)), COLOUR, 2, id=f"{name}: CMYK 16")
    lightness = np.dstack([RAMP, np.zeros_like(RAMP), np.zeros_like(RAMP)])
    yield pytest.param(
        tiff(order, SIZE, [lightness.tobytes()], *tags(8, 3, 8)), srgb_of_lightness(), 3, id=f"{name}: LAB"
    )
    palette = np.array([[n, 255 - n, n // 2] for n in range(256)])
    table: Tag = (320, "short", [int(value) * 257 for value in palette.T.reshape(-1)])
    yield pytest.param(
        tiff(order, SIZE, [RAMP.tobytes()], *tags(8, 1, 3, 1, table)), palette[RAMP], 0, id=f"{name}: palette"
    )


def srgb_of_lightness() -> Array:
    """Greys of CIE lightness 0 to 100 as sRGB shows them."""
    lightness = RAMP / 255 * 100
    light = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / 903.3)
    return grey(255 * np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light))


def plane_tiff_cases(order: str, name: str) -> Iterator[Any]:
    wide = f"{order}u2"
    deep = [band.astype(wide).tobytes() for band in (DEEP, DEEP_RAMP, DEEP_RAMP)]
    shallow = np.dstack([to_8(DEEP), RAMP, RAMP])
    yield pytest.param(
        tiff(order, SIZE, [COLOUR[..., band].tobytes() for band in range(3)], *tags(8, 3, 2), PLANES),
        COLOUR,
        0,
        id=f"{name}: RGB in planes",
    )
    yield pytest.param(tiff(order, SIZE, deep, *tags(16, 3, 2), PLANES), shallow, 1, id=f"{name}: RGB 16 in planes")
    yield pytest.param(
        tiff(order, SIZE, [*map(zlib.compress, deep)], *tags(16, 3, 2), PLANES, DEFLATE),
        shallow,
        1,
        id=f"{name}: RGB 16 in planes, deflated",
    )
    yield pytest.param(
        tiff(order, SIZE, [*deep, deep[1]], *tags(16, 4, 2, 1, ALPHA), PLANES),
        on_white(shallow, RAMP),
        1,
        id=f"{name}: RGBA 16 in planes",
    )


@pytest.mark.parametrize(("data", "expected", "tolerance"), [*png_cases(), *tiff_cases()])
def test_every_mode_becomes_rgb_as_it_looks(data: bytes, expected: Array, tolerance: int) -> None:
    made = pixels(prepare_image(data, "x", KEEP))

    assert made.shape == (8, 256, 3)
    assert made.dtype == np.uint8
    assert np.abs(made.astype(int) - expected).max() <= tolerance


PATCHES = np.kron(
    np.array([[[200, 30, 30], [30, 200, 30]], [[30, 30, 200], [220, 220, 220]]], np.uint8),
    np.ones((32, 32, 1), np.uint8),
)
NO_ALPHA = Image.fromarray(PATCHES)


def ycck(data: bytes) -> bytes:
    """The CMYK JPEG *data* with its Adobe marker saying that its inks are YCCK, and its bytes as they were."""
    place = data.index(b"Adobe") + 11
    return data[:place] + b"\2" + data[place + 1 :]


def as_ycck(rgb: Array) -> bytes:
    """*rgb* as a YCCK JPEG, as Adobe writes it: inks are kept inverted, and of the inks' complements the YCbCr."""
    bands = np.asarray(Image.fromarray(255 - rgb).convert("YCbCr"))
    stored = np.dstack([bands, np.full(rgb.shape[:2], 255, np.uint8)])
    return ycck(saved(Image.fromarray(255 - stored, "CMYK"), "JPEG", quality=97, subsampling=0))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(saved(NO_ALPHA, "JPEG", quality=95), id="baseline"),
        pytest.param(saved(NO_ALPHA, "JPEG", quality=95, progressive=True), id="progressive"),
        pytest.param(saved(NO_ALPHA, "JPEG", quality=95, restart_marker_blocks=1), id="restart markers"),
        pytest.param(saved(NO_ALPHA.convert("CMYK"), "JPEG", quality=95), id="CMYK, inverted as Adobe does"),
        pytest.param(as_ycck(PATCHES), id="YCCK"),
        pytest.param(
            saved(NO_ALPHA, "MPO", quality=95, save_all=True, append_images=[Image.new("RGB", (64, 64))]), id="MPO"
        ),
        pytest.param(saved(NO_ALPHA, "WEBP", lossless=True), id="WebP"),
        pytest.param(saved(NO_ALPHA, "BMP"), id="BMP"),
        pytest.param(saved(NO_ALPHA.quantize(16), "BMP"), id="BMP with a palette"),
        pytest.param(saved(NO_ALPHA.quantize(16), "GIF"), id="GIF"),
        *(
            pytest.param(saved(NO_ALPHA, "TIFF", compression=kind), id=f"TIFF {kind}")
            for kind in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg")
        ),
    ],
)
def test_every_format_shows_its_colours(data: bytes) -> None:
    made = pixels(prepare_image(data, "x", KEEP)).astype(int)

    inner = np.s_[8:24, 8:24], np.s_[8:24, 40:56], np.s_[40:56, 8:24], np.s_[40:56, 40:56]
    for part in inner:
        assert np.abs(made[part] - PATCHES[part]).max() <= 6


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize(("color", "channels"), [("L", 1), ("RGB", 3), ("RGBA", 4)])
def test_what_is_asked_for_is_what_comes(mode: str, color: str, channels: int) -> None:
    prepared = prepare_image(saved(Image.new(mode, (5, 4)), "PNG"), "x", replace(KEEP, color=color))

    assert (prepared.channels, Image.open(io.BytesIO(prepared.data)).mode) == (channels, color)


@pytest.mark.parametrize(
    ("mode", "kept"), [("1", "L"), ("L", "L"), ("I;16", "L"), ("LA", "RGBA"), ("RGBA", "RGBA"), ("P", "RGB")]
)
def test_kept_colours_are_grey_rgb_or_rgba(mode: str, kept: str) -> None:
    prepared = prepare_image(saved(Image.new(mode, (5, 4)), "PNG"), "x", replace(KEEP, color="keep"))
    assert Image.open(io.BytesIO(prepared.data)).mode == kept


FLOATS = tiff("<", SIZE, [(DEEP / 65535).astype("<f4").tobytes()], *tags(32, 1, 1, 3))
WIDE = tiff("<", SIZE, [(DEEP.astype(np.uint32) * 1000).astype("<u4").tobytes()], *tags(32, 1, 1, 1))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(FLOATS, id="floats"),
        pytest.param(WIDE, id="32-bit integers"),
        pytest.param(tiff("<", SIZE, [bytes(8 * 256 * 8)], *tags(64, 1, 1, 3)), id="64-bit floats"),
        pytest.param(tiff("<", SIZE, [bytes(8 * 256 * 12)], *tags(32, 3, 2, 3)), id="floats in three bands"),
        pytest.param(tiff(">", SIZE, [bytes(8 * 256 * 5)], *tags(8, 5, 2), (338, "short", [0, 0])), id="five bands"),
        pytest.param(tiff("<", SIZE, [bytes(8 * 256 * 6)], *tags(8, 6, 1)), id="six bands"),
    ],
)
def test_numbers_without_a_range_are_refused(data: bytes) -> None:
    with pytest.raises(RejectedImageError) as caught:
        prepare_image(data, "x", KEEP)
    assert caught.value.reason == Reason.UNSUPPORTED_MODE


@pytest.mark.parametrize(
    ("data", "value_range", "expected"),
    [
        pytest.param(FLOATS, (0.0, 1.0), to_8(DEEP), id="floats"),
        pytest.param(FLOATS, (1.0, 0.0), 255 - to_8(DEEP), id="white is zero"),
        pytest.param(FLOATS, (0.0, 0.5), np.clip(DEEP / 65535 * 510, 0, 255), id="beyond the range: its ends"),
        pytest.param(WIDE, (0.0, 65535000.0), to_8(DEEP), id="32-bit integers"),
        pytest.param(
            tiff("<", SIZE, [np.full((8, 256), np.nan, "<f4").tobytes()], *tags(32, 1, 1, 3)),
            (0.0, 1.0),
            np.zeros((8, 256)),
            id="not a number",
        ),
    ],
)
def test_a_stated_range_shows_them(data: bytes, value_range: tuple[float, float], expected: Array) -> None:
    made = pixels(prepare_image(data, "x", replace(KEEP, value_range=value_range)))
    assert np.abs(made.astype(int) - grey(expected)).max() <= 1


def test_a_transparent_image_that_is_kept_shows_the_background_in_jpeg() -> None:
    spec = replace(KEEP, color="keep", pixels="jpeg", background="white")
    hidden = Image.new("RGBA", (16, 16), (200, 0, 0, 0))

    prepared = prepare_image(saved(hidden, "PNG"), "x", spec)

    with Image.open(io.BytesIO(prepared.data)) as shown:
        assert shown.mode == "RGB"
        assert np.asarray(shown).min() > 250
    assert prepared.channels == 3


def test_a_grey_image_that_is_kept_says_the_channels_that_webp_gives_it() -> None:
    prepared = prepare_image(
        saved(Image.new("L", (16, 16), 90), "PNG"), "x", replace(KEEP, color="keep", pixels="webp")
    )

    with Image.open(io.BytesIO(prepared.data)) as shown:
        assert len(shown.getbands()) == prepared.channels == 3
