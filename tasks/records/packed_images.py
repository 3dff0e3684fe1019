"""The images of a Parquet file's column one after another in a plain file, so that each can be sought."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_AT_ONCE = 64
_PLACE = struct.Struct("<qq")
PLACE_BYTES = _PLACE.size
"""How many bytes of a packed file say where one image stands."""


def pack_images(file: BinaryIO, column: str, target: BinaryIO) -> None:
    """Write the images of *column* of the Parquet *file* to *target*: first where each stands, then all of them."""
    held = pq.ParquetFile(file)
    places: list[tuple[int, int]] = []
    offset = held.metadata.num_rows * PLACE_BYTES
    target.seek(offset)
    for batch in held.iter_batches(batch_size=_AT_ONCE, columns=[column]):
        for data in _bytes_of(batch.column(0)):
            target.write(data)
            places.append((offset, len(data)))
            offset += len(data)
    target.seek(0)
    target.writelines(_PLACE.pack(*place) for place in places)


def place_of(data: bytes) -> tuple[int, int]:
    """Offset and length of the image of which *data* says where it stands."""
    offset, length = _PLACE.unpack(data)
    return offset, length


def _bytes_of(column: Any) -> list[bytes]:
    values = pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column
    return [value or b"" for value in values.to_pylist()]
