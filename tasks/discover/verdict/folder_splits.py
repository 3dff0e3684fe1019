"""The splits that folders name around images whose labels stand in tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import SplitClaim
from tasks.discover.words.split_words import SplitWords

_FEWEST, _MOST_NAMES = 2, 12


def folder_splits(labelled: Iterable[str], words: SplitWords, *, of_one: bool = False) -> SplitClaim | None:
    """The splits that one level of folders names for all images that are *labelled*; None where none does.

    Of several levels it is the one that tells the most splits apart: in ``Evaluation_Set/Validation`` the inner one.
    With *of_one* a folder around all of them may be that of one split, unless it is called for training: of what is
    there for training, people take the other splits.
    """
    files = list(labelled)
    folders = {file: tuple(file.split("/")[:-1]) for file in files}
    every = set(folders.values())
    best: SplitClaim | None = None
    for level in range(min(map(len, every), default=0)):
        names = {parts[level] for parts in every}
        if not 0 < len(names) <= _MOST_NAMES:
            continue
        splits = words.splits_among(sorted(names))
        said = len(set(splits.values()))
        is_one = of_one and len(names) == 1 and set(splits.values()).isdisjoint({"train"})
        least = len(set(best.by_file.values())) + 1 if best else 1 if is_one else _FEWEST
        if names <= set(splits) and said >= least:
            head = f"(?:[^/]+/){{{level}}}" if level else ""
            entry: TableKeys = {"listing": "**", "pattern": f"^{head}(?P<split>[^/]+)/"}
            told = {file: splits[parts[level]] for file, parts in folders.items()}
            other = {name: split for name, split in splits.items() if words.split_of(name) != split}
            best = SplitClaim([entry], told, other, f"the folder{'s' * (len(names) > 1)} {', '.join(sorted(names))}")
    return best


def half_named(labelled: Iterable[str], words: SplitWords) -> tuple[list[str], list[str]]:
    """Of the folders around all images that are *labelled* those that name splits, and those beside them that do not.

    Both are empty where no level has folders of both kinds.
    """
    every = {tuple(file.split("/")[:-1]) for file in labelled}
    for level in range(min(map(len, every), default=0)):
        names = {parts[level] for parts in every}
        splits = words.splits_among(sorted(names)) if 1 < len(names) <= _MOST_NAMES else {}
        if splits and (others := sorted(names - set(splits))):
            return sorted(splits), others
    return [], []


def with_the_rest(labelled: Iterable[str], words: SplitWords) -> SplitClaim | None:
    """The splits that folders name, and `train` for the one folder beside them that names none."""
    files = list(labelled)
    splits, others = half_named(files, words)
    if len(others) != 1 or "train" in {words.splits_among(splits).get(name) for name in splits}:
        return None
    told = {others[0]: "train"}
    found = folder_splits(files, words.with_names(told))
    return replace(found, names=found.names | told) if found is not None else None
