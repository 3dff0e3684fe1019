"""The images of a file's column, or its arrays, one after another in a plain file, so that each can be sought."""

from __future__ import annotations

import shutil
import struct
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from tasks.records.array_files import image_rows
from tasks.records.columnar_files import ArrowColumns, ParquetColumns
from tasks.records.embedded import EmbeddedPixels

_AT_ONCE = 64
_PLACE = struct.Struct("<qq")
PLACE_BYTES = _PLACE.size
"""How many bytes of a packed file say where one image stands."""


def pack_images(file: BinaryIO, column: str, target: BinaryIO) -> None:
    """Write the images of *column* of the Parquet *file* to *target*: first where each stands, then all of them."""
    held = ParquetColumns(file)
    places: list[tuple[int, int]] = []
    offset = held.count() * PLACE_BYTES
    target.seek(offset)
    for data in _images_in(held, column):
        target.write(data)
        places.append((offset, len(data)))
        offset += len(data)
    target.seek(0)
    target.writelines(_PLACE.pack(*place) for place in places)


def pack_arrow_images(file: BinaryIO, column: str, target: BinaryIO) -> None:
    """Do what `pack_images` does for the Arrow *file*, which is read once, as only its end tells how many there are."""
    _pack(_images_in(ArrowColumns(file), column), target)


def pack_arrays(file: BinaryIO, name: str, target: BinaryIO) -> None:
    """Write the rows of all arrays of images in *file*, called *name*, to *target*, each as a ``.npy`` file."""
    _pack((EmbeddedPixels(array=row).as_bytes() for row in image_rows(file, name)), target)


def _pack(images: Iterable[bytes], target: BinaryIO) -> None:
    """Write *images* to *target*, behind where each of them stands; how many they are is known at their end."""
    lengths: list[int] = []
    with tempfile.TemporaryFile() as held:
        for data in images:
            held.write(data)
            lengths.append(len(data))
        offset = len(lengths) * PLACE_BYTES
        for length in lengths:
            target.write(_PLACE.pack(offset, length))
            offset += length
        held.seek(0)
        shutil.copyfileobj(held, target)


def place_of(data: bytes) -> tuple[int, int]:
    """Offset and length of the image of which *data* says where it stands."""
    offset, length = _PLACE.unpack(data)
    return offset, length


def _images_in(held: ParquetColumns | ArrowColumns, column: str) -> Iterator[bytes]:
    for batch in held.batches([column], _AT_ONCE):
        yield from _bytes_of(batch.column(0))


def _bytes_of(column: Any) -> list[bytes]:
    values = pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column
    return [value or b"" for value in values.to_pylist()]
