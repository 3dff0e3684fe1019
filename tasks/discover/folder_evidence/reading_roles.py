"""What the folders of a listing are, once images that are no samples are left out of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tasks.discover.by_folders.folder_paths import FolderSource
from tasks.discover.folder_evidence.companions import Companions, leave_out_companions
from tasks.discover.folder_evidence.folder_roles import FolderRole, FolderRoles, drop_levels, drop_repeats
from tasks.discover.folder_evidence.numbered_parts import drop_numbered_parts
from tasks.discover.folder_evidence.split_levels import find_splits
from tasks.discover.folder_evidence.unproven_test import drop_test_folders
from tasks.discover.listing.listing import Listing
from tasks.discover.words.split_words import SplitWords


def read_roles(listing: Listing, source: FolderSource, words: SplitWords) -> tuple[Companions, FolderRoles]:
    """What is left of *listing* without images that are no samples, and what its folders are."""
    found = leave_out_companions(listing)
    roles = _roles(found.listing, source)
    drop_repeats(roles)
    find_splits(roles, words)
    drop_levels(roles)
    drop_numbered_parts(roles, found.listing)
    drop_test_folders(roles)
    return found, roles


def _roles(listing: Listing, source: FolderSource) -> FolderRoles:
    counts = np.bincount(listing.folder_numbers, minlength=len(listing.parents))
    first = np.full(len(listing.parents), -1, dtype=np.int64)
    numbers = listing.folder_numbers
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    names = listing.files["path"].take(pa.array(np.maximum(first, 0))) if len(numbers) else pa.array([], pa.string())
    folders = []
    for parent, count, path in zip(listing.parents, counts.tolist(), names.to_pylist(), strict=True):
        parts = tuple(parent.split("/")) if parent else ()
        folder, _, name = path.rpartition("/")
        folders.append(FolderRole(parts, count, source.named_places(parts), file_name=name, listed=folder))
    folders.sort(key=lambda one: one.listed)  # a disk lists them in any order
    return FolderRoles(folders, named_levels=len(source.levels))
