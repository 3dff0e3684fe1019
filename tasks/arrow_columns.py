"""Columns of Arrow's as NumPy and other functions want them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_MOST_BYTES = 2**31 - 1
Bools = npt.NDArray[np.bool_]
Column: TypeAlias = pa.Array | pa.ChunkedArray


def bools(column: Column) -> Bools:
    """*column* as NumPy has it; null is no."""
    return np.asarray(pc.fill_null(column, fill_value=False).to_numpy(zero_copy_only=False), dtype=bool)


def whole(column: Column) -> pa.Array:
    """*column* in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def repeated(value: object, count: int, kind: pa.DataType | None = None) -> pa.Array:
    """*value* so many times, as *kind* where that is given; for a text in a fiftieth of the time of Arrow's own."""
    data = value.encode() if isinstance(value, str) else b""
    is_text = isinstance(value, str) and kind in {None, pa.string()} and len(data) * count <= _MOST_BYTES
    if not is_text:
        return pa.repeat(pa.scalar(value, kind), count)
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(len(data))
    return pa.Array.from_buffers(pa.string(), count, [None, pa.py_buffer(ends), pa.py_buffer(data * count)])
