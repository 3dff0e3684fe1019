"""Columns of Arrow's as NumPy and other functions want them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Bools = npt.NDArray[np.bool_]
Column: TypeAlias = pa.Array | pa.ChunkedArray


def bools(column: Column) -> Bools:
    """*column* as NumPy has it; null is no."""
    return np.asarray(pc.fill_null(column, fill_value=False).to_numpy(zero_copy_only=False), dtype=bool)


def whole(column: Column) -> pa.Array:
    """*column* in one piece."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
