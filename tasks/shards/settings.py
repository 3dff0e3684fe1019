"""The `write` section: how pixels and shards are written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ByteSize, Field

from tasks.step_config import StepConfig

HARD_CAP_BYTES = 1 << 30
"""No file holds more image bytes, whatever was planned: an Arrow array ends at 2 GiB."""


class WriteSettings(StepConfig):
    """How pixels and shards are written.

    Attributes:
        pixels: ``jpeg``, ``png`` or ``webp``; ``raw``: bytes of uint8, height × width × channels; ``original``: the
            source's bytes, checked and not encoded again.
        quality: Of JPEG and WebP, 1 to 100; WebP is lossless at 100.
        shard_bytes: A shard is planned to hold so many image bytes.
        shard_rows: A shard has at most so many rows.
        shards_per_split: A split is spread over so many shards at least, as far as each of them has 200 rows, so that
            the workers of a loader all have files to read. Rows that are there stay in their shards.
        measures: Whether each row has measures of its image: a perceptual hash, brightness and its spread, sharpness.
            If you leave it out, a new dataset has them, and one that is there without them goes on without until all
            of its shards are written anew anyway; ``true`` adds them by copying.
        compression: Of the image column: ``auto`` compresses small JPEGs and raw pixels, where it saves something.
    """

    pixels: Literal["jpeg", "png", "webp", "raw", "original"] = "jpeg"
    quality: int = Field(default=90, ge=1, le=100)
    shard_bytes: Annotated[ByteSize, Field(ge=1024, le=HARD_CAP_BYTES)] = ByteSize(256 << 20)
    shard_rows: int = Field(default=20_000, ge=1, le=1_000_000)
    shards_per_split: int = Field(default=8, ge=1, le=1024)
    measures: bool | None = None
    compression: Literal["auto", "none", "zstd"] = "auto"
