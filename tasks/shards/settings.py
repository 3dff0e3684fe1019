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
        pixels: ``jpeg``, ``png`` or ``webp``; ``raw``: uint8, height × width × channels; ``original``: the bytes of the
            source, checked and not encoded again.
        quality: The quality of JPEG and WebP, 1 to 100. WebP is lossless at 100.
        shard_bytes: How many bytes of images a shard is planned to hold.
        shard_rows: The most rows of a shard.
        shards_per_split: The fewest shards of a split, as far as each has 200 rows, so that all workers of a loader
            have files to read. Published rows stay in their shards.
        measures: Whether each row has measures of its image: a perceptual hash, brightness and its spread, sharpness.
            If you leave it out, a new dataset has them. A dataset without them gets them once all of its shards are
            written anew anyway; ``true`` adds them at once, by copying.
        compression: How the image column is compressed: ``auto`` compresses small JPEGs and raw pixels, where it saves
            something.
    """

    pixels: Literal["jpeg", "png", "webp", "raw", "original"] = "jpeg"
    quality: int = Field(default=90, ge=1, le=100)
    shard_bytes: Annotated[ByteSize, Field(ge=1024, le=HARD_CAP_BYTES)] = ByteSize(256 << 20)
    shard_rows: int = Field(default=20_000, ge=1, le=1_000_000)
    shards_per_split: int = Field(default=8, ge=1, le=1024)
    measures: bool | None = None
    compression: Literal["auto", "none", "zstd"] = "auto"
