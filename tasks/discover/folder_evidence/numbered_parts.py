"""Levels of folders that part numbered files, and those that number what their own class holds."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.folder_evidence.folder_roles import FolderRole, FolderRoles
from tasks.discover.listing.listing import Listing
from tasks.discover.words.folder_names import few, is_of_classes, tokens

_TWO = 2


def drop_numbered_parts(roles: FolderRoles, listing: Listing) -> None:
    """Take away levels of numbers at which those of their files begin, and recordings numbered within their class.

    ``01000/01001.png`` says nothing of an image, ``Archery/v_Archery_g04_c01`` nothing but its class.
    """
    if roles.depth <= roles.named_levels:
        return
    labelled = roles.labelled
    starts = sorted({int(name) for folder in labelled if (name := folder.names()[-1]).isdecimal()})
    if roles.depth == 1 and len(starts) == len({folder.names() for folder in labelled}) > 1:
        if _part_files(labelled, starts, listing):
            roles.drop(0, "is the number at which those of its files begin", labelled)
        return
    deep = [folder for folder in labelled if len(folder.kept) > 1]
    if deep and all(_numbers_its_class(folder.names()) for folder in deep):
        roles.drop(-1, "numbers what the class around it holds", deep)


def _part_files(labelled: list[FolderRole], starts: list[int], listing: Listing) -> bool:
    """Whether each file of the folders that are numbered *starts* is, from its folder's number on to the next."""
    ends = dict(pairwise([*starts, 1 << 62]))
    if min(after - start for start, after in pairwise(starts)) < _TWO:
        return False
    parts = {folder.listed: int(folder.names()[0]) for folder in labelled}
    firsts = ((folder.file_name.rpartition(".")[0], parts[folder.listed]) for folder in labelled)
    if not all(stem.isdecimal() and start <= int(stem) < ends[start] for stem, start in firsts):
        return False
    low = np.array([parts.get(parent, 0) for parent in listing.parents])[listing.folder_numbers]
    high = np.array([ends[parts.get(parent, starts[0])] for parent in listing.parents])[listing.folder_numbers]
    stems = pc.replace_substring_regex(pc.replace_substring_regex(listing.files["path"], r"^.*/", ""), r"\.[^.]*$", "")
    if not pc.all(pc.match_substring_regex(stems, "^[0-9]{1,18}$")).as_py():
        return False
    numbers = pc.cast(stems, pa.int64()).to_numpy()
    return bool(((numbers >= low) & (numbers < high)).all())


def numbered_within(roles: FolderRoles) -> str:
    """What speaks against folders that differ by numbers alone below others, or from the one around; else empty."""
    below: dict[str, list[str]] = defaultdict(list)
    for names in {folder.names() for folder in roles.labelled}:
        if len(names) < _TWO or _rest(names) is None:
            return _numbered_apart(roles)
        below[names[-2]].append(names[-1])
    if len(below) < _TWO or all(len(names) == 1 for names in below.values()):
        return ""
    around, inner = next(iter(sorted(below.items())))
    return f"the folders in {around} are called as it is, with a number ({sorted(inner)[0]}), and may be no classes"


def _numbered_apart(roles: FolderRoles) -> str:
    """What speaks against folders below others that have numbers in one form and are in one of those alone each.

    Patients and recordings are called so, as ``002_S_0295`` is. What is there below several others may be a class.
    """
    labels = {folder.names() for folder in roles.labelled}
    around: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for names in labels:
        around[names[-1]].add(names[:-1])
    forms = {re.sub(r"[0-9]+", "0", name) for name in around}
    above = {parents for several in around.values() for parents in several}
    is_counted = len(forms) == 1 and "0" in min(forms) and not is_of_classes(around)
    if not is_counted or len(above) < _TWO or len(around) < _TWO * len(above) or len(labels) > len(around):
        return ""
    return f"the folders {few(around)} differ by their numbers alone, and may be no classes"


def _numbers_its_class(names: tuple[str, ...]) -> bool:
    """Whether the last of *names* is the one before, with a number that begins with zero as a counter's does."""
    rest = _rest(names)
    return rest is not None and any(len(token) > 1 and token.startswith("0") for token in rest)


def _rest(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """The numbers and short words that the last of *names* has besides the one before; None where it has more."""
    own, around = names[-1].casefold(), names[-2].casefold()
    if len(around) <= _TWO or around not in own or own == around:
        return None
    rest = tokens(re.sub(re.escape(around), " ", own, count=1))
    is_plain = all(token.isdigit() or len(token) <= _TWO for token in rest)
    return rest if is_plain and any(map(str.isdigit, rest)) else None
