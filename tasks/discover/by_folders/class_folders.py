"""One folder a class, and no splits."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tasks.discover.by_folders.folder_paths import FolderReading, FolderSource
from tasks.discover.listing.listing import Listing
from tasks.discover.words.split_words import SplitWords


class ClassFolders(FolderSource):
    """A source with one folder a class: `cat/1.jpg`."""

    layout: Literal["class_folders"]

    def reading(self, listing: Listing, words: SplitWords) -> FolderReading:
        """How the folders of *listing* are read."""
        _ = words
        is_deep = np.array([len(self.named_parts(parent)) > 1 for parent in listing.parents], dtype=bool)
        deeper = int(is_deep[listing.folder_numbers].sum())
        notices = (
            (f"{deeper} images lie deeper than their class folder; `layout: hierarchy` would label them by all levels",)
            if deeper
            else ()
        )
        return FolderReading("class_folders", "as the config says", False, 1, notices)
