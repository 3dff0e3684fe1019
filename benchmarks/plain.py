"""The script that anyone would write: Pillow, multiprocessing.Pool and pyarrow, with nothing else on.

python benchmarks/plain.py SOURCE OUTPUT [SIDE [draft]]
"""

from __future__ import annotations

import io
import sys
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, ImageOps


def prepare(path: Path, side: int, draft: bool) -> bytes:
    """The image at *path* as a JPEG of *side* x *side*; with *draft* it is decoded at twice that, where it can be."""
    with Image.open(path) as image:
        if draft:
            image.draft("RGB", (2 * side, 2 * side))  # type: ignore[no-untyped-call, unused-ignore]
        fitted = ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    fitted.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def main(source: Path, output: Path, side: int = 224, draft: bool = False) -> None:
    """Write every image below *source* to one Parquet file."""
    paths = sorted(path for path in source.rglob("*") if path.suffix in {".jpg", ".png", ".tif"})
    names = sorted({path.parent.name for path in paths})
    schema = pa.schema({"image": pa.binary(), "label": pa.int64()})
    with Pool(2) as pool, pq.ParquetWriter(output, schema) as writer:
        for start in range(0, len(paths), 500):
            part = paths[start : start + 500]
            images = pool.map(partial(prepare, side=side, draft=draft), part, chunksize=32)
            labels = [names.index(path.parent.name) for path in part]
            writer.write_table(pa.table([images, labels], schema=schema))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else 224, "draft" in sys.argv[4:])
