"""Pictures of images that are left out: of those of which something can be seen, few, small, and from a decoder."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

import numpy as np
import pytest
from PIL import Image

from tasks.building.reject_pictures import RejectPictures
from tasks.images.jobs import Outcome
from tasks.images.pixel_spec import PixelSpec
from tasks.images.pool import DecoderPool, ImageJob, Limits
from tasks.reasons import Reason
from tasks.samples import Rejection


class CountingPool(DecoderPool):
    """One decoder process that counts what it is given, and finds each too much where it is told to."""

    def __init__(self) -> None:
        super().__init__(1, Limits())
        self.asked = 0
        self.is_over = False

    def prepare_images(self, jobs: Iterable[ImageJob], spec: PixelSpec) -> Iterator[Outcome]:
        listed = list(jobs)
        self.asked += len(listed)
        if self.is_over:
            return iter([Rejection(Reason.DECODER_LIMIT, "") for _ in listed])
        return super().prepare_images(listed, spec)


@pytest.fixture
def pool() -> Iterator[CountingPool]:
    made = CountingPool()
    yield made
    made.close()


def photo(kind: str, size: tuple[int, int] = (200, 150)) -> bytes:
    ramp = np.linspace(0, 255, size[0])[None, :, None] * np.ones((size[1], 1, 3))
    noise = np.random.default_rng(1).integers(0, 30, ramp.shape)
    buffer = io.BytesIO()
    Image.fromarray(np.clip(ramp + noise, 0, 255).astype(np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def shown(pool: DecoderPool, spec: PixelSpec, data: bytes, reason: Reason) -> bytes:
    return RejectPictures(pool, spec).with_picture(Rejection(reason, "x"), ImageJob(data, "a.jpg")).picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_of_half_an_image_the_half_is_seen(pool: CountingPool, kind: str) -> None:
    data = photo(kind)
    (judged,) = pool.prepare_images([ImageJob(data[: len(data) // 2])], PixelSpec())
    assert isinstance(judged, Rejection)

    picture = shown(pool, PixelSpec(), data[: len(data) // 2], judged.reason)

    with Image.open(io.BytesIO(picture)) as opened:
        assert (opened.format, opened.size) == ("JPEG", (96, 72))
        rows = np.asarray(opened.convert("L")).std(axis=1)
    assert max(rows) > 60
    assert min(rows) < 5
    assert len(picture) <= 16 << 10


@pytest.mark.parametrize(
    ("spec", "reason", "size"),
    [
        pytest.param(PixelSpec(min_side=500), Reason.TOO_SMALL, (200, 150), id="too small"),
        pytest.param(PixelSpec(max_aspect=1.1), Reason.BAD_ASPECT, (200, 150), id="too long"),
        pytest.param(PixelSpec(strict_extensions=True), Reason.EXTENSION_MISMATCH, (200, 150), id="named otherwise"),
        pytest.param(PixelSpec(min_side=500), Reason.TOO_SMALL, (3, 2), id="a dot"),
    ],
)
def test_what_a_setting_does_not_admit_is_seen_whole(
    pool: CountingPool, spec: PixelSpec, reason: Reason, size: tuple[int, int]
) -> None:
    data = photo("PNG", size)
    (judged,) = pool.prepare_images([ImageJob(data, "a.jpg")], spec)
    assert isinstance(judged, Rejection)
    assert judged.reason is reason

    with Image.open(io.BytesIO(shown(pool, spec, data, reason))) as opened:
        assert opened.size == ((96, 72) if size[0] > 96 else size)


@pytest.mark.parametrize(
    "reason",
    [
        Reason.DECODER_LIMIT,
        Reason.TOO_MANY_PIXELS,
        Reason.NOT_AN_IMAGE,
        Reason.FORMAT_NOT_ALLOWED,
        Reason.EMPTY_FILE,
        Reason.TIMEOUT,
        Reason.PURGED,
    ],
)
def test_what_crossed_a_limit_or_never_came_is_not_decoded_again(pool: CountingPool, reason: Reason) -> None:
    assert shown(pool, PixelSpec(), photo("PNG"), reason) == b""
    assert pool.asked == 0


def test_of_a_shard_few_are_decoded_again(pool: CountingPool) -> None:
    pictures, job = RejectPictures(pool, PixelSpec()), ImageJob(photo("PNG"))

    made = [pictures.with_picture(Rejection(Reason.TRUNCATED, ""), job).picture for _ in range(20)]

    assert [bool(picture) for picture in made] == [True] * 8 + [False] * 12
    assert pool.asked == 8


def test_after_one_that_crosses_a_limit_none_is_tried(pool: CountingPool) -> None:
    pictures, job = RejectPictures(pool, PixelSpec()), ImageJob(photo("PNG"))
    pool.is_over = True

    made = [pictures.with_picture(Rejection(Reason.TRUNCATED, "x"), job) for _ in range(20)]

    assert made == [Rejection(Reason.TRUNCATED, "x")] * 20
    assert pool.asked == 1
