"""What a reading leaves out: images that wait for their labels, companions, and those that it should have told of."""

from __future__ import annotations

from collections.abc import Mapping

from tasks.discover.listing.listing import Listing
from tasks.discover.words.folder_names import is_companion_name, tokens
from tasks.discover.words.split_words import SplitWords

_WAITS = frozenset("test testing eval unlabeled unlabelled pred predict prediction inference submission".split())


def unaccounted(told: Mapping[str, set[str]], listing: Listing, published: set[str], words: SplitWords) -> list[str]:
    """Images that a reading leaves out, and of which nothing says that they have no label.

    Args:
        told: For each table beside the images which of them it names.
        listing: All images.
        published: The paths of those that the reading accounts for.
        words: For splits.
    """
    left = [path for path in listing.files["path"].to_pylist() if path not in published]
    holders = {path.rpartition("/")[0] for path in published}
    waiting = {file for table, files in told.items() if _waits(table, words) for file in files}
    apart = {file for files in told.values() for file in files if file.rpartition("/")[0] not in holders}
    if 2 * len(apart - published) > len(published):
        apart = set()
    odd = []
    for path in left:
        folder = path.rpartition("/")[0]
        is_told = path in waiting or path in apart or is_companion_name(folder)
        if not (is_told or (_waits(folder, words) and folder not in holders)):
            odd.append(path)
    return odd


def _waits(said: str, words: SplitWords) -> bool:
    """Whether what is called *said* is of images whose labels are for others to find."""
    return any(token in _WAITS or words.split_of(token) == "test" for token in tokens(said))
