"""Shards: what they are planned by, how their rows are made, and the files that are written."""

from __future__ import annotations

from tasks.shards.build import build_shard_files
from tasks.shards.settings import WriteSettings
from tasks.shards.spec import BuildSpec, ShardOutcome, published_pixel_spec
from tasks.shards.stream import Finished, prepare_samples

__all__ = [
    "BuildSpec",
    "Finished",
    "ShardOutcome",
    "WriteSettings",
    "build_shard_files",
    "prepare_samples",
    "published_pixel_spec",
]
