"""The splits that folders name around images whose labels stand in tables."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.discover.split_words import SplitWords
from tasks.discover.table_claims import SplitClaim

_MOST_NAMES = 12


def folder_splits(labelled: Iterable[str], words: SplitWords) -> SplitClaim | None:
    """The splits that one level of folders names for all images that are *labelled*; None where none does."""
    files = list(labelled)
    folders = {file: tuple(file.split("/")[:-1]) for file in files}
    every = set(folders.values())
    for level in range(min(map(len, every), default=0)):
        names = {parts[level] for parts in every}
        if not 1 < len(names) <= _MOST_NAMES:
            continue
        splits = words.splits_among(sorted(names))
        if names <= set(splits) and len(set(splits.values())) > 1:
            head = f"(?:[^/]+/){{{level}}}" if level else ""
            entry = {"listing": "**", "pattern": f"^{head}(?P<split>[^/]+)/"}
            told = {file: splits[parts[level]] for file, parts in folders.items()}
            other = {name: split for name, split in splits.items() if words.split_of(name) != split}
            return SplitClaim([entry], told, other, f"the folders {', '.join(sorted(names))}")
    return None
