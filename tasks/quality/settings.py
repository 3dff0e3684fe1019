"""The `quality` section: which images count as near duplicates."""

from __future__ import annotations

from pydantic import Field

from tasks.step_config import StepConfig


class QualitySettings(StepConfig):
    """Which images count as near duplicates.

    Attributes:
        distance: Two images are near duplicates where at most this many of the 64 bits of their hashes differ.
        mirrored: Whether an image and the mirror image of another one count, too.
    """

    distance: int = Field(default=10, ge=0, le=16)
    mirrored: bool = False
