"""Files that were made to harm: each costs its decoder little, and is an image or a reject with a reason."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool, ImageJob, Limits
from tasks.reasons import Reason
from tasks.samples import Rejection
from tests.tasks.images.image_files import (
    chunk,
    deflated_zeros,
    many_scans,
    png_of_stream,
    saved,
    tiff,
    with_jpeg_size,
)

SMALL = Image.new("RGB", (16, 16), "teal")
PHOTO = Image.effect_noise((100, 100), 60).convert("RGB")
STREAM = zlib.compress(bytes(16 * 49))


@pytest.fixture(scope="module")
def frugal() -> Iterator[DecoderPool]:
    """A decoder that may take 300 MB and 5 s for an image: whoever needs more is a `decoder_limit`."""
    pool = DecoderPool(1, Limits(memory=300_000_000, seconds=5))
    yield pool
    pool.close()


def outcome(pool: DecoderPool, data: bytes) -> str:
    """``written``, or the reason why not."""
    (found,) = pool.prepare_images([ImageJob(data, "x.jpg")], PixelSpec())
    return "written" if isinstance(found, Prepared) else str(found.reason)


def next_page_is_itself() -> bytes:
    data = saved(SMALL, "TIFF")
    (place,) = struct.unpack("<I", data[4:8])
    (entries,) = struct.unpack("<H", data[place : place + 2])
    end = place + 2 + 12 * entries
    return data[:end] + struct.pack("<I", place) + data[end + 4 :]


def webp_with_canvas(side: int) -> bytes:
    data = saved(SMALL, "WEBP", save_all=True, append_images=[Image.new("RGB", (16, 16))])
    return data[:24] + (side - 1).to_bytes(3, "little") * 2 + data[30:]


def gif_with_canvas(side: int) -> bytes:
    data = saved(SMALL, "GIF")
    return data[:6] + struct.pack("<HH", side, side) + data[10:]


def bmp_with_size(width: int, height: int) -> bytes:
    data = saved(SMALL, "BMP")
    return data[:18] + struct.pack("<ii", width, height) + data[26:]


GREY_TAGS = ((258, "short", [8]), (262, "short", [1]), (277, "short", [1]))
BOMB = deflated_zeros(256 << 20)


def many_pages(kind: str) -> bytes:
    pages = [Image.new("L", (16, 16), number % 256) for number in range(1000)]
    return saved(pages[0], kind, save_all=True, append_images=pages)


def black_png(width: int, height: int) -> bytes:
    return png_of_stream((width, height), 8, 2, deflated_zeros(height * (3 * width + 1)))


def small_png(kind: bytes, data: bytes) -> bytes:
    """A PNG of a few pixels, with one chunk more."""
    return png_of_stream((16, 16), 8, 2, STREAM, chunk(kind, data))


HARMFUL: dict[str, tuple[Callable[[], bytes], str]] = {
    "PNG, 50,000², 1 bit": (lambda: png_of_stream((50_000, 50_000), 1, 0, STREAM), "too_many_pixels"),
    "PNG, 30,000²": (lambda: png_of_stream((30_000, 30_000), 8, 2, STREAM), "too_many_pixels"),
    "PNG, 12,000²": (lambda: black_png(12_000, 12_000), "too_many_pixels"),
    "PNG, 63 megapixels": (lambda: black_png(9000, 7000), "written"),
    "JPEG, 65,500²": (lambda: with_jpeg_size(saved(SMALL, "JPEG"), (65_500, 65_500)), "too_many_pixels"),
    "JPEG of many scans": (lambda: many_scans(60, 1500), "written"),
    "PNG profile bomb": (lambda: small_png(b"iCCP", b"x\0\0" + BOMB), "decode_error"),
    "PNG text bomb": (lambda: small_png(b"zTXt", b"x\0\0" + BOMB), "written"),
    "PNG international text bomb": (lambda: small_png(b"iTXt", b"x\0\1\0\0\0" + BOMB), "written"),
    "PNG that promises two milliard frames": (
        lambda: small_png(b"acTL", struct.pack(">II", 0x7FFFFFFF, 0)),
        "written",
    ),
    "TIFF, an empty directory that follows itself": (lambda: b"II*\0\x08\0\0\0\0\0\x08\0\0\0", "truncated"),
    "TIFF, a page that follows itself": (next_page_is_itself, "written"),
    "TIFF of 1,001 pages": (lambda: many_pages("TIFF"), "written"),
    "TIFF, 60,000²": (lambda: tiff("<", (60_000, 60_000), [bytes(256)], *GREY_TAGS), "too_many_pixels"),
    "TIFF strip with more than it needs": (
        lambda: tiff("<", (64, 64), [BOMB], *GREY_TAGS, (259, "short", [8])),
        "written",
    ),
    "GIF of 1,001 frames": (lambda: many_pages("GIF"), "written"),
    "GIF, 65,535²": (lambda: gif_with_canvas(65_535), "too_many_pixels"),
    "WebP, 16,383²": (lambda: webp_with_canvas(16_383), "too_many_pixels"),
    "BMP, 60,000²": (lambda: bmp_with_size(60_000, 60_000), "too_many_pixels"),
    "BMP of less than it says": (lambda: bmp_with_size(7900, 8000), "truncated"),
}


@pytest.mark.parametrize(("make", "expected"), HARMFUL.values(), ids=HARMFUL)
def test_no_bomb_takes_more_than_300_megabytes(frugal: DecoderPool, make: Callable[[], bytes], expected: str) -> None:
    assert outcome(frugal, make()) == expected


@pytest.mark.faults
def test_scans_without_end_cost_one_image_and_its_seconds() -> None:
    pool = DecoderPool(1, Limits(memory=300_000_000, seconds=10))
    jobs = [ImageJob(many_scans(100, 4000)), ImageJob(many_scans(8000, 4000)), ImageJob(saved(SMALL, "JPEG"))]

    few, many, after = pool.prepare_images(jobs, PixelSpec())
    pool.close()

    assert isinstance(few, Prepared)
    assert isinstance(many, Rejection)
    assert many.reason == Reason.DECODER_LIMIT
    assert isinstance(after, Prepared)


BINARY_EPS = b"\xc5\xd0\xd3\xc6" + struct.pack("<IIIIIIH", 30, 9, 0, 0, 0, 0, 0xFFFF)
DISGUISED = {
    "EPS": saved(SMALL, "EPS"),
    "EPS, binary": BINARY_EPS + saved(SMALL, "EPS"),
    "PDF": saved(SMALL, "PDF"),
    "Photoshop": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHHIIIH", 3, 16, 16, 8, 3, 0, 0, 0, 0) + bytes(768),
    "WMF": b"\xd7\xcd\xc6\x9a" + bytes(100),
    "EMF": b"\1\0\0\0" + bytes(36) + b" EMF" + bytes(60),
    "FITS": b"SIMPLE  =                    T".ljust(80) + b"END".ljust(2800),
    "FLI": struct.pack("<IHHHHHH", 178, 0xAF12, 1, 16, 16, 8, 3) + bytes(200),
    "SVG": b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>",
    "an icon": saved(SMALL, "ICO"),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60),
    "HEIF": struct.pack(">I", 24) + b"ftypheic\0\0\0\0heicmif1" + bytes(50),
    "AVIF": struct.pack(">I", 24) + b"ftypavif\0\0\0\0avifmif1" + bytes(50),
}


@pytest.mark.parametrize("data", DISGUISED.values(), ids=DISGUISED)
def test_other_formats_are_refused_whatever_they_are_called(frugal: DecoderPool, data: bytes) -> None:
    assert outcome(frugal, data) == "format_not_allowed"


def test_no_helper_of_another_format_is_ever_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = tmp_path / "was run"
    for name in ("gs", "gswin64c", "rsvg-convert", "djpeg"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch '{trace}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    pool = DecoderPool(1, Limits())

    for data in DISGUISED.values():
        assert outcome(pool, data) != "written"
    pool.close()

    assert not trace.exists()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(saved(PHOTO, "JPEG")[:-40], "truncated", id="JPEG without its end"),
        pytest.param(saved(SMALL, "PNG")[:-1], "truncated", id="PNG, one byte short"),
        pytest.param(saved(SMALL, "PNG")[:-12], "truncated", id="PNG without its end"),
        pytest.param(saved(SMALL, "WEBP")[:-1], "truncated", id="WebP, one byte short"),
        pytest.param(saved(SMALL, "TIFF")[:60], "truncated", id="TIFF without its directory"),
        pytest.param(saved(SMALL, "GIF")[:-20], "truncated", id="GIF, a part"),
        pytest.param(saved(SMALL, "BMP")[:-1], "truncated", id="BMP, one byte short"),
        pytest.param(saved(SMALL, "JPEG")[:3], "truncated", id="JPEG, three bytes"),
        pytest.param(saved(SMALL, "PNG")[:8], "truncated", id="PNG, eight bytes"),
        pytest.param(
            saved(SMALL, "JPEG").replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
            "unsupported_mode",
            id="JPEG of 12 bits",
        ),
        pytest.param(b"RIFF\x30\0\0\0WAVEfmt " + bytes(40), "not_an_image", id="a sound"),
        pytest.param(b"PK\3\4" + bytes(60), "not_an_image", id="an archive"),
        pytest.param(bytes(1000), "not_an_image", id="zeros"),
        pytest.param(b"", "empty_file", id="nothing"),
        pytest.param(saved(SMALL, "JPEG") + b"appended" * 99, "written", id="JPEG with more behind it"),
        pytest.param(saved(SMALL, "PNG") + b"appended" * 99, "written", id="PNG with more behind it"),
    ],
)
def test_what_is_cut_or_no_image_says_so(frugal: DecoderPool, data: bytes, expected: str) -> None:
    assert outcome(frugal, data) == expected
