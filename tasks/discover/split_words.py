"""The words by which sources name their splits, and the splits they mean."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
}


class SplitWords:
    """Which names are splits: whole names, in any case.

    Attributes:
        names: Further words, each with the split that it means; they come before the usual ones.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._words = _WORDS | {word.casefold(): split for word, split in names.items()}

    def split_of(self, name: str) -> str:
        """The canonical split that *name* means; empty where it means none."""
        return self._words.get(name.strip().casefold(), "")
