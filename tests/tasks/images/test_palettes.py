"""Pictures whose pixels are numbers of colours: palettes of greys, of fewer colours than there are numbers, or none."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
import pytest

from tasks.reasons import Reason
from tests.tasks.images.image_files import Array, chunk, packed_rows, png, tiff
from tests.tasks.images.test_modes import tags
from tests.tasks.images.test_pixels import made, why

HALVES = np.repeat([[0] * 16, [1] * 16], 8, axis=0)
STEPS = np.tile(np.arange(16), (16, 1))


def bmp(values: Array, bits: int, palette: Sequence[int], *, old: bool = False) -> bytes:
    """A BMP of *values*, packed to *bits*, and a *palette* of greys; *old* as OS/2 wrote it."""
    body = b"".join(row + b"\0" * (-len(row) % 4) for row in packed_rows(values[::-1], bits))
    height, width = values.shape
    if old:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
        colours = bytes(grey for grey in palette for _ in range(3))
    else:
        head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 0, len(body), 0, 0, len(palette), 0)
        colours = b"".join(bytes([grey, grey, grey, 0]) for grey in palette)
    start = 14 + len(head) + len(colours)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + colours + body


@pytest.mark.parametrize("bits", [1, 4, 8])
@pytest.mark.parametrize("palette", [(0, 255), (255, 0), (7, 90)], ids=["black first", "white first", "greys"])
def test_a_bmp_of_two_greys_shows_them_however_many_bits_it_has(bits: int, palette: tuple[int, int]) -> None:
    shown = np.array(palette)[HALVES][..., None].repeat(3, axis=2)
    assert np.array_equal(made(bmp(HALVES, bits, palette)), shown)


@pytest.mark.parametrize("old", [False, True], ids=["Windows", "OS/2"])
@pytest.mark.parametrize("bits", [4, 8])
def test_a_bmp_whose_palette_is_its_numbers_shows_them(bits: int, old: bool) -> None:
    shown = STEPS[..., None].repeat(3, axis=2)
    assert np.array_equal(made(bmp(STEPS, bits, range(1 << bits), old=old)), shown)


def gif(values: Array, colours: bytes, *, own: bytes = b"", through: int | None = None) -> bytes:
    """A GIF of *values* under 4 with the palette *colours* for all frames, or its *own* for this one."""
    codes = [code for value in values.reshape(-1) for code in (4, int(value))] + [5]  # 4 begins anew, 5 ends
    bits = sum(code << 3 * place for place, code in enumerate(codes))
    packed = bits.to_bytes(len(codes) * 3 // 8 + 1, "little")
    blocks = b"".join(bytes([len(packed[at : at + 255])]) + packed[at : at + 255] for at in range(0, len(packed), 255))
    flags = [0x80 | (len(table) // 3).bit_length() - 2 if table else 0 for table in (colours, own)]
    height, width = values.shape
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, flags[0], 0, 0) + colours
    control = b"" if through is None else b"!\xf9\x04" + struct.pack("<BHBB", 1, 0, through, 0)
    return (
        screen + control + b"," + struct.pack("<HHHHB", 0, 0, width, height, flags[1]) + own + b"\2" + blocks + b"\0;"
    )


TWO = bytes([200, 30, 40, 30, 50, 190])
COLOURS = np.array([[200, 30, 40], [30, 50, 190]])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(gif(HALVES * 3, TWO), id="gif"),
        pytest.param(gif(HALVES * 3, bytes(12), own=TWO), id="gif, a palette of the frame"),
        pytest.param(gif(HALVES, b""), id="gif without a palette"),
        pytest.param(gif(HALVES * 3, TWO, through=2), id="gif, another one is transparent"),
        pytest.param(bmp(HALVES * 3, 4, (0, 255)), id="bmp"),
        pytest.param(bmp(HALVES * 40, 8, range(16)), id="bmp of greys"),
        pytest.param(png((16, 16), 1, 3, packed_rows(HALVES, 1)), id="png without a palette"),
        pytest.param(png((16, 16), 8, 3, packed_rows(HALVES * 2, 8), chunk(b"PLTE", TWO)), id="png"),
        pytest.param(
            tiff("<", (16, 16), [HALVES.astype(np.uint8).tobytes()], *tags(8, 1, 3), (320, "short", [99] * 3)),
            id="tiff",
        ),
    ],
)
def test_a_number_without_a_colour_is_damage(data: bytes) -> None:
    reason, detail = why(data)
    assert reason == Reason.DECODE_ERROR
    assert "palette of" in detail


def test_a_gifs_own_palette_and_a_transparent_number_beyond_it_are_understood() -> None:
    assert np.array_equal(made(gif(HALVES, TWO)), COLOURS[HALVES])
    assert np.array_equal(made(gif(HALVES, bytes(12), own=TWO)), COLOURS[HALVES])
    shown = np.where(HALVES[..., None] == 1, 255, COLOURS[0])
    assert np.array_equal(made(gif(HALVES * 3, TWO, through=3)), shown)
