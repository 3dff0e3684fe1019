"""Texts in Arrow's columns, judged by the bytes that they are made of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BLANK = np.arange(256) <= 0x20
_BLANK[0x7F:] = True  # some characters beyond ASCII are blank too
"""By byte, whether a blank may begin or end with it."""


def trimmed(column: pa.Array) -> pa.Array:
    """*column* without blanks around its texts."""
    return pc.utf8_trim_whitespace(column) if may_have_blanks_around(pa.chunked_array([column])) else column


def may_have_blanks_around(column: pa.ChunkedArray) -> bool:
    """Whether a text of *column* may begin or end with a blank: what stands around empty ones is looked at too."""
    for chunk in column.chunks:
        offsets, data = chunk.buffers()[1:]
        if data is None or not data.size:
            continue
        ends = np.frombuffer(offsets, np.int32, len(chunk) + 1, 4 * chunk.offset)
        codes = np.frombuffer(data, np.uint8)
        last = len(codes) - 1
        if _BLANK[codes[np.minimum(ends[:-1], last)]].any() or _BLANK[codes[np.maximum(ends[1:], 1) - 1]].any():
            return True
    return False
