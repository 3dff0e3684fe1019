"""JPEGs that are damaged within their pixels, where a decoder draws something all the same, and such that look so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tasks.reasons import Reason
from tests.tasks.images.image_files import saved
from tests.tasks.images.test_modes import KEEP
from tests.tasks.images.test_pixels import made, why

PICTURE = Image.fromarray(np.random.default_rng(3).integers(0, 255, (40, 40, 3), np.uint8)).resize((400, 400))
DAMAGED = {Reason.DECODE_ERROR, Reason.TRUNCATED}
KINDS = [
    pytest.param("RGB", {}, id="baseline"),
    pytest.param("L", {}, id="grey"),
    pytest.param("RGB", {"progressive": True}, id="progressive"),
    pytest.param("RGB", {"optimize": True}, id="optimized"),
    pytest.param("RGB", {"restart_marker_rows": 2}, id="restarts"),
]


def scan_of(data: bytes) -> int:
    return data.index(b"\xff\xda") + 14


@pytest.mark.parametrize(("mode", "options"), [*KINDS, pytest.param("CMYK", {}, id="inks")])
def test_line_ends_that_were_changed_within_pixels_are_damage(mode: str, options: dict[str, object]) -> None:
    data = saved(PICTURE.convert(mode), "JPEG", quality=90, **options)
    scan = scan_of(data)
    assert data.count(b"\n", scan) > 3
    assert why(data[:scan] + data[scan:].replace(b"\n", b"\r\n"))[0] in DAMAGED
    assert made(data).shape[:2] == (400, 400)


@pytest.mark.parametrize(("mode", "options"), KINDS)
def test_codes_that_there_are_not_are_damage(mode: str, options: dict[str, object]) -> None:
    data = saved(PICTURE.convert(mode), "JPEG", quality=90, **options)
    place = (scan_of(data) + len(data)) // 2
    reason, detail = why(data[:place] + b"\xff\0" * 30 + data[place + 60 :])
    assert reason in DAMAGED
    assert "allow_truncated" in detail or reason == Reason.TRUNCATED


def test_data_that_go_on_after_the_pixels_are_said_and_kept_where_that_is_asked_for() -> None:
    data = saved(PICTURE, "JPEG", quality=90)
    surplus = data[:-2] + bytes(range(1, 200)) + data[-2:]
    assert "go on after the last of them" in why(surplus)[1]
    assert np.array_equal(made(surplus, replace(KEEP, allow_truncated=True)), made(data))


@pytest.mark.parametrize("filler", [b"\0", b"\xff"])
def test_what_fills_up_the_end_of_the_data_is_no_damage(filler: bytes) -> None:
    data = saved(PICTURE, "JPEG", quality=90)
    assert np.array_equal(made(data[:-2] + filler * 99 + data[-2:]), made(data))


@pytest.mark.parametrize("stray", [b"\0\0", b"\0\xff\0", b"\x01" * 40])
def test_bytes_between_the_segments_of_a_head_are_no_damage_and_hide_none(stray: bytes) -> None:
    data = saved(PICTURE, "JPEG", quality=90)
    head = data.index(b"\xff\xc0")
    assert np.array_equal(made(data[:head] + stray + data[head:]), made(data))
    scan = scan_of(data)
    damaged = data[:head] + stray + data[head:scan] + data[scan:].replace(b"\n", b"\r\n")
    assert why(damaged)[0] in DAMAGED
    progressive = saved(PICTURE, "JPEG", quality=90, progressive=True)
    head, last = progressive.index(b"\xff\xc2"), progressive.rindex(b"\xff\xda")
    assert why(progressive[:head] + stray + progressive[head:last] + b"\xff\xd9")[0] == Reason.TRUNCATED


@pytest.mark.parametrize("share", [0.4, 0.7])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_download_whose_rest_is_zeros_is_cut_short(share: float, progressive: bool) -> None:
    data = saved(PICTURE, "JPEG", quality=90, progressive=progressive)
    place = int(len(data) * share)
    assert why(data[:place] + bytes(len(data) - place))[0] == Reason.TRUNCATED
    assert progressive or np.array_equal(made(data[:-2] + bytes(2000)), made(data))
