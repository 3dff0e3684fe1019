"""Numbers that mean less, or other things, than their mode says: signs, few bits of many, maps, alpha, profiles."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageCms

from tasks.images.pixel_spec import PixelSpec
from tasks.images.prepare import prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason
from tests.tasks.images.image_files import Array, chunk, packed_rows, png, png_of_stream, saved, tiff
from tests.tasks.images.test_modes import DEFLATE, KEEP, PLANES, RAMP, SIZE, grey, on_white, pixels, rows, tags

COLOUR = np.dstack([RAMP, RAMP[:, ::-1], np.full_like(RAMP, 77)])
NOISE = np.random.default_rng(5).integers(0, 255, (64, 64, 3), np.uint8)


def made(data: bytes, spec: PixelSpec = KEEP) -> Array:
    return pixels(prepare_image(data, "x", spec)).astype(int)


def why(data: bytes, spec: PixelSpec = KEEP) -> tuple[Reason, str]:
    with pytest.raises(RejectedImageError) as caught:
        prepare_image(data, "x", spec)
    return caught.value.reason, caught.value.detail


def bmp_32(rgb: Array, alpha: Array) -> bytes:
    """A BMP of 32 bits that says in masks that its fourth byte is alpha."""
    body = np.dstack([rgb[..., ::-1], alpha]).astype(np.uint8)[::-1].tobytes()
    head = struct.pack("<IiiHHIIiiII", 108, rgb.shape[1], rgb.shape[0], 1, 32, 3, len(body), 2835, 2835, 0, 0)
    head += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(body), 0, 0, 14 + len(head)) + head + body


def test_an_alpha_of_zeros_that_nobody_wrote_is_none() -> None:
    assert np.array_equal(made(bmp_32(COLOUR, np.zeros_like(RAMP))), COLOUR)
    assert np.abs(made(bmp_32(COLOUR, RAMP)) - on_white(COLOUR, RAMP)).max() <= 1
    unsaid = tiff("<", SIZE, [np.dstack([COLOUR, np.zeros_like(RAMP)]).tobytes()], *tags(8, 4, 2))
    assert np.array_equal(made(unsaid), COLOUR)
    said = tiff("<", SIZE, [np.dstack([COLOUR, np.zeros_like(RAMP)]).tobytes()], *tags(8, 4, 2), (338, "short", [2]))
    assert (made(said) == 255).all()


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_colour_map_of_bytes_keeps_its_colours(depth: int) -> None:
    colours = 1 << depth
    palette = np.array([[n * 40 % 256, 255 - n % 256, n * 15 % 256] for n in range(colours)])
    values = np.tile(np.arange(colours), (8, 256 // colours))
    bits = np.unpackbits(values.astype(np.uint8)[..., None], axis=2)[..., 8 - depth :]
    data = np.packbits(bits.reshape(8, -1), axis=1).tobytes()
    table = [int(value) for value in palette.T.reshape(-1)]
    for factor in (1, 257):
        colour_map = (320, "short", [value * factor for value in table])
        assert np.array_equal(made(tiff("<", SIZE, [data], *tags(depth, 1, 3, 1, colour_map))), palette[values])


@pytest.mark.parametrize(
    ("kind", "bits", "dtype", "low", "high"),
    [
        pytest.param(2, 32, "<i4", -1000, 1000, id="int32"),
        pytest.param(1, 32, "<u4", 0, 4_000_000_000, id="uint32"),
        pytest.param(2, 16, "<i2", -32768, 32767, id="int16"),
        pytest.param(2, 16, "<i2", 0, 255, id="int16 of small numbers"),
        pytest.param(2, 32, "<i4", 0, 255, id="int32 of small numbers"),
        pytest.param(2, 8, "i1", -128, 127, id="int8"),
        pytest.param(3, 32, "<f4", -1, 1, id="float"),
    ],
)
def test_numbers_without_a_white_are_shown_by_the_range_that_is_stated_or_not_at_all(
    kind: int, bits: int, dtype: str, low: int, high: int
) -> None:
    values = np.rint(np.linspace(low, high, 256)) if dtype != "<f4" else np.linspace(low, high, 256)
    values = np.tile(values.astype(dtype), (8, 1))
    data = tiff("<", SIZE, [values.tobytes()], *tags(bits, 1, 1, kind))

    assert why(data)[0] == Reason.UNSUPPORTED_MODE
    shown = made(data, replace(KEEP, value_range=(float(low), float(high))))
    right = (values.astype(float) - low) * 255 / (high - low)
    assert np.abs(shown - grey(right)).max() <= 1


def test_floats_whose_white_is_zero_are_turned_round() -> None:
    values = np.tile(np.linspace(0, 1, 256, dtype="<f4"), (8, 1))
    data = tiff("<", SIZE, [values.tobytes()], *tags(32, 1, 0, 3))
    assert np.abs(made(data, replace(KEEP, value_range=(0.0, 1.0))) - grey(255 - RAMP.astype(int))).max() <= 1


@pytest.mark.parametrize("bits", [9, 10, 12, 14])
@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_says_its_white_is_shown_by_it(bits: int, bands: int, packed: bool) -> None:
    white = (1 << bits) - 1
    values = np.tile(np.rint(np.linspace(0, white, 256)).astype("<u2"), (8, 1))
    data = (np.dstack([values, values[:, ::-1], values]) if bands == 3 else values).tobytes()
    right = np.dstack([RAMP, RAMP[:, ::-1], RAMP]) if bands == 3 else grey(RAMP)
    more = [DEFLATE] if packed else []
    said = (281, "short", [white] * bands)
    photometric = 2 if bands == 3 else 1
    strip = zlib.compress(data) if packed else data
    shown = made(tiff("<", SIZE, [strip], *tags(16, bands, photometric, 1, said, *more)))
    assert np.abs(shown - right).max() <= 1


def deep(values: Array, bands: int, kind: str) -> bytes:
    """*values*, grey or three times the same, as a file of 16 bits."""
    shown = np.dstack([values] * bands) if bands == 3 else values
    if kind == "PNG":
        return png(SIZE, 16, 2 if bands == 3 else 0, rows(shown))
    return tiff(">", SIZE, [shown.astype(">u2").tobytes()], *tags(16, bands, 2 if bands == 3 else 1))


@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_that_use_twelve_are_never_published_nearly_black(bands: int, kind: str) -> None:
    values = np.tile(np.rint(np.linspace(0, 4095, 256)).astype(np.uint16), (8, 1))
    data = deep(values, bands, kind)

    reason, detail = why(data)
    assert reason == Reason.UNSUPPORTED_MODE
    assert "resize.depth_16: 12" in detail
    for how in ("12", "range"):
        assert np.abs(made(data, replace(KEEP, depth_16=how)) - grey(RAMP)).max() <= 1
    assert np.abs(made(data, replace(KEEP, depth_16="16")) - grey(values // 257)).max() <= 1
    assert (made(deep(np.zeros_like(values), bands, kind)) == 0).all(), "black is black"


def test_a_transparent_colour_of_16_bits_is_one_exact_colour() -> None:
    near = np.zeros((16, 16, 3), np.uint16)
    near[:8], near[8:] = (0x1234, 0x5678, 0x9ABC), (0x1200, 0x5600, 0x9A00)
    data = png((16, 16), 16, 2, rows(near), chunk(b"tRNS", struct.pack(">HHH", 0x1234, 0x5678, 0x9ABC)))
    shown = made(data)
    assert (shown[:8] == 255).all()
    assert np.abs(shown[8:] - [0x12, 0x56, 0x9A]).max() <= 1


def test_a_transparent_value_counts_in_the_bits_that_the_pixels_have() -> None:
    data = png(SIZE, 8, 0, rows(RAMP), chunk(b"tRNS", b"\1\x0a"))
    assert np.array_equal(made(data), grey(np.where(RAMP == 10, 255, RAMP)))


def test_a_png_made_for_apples_apps_says_what_it_is() -> None:
    whole = png_of_stream((8, 8), 8, 2, zlib.compress(bytes(8 * 25))[2:-4])
    reason, detail = why(whole[:8] + chunk(b"CgBI", b"\x50\0\x20\x06") + whole[8:])
    assert reason == Reason.UNSUPPORTED_MODE
    assert "CgBI" in detail


def gif_with_small_frame(*, transparent: bool = False) -> bytes:
    """A GIF of 16 × 16 whose first frame is 8 × 8, red, from (4, 4) on; with its first colour transparent if wished."""
    small = saved(Image.new("RGB", (8, 8), (200, 30, 40)), "GIF")
    descriptor = small.index(b",", 13)
    table = small[13 : 13 + 3 * 2 ** ((small[10] & 7) + 1)]
    own = b"," + struct.pack("<HHHHB", 4, 4, 8, 8, 0x80 | (small[10] & 7)) + table
    control = b"!\xf9\x04" + bytes([8 | transparent, 0, 0, 0, 0])
    return b"GIF89a" + struct.pack("<HHBBB", 16, 16, 0xF0, 0, 0) + bytes(6) + control + own + small[descriptor + 10 :]


def test_around_a_first_frame_that_is_smaller_than_its_screen_is_nothing() -> None:
    shown = made(gif_with_small_frame())
    assert (shown[4:12, 4:12] == (200, 30, 40)).all()
    shown[4:12, 4:12] = 255
    assert (shown == 255).all()
    kept = made(gif_with_small_frame(), replace(KEEP, color="keep"))
    assert kept[0, 0, 3] == 0


def test_an_animation_that_starts_small_shows_its_ground() -> None:
    frames = [Image.new("RGBA", (16, 16)), Image.new("RGBA", (16, 16), "blue")]
    frames[0].paste((200, 30, 40, 255), (4, 4, 12, 12))
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    shown = made(data)
    assert (shown[0, 0] == 255).all()
    assert (shown[6, 6] == (200, 30, 40)).all()


def test_uncompressed_tiffs_whose_lines_are_not_there_are_cut_short() -> None:
    strips = [NOISE[start : start + 16].tobytes() for start in range(0, 64, 16)]

    def of(parts: list[bytes]) -> bytes:
        data = bytearray(tiff("<", (64, 64), parts, *tags(8, 3, 2)))
        (place,) = struct.unpack("<I", data[4:8])
        for entry in range(place + 2, place + 2 + 12 * data[place], 12):
            if struct.unpack("<H", data[entry : entry + 2])[0] == 278:
                data[entry + 8 : entry + 12] = struct.pack("<I", 16)
        return bytes(data)

    assert np.array_equal(made(of(strips)), NOISE)
    for parts in (strips[:2], [strips[0], b"", *strips[2:]], [strips[0], strips[1][:700], *strips[2:]]):
        assert why(of(parts))[0] == Reason.TRUNCATED


def test_strips_and_tiles_that_were_never_written_are_cut_short() -> None:
    sparse = [RAMP[:4].tobytes(), RAMP[4:].tobytes()]
    data = tiff("<", SIZE, sparse, *tags(8, 1, 1), rows=4)
    assert np.array_equal(made(data), grey(RAMP))
    places = struct.pack("<II", 8, 8 + len(sparse[0]))
    assert data.count(places) == 1
    reason, detail = why(data.replace(places, struct.pack("<II", 8, 0)))
    assert reason == Reason.TRUNCATED
    assert "strip 2 of 2" in detail


def test_a_tiff_that_does_not_say_what_zero_is_is_no_negative() -> None:
    unsaid = [tag for tag in tags(8, 1, 1) if tag[0] != 262]
    assert why(tiff("<", SIZE, [RAMP.tobytes()], *unsaid))[0] == Reason.UNSUPPORTED_MODE


def test_planes_are_counted_as_strips() -> None:
    planes = [COLOUR[..., band].tobytes() for band in range(3)]
    assert np.array_equal(made(tiff("<", SIZE, planes, *tags(8, 3, 2), PLANES)), COLOUR)
    assert why(tiff("<", SIZE, planes[:2], *tags(8, 3, 2), PLANES))[0] == Reason.TRUNCATED


def test_inks_that_are_not_those_of_print_are_refused() -> None:
    inks = np.dstack([COLOUR, RAMP]).tobytes()
    assert why(tiff("<", SIZE, [inks], *tags(8, 4, 5, 1, (332, "short", [2]))))[0] == Reason.UNSUPPORTED_MODE


def linear(mode: str) -> bytes:
    """A colour profile for *mode* in which numbers are amounts of light."""
    curve = b"curv" + bytes(8)  # no entries: as it is
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    points = {b"r": (0.4361, 0.2225, 0.0139), b"g": (0.3851, 0.7169, 0.0971), b"b": (0.1431, 0.0606, 0.7141)}
    entries = [(b"desc", b"desc" + bytes(4) + struct.pack(">I", 2) + b"x\0" + bytes(78)), (b"wtpt", white)]
    if mode == "L":
        entries.append((b"kTRC", curve))
    else:
        for name, point in points.items():
            fixed = struct.pack(">iii", *(round(value * 65536) for value in point))
            entries += [(name + b"XYZ", b"XYZ " + bytes(4) + fixed), (name + b"TRC", curve)]
    start, table, body = 132 + 12 * len(entries), struct.pack(">I", len(entries)), b""
    for name, value in entries:
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    space = b"GRAY" if mode == "L" else b"RGB "
    head = struct.pack(">I4sI4s4s4s", start + len(body), bytes(4), 0x02100000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


def in_srgb(light: Array) -> Array:
    """Amounts of light, 0 to 255, as sRGB writes them."""
    share = light / 255
    return 255 * np.where(share > 0.0031308, 1.055 * share ** (1 / 2.4) - 0.055, 12.92 * share)


@pytest.mark.parametrize("color", ["RGB", "L", "keep"])
@pytest.mark.parametrize("profile", ["L", "RGB"])
def test_grey_is_converted_by_its_profile(color: str, profile: str) -> None:
    data = saved(Image.fromarray(RAMP), "PNG", icc_profile=linear(profile))
    shown = made(data, replace(KEEP, icc="srgb", color=color))
    right = in_srgb(RAMP.astype(float))
    assert np.abs(shown - (grey(right) if color == "RGB" else right)).max() <= 2


def test_deep_grey_and_palettes_and_alpha_are_converted_by_their_profiles() -> None:
    spec = replace(KEEP, icc="srgb")
    right = grey(in_srgb(RAMP.astype(float)))
    packed = chunk(b"iCCP", b"x\0\0" + zlib.compress(linear("L")))
    assert np.abs(made(png(SIZE, 16, 0, rows(RAMP.astype(np.uint16) * 257), packed), spec) - right).max() <= 2
    assert (
        np.abs(made(png(SIZE, 8, 4, rows(np.dstack([RAMP, np.full_like(RAMP, 255)])), packed), spec) - right).max() <= 2
    )
    palette = Image.fromarray(RAMP)
    palette = palette.convert("P")
    data = saved(palette, "PNG", icc_profile=linear("RGB"))
    assert np.abs(made(data, spec) - right).max() <= 2
    coloured = Image.fromarray(np.dstack([grey(RAMP), np.full_like(RAMP, 255)]).astype(np.uint8))
    assert np.abs(made(saved(coloured, "PNG", icc_profile=linear("RGB")), spec) - right).max() <= 2


def test_a_profile_for_other_colours_changes_nothing() -> None:
    spec = replace(KEEP, icc="srgb")
    assert np.array_equal(made(saved(Image.fromarray(COLOUR), "PNG", icc_profile=linear("L")), spec), COLOUR)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.abs(made(saved(Image.fromarray(COLOUR), "PNG", icc_profile=srgb), spec) - COLOUR).max() <= 1


def warning(data: bytes, spec: PixelSpec = KEEP) -> str:
    return prepare_image(data, "x.png", spec).warning


def test_one_colour_of_a_file_that_has_several_is_a_warning() -> None:
    hidden = np.dstack([NOISE, np.zeros((64, 64), np.uint8)])
    assert warning(saved(Image.fromarray(hidden), "PNG")) == "blank"
    assert warning(saved(Image.fromarray(hidden), "PNG"), replace(KEEP, color="RGBA")) == ""
    speck = Image.new("L", (640, 640))
    speck.putpixel((0, 0), 1)
    assert warning(saved(speck, "PNG"), replace(KEEP, mode="crop", size=(8, 8))) == "blank"
    floats = tiff("<", SIZE, [np.tile(np.linspace(5, 9, 256, dtype="<f4"), (8, 1)).tobytes()], *tags(32, 1, 1, 3))
    assert "blank" in prepare_image(floats, "x.tif", replace(KEEP, value_range=(0.0, 1.0))).warning


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_one_colour_of_a_file_of_one_colour_is_no_warning(kind: str) -> None:
    for size in ((8, 8), (1500, 900)):
        data = saved(Image.new("RGB", size, (200, 30, 40)), kind)
        assert "blank" not in prepare_image(data, "x", replace(KEEP, mode="crop", size=(8, 8))).warning


def test_a_file_that_decodes_to_nothing_of_what_it_holds_is_a_warning() -> None:
    data = saved(Image.new("RGB", (64, 64)), "PNG")
    noise = chunk(b"noIs", np.random.default_rng(1).bytes(20_000))
    assert warning(data[:33] + noise + data[33:]) == "blank"


def flat_png(stream: bytes, size: tuple[int, int] = (32, 32), *chunks: bytes) -> bytes:
    return png_of_stream(size, 8, 2, stream, *chunks)


LINES = b"".join(b"\0" + row.tobytes() for row in np.full((32, 32, 3), (200, 30, 40), np.uint8))
EXIF = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)


@pytest.mark.parametrize("chunks", [(), (chunk(b"eXIf", EXIF),)], ids=["plain", "with EXIF"])
def test_a_png_whose_data_end_too_early_or_break_is_refused(chunks: tuple[bytes, ...]) -> None:
    packed = zlib.compress(LINES)
    streams = [zlib.compress(LINES[: 97 * lines]) for lines in (0, 1, 16, 31)]
    streams += [zlib.compress(LINES[:-5]), packed[:-9] + b"\1" * 9, packed[:-1] + bytes([packed[-1] ^ 1])]
    streams += [packed[:2] + b"\xff" * 10 + packed[12:], b""]
    for stream in streams:
        assert why(flat_png(stream, (32, 32), *chunks))[0] in {Reason.TRUNCATED, Reason.DECODE_ERROR}
    assert made(flat_png(packed, (32, 32), *chunks)).shape == (32, 32, 3)


def test_a_png_that_ends_in_black_is_whole() -> None:
    for mode in ("1", "L", "LA", "RGB", "RGBA", "I;16", "P"):
        data = saved(Image.new(mode, (9, 9)), "PNG")
        assert made(data).shape == (9, 9, 3)


def interlaced(lines: int | None = None) -> bytes:
    """A PNG of 9 × 9 red pixels in seven passes; of *lines* where that is given."""
    steps = [(8, 8, 0, 0), (8, 8, 4, 0), (4, 8, 0, 4), (4, 4, 2, 0), (2, 4, 0, 2), (2, 2, 1, 0), (1, 2, 0, 1)]
    made_of = []
    for across, down, left, top in steps:
        width, height = len(range(left, 9, across)), len(range(top, 9, down))
        made_of += [b"\0" + b"\xc8\x1e\x28" * width] * (height if width else 0)
    head = struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 1)
    body = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"".join(made_of[:lines]))), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def test_an_interlaced_png_is_whole_or_refused() -> None:
    assert (made(interlaced()) == (200, 30, 40)).all()
    for lines in (1, 4, 12, -4, -1):
        assert why(interlaced(lines))[0] == Reason.TRUNCATED


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_that_was_closed_where_it_broke_off_is_refused(mode: str, progressive: bool) -> None:
    picture = Image.fromarray(NOISE[:8, :8]).resize((256, 256), Image.Resampling.BICUBIC).convert(mode)
    data = saved(picture, "JPEG", quality=90, progressive=progressive)
    scan = data.index(b"\xff\xda")
    end = data.index(b"\xff\xda", scan + 2) if progressive else len(data)
    for cut in (scan + 20, scan + (end - scan) // 2):
        closed = data[:cut].rstrip(b"\xff") + b"\xff\xd9"
        assert why(closed)[0] == Reason.TRUNCATED
        assert why(closed, replace(KEEP, mode="crop", size=(16, 16)))[0] == Reason.TRUNCATED
    assert made(data).shape[0] == 256


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_progressive_jpeg_that_was_closed_within_a_scan_is_refused(mode: str) -> None:
    picture = Image.fromarray(NOISE[:8, :8]).resize((256, 256), Image.Resampling.BICUBIC).convert(mode)
    data = saved(picture, "JPEG", quality=90, progressive=True)
    starts = [place for place in range(len(data)) if data[place : place + 2] == b"\xff\xda"]
    assert len(starts) > 5
    cuts = [cut for start, after in pairwise(starts) for cut in (after, (start + after) // 2)]
    last = () if mode == "CMYK" else (starts[-1] + 20, (starts[-1] + len(data)) // 2)  # there it is an even black
    for cut in (*cuts, *last):
        assert why(data[:cut].rstrip(b"\xff") + b"\xff\xd9")[0] == Reason.TRUNCATED
    assert made(data, replace(KEEP, allow_truncated=True)).shape[0] == 256


def test_a_jpeg_of_one_scan_for_each_colour_is_whole_with_all_of_them() -> None:
    data = saved(Image.new("L", (64, 64), 90), "JPEG")
    place = data.index(b"\xff\xc0")
    frame = data[place : place + 9] + b"\x03" + b"".join(bytes([name, 0x11, 0]) for name in (1, 2, 3))
    frame = frame[:2] + (len(frame) - 2).to_bytes(2, "big") + frame[4:]
    scan, end = data.index(b"\xff\xda"), data.index(b"\xff\xd9")
    scans = [data[scan : scan + 5] + bytes([name]) + data[scan + 6 : end] for name in (1, 2, 3)]
    head = data[:place] + frame + data[place + 2 + int.from_bytes(data[place + 2 : place + 4], "big") : scan]

    assert made(head + b"".join(scans) + b"\xff\xd9").shape == (64, 64, 3)
    for there in (1, 2):
        assert why(head + b"".join(scans[:there]) + b"\xff\xd9")[0] == Reason.TRUNCATED


def test_a_jpeg_that_ends_in_grey_is_whole() -> None:
    for mode, colour in (("RGB", (128, 128, 128)), ("L", 128)):
        picture = Image.new(mode, (100, 100), colour)
        assert (made(saved(picture, "JPEG")) == 128).all()
        assert (made(saved(picture, "JPEG", progressive=True, restart_marker_blocks=4)) == 128).all()


def test_a_webp_whose_end_was_never_written_is_refused() -> None:
    for options in ({"lossless": True}, {"quality": 80}):
        data = saved(Image.fromarray(NOISE).resize((200, 200)), "WEBP", **options)
        assert why(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))[0] == Reason.TRUNCATED
    assert (made(saved(Image.new("RGB", (3000, 2000), "white"), "WEBP")) == 255).all()


@pytest.mark.parametrize("kind", ["L", "RGB", "P"])
def test_a_fine_pattern_that_becomes_one_colour_is_a_warning_also_when_scaled_decoding_did_it(kind: str) -> None:
    chess = Image.fromarray((np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8))
    picture = chess.convert("RGB") if kind != "L" else chess
    small = replace(KEEP, mode="crop", size=(16, 16))
    for name in ("JPEG", "PNG", "WEBP", "TIFF", "BMP"):
        prepared = prepare_image(
            saved(picture.convert("P") if (kind, name) == ("P", "PNG") else picture, name), "x", small
        )
        assert "blank" in prepared.warning or len(np.unique(pixels(prepared))) > 1
    assert prepare_image(saved(picture, "JPEG"), "x", small).warning == "blank"
    assert prepare_image(saved(Image.new("RGB", (512, 512), "red"), "JPEG"), "x", small).warning == ""


def test_bits_that_8_cannot_show_are_a_warning_where_nothing_else_is_left() -> None:
    deep = (RAMP.astype(int) % 200 + 0x8000).astype(">u2")
    even = np.full(RAMP.shape, 0x8055, ">u2")
    for values, expected in ((deep, "blank"), (even, "")):
        colours = np.repeat(values[..., None], 3, axis=2)
        grey_png = png(SIZE, 16, 0, [row.tobytes() for row in values])
        rgb_png = png(SIZE, 16, 2, [row.tobytes() for row in colours])
        ppm = b"P6 %d %d 65535\n" % SIZE + colours.tobytes()
        paired = np.dstack([values, np.full_like(values, 65535)]).astype(">u2")
        grey_and_alpha = png(SIZE, 16, 4, [row.tobytes() for row in paired])
        for data in (grey_png, rgb_png, ppm, grey_and_alpha):
            assert prepare_image(data, "x", KEEP).warning == expected


def test_grey_and_alpha_of_16_bits_are_shown_by_the_bits_that_are_stated() -> None:
    values = np.dstack([RAMP.astype(int) * 16, np.full(RAMP.shape, 65535)]).astype(">u2")
    data = png(SIZE, 16, 4, [row.tobytes() for row in values])

    assert np.abs(made(data, replace(KEEP, depth_16="12")) - grey(RAMP)).max() <= 1


@pytest.mark.parametrize("bands", [1, 3])
def test_portable_maps_of_16_bits_are_shown_by_their_white_and_never_nearly_black(bands: int) -> None:
    values = np.repeat(RAMP.astype(int)[..., None], bands, axis=2)
    for stated, factor, spec in ((65535, 257, KEEP), (4095, 16, KEEP), (4095, 16, replace(KEEP, depth_16="12"))):
        head = b"P%d %d %d %d\n" % (5 if bands == 1 else 6, *SIZE, stated)
        assert np.abs(made(head + (values * factor).astype(">u2").tobytes(), spec) - values).max() <= 1
    dark = b"P%d %d %d 65535\n" % (5 if bands == 1 else 6, *SIZE) + (values * 16).astype(">u2").tobytes()
    assert why(dark)[0] == Reason.UNSUPPORTED_MODE
    assert np.abs(made(dark, replace(KEEP, depth_16="12")) - values).max() <= 1


def test_a_colour_that_the_palette_lacks_is_damage() -> None:
    rows_of_colours = packed_rows(np.tile(np.arange(8) % 4, (8, 1)), 4)
    colours = bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    assert made(png((8, 8), 4, 3, rows_of_colours, chunk(b"PLTE", colours))).shape == (8, 8, 3)
    assert "palette of 3" in why(png((8, 8), 4, 3, rows_of_colours, chunk(b"PLTE", colours[:9])))[1]


@pytest.mark.parametrize("quality", [60, 95])
@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("sampling", [0, 1, 2])
def test_a_jpeg_that_lacks_one_of_its_parts_is_cut_short(quality: int, mode: str, sampling: int) -> None:
    picture = Image.fromarray(NOISE).convert(mode).resize((250, 190))
    for blocks in (1, 7, 1000):
        data = saved(picture, "JPEG", quality=quality, subsampling=sampling, restart_marker_blocks=blocks)
        assert made(data).shape == (190, 250, 3)
        first, second = data.find(b"\xff\xd1"), data.find(b"\xff\xd2")
        if second > 0:
            reason, detail = why(data[:first] + data[second:])
            assert reason == Reason.TRUNCATED
            assert "lacks 1 of" in detail


def test_portable_maps_with_numbers_above_their_white_are_damaged() -> None:
    assert np.array_equal(made(b"P5 16 1 100\n" + bytes(range(0, 96, 6)))[0, 5], np.full(3, 76))
    for data in (
        b"P5 16 1 100\n" + bytes(range(90, 106)),
        b"P6 2 1 100\n" + bytes([1, 2, 3, 4, 5, 101]),
        b"P5 2 1 1000\n" + struct.pack(">HH", 1000, 1001),
    ):
        reason, detail = why(data)
        assert reason == Reason.DECODE_ERROR
        assert "says is its greatest" in detail
