"""What is measured of the images of a shard: their sizes and formats, and of a few of them the pixels."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image, ImageStat

from tasks.shards.schema import pixel_spec_of
from tasks.storage import Store

_SIZES = ["orig_width", "orig_height", "orig_format"]
_MEASURES = ["mean", "deviation", "sharpness"]  # where images are measured
_SIDE = 256


def read_sizes(store: Store, path: str, count: int) -> tuple[pa.Table, tuple[int, float, float]]:
    """Of the shard *path* the columns ``orig_width``, ``orig_height``, ``orig_format`` and measures; sums over pixels.

    The sums are those of up to *count* of its images: how many values (uint8, all channels), their sum, and the sum of
    their squares. Where images are the sources' own bytes, their measures stand for their pixels, a value an image.
    """
    with store.open(path) as file, pq.ParquetFile(file) as parquet:
        spec = pixel_spec_of(parquet.schema_arrow)
        measures = _MEASURES if spec.get("measures") else []
        sizes = parquet.read(columns=[*_SIZES, *measures]).replace_schema_metadata(None)
        column = parquet.schema_arrow.names[0]
        if spec.get("pixels") == "original":
            return sizes, _sums_of_measures(sizes.slice(0, count)) if measures else (0, 0.0, 0.0)
        first = _first(parquet, column, count) if count else None
    if first is None:
        return sizes, (0, 0.0, 0.0)
    images = first if column == "pixels" else pc.struct_field(first, "bytes")
    sums = [_pixel_sums(data, is_raw=column == "pixels") for data in images.to_pylist()]
    return sizes, (sum(item[0] for item in sums), sum(item[1] for item in sums), sum(item[2] for item in sums))


def _sums_of_measures(images: pa.Table) -> tuple[int, float, float]:
    """The sums over pixels, as the brightness of each image and its spread have them."""
    known = images.select(["mean", "deviation"]).drop_null()
    means, deviations = (known[name].to_numpy().astype(float) for name in ("mean", "deviation"))
    return known.num_rows, float(means.sum()), float((means**2 + deviations**2).sum())


def _first(parquet: pq.ParquetFile, column: str, count: int) -> pa.ChunkedArray:
    """Of *column* the first *count* rows, or all."""
    sizes = [parquet.metadata.row_group(number).num_rows for number in range(parquet.num_row_groups)]
    groups = int(np.searchsorted(np.cumsum(sizes), count)) + 1
    return parquet.read_row_groups(range(min(groups, len(sizes))), columns=[column])[column].slice(0, count)


def _pixel_sums(data: bytes, *, is_raw: bool) -> tuple[int, float, float]:
    if is_raw:
        values = np.frombuffer(data, dtype=np.uint8).astype(np.float64)
        return len(values), float(values.sum()), float((values**2).sum())
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (_SIDE, _SIDE))
        found: Any = ImageStat.Stat(image.convert("RGB"))
    return sum(found.count), float(sum(found.sum)), float(sum(found.sum2))
