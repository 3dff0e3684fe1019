"""Every orientation a camera may write, in every way it may write it: baked into the pixels, and its tag gone."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tasks.images.pixel_spec import PixelSpec
from tasks.images.prepare import prepare_image
from tests.tasks.images.image_files import Array, chunk, saved

UPRIGHT = np.zeros((24, 40, 3), np.uint8)
UPRIGHT[:12, :20] = (250, 10, 10)
UPRIGHT[12:, 20:] = (10, 10, 250)
TURNED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT, 1),
    7: UPRIGHT.transpose(1, 0, 2)[::-1, ::-1],
    8: np.rot90(UPRIGHT, -1),
}


def exif(orientation: int, order: str = "<") -> bytes:
    """An EXIF block of one tag."""
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def png_with(data: bytes, extra: bytes, *, at_end: bool = False) -> bytes:
    place = len(data) - 12 if at_end else 33
    return data[:place] + extra + data[place:]


def as_hex(orientation: int) -> bytes:
    """The EXIF block as ImageMagick keeps it in a PNG's text."""
    block = b"Exif\0\0" + exif(orientation)
    return f"\nexif\n{len(block):8}\n".encode() + block.hex().encode()


def xmp(said: str) -> bytes:
    """A packet of XMP that says *said* of its image."""
    head = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="r"><rdf:Description xmlns:tiff="t" '
    return f"{head}{said}</rdf:RDF></x:xmpmeta>".encode()


Writer = Callable[[Image.Image, int], bytes]
WRITERS: dict[str, Writer] = {
    "JPEG": lambda image, tag: saved(image, "JPEG", quality=95, exif=b"Exif\0\0" + exif(tag)),
    "JPEG, most significant byte first": lambda image, tag: saved(
        image, "JPEG", quality=95, exif=b"Exif\0\0" + exif(tag, ">")
    ),
    "progressive CMYK JPEG": lambda image, tag: saved(
        image.convert("CMYK"), "JPEG", quality=95, progressive=True, exif=b"Exif\0\0" + exif(tag)
    ),
    "MPO": lambda image, tag: saved(
        image, "MPO", quality=95, exif=b"Exif\0\0" + exif(tag), save_all=True, append_images=[image]
    ),
    "PNG": lambda image, tag: png_with(saved(image, "PNG"), chunk(b"eXIf", exif(tag))),
    "PNG, after its pixels": lambda image, tag: png_with(saved(image, "PNG"), chunk(b"eXIf", exif(tag)), at_end=True),
    "PNG, as text": lambda image, tag: png_with(
        saved(image, "PNG"), chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(as_hex(tag)))
    ),
    "WebP": lambda image, tag: saved(image, "WEBP", quality=95, exif=exif(tag)),
    "lossless WebP with alpha": lambda image, tag: saved(
        image.convert("RGBA"), "WEBP", lossless=True, exif=b"Exif\0\0" + exif(tag)
    ),
    "JPEG, in XMP": lambda image, tag: saved(image, "JPEG", quality=95, xmp=xmp(f'tiff:Orientation="{tag}"/>')),
    "JPEG, in XMP, single quotes": lambda image, tag: saved(
        image, "JPEG", quality=95, xmp=xmp(f"tiff:Orientation='{tag}'/>")
    ),
    "WebP, in XMP, blanks": lambda image, tag: saved(
        image, "WEBP", quality=95, xmp=xmp(f'tiff:Orientation = "{tag}" />')
    ),
    "PNG, in XMP, an element of its own": lambda image, tag: png_with(
        saved(image, "PNG"),
        chunk(
            b"iTXt",
            b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(f"><tiff:Orientation>\n{tag} </tiff:Orientation></rdf:Description>"),
        ),
    ),
    "TIFF": lambda image, tag: saved(image, "TIFF", tiffinfo={0x0112: tag}),
    "TIFF, compressed": lambda image, tag: saved(image, "TIFF", tiffinfo={0x0112: tag}, compression="tiff_lzw"),
}


def turned(orientation: int) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(TURNED[orientation]))


def pixels(data: bytes) -> Array:
    return np.asarray(Image.open(io.BytesIO(data))).astype(int)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_every_orientation_is_baked_in_and_its_tag_goes(writer: Writer, orientation: int) -> None:
    prepared = prepare_image(writer(turned(orientation), orientation), "x", PixelSpec(mode="none", pixels="png"))

    assert (prepared.orig_width, prepared.orig_height) == (40, 24)
    assert np.abs(pixels(prepared.data) - UPRIGHT)[2:10, 2:18].mean() <= 8
    assert np.abs(pixels(prepared.data) - UPRIGHT)[14:22, 22:38].mean() <= 8
    assert not Image.open(io.BytesIO(prepared.data)).getexif()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_scaled_decoding_knows_which_side_is_which(orientation: int) -> None:
    large = turned(orientation).resize([side * 60 for side in turned(orientation).size], Image.Resampling.NEAREST)
    data = saved(large, "JPEG", quality=90, exif=b"Exif\0\0" + exif(orientation))

    prepared = prepare_image(data, "x", PixelSpec(size=(40, 24), mode="stretch", pixels="png"))

    assert (prepared.orig_width, prepared.orig_height) == (2400, 1440)
    assert np.abs(pixels(prepared.data) - UPRIGHT)[2:10, 2:18].max() <= 8


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(exif(0), id="0"),
        pytest.param(exif(9), id="9"),
        pytest.param(exif(65535), id="65535"),
        pytest.param(exif(6)[:18], id="cut short"),
        pytest.param(b"II*\0\xff\xff\xff\xff", id="beyond its end"),
        pytest.param(b"MM*\0\0\0\0\0", id="no order"),
        pytest.param(b"garbage", id="garbage"),
        pytest.param(b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x8769, 4, 1, 8), id="a loop"),
    ],
)
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # as decoder processes do
def test_a_damaged_orientation_turns_nothing(block: bytes) -> None:
    data = saved(Image.fromarray(UPRIGHT), "JPEG", exif=b"Exif\0\0" + block)
    assert prepare_image(data, "x", PixelSpec(mode="none")).width == 40
