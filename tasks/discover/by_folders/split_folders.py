"""Folders named like splits, and the class folders in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tasks.discover.by_folders.folder_paths import FolderReading, FolderSource
from tasks.discover.listing.listing import Listing
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.storage import redact_url


class SplitFolders(FolderSource):
    """A source with split folders, then class folders: `train/cat/1.jpg`, or deeper: `train/cat/siamese/1.jpg`."""

    layout: Literal["split_folders"]

    def reading(self, listing: Listing, words: SplitWords) -> FolderReading:
        """How the folders of *listing* are read.

        Raises:
            LayoutError: No folder is named like a split.
        """
        named = [parts for parent in listing.parents if (parts := self.named_parts(parent))]
        level = split_level(named, words)
        if listing.count and level < 0:
            there = ", ".join(sorted({parts[0] for parts in named})[:10]) or "none"
            raise LayoutError(
                f"No folder of {redact_url(self.path)} is named like a split (train, validation, test, …); the folders "
                f"are: {there}. Set `layout: class_folders`, or map their names in `splits.names`."
            )
        return FolderReading("split_folders", "as the config says", True, 0, split_level=max(level, 0))


def split_level(named: Sequence[tuple[str, ...]], words: SplitWords) -> int:
    """Which folder of each path is the split: the first, or the first that all paths have as one; -1 for none."""
    if any(words.split_of(parts[0]) for parts in named):
        return 0
    shortest = min(map(len, named), default=0)
    every = (level for level in range(1, shortest) if all(words.split_of(parts[level]) for parts in named))
    return next(every, -1)
