"""Images of a Parquet file, or of arrays, one behind the other in a file where each can be sought."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.records.packed_images import PLACE_BYTES, pack_arrays, pack_images, place_of

PICTURES = [f"picture {number}".encode() * (number % 5) for number in range(150)]


def parquet(column: pa.Array) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(pa.table({"label": pa.array(range(len(column))), "image": column}), file)
    return file


def unpacked(target: io.BytesIO, count: int) -> list[bytes]:
    data = target.getvalue()
    places = [place_of(data[at : at + PLACE_BYTES]) for at in range(0, count * PLACE_BYTES, PLACE_BYTES)]
    assert places[0][0] == count * PLACE_BYTES
    assert sum(places[-1]) == len(data)
    return [data[offset : offset + length] for offset, length in places]


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(pa.array(PICTURES), id="bytes"),
        pytest.param(pa.array([{"path": "x", "bytes": one} for one in PICTURES]), id="bytes with the names of files"),
        pytest.param(pa.array([one or None for one in PICTURES]), id="none are no bytes"),
    ],
)
def test_each_image_of_a_column_is_found_where_its_place_says(column: pa.Array) -> None:
    target = io.BytesIO()

    pack_images(parquet(column), "image", target)

    assert unpacked(target, len(PICTURES)) == PICTURES


def test_each_image_of_an_archive_of_arrays_is_a_file_of_numpys() -> None:
    images = np.arange(72, dtype=np.uint8).reshape(6, 4, 3)
    file, target = io.BytesIO(), io.BytesIO()
    np.savez(file, a=images[:4], labels=np.arange(6), b=images[4:])

    pack_arrays(file, "x.npz", target)

    assert [np.load(io.BytesIO(data)).tolist() for data in unpacked(target, 6)] == images.tolist()
