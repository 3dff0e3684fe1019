"""What the values of a column mean as splits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from tasks.discover.words.column_words import strength_of
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords
from tasks.tables.file_columns import plain_name

_YES_NO = {"is_valid": ("validation", "train"), "is_val": ("validation", "train"), "is_test": ("test", "train")}
_YES_NO |= dict.fromkeys(
    "is_train train is_training_image is_training in_training in_train training".split(), ("train", "test")
)
_YES_NO |= dict.fromkeys("in_test is_testing holdout is_holdout held_out heldout".split(), ("test", "train"))
_OF_ROWS = frozenset({"is_valid"})
_YES, _NO = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})
_NUMBERED = {"0": "train", "1": "validation", "2": "test"}
_MOST_SPLITS = 5
_SPLIT = re.compile(r"[a-z]+(_[a-z]+)*")
_NAMES = frozenset("split splits set subset partition phase data_split dataset_split split_set".split())
_GUESSES = ("train", "test", "validation")


def split_names(name: str, cells: Sequence[str], said: str, words: SplitWords) -> dict[str, str]:
    """What the values of a column mean as splits; empty where it says none."""
    values = sorted({cell for cell in cells if cell})
    plain = plain_name(name)
    if not values or len(values) > 6 or len(values) == 1 == len(cells):
        return {}
    if any(known := {value: words.split_of(value) for value in values}.values()) and (
        all(known) or _are_further_splits(values, set(known), name, len(cells))
    ):
        return {value: words.split_of(value) or value.casefold() for value in values}
    parts = {value: part.split for value in values if (part := words.part_of(value)) and not part.rest}
    if len(parts) == len(values) > 1 and len(set(parts.values())) > 1:
        return parts
    yes_no = _YES_NO.get(plain) or (("train", "test") if _says_train_test(name, said) else None)
    is_of_rows = plain in _OF_ROWS and _is_mostly_yes(cells)
    if yes_no and not is_of_rows and len(values) > 1 and {value.casefold() for value in values} <= _YES | _NO:
        return {value: yes_no[value.casefold() in _NO] for value in values}
    is_partition = bool((set(tokens(name)) | (set(tokens(said)) if name.isdigit() else set())) & {"partition"})
    is_partition |= plain == "split" and len(values) == len(_NUMBERED) and _is_most(cells, "0")
    if is_partition and set(values) <= set(_NUMBERED) and len(values) > 1:
        return {value: _NUMBERED[value] for value in values}
    return {}


def _is_mostly_yes(cells: Sequence[str]) -> bool:
    """Whether most of *cells* say yes, so that a column ``is_valid`` says that a row holds, and of no split."""
    told = [cell.casefold() in _YES for cell in cells if cell]
    return sum(told) > len(told) / 2


def split_flags(columns: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Those of *columns*, two or more, that each say yes of the rows of one split, and of each row one of them.

    Returns:
        For each its split, and the values that mean yes; empty where there are no such columns.
    """
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for name, cells in columns.items():
        values = {cell for cell in cells if cell}
        split = _YES_NO.get(plain_name(name), ("", ""))[0]
        if split and len(values) > 1 and {value.casefold() for value in values} <= _YES | _NO:
            found[name] = split, tuple(sorted(value for value in values if value.casefold() in _YES))
    rows = zip(*(columns[name] for name in found), strict=True)
    yes = [[cell in found[name][1] for name, cell in zip(found, row, strict=True)] for row in rows]
    is_one_each = len({split for split, _ in found.values()}) == len(found) > 1 and all(sum(row) == 1 for row in yes)
    return found if is_one_each else {}


def _are_further_splits(values: Collection[str], known: set[str], name: str, rows: int) -> bool:
    """Whether *values*, of which some are splits, are splits all: ``train``, ``query``, ``gallery``."""
    is_few = 1 < len(values) <= _MOST_SPLITS and len(values) < rows / 2 and strength_of(name) < 2
    return is_few and "train" in known and all(_SPLIT.fullmatch(value.casefold()) for value in values)


def _is_most(cells: Sequence[str], value: str) -> bool:
    """Whether no other value is there more often than *value*."""
    counts = Counter(cells)
    return counts[value] == max(counts.values())


def _says_train_test(name: str, said: str) -> bool:
    if not name.isdigit():
        return False
    found = tokens(said.rpartition("/")[2])
    return "train" in found and "test" in found and "split" in found


def guessed_splits(name: str, cells: Sequence[str]) -> dict[str, str]:
    """What the values of a column could mean that is called like splits, the most frequent first; empty for another."""
    counts = Counter(cell for cell in cells if cell).most_common()
    is_split = plain_name(name) in _NAMES and 1 < len(counts) <= len(_GUESSES) and min(dict(counts).values()) > 1
    return dict(zip((value for value, _ in counts), _GUESSES, strict=False)) if is_split else {}
