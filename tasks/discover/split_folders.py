"""Folders named like splits, and the class folders in them."""

from __future__ import annotations

from typing import Literal

from tasks.discover.folder_paths import FolderReading, FolderSource
from tasks.discover.folders import discover_folders, images_under
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
        first = {self.named_parts(parent)[:1] for parent in listing.parents}
        if listing.count and not any(words.split_of(*name) for name in first if name):
            there = ", ".join(sorted("".join(name) for name in first if name)[:10]) or "none"
            raise LayoutError(
                f"No folder of {redact_url(self.path)} is named like a split (train, validation, test, …); the folders "
                f"are: {there}. Set `layout: class_folders`, or map their names in `splits.names`."
            )
        reading = FolderReading("split_folders", "as the config says", True, 0)
        return discover_folders(self, listing, reading, words)
