"""Folders named like splits, and the class folders in them."""

from __future__ import annotations

from typing import Literal

from tasks.discover.folders import FolderReading, FolderSource, discover_folders, images_under
from tasks.discover.split_words import SplitWords
from tasks.errors import LayoutError
from tasks.samples import Discovery
from tasks.storage import redact_url


class SplitFolders(FolderSource):
    """A source with split folders, then class folders: `train/cat/1.jpg`, or deeper: `train/cat/siamese/1.jpg`."""

    layout: Literal["split_folders"]

    def discover(self, words: SplitWords) -> Discovery:
        """The images, each with its split and its label path.

        Raises:
            LayoutError: There is no such folder, no image in it, or no folder is named like a split.
        """
        listing = images_under(self)
        first = {path.split("/", 1)[0] for path in listing.paths if "/" in path}
        if listing.paths and not any(words.split_of(name) for name in first):
            there = ", ".join(sorted(first)[:10]) or "none"
            raise LayoutError(
                f"No folder of {redact_url(self.path)} is named like a split (train, validation, test, …); the folders "
                f"are: {there}. Set `layout: class_folders`, or map their names in `splits.names`."
            )
        reading = FolderReading("split_folders", "as the config says", True, 0)
        return discover_folders(self, listing, reading, words)
