"""Small pictures of images that are left out, for the person who looks why; a confined decoder makes them."""

from __future__ import annotations

from dataclasses import replace

from tasks.images.pixel_spec import PixelSpec
from tasks.images.pool import DecoderPool, ImageJob
from tasks.reasons import Reason
from tasks.samples import Rejection

_MOST = 8
"""So many images of a shard are decoded once more for a picture."""

_SIDE = 96
_MOST_BYTES = 16 << 10
_TO_SHOW = frozenset(
    {
        Reason.TRUNCATED,
        Reason.DECODE_ERROR,
        Reason.TOO_SMALL,
        Reason.BAD_ASPECT,
        Reason.EXTENSION_MISMATCH,
        Reason.UNSUPPORTED_MODE,
    }
)
"""Reasons of images of which a part can be seen; of others there is nothing to see, or too much of it."""


class RejectPictures:
    """Makes the pictures of one shard's images that are left out, of the first few of them."""

    def __init__(self, pool: DecoderPool, spec: PixelSpec) -> None:
        self._pool = pool
        self._spec = _to_show(spec)
        self._left = _MOST

    def with_picture(self, rejection: Rejection, job: ImageJob) -> Rejection:
        """*rejection* with a picture of as much as can be seen of *job*, its image; without one where that is nothing.

        Raises:
            DatasetError: No decoder process can be started.
        """
        if self._left <= 0 or rejection.reason not in _TO_SHOW:
            return rejection
        self._left -= 1
        (made,) = self._pool.prepare_images([job], self._spec)
        if not isinstance(made, Rejection):
            return replace(rejection, picture=made.data) if len(made.data) <= _MOST_BYTES else rejection
        if made.reason is Reason.DECODER_LIMIT:
            self._left = 0  # more like it would cost as much, and show as little
        return rejection


def _to_show(spec: PixelSpec) -> PixelSpec:
    """How an image that *spec* does not admit is made into a picture, as far as its bytes go."""
    small = replace(spec, size=(_SIDE, _SIDE), mode="longer", upscale=False, color="RGB", filter="bicubic")
    seen = replace(small, kernel="pillow", pixels="jpeg", quality=72, measures="", icc="ignore")
    return replace(seen, min_side=1, max_aspect=0.0, strict_extensions=False, allow_truncated=True)
