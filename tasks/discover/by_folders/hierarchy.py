"""Folders within folders: each level of a path is a level of the label."""

from __future__ import annotations

from typing import Literal

from tasks.discover.by_folders.folder_paths import FolderReading, FolderSource
from tasks.discover.listing.listing import Listing
from tasks.discover.words.split_words import SplitWords


class Hierarchy(FolderSource):
    """A source of nested class folders: `cat/siamese/1.jpg`; split folders around it are taken off first."""

    layout: Literal["hierarchy"]

    def reading(self, listing: Listing, words: SplitWords) -> FolderReading:
        """How the folders of *listing* are read."""
        named = [parts for parent in listing.parents if (parts := self.named_parts(parent))]
        is_nested = any(len(parts) > 1 for parts in named)
        has_splits = is_nested and all(words.split_of(parts[0]) for parts in named)
        notices = ("The first folders are named like splits, and are taken as such",) if has_splits else ()
        return FolderReading("hierarchy", "as the config says", has_splits, 0, notices)
