"""The measures of images: a perceptual hash, brightness and its spread, sharpness; of many thumbs at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from tasks.images.thumb import PART, SHEET, WHOLE

MEASURES = ("phash", "mean", "deviation", "sharpness")
"""The columns, as `measure_thumbs` gives them."""

MIRRORED = np.uint64(0x5555_5555_5555_5555)
"""The bits of a hash, as a number in big-endian order, that mirroring an image left to right turns over."""

_AT_ONCE = 16  # of more, what is made on the way no longer lies in a near cache
_TERMS = 8
_SCALE = 256
_FLAT = 4 * _SCALE * _SCALE  # a cosine that a flat picture has by one grey level in one pixel

# Whole numbers all along, which float64 holds exactly: every machine comes to the same bits.
_HALF = WHOLE // 2
_COSINES = np.rint(_SCALE * np.cos(np.pi * (np.arange(_HALF) + 0.5) * np.arange(_TERMS)[:, np.newaxis] / _HALF))


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
    return [row for first in range(0, len(thumbs), _AT_ONCE) for row in _measured(thumbs[first : first + _AT_ONCE])]


def _measured(thumbs: Sequence[bytes]) -> list[Measures]:
    sheets = np.frombuffer(b"".join(thumbs), np.uint8).reshape(-1, SHEET[1], SHEET[0])
    wholes = sheets[:, :WHOLE]
    means, variances = _spread(wholes.reshape(len(sheets), -1).astype(np.int32))
    sharpest = _spread(_laplacians(sheets[:, WHOLE:]))[1].reshape(len(sheets), -1).max(axis=1)
    columns = zip(_hashes(wholes), means.tolist(), np.sqrt(variances).tolist(), sharpest.tolist(), strict=True)
    return [
        {"phash": phash, "mean": mean, "deviation": deviation, "sharpness": sharpness}
        for phash, mean, deviation, sharpness in columns
    ]


def _spread(values: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The mean and the variance of each row of *values*, whose squares add up to less than 2^31 in each."""
    means = values.sum(axis=1, dtype=np.int32) / values.shape[1]
    return means, np.maximum(np.einsum("ij,ij->i", values, values) / values.shape[1] - means * means, 0)


def _hashes(wholes: npt.NDArray[np.uint8]) -> list[bytes]:
    wide = wholes.astype(np.uint16)
    rows = wide[:, ::2] + wide[:, 1::2]
    small = (rows[:, :, ::2] + rows[:, :, 1::2]).astype(np.float64)
    terms = (_COSINES @ small @ _COSINES.T).reshape(-1, _TERMS * _TERMS)
    terms[:, 0] = 0
    bits = np.packbits(terms > _FLAT, axis=1).tobytes()
    return [bits[start : start + _TERMS] for start in range(0, len(bits), _TERMS)]


def _laplacians(parts: npt.NDArray[np.uint8]) -> npt.NDArray[np.int32]:
    """The Laplacian at every pixel within each part of sheets, a row for each part.

    It is taken of whole sheets at once, row after row as if they were one line: what it comes to at the edges of parts,
    where neighbours are of another one, is left out.
    """
    wide = parts.astype(np.int16)
    line, across = wide.reshape(-1), SHEET[0]
    edges = 4 * line
    edges[1:] -= line[:-1]
    edges[:-1] -= line[1:]
    edges[across:] -= line[:-across]
    edges[:-across] -= line[across:]
    split = edges.reshape(len(parts), -1, PART, across // PART, PART)[:, :, 1:-1, :, 1:-1]
    return split.swapaxes(2, 3).astype(np.int32, order="C").reshape(-1, (PART - 2) * (PART - 2))
