"""The images of a Parquet file's column one after another in a plain file, so that each can be sought."""

from __future__ import annotations

import shutil
import struct
import tempfile
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.records.array_files import image_rows

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


def pack_arrays(file: BinaryIO, name: str, target: BinaryIO) -> None:
    """Write the rows of all arrays of images in *file*, called *name*, to *target*, each as a ``.npy`` file."""
    places: list[tuple[int, int]] = []
    offset = 0
    with tempfile.TemporaryFile() as held:
        for row in image_rows(file, name):
            start = held.tell()
            np.save(held, row, allow_pickle=False)
            places.append((start, held.tell() - start))
        offset = len(places) * PLACE_BYTES
        target.writelines(_PLACE.pack(start + offset, length) for start, length in places)
        held.seek(0)
        shutil.copyfileobj(held, target)


def place_of(data: bytes) -> tuple[int, int]:
    """Offset and length of the image of which *data* says where it stands."""
    offset, length = _PLACE.unpack(data)
    return offset, length


def _bytes_of(column: Any) -> list[bytes]:
    values = pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column
    return [value or b"" for value in values.to_pylist()]
