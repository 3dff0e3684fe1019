"""The second decoder of PNGs: pixels and verdicts are those of Pillow's way, and it leaves the rest to that."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from tasks.images import frames, png_pixels, whole
from tasks.images.decode import Decoded, decode_upright, open_image
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.png_pixels import load_pixels, unfilters_png
from tasks.images.prepare import prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.images.thumb import ALGORITHM
from tests.tasks.images.image_files import chunk, png_of_stream, saved

pytestmark = pytest.mark.skipif(not unfilters_png(), reason="no wheels of the second decoder for this machine")
CHANCE = np.random.default_rng(7)
SPEC = PixelSpec(size=(16, 16), measures=ALGORITHM)
BANDS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = [
    (1, 0),
    (2, 0),
    (4, 0),
    (8, 0),
    (16, 0),
    (8, 2),
    (16, 2),
    (1, 3),
    (2, 3),
    (4, 3),
    (8, 3),
    (8, 4),
    (16, 4),
    (8, 6),
]
"""Bits of a band and colour type."""
UNREAD = {(8, 4), (16, 0), (16, 2)}
"""Pixels of two bytes and of six are left to Pillow."""
PALETTE = chunk(b"PLTE", bytes(CHANCE.integers(0, 256, 768, dtype=np.uint8)))


def paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def filtered(rows: list[bytes], reach: int, filters: list[int]) -> bytes:
    """*rows* with one of *filters*, in turn, before each: what an encoder writes."""
    made, before = bytearray(), bytes(len(rows[0]))
    for number, row in enumerate(rows):
        kind = filters[number % len(filters)]
        made.append(kind)
        for place, value in enumerate(row):
            left, corner = (row[place - reach], before[place - reach]) if place >= reach else (0, 0)
            guesses = (0, left, before[place], (left + before[place]) // 2, paeth(left, before[place], corner))
            made.append((value - guesses[kind]) & 255)
        before = row
    return bytes(made)


def drawn(kind: tuple[int, int], size: tuple[int, int]) -> list[bytes]:
    """Packed rows of a picture: smooth, with noise."""
    bits = kind[0] * BANDS[kind[1]]
    line = -(-size[0] * bits // 8)
    smooth = np.add.outer(np.arange(size[1]) * 3, np.arange(line) * 2) + CHANCE.integers(0, 9, (size[1], line))
    return [row.tobytes() for row in smooth.astype(np.uint8)]


def made_png(
    kind: tuple[int, int],
    size: tuple[int, int] = (37, 23),
    *chunks: bytes,
    filters: tuple[int, ...] = (1, 2, 3, 4, 0),
    level: int = 6,
) -> bytes:
    reach = max(1, kind[0] * BANDS[kind[1]] // 8)
    stream = zlib.compress(filtered(drawn(kind, size), reach, list(filters)), level)
    return png_of_stream(size, *kind, stream, *([PALETTE] if kind[1] == 3 else []), *chunks)


def in_pieces(data: bytes, *lengths: int) -> bytes:
    """The PNG *data* with its packed pixels in chunks of those *lengths*, and one of the rest."""
    start = data.index(b"IDAT") - 4
    stream = data[start + 8 : start + 8 + int.from_bytes(data[start : start + 4], "big")]
    parts = []
    for length in lengths:
        parts.append(chunk(b"IDAT", stream[:length]))
        stream = stream[length:]
    return data[:start] + b"".join([*parts, chunk(b"IDAT", stream)]) + data[-12:]


def opened(data: bytes) -> ImageFile.ImageFile:
    return open_image(data, SPEC)


def decoded(data: bytes, spec: PixelSpec = SPEC) -> Decoded:
    with open_image(data, spec) as image:
        return decode_upright(image, data, spec)


@contextmanager
def pillow_alone() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "load_pixels", lambda _image, _data: False)
        yield


def looks(found: Decoded) -> tuple[object, ...]:
    """All that what comes after can see of it."""
    image = found.pixels
    palette = image.palette.getdata() if image.palette else None
    return image.mode, image.size, found.size, found.window, image.tobytes(), image.info, palette


def by_pillow(data: bytes, spec: PixelSpec = SPEC) -> Decoded:
    with pillow_alone():
        return decoded(data, spec)


@pytest.mark.parametrize("size", [(37, 23), (1, 1), (1, 40), (200, 3)], ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_pixels_of_every_kind_are_those_of_pillow(kind: tuple[int, int], size: tuple[int, int]) -> None:
    data = made_png(kind, size)

    with opened(data) as image:
        assert load_pixels(image, data) is (kind not in UNREAD)
    spec = replace(SPEC, depth_16="16")
    assert looks(decoded(data, spec)) == looks(by_pillow(data, spec))


@pytest.mark.parametrize("level", range(10))
@pytest.mark.parametrize("filters", [(0,), (1,), (2,), (3,), (4,), (4, 3, 2, 1, 0)], ids=str)
def test_pixels_by_every_filter_and_packing_are_those_of_pillow(filters: tuple[int, ...], level: int) -> None:
    for kind in ((8, 0), (8, 2), (8, 6)):
        data = made_png(kind, (61, 40), filters=filters, level=level)

        assert looks(decoded(data)) == looks(by_pillow(data))


@pytest.mark.parametrize("side", [300, 700])
def test_what_does_not_fit_into_one_stored_block_is_whole(side: int) -> None:
    data = saved(Image.fromarray(CHANCE.integers(0, 256, (side, side, 3), dtype=np.uint8)), "PNG")

    with opened(data) as image:
        assert load_pixels(image, data)
    assert looks(decoded(data)) == looks(by_pillow(data))


ON_ITS_SIDE = Image.Exif()
ON_ITS_SIDE[0x0112] = 6
ORIENTED = chunk(b"eXIf", ON_ITS_SIDE.tobytes().removeprefix(b"Exif\0\0"))
MEANT = {
    "a grey that is transparent": ((8, 0), chunk(b"tRNS", b"\0\x11")),
    "a colour that is transparent": ((8, 2), chunk(b"tRNS", b"\0\1\0\2\0\3")),
    "colours of a palette that are": ((8, 3), chunk(b"tRNS", bytes(range(200)))),
    "one colour of a palette that is": ((4, 3), chunk(b"tRNS", b"\xff\xff\0")),
    "gamma": ((8, 2), chunk(b"gAMA", struct.pack(">I", 100_000))),
    "sRGB": ((8, 6), chunk(b"sRGB", b"\0")),
    "a profile": ((8, 2), chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(300)))),
    "a text": ((8, 2), chunk(b"tEXt", b"Title\0none")),
    "a chunk that nobody knows": ((8, 2), chunk(b"prVt", b"some")),
    "its orientation": ((8, 2), ORIENTED),
}


@pytest.mark.parametrize("name", MEANT)
@pytest.mark.parametrize("spec", [SPEC, replace(SPEC, icc="srgb", color="RGBA", pixels="png")], ids=["plain", "srgb"])
def test_what_is_said_of_the_pixels_counts_as_ever(name: str, spec: PixelSpec) -> None:
    kind, meant = MEANT[name]
    data = made_png(kind, (37, 23), meant)
    behind = data[:-12] + chunk(b"tEXt", b"Title\0behind") + ORIENTED + data[-12:]

    for image in (data, behind):
        assert looks(decoded(image, spec)) == looks(by_pillow(image, spec))
        ours = prepare_image(image, "a.png", spec)
        with pillow_alone():
            assert ours == prepare_image(image, "a.png", spec)
    assert decoded(behind).size == (23, 37), "what stands behind the pixels is read too"


def left_to_pillow() -> Iterator[object]:
    whole = made_png((8, 2))
    start = whole.index(b"IDAT") + 4
    stream = whole[start : start + int.from_bytes(whole[start - 8 : start - 4], "big")]
    wrong_sum = stream[:-1] + bytes([stream[-1] ^ 1])
    longer = zlib.compress(zlib.decompress(stream) + bytes(200))
    shorter = zlib.compress(zlib.decompress(stream)[:-30])
    frames_of = [Image.new("RGB", (9, 9), colour) for colour in ("red", "teal")]
    yield pytest.param(png_of_stream((37, 23), 8, 2, wrong_sum), id="a checksum that is wrong")
    yield pytest.param(png_of_stream((37, 23), 8, 2, longer), id="more than its pixels")
    yield pytest.param(png_of_stream((37, 23), 8, 2, shorter), id="less than its pixels")
    yield pytest.param(png_of_stream((37, 23), 8, 2, b""), id="nothing")
    yield pytest.param(made_png((16, 2)), id="16 bits of three bands")
    yield pytest.param(saved(frames_of[0], "PNG", save_all=True, append_images=frames_of[1:]), id="an animation")
    bad_filter = bytearray(zlib.decompress(stream))
    bad_filter[0] = 9
    yield pytest.param(png_of_stream((37, 23), 8, 2, zlib.compress(bytes(bad_filter))), id="a filter there is not")
    header = bytearray(whole)
    header[28] = 1
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    yield pytest.param(bytes(header), id="lines in passes")


@pytest.mark.parametrize("data", [*left_to_pillow()])
def test_what_is_out_of_the_ordinary_is_left_to_pillow(data: bytes) -> None:
    with opened(data) as image:
        tiles = list(image.tile)

        assert not load_pixels(image, data)
        assert image.tile == tiles
    ours = outcome(data)
    with pillow_alone():
        assert ours == outcome(data)


def test_pixels_may_come_in_any_number_of_chunks() -> None:
    data = made_png((8, 2))

    for pieces in (in_pieces(data, 1, 0, 7, 300), in_pieces(data, 500), in_pieces(data, *[50] * 12)):
        with opened(pieces) as image:
            assert load_pixels(image, pieces)
        assert looks(decoded(pieces)) == looks(by_pillow(data))


def test_a_picture_that_ends_in_black_is_not_unpacked_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = Image.fromarray(CHANCE.integers(0, 256, (40, 30, 3), dtype=np.uint8))
    picture.paste("black", (0, 20, 30, 40))
    data = saved(picture, "PNG")
    expected = looks(by_pillow(data))
    lengths: list[bytes] = []
    monkeypatch.setattr(whole, "_unpacked_length", lengths.append)

    assert looks(decoded(data)) == expected
    assert not lengths


def test_of_more_pixels_than_are_held_three_times_over_none_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    data = made_png((8, 2))
    monkeypatch.setattr(png_pixels, "_MOST_BYTES", 100)

    with opened(data) as image:
        assert not load_pixels(image, data)


def test_where_memory_is_short_pillow_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise MemoryError

    data = made_png((8, 2))
    expected = looks(decoded(data))
    monkeypatch.setattr(png_pixels, "_unpacked", fail)

    assert looks(decoded(data)) == expected


def test_a_machine_without_it_publishes_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    images = [made_png(kind, (90, 70)) for kind in KINDS]
    ours = [outcome(data) for data in images]
    monkeypatch.setattr(png_pixels, "unfilters_png", lambda: False)

    assert ours == [outcome(data) for data in images]
    assert any(isinstance(one, Prepared) for one in ours)


def outcome(data: bytes) -> Prepared | tuple[object, ...]:
    try:
        return prepare_image(data, "a.png", SPEC)
    except RejectedImageError as error:
        return error.args


WHOLE = [made_png(kind) for kind in KINDS] + [in_pieces(made_png((8, 2)), 40, 200)]
DAMAGE = st.tuples(
    st.integers(0, len(WHOLE) - 1),
    st.sampled_from(["byte", "cut", "more", "zeros"]),
    st.integers(0),
    st.integers(0, 255),
)


def damaged(number: int, how: str, where: int, value: int, *, mended: bool) -> bytes:
    """An image with bytes of its packed pixels changed, lost, added or zeroed; *mended*, no chunk says so."""
    data = WHOLE[number]
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    packed = bytearray(data[start : start + length])
    place, some = where % length, 1 + value % 30
    match how:
        case "byte":
            packed[place] ^= value
        case "cut":
            del packed[place : place + some]
        case "more":
            packed[place:place] = bytes([value]) * some
        case _:
            packed[place : place + some] = bytes(len(packed[place : place + some]))
    said = chunk(b"IDAT", bytes(packed)) if mended else data[start - 8 : start] + packed + data[start + length :][:4]
    return data[: start - 8] + said + data[start + length + 4 :]


@pytest.mark.fuzz
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(damage=DAMAGE, mended=st.booleans())
def test_damage_is_judged_as_pillow_judges_it(damage: tuple[int, str, int, int], mended: bool) -> None:
    data = damaged(*damage, mended=mended)
    ours = outcome(data)
    with pillow_alone():
        assert ours == outcome(data)
