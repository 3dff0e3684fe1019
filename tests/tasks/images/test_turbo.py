"""The second decoder of JPEGs: pixels, sizes and verdicts are those of Pillow's way, and it leaves the rest to that."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tasks.images import prepare, turbo
from tasks.images.decode import Decoded, decode_upright, open_image
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.prepare import encode_image, prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.images.thumb import ALGORITHM
from tasks.images.turbo import decode_plain, has_turbo
from tasks.reasons import Reason

pytestmark = pytest.mark.skipif(not has_turbo(), reason="no wheel of the second decoder for this machine")
CHANCE = np.random.default_rng(5)
SPEC = PixelSpec(size=(16, 16), measures=ALGORITHM)


def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 9, width), np.linspace(0, 7, height))
    bands = [127 + 90 * np.sin(x * (1 + n) + y) + CHANCE.normal(0, 12, (height, width)) for n in range(3)]
    return Image.fromarray(np.clip(np.dstack(bands), 0, 255).astype(np.uint8)).convert(mode)


def jpeg(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def by_pillow(data: bytes, spec: PixelSpec) -> Decoded:
    with open_image(data, spec) as image:
        return decode_upright(image, data, spec)


KINDS: dict[str, tuple[str, dict[str, object]]] = {
    "4:4:4": ("RGB", {"subsampling": 0}),
    "4:2:2": ("RGB", {"subsampling": 1}),
    "4:2:0": ("RGB", {"subsampling": 2}),
    "its own tables of codes": ("RGB", {"optimize": True}),
    "progressive": ("RGB", {"progressive": True}),
    "with restart marks": ("RGB", {"restart_marker_blocks": 3}),
    "red, green and blue as they are": ("RGB", {"keep_rgb": True}),
    "coarse": ("RGB", {"quality": 5}),
    "grey": ("L", {}),
    "grey and progressive": ("L", {"progressive": True}),
    "with a comment": ("RGB", {"comment": b"of no account"}),
    "with XMP": ("RGB", {"xmp": b'<x tiff:Orientation="6"/>'}),
    **{f"orientation {number}": ("RGB", {"exif": turned(number)}) for number in range(1, 9)},
}


@pytest.mark.parametrize("size", [(61, 47), (130, 200), (300, 150), (17, 16)], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_pixels_sizes_and_windows_are_those_of_pillow(kind: str, size: tuple[int, int]) -> None:
    mode, options = KINDS[kind]
    data = jpeg(picture(*size, mode), **options)

    for spec in (SPEC, replace(SPEC, size=(5, 9), mode="pad"), replace(SPEC, mode="none")):
        ours, theirs = decode_plain(data, spec), by_pillow(data, spec)
        assert ours is not None, "it has nothing out of the ordinary"
        assert (ours.size, ours.window, ours.pixels.mode) == (theirs.size, theirs.window, theirs.pixels.mode)
        assert ours.pixels.tobytes() == theirs.pixels.tobytes()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(jpeg(picture(40, 30))[:-300], id="cut short"),
        pytest.param(jpeg(picture(40, 30))[:-300] + b"\xff\xd9", id="cut short and closed"),
        pytest.param(
            jpeg(picture(40, 30), progressive=True)[:-300] + b"\xff\xd9", id="progressive, cut short and closed"
        ),
        pytest.param(jpeg(picture(40, 30).convert("CMYK")), id="inks"),
        pytest.param(jpeg(picture(40, 30)).replace(b"\xff\xda", b"\xff\xff\xda", 1), id="a marker with a filler"),
        pytest.param(jpeg(picture(40, 30))[:60], id="ends in its tables"),
        pytest.param(b"\xff\xd8\xff", id="a beginning"),
        pytest.param(b"GIF89a", id="another format"),
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_pillow(data: bytes) -> None:
    assert decode_plain(data, SPEC) is None


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param(replace(SPEC, formats=("png",)), id="another format is asked for"),
        pytest.param(replace(SPEC, icc="srgb"), id="the profile of its colours counts"),
        pytest.param(replace(SPEC, max_pixels=100), id="too large"),
        pytest.param(replace(SPEC, min_side=100), id="too small"),
    ],
)
def test_what_a_config_does_not_admit_is_left_to_pillow(spec: PixelSpec) -> None:
    assert decode_plain(jpeg(picture(40, 30)), spec) is None


def damaged() -> Iterator[bytes]:
    """Images with bytes lost, added, changed or never written, in every part of the file."""
    whole = [jpeg(picture(40, 30, mode), **options) for mode, options in KINDS.values()]
    for number in range(400):
        data = bytearray(whole[number % len(whole)])
        place, length = int(CHANCE.integers(2, len(data))), int(CHANCE.integers(1, 40))
        match number % 4:
            case 0:
                data[place] = int(CHANCE.integers(256))
            case 1:
                del data[place : place + length]
            case 2:
                data[place:place] = CHANCE.bytes(length)
            case _:
                data[place : place + 20 * length] = bytes(len(data[place : place + 20 * length]))
        yield bytes(data)


def outcome(data: bytes) -> Prepared | tuple[object, ...]:
    try:
        return prepare_image(data, "a.jpg", SPEC)
    except RejectedImageError as error:
        return error.args


@pytest.mark.filterwarnings("ignore::UserWarning")  # as in a decoder process: Pillow warns of damaged EXIF
def test_damage_is_judged_as_pillow_s_way_judges_it(monkeypatch: pytest.MonkeyPatch) -> None:
    images = list(damaged())
    ours = [outcome(data) for data in images]
    monkeypatch.setattr(prepare, "decode_plain", lambda _data, _spec: None)

    assert ours == [outcome(data) for data in images]
    assert {type(one) for one in ours} == {Prepared, tuple}, "some are still whole"


def test_zeros_that_were_never_written_are_no_image() -> None:
    data = jpeg(picture(200, 160), quality=95)
    hollow = data[:2000] + bytes(900) + data[2900:]

    assert decode_plain(hollow, SPEC) is None
    with pytest.raises(RejectedImageError) as raised:
        prepare_image(hollow, "a.jpg", SPEC)
    assert raised.value.args[0] == Reason.TRUNCATED


def test_a_machine_without_it_publishes_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    images = [jpeg(picture(90, 70, mode), **options) for mode, options in KINDS.values()]
    ours = [prepare_image(data, "a.jpg", SPEC) for data in images]
    monkeypatch.setattr(turbo, "has_turbo", lambda: False)

    assert ours == [prepare_image(data, "a.jpg", SPEC) for data in images]


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("quality", [1, 75, 90, 100])
def test_a_jpeg_is_what_saving_makes(mode: str, quality: int) -> None:
    image = picture(50, 40, mode)

    assert encode_image(image, replace(SPEC, quality=quality)) == jpeg(image, quality=quality)


def test_an_image_of_one_colour_is_told_apart_from_one_that_lost_its_colours() -> None:
    even = jpeg(Image.new("RGB", (40, 40), "teal"))
    fine = jpeg(Image.fromarray(np.indices((512, 512)).sum(axis=0).astype(np.uint8) % 2 * 255), quality=100)

    assert prepare_image(even, "a.jpg", SPEC).warning == ""
    assert prepare_image(fine, "a.jpg", SPEC).warning == "blank"
