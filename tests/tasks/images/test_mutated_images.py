"""Image bytes, mutated: an image of the asked size and mode or a reason, within 5 s and 1 GB; the same each time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool, ImageJob, Limits
from tasks.reasons import Reason
from tasks.samples import Rejection
from tests.tasks.images.image_files import chunk, packed_rows, png, saved, tiff

GREY = (np.arange(24 * 32).reshape(24, 32) % 251).astype(np.uint8)
COLOUR = Image.fromarray(np.dstack([GREY, GREY[:, ::-1], GREY[::-1]]))
DEEP = GREY.astype("<u2") * 257


def frames() -> list[Image.Image]:
    """Two, made anew each time: Pillow leaves what one format was saved with on an image."""
    return [Image.new("RGB", (32, 24), colour) for colour in ("red", "teal")]


def exif() -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = 6
    block[0x010E] = "a description"
    return block


def seeds() -> Iterator[bytes]:
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        yield saved(COLOUR, kind, exif=exif())
    yield saved(COLOUR.copy(), "JPEG", progressive=True)
    yield saved(COLOUR.convert("CMYK"), "JPEG")
    yield saved(COLOUR, "MPO", save_all=True, append_images=frames())
    yield saved(COLOUR, "BMP")
    yield saved(COLOUR.quantize(16), "BMP")
    for kind in ("GIF", "WEBP", "TIFF"):
        yield saved(frames()[0], kind, save_all=True, append_images=frames())
    yield saved(COLOUR.convert("RGBA"), "WEBP", lossless=True)
    for packing in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg"):
        yield saved(COLOUR, "TIFF", compression=packing)
    yield saved(Image.fromarray(GREY > 99), "TIFF", compression="group4")
    yield from built_seeds()


def built_seeds() -> Iterator[bytes]:
    deep = [row.astype(">u2").tobytes() for row in DEEP]
    yield png((32, 24), 16, 0, deep, chunk(b"tRNS", b"\x01\x01"))
    palette = chunk(b"PLTE", bytes(range(48)))
    yield png((32, 24), 4, 3, packed_rows(GREY % 16, 4), palette, chunk(b"tRNS", bytes(range(16))))
    yield png((32, 24), 2, 0, packed_rows(GREY % 4, 2), chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(300))))
    grey = ((258, "short", [16]), (262, "short", [0]), (277, "short", [1]))
    yield tiff("<", (32, 24), [DEEP.tobytes()], *grey)
    planes = ((258, "short", [16] * 3), (262, "short", [2]), (277, "short", [3]), (284, "short", [2]))
    yield tiff(">", (32, 24), [DEEP.astype(">u2").tobytes()] * 3, *planes)
    floats = ((258, "short", [32]), (262, "short", [1]), (277, "short", [1]), (339, "short", [3]))
    yield tiff("<", (32, 24), [GREY.astype("<f4").tobytes()], *floats)


SEEDS = tuple(seeds())
Edit = tuple[str, int, int]
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["byte", "short", "long", "bit", "cut", "double", "drop"]),
        st.integers(0, 1 << 16),
        st.sampled_from([0, 1, 2, 3, 6, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF])
        | st.integers(0, 255),
    ),
    min_size=1,
    max_size=8,
)


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """*data* after *edits*: what to do, where, and with what."""
    for what, where, value in edits:
        place = where % max(len(data), 1)
        rest = data[place:]
        match what:
            case "byte":
                data = data[:place] + bytes([value & 255]) + rest[1:]
            case "short":
                data = data[:place] + struct.pack("<H" if value & 1 else ">H", value & 0xFFFF) + rest[2:]
            case "long":
                data = data[:place] + struct.pack("<I" if value & 1 else ">I", value) + rest[4:]
            case "bit":
                data = data[:place] + bytes(byte ^ (1 << value % 8) for byte in rest[:1]) + rest[1:]
            case "cut":
                data = data[: len(data) - where % 64] if len(data) > 64 else data
            case "double":
                data = data[:place] + rest[: value % 512] + rest
            case _:
                data = data[:place] + rest[1 + value % 16 :]
    return data


@pytest.fixture(scope="module")
def pool() -> Iterator[DecoderPool]:
    made = DecoderPool(1, Limits(memory=1 << 30, seconds=5))
    yield made
    made.close()


@pytest.mark.fuzz
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.sampled_from(SEEDS), edits=EDITS, color=st.sampled_from(["RGB", "L", "RGBA"]))
def test_mutated_bytes_give_an_image_as_asked_or_a_reason(
    pool: DecoderPool, seed: bytes, edits: list[Edit], color: str
) -> None:
    job = ImageJob(edited(seed, edits), "x.jpg")
    spec = PixelSpec(size=(16, 12), pixels="raw", color=color)

    first, second = pool.prepare_images([job, job], spec)

    assert first == second
    if isinstance(first, Rejection):
        assert first.reason.stage == "image"
        assert first.reason != Reason.DECODER_LIMIT
    else:
        assert isinstance(first, Prepared)
        assert len(first.data) == 16 * 12 * {"L": 1, "RGB": 3, "RGBA": 4}[color]
