"""The measures of the rows of a shard: of images that were just decoded, and of rows that were copied without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from tasks.columns import ShardRow
from tasks.images.measures import MEASURES, measure_thumbs
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.images.pool import DecoderPool, ImageJob
from tasks.images.thumb import is_sheet, thumb_of
from tasks.shards.writer import ShardWriter

_ALIKE = 1.02
"""So much may the proportions of a published picture differ from the image's: it shows all of it, or nearly so."""

_ROWS, _BYTES = 128, 4 << 20
"""So many rows, or bytes of them, are measured at once."""


class MadeRow(ShardRow, total=False):
    """A row that is about to be written.

    Attributes:
        thumb: What it is measured by; it is no column.
    """

    thumb: bytes


class MeasuredRows:
    """Takes the rows of a shard, and hands them to its writer with their measures, some at a time."""

    def __init__(self, writer: ShardWriter, pool: DecoderPool, spec: PixelSpec) -> None:
        self._writer = writer
        self._pool = pool
        self._spec = spec
        self._rows: list[MadeRow] = []
        self._bytes = 0

    def add(self, row: MadeRow) -> None:
        """One more row."""
        self._rows.append(row)
        self._bytes += len(row["pixels"])
        if len(self._rows) >= _ROWS or self._bytes >= _BYTES:
            self._hand_over()

    def finish(self) -> None:
        """Hand over what is left, and finish the shard."""
        self._hand_over()
        self._writer.finish()

    def _hand_over(self) -> None:
        if self._spec.measures:
            self._complete(self._rows)
        for row in self._rows:
            self._writer.add(row, len(row["pixels"]))
        self._rows, self._bytes = [], 0

    def _complete(self, rows: Sequence[MadeRow]) -> None:
        """Add the measures to those of *rows* that lack them.

        A row that was copied from a shard without measures is measured by its published picture. The hash of what was
        cut out of an image, or has a border, is not that of the image, so that it stays unknown there.
        """
        copied = [row for row in rows if "thumb" not in row and MEASURES[0] not in row]
        for row, thumb in zip(copied, self._thumbs(copied), strict=True):
            row["thumb"] = thumb
        fresh = [row for row in rows if is_sheet(row.get("thumb", b""))]
        for row, values in zip(fresh, measure_thumbs([row["thumb"] for row in fresh]), strict=True):
            row |= {
                "phash": values["phash"],
                "mean": values["mean"],
                "deviation": values["deviation"],
                "sharpness": values["sharpness"],
            }
        for row in copied:
            if not shows_whole(row, self._spec):
                row["phash"] = None

    def _thumbs(self, rows: Sequence[MadeRow]) -> list[bytes]:
        if not rows:
            return []
        if self._spec.pixels == "raw":
            return [thumb_of(_raw_image(row), (0, 0, row["width"], row["height"]), "white") for row in rows]
        formats = tuple({*self._spec.formats, "jpeg", "png", "webp"})
        looked_at = replace(self._spec, pixels="original", mode="none", min_side=1, max_aspect=0.0, formats=formats)
        jobs = (ImageJob(row["pixels"]) for row in rows)
        found = self._pool.prepare_images(jobs, looked_at)
        return [item.thumb if isinstance(item, Prepared) else b"" for item in found]


def shows_whole(row: MadeRow, spec: PixelSpec) -> bool:
    """Whether the published picture of *row* shows the whole of its image, and nothing else."""
    if spec.mode not in {"crop", "pad"}:
        return True
    across, down = row["width"] * row["orig_height"], row["height"] * row["orig_width"]
    return bool(max(across, down) <= _ALIKE * min(across, down))


def _raw_image(row: MadeRow) -> Image.Image:
    values = np.frombuffer(row["pixels"], np.uint8).reshape(row["height"], row["width"], row["channels"])
    return Image.fromarray(values[:, :, 0] if row["channels"] == 1 else values)
