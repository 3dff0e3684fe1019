"""The measures of images: a perceptual hash, brightness and its spread, sharpness; of many thumbs at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from tasks.images.thumb import PART, PARTS, SHEET, SMALL_SHEET, WHOLE

MEASURES = ("phash", "mean", "deviation", "sharpness")
"""The columns, as `measure_thumbs` gives them."""

MIRRORED = np.uint64(0x5555_5555_5555_5555)
"""The bits of a hash, as a number in big-endian order, that mirroring an image left to right turns over."""

_Numbers = npt.NDArray[np.float64]
_PARTS_OF = {SHEET[0] * SHEET[1]: PARTS, SMALL_SHEET[0] * SMALL_SHEET[1]: 1}
"""How many parts a sheet of so many pixels has."""
_AT_ONCE = 16  # of more, what is made on the way no longer lies in a near cache
_TERMS = 8
_SCALE = 256
_FLAT = 4 * _SCALE * _SCALE  # a cosine that a flat picture has by one grey level in one pixel

# Whole numbers all along, each sum small enough for its type to hold it exactly: every machine comes to the same bits.
_HALF = WHOLE // 2
_COSINES = np.rint(_SCALE * np.cos(np.pi * (np.arange(_HALF) + 0.5) * np.arange(_TERMS)[:, np.newaxis] / _HALF))
_DOWN = _COSINES.repeat(2, axis=1)
"""Of each pixel of a column of the whole, which two by two make the picture that is transformed; in order of terms."""
_ACROSS = np.ascontiguousarray(_DOWN.T, np.float32)
_WITHIN = np.pad(np.ones((PART - 2, PART - 2), np.int16), 1).ravel()
"""Which pixels of a part have four neighbours."""
_NEIGHBOURS = (PART - 2) * (PART - 2)


class Measures(TypedDict):
    """The measures of one image, as `measure_thumbs` gives them."""

    phash: bytes
    mean: float
    deviation: float
    sharpness: float


def measure_thumbs(thumbs: Sequence[bytes]) -> list[Measures]:
    """The measures of images, of each by `MEASURES`.

    ``phash`` has 8 bytes: of the 8 × 8 lowest terms of the cosine transform of the image in 32 × 32 pixels of grey one
    bit each, row by row, whether it is above zero; the first, their sum, is left at 0: an even image has no bit at all.
    ``mean`` and ``deviation`` are of brightness, 0 to 255; ``sharpness`` is the variance of the Laplacian where it is
    highest.

    Args:
        thumbs: What `thumb_of` made.
    """
    found: dict[int, Measures] = {}
    for size in {len(thumb) for thumb in thumbs}:
        desk = _Desk(_PARTS_OF[size])
        places = [place for place, thumb in enumerate(thumbs) if len(thumb) == size]
        for first in range(0, len(places), _AT_ONCE):
            some = places[first : first + _AT_ONCE]
            found.update(zip(some, desk.measured([thumbs[place] for place in some]), strict=True))
    return [found[place] for place in range(len(thumbs))]


class _Desk:
    """Room to measure some images of so many *parts* at once, used again and again: new room is paid for each time."""

    def __init__(self, parts: int) -> None:
        self._wholes = np.empty((_AT_ONCE, WHOLE, WHOLE), np.float32)
        self._lines = np.empty((_AT_ONCE, WHOLE, _TERMS), np.float32)
        self._parts = np.empty((_AT_ONCE, parts, PART, PART), np.int16)
        self._edges = np.empty((_AT_ONCE, parts, PART * PART), np.int16)
        self._wide = np.empty((_AT_ONCE * parts, PART * PART), np.int32)

    def measured(self, thumbs: Sequence[bytes]) -> list[Measures]:
        sheets = np.frombuffer(b"".join(thumbs), np.uint8).reshape(len(thumbs), -1, SHEET[0])
        hashes, means, variances = self._look_at_wholes(sheets[:, :WHOLE])
        sharpest = self._look_at_parts(sheets[:, WHOLE:])
        columns = zip(hashes, means.tolist(), np.sqrt(variances).tolist(), sharpest.tolist(), strict=True)
        return [
            {"phash": phash, "mean": mean, "deviation": deviation, "sharpness": sharpness}
            for phash, mean, deviation, sharpness in columns
        ]

    def _look_at_wholes(self, wholes: npt.NDArray[np.uint8]) -> tuple[list[bytes], _Numbers, _Numbers]:
        """The hash, the mean and the variance of each of *wholes*."""
        count = len(wholes)
        wide = self._wholes[:count]
        wide[...] = wholes
        lines = np.matmul(wide, _ACROSS, out=self._lines[:count])
        terms = (_DOWN @ lines.astype(np.float64)).reshape(count, -1)
        means = terms[:, 0] / (_SCALE * _SCALE * WHOLE * WHOLE)
        terms[:, 0] = 0
        bits = np.packbits(terms > _FLAT, axis=1).tobytes()
        rows = wide.reshape(-1, WHOLE)
        squares = np.einsum("ij,ij->i", rows, rows).reshape(count, WHOLE).sum(axis=1, dtype=np.float64)
        variances = np.maximum(squares / (WHOLE * WHOLE) - means * means, 0)
        return [bits[start : start + _TERMS] for start in range(0, len(bits), _TERMS)], means, variances

    def _look_at_parts(self, below: npt.NDArray[np.uint8]) -> _Numbers:
        """The greatest variance of the Laplacian within a part of each of the sheets whose parts are *below*.

        It is taken of all parts at once, row after row as if they were one line: what it comes to at their edges is
        left out.
        """
        count, parts = len(below), self._parts.shape[1]
        for number in range(parts):
            top, left = number // 2 * PART, number % 2 * PART
            self._parts[:count, number] = below[:, top : top + PART, left : left + PART]
        line, edges = self._parts[:count].reshape(-1), self._edges[:count].reshape(-1)
        np.multiply(line, 4, out=edges)
        for step in (1, PART):
            edges[step:] -= line[:-step]
            edges[:-step] -= line[step:]
        wide = self._wide[: count * parts]
        np.multiply(self._edges[:count].reshape(wide.shape), _WITHIN, out=wide)
        means = wide.sum(axis=1, dtype=np.int32) / _NEIGHBOURS
        variances = np.einsum("ij,ij->i", wide, wide) / _NEIGHBOURS - means * means
        found: _Numbers = np.maximum(variances, 0).reshape(count, parts).max(axis=1)
        return found
