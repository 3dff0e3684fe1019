"""The table of pixel formats: each is told, listed, opened, and shows what was put into it; none is forgotten."""

from __future__ import annotations

import importlib
import io
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from tasks.image_formats import (
    BY_DEFAULT,
    FORMATS,
    IMAGE_EXTENSIONS,
    NAME_OF_SUFFIX,
    READ,
    FormatName,
    ImageFormat,
    format_of,
)
from tasks.images.identify import pillow_names
from tasks.images.jobs import ImageJob, Limits
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool
from tasks.images.prepare import prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.images.settings import ValidationSettings
from tasks.reasons import Reason
from tests.tasks.images.image_files import Array, saved

RAMP = np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1))
COLOUR = np.dstack([RAMP, RAMP[::-1].T, np.full_like(RAMP, 90)])
OPTIONS: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 97},
    "webp": {"lossless": True},
    "avif": {"quality": 95},
    "jpeg2000": {"irreversible": False},
    "heic": {"quality": 95},
    "jxl": {"quality": 97},
}
THERE = [item for item in READ.values() if item.is_there]
ALL = PixelSpec(mode="none", pixels="png", formats=tuple(item.name for item in THERE))
HARD = (b"%PDF-1.7", b"8BPS", b"II\xbc\x01", b"\0asm", b"PK\3\4", b"<html>", b"RIFF\0\0\0\0WAVE", b"")


def written(item: ImageFormat) -> bytes:
    """COLOUR in the format *item*."""
    pillow_names((item.name,))
    return saved(Image.fromarray(COLOUR), item.pillow[0], **OPTIONS.get(item.name, {}))


@pytest.mark.parametrize("item", READ.values(), ids=lambda item: item.name)
def test_a_format_that_is_read_has_all_its_parts(item: ImageFormat) -> None:
    assert item.name in get_args(FormatName)
    assert item.magics, "by what is its content told?"
    assert item.suffixes, "by which ends of names is it listed?"
    assert item.pillow, "what does Pillow call it?"
    assert item.modules, "what opens it?"
    assert item.modes, "which modes can its images have?"
    assert bool(item.extra) != all(module.startswith("PIL.") for module in item.modules)


def test_each_name_and_each_suffix_is_of_one_format() -> None:
    assert set(get_args(FormatName)) == set(READ)
    assert len(NAME_OF_SUFFIX) == sum(len(item.suffixes) for item in FORMATS)
    assert {".pgm", ".avif", ".heic", ".jp2", ".jxl", ".dcm", ".npy"} <= IMAGE_EXTENSIONS
    assert set(BY_DEFAULT) == {"jpeg", "png", "tiff", "webp", "bmp", "gif", "ppm"}
    assert {item.written for item in FORMATS} - {""} == {"jpeg", "png", "webp"}


@pytest.mark.parametrize("item", THERE, ids=lambda item: item.name)
def test_a_format_is_told_by_its_content_and_shows_its_pixels(item: ImageFormat) -> None:
    data = written(item)

    assert format_of(data) is item
    prepared = prepare_image(data, f"x.{item.suffixes[0]}", ALL)
    shown: Array = np.asarray(Image.open(io.BytesIO(prepared.data))).astype(int)
    assert prepared.warning == ""
    assert np.abs(shown - COLOUR).mean() <= (4 if item.is_lossy or item.name == "gif" else 0)
    assert item.pillow[0] in Image.OPEN
    assert Image.open(io.BytesIO(data)).mode in (*item.modes, "P")


@pytest.mark.parametrize("item", THERE, ids=lambda item: item.name)
def test_a_format_that_is_not_listed_is_rejected_with_the_key_that_admits_it(item: ImageFormat) -> None:
    others = tuple(name for name in ALL.formats if name != item.name)
    with pytest.raises(RejectedImageError, match=f"`validation.formats` does not list: add {item.name}") as caught:
        prepare_image(written(item), "x", replace(ALL, formats=others))
    assert caught.value.reason == Reason.FORMAT_NOT_ALLOWED


@pytest.mark.parametrize("item", THERE, ids=lambda item: item.name)
def test_a_format_that_is_cut_short_is_a_reject(item: ImageFormat) -> None:
    data = written(item)
    for share in (0.3, 0.6, 0.9):
        with pytest.raises(RejectedImageError) as caught:
            prepare_image(data[: int(len(data) * share)], "x", ALL)
        assert caught.value.reason in {Reason.TRUNCATED, Reason.DECODE_ERROR}


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        pytest.param(bytes(128) + b"DICM", Reason.FORMAT_NOT_ALLOWED, "DICOM", id="DICOM"),
        pytest.param(b"\x93NUMPY\1\0", Reason.FORMAT_NOT_ALLOWED, "numpy array", id="NPY"),
        pytest.param(b"\0\0\0\x18ftypheic" + bytes(99), Reason.FORMAT_NOT_ALLOWED, r"parquetry\[heic\]", id="HEIC"),
        pytest.param(b"\xff\x0a" + bytes(99), Reason.FORMAT_NOT_ALLOWED, r"parquetry\[jxl\]", id="JPEG XL"),
        *(pytest.param(data, None, "", id=repr(data[:4])) for data in HARD),
    ],
)
def test_what_is_never_read_says_what_it_is(data: bytes, reason: Reason | None, words: str) -> None:
    with pytest.raises(RejectedImageError, match=words or None) as caught:
        prepare_image(data, "x", PixelSpec())
    known = {Reason.NOT_AN_IMAGE, Reason.FORMAT_NOT_ALLOWED, Reason.EMPTY_FILE, Reason.TRUNCATED}
    assert caught.value.reason in ({reason} if reason else known)


def test_portable_maps_of_every_depth_show_their_whole_range() -> None:
    def shown(data: bytes) -> list[int]:
        prepared = prepare_image(data, "x.pgm", PixelSpec(mode="none", pixels="png", color="L"))
        return [int(value) for value in np.asarray(Image.open(io.BytesIO(prepared.data))).reshape(-1)]

    assert shown(b"P5 3 1 255\n\0\x80\xff") == [0, 128, 255]
    assert shown(b"P5\n# made by hand\n3 1\n4095\n\0\0\x08\0\x0f\xff") == [0, 128, 255]
    assert shown(b"P2 3 1 7 0 3 7") == [0, 109, 255]
    assert shown(b"P4 8 1\n\xf0") == [0, 0, 0, 0, 255, 255, 255, 255]
    assert shown(b"P1 4 1 1 0 1 0") == [0, 255, 0, 255]


def test_every_format_is_decoded_in_a_confined_process() -> None:
    pool = DecoderPool(1, Limits())
    found = list(pool.prepare_images([ImageJob(written(item)) for item in THERE], replace(ALL, size=(8, 8))))
    pool.close()

    assert [item.orig_format for item in found if isinstance(item, Prepared)] == [item.pillow[0] for item in THERE]


def test_a_format_whose_package_is_missing_is_refused_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.image_formats.find_spec", lambda name: None if "heif" in name else importlib)
    with pytest.raises(ValidationError, match=r"pip install 'parquetry\[heic\]'"):
        ValidationSettings(formats=("jpeg", "heic"))
