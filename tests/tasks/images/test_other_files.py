"""What is said of files that are called like images and are something else, and of JPEGs that nobody decodes."""

from __future__ import annotations

import base64
import gzip
import io

import numpy as np
import pytest
from PIL import Image

from tasks.images.pixel_spec import PixelSpec
from tasks.images.prepare import prepare_image
from tasks.images.rejected import RejectedImageError
from tasks.reasons import Reason
from tests.tasks.images.image_files import saved

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8))
PNG, JPEG = saved(NOISE, "PNG"), saved(NOISE, "JPEG")
START = JPEG.index(b"\xff\xc0")


def refusal(data: bytes) -> tuple[Reason, str]:
    with pytest.raises(RejectedImageError) as caught:
        prepare_image(data, "x.jpg", PixelSpec(mode="none"))
    return caught.value.reason, caught.value.detail


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "`git lfs pull`"),
        (b"/annex/objects/SHA256E-s123--abc.jpg\n", "`git annex get`"),
        (b"\n<!DOCTYPE HTML><html><body>404</body></html>", "it is a web page"),
        (gzip.compress(JPEG), "packed by gzip"),
        (b"PK\x03\x04" + bytes(range(26)), "a zip file"),
        (base64.b64encode(JPEG), "a JPEG in base64"),
        (base64.b64encode(PNG), "a PNG in base64"),
        (PNG.replace(b"\n", b"\r\n"), "line ends were changed"),
        (PNG.replace(b"\r\n", b"\n"), "line ends were changed"),
        (PNG.decode("latin-1").encode(), "saved as text"),
        (JPEG.decode("utf-8", "replace").encode(), "saved as text"),
        (b"\r\n" + PNG, "2 bytes stand before what begins like PNG"),
        (b"\xef\xbb\xbf" + JPEG, "3 bytes stand before what begins like JPEG"),
        (b"\0\0\0\x20ftypisom" + bytes(40), "a video"),
    ],
)
def test_what_is_no_image_is_called_what_it_is(data: bytes, said: str) -> None:
    reason, detail = refusal(data)

    assert reason is Reason.NOT_AN_IMAGE
    assert said in detail


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (JPEG[: START + 1] + b"\xc3" + JPEG[START + 2 :], "lossless"),
        (JPEG[: START + 1] + b"\xf7" + JPEG[START + 2 :], "JPEG-LS"),
        (JPEG[: START + 5] + b"\0\0" + JPEG[START + 7 :], "its height after its pixels"),
        (JPEG[: START + 9] + b"\2" + JPEG[START + 10 :], "2-layer"),
    ],
)
def test_a_jpeg_of_a_kind_that_is_not_decoded_is_not_called_cut_short(data: bytes, said: str) -> None:
    reason, detail = refusal(data)

    assert reason is Reason.UNSUPPORTED_MODE
    assert said in detail


def test_every_jpeg_that_is_decoded_is_no_odd_one() -> None:
    for keys in ({}, {"progressive": True}, {"keep_rgb": True}, {"subsampling": 0, "restart_marker_rows": 1}):
        made = prepare_image(saved(NOISE, "JPEG", **keys), "x.jpg", PixelSpec(mode="none", pixels="png"))

        assert Image.open(io.BytesIO(made.data)).size == (32, 24)
