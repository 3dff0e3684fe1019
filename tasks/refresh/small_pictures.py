"""Small pictures of images that are published as their sources have them: only a confined decoder looks at these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from tasks.image_formats import READ
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import ImageJob, Limits, shared_pool
from tasks.report.album import MOST_PIXELS, SIDE

_SMALL = PixelSpec(
    size=(SIDE, SIDE), mode="longer", upscale=False, quality=72, allow_truncated=True, formats=tuple(READ)
)


def shrink_confined(images: Sequence[bytes]) -> list[bytes]:
    """For each of *images*, whole files, a small JPEG; empty where there is none to be had.

    Raises:
        DatasetError: No decoder process can be started.
    """
    pool = shared_pool(1, Limits())
    made: list[bytes] = []
    for is_jpeg, same in groupby(images, key=lambda data: data.startswith(b"\xff\xd8")):
        spec = _SMALL if is_jpeg else replace(_SMALL, max_pixels=MOST_PIXELS)
        found = pool.prepare_images((ImageJob(data) for data in same), spec)
        made += [item.data if isinstance(item, Prepared) else b"" for item in found]
    return made
