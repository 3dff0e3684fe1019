"""Daft: one query from files to Parquet. It stretches where the others crop, and encodes at its own quality."""

from __future__ import annotations

from pathlib import Path

import daft
from daft.functions import decode_image, download, encode_image, resize

from benchmarks.peers.job import labelled, no_packing, run


def write(source: Path, dest: Path) -> None:
    """Photographs into Parquet."""
    items = labelled(source)
    rows = daft.from_pydict({"path": [str(path) for path, _ in items], "label": [label for _, label in items]})
    image = decode_image(download(daft.col("path")), mode="RGB")
    rows = rows.with_column("image", encode_image(resize(image, 224, 224), "JPEG")).exclude("path")
    rows.write_parquet(str(dest))


if __name__ == "__main__":
    run(write, no_packing, {})
