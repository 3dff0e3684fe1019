"""What the names of files say against taking their folders for classes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import median

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.folder_evidence.companions import Companions
from tasks.discover.folder_evidence.folder_roles import FolderRoles
from tasks.discover.listing.listing import Listing
from tasks.discover.words.folder_names import (
    few,
    is_companion_name,
    number_one_thing,
    sorts_images,
    tell_of_dates,
    tells_a_form,
    tells_a_size,
)

_DEEP = 3
_SAME = 0.9
_MOST_KINDS = 30
_LOOKED_AT = 2048
_ASKED = 64
_FEWEST_NAMES = 6
_SPARSE = 3
_EVEN = 0.8
_NUMBER = re.compile(r"\d+")
_COUNTED = re.compile(r"(\d+)[_-](\d{1,3})")


def outlined(roles: FolderRoles, found: Companions) -> str:
    """Numbered things, whose images have masks: those say what an image shows."""
    labels = _labels(roles)
    names = set(labels.values())
    if not found.has_masks or len(names) < 2:
        return ""
    is_numbered = number_one_thing(names) and _are_namesakes(labels, found)
    if not is_numbered and not (all(map(_NUMBER.search, names)) and _begin_as_their_folders(labels, found)):
        return ""
    return (
        f"the folders {few(names)} number things, and each image has another that goes with it and may say what it is"
    )


def namesakes(roles: FolderRoles, found: Companions) -> str:
    """Folders with files of the same names, where they are called images of a kind, or those names are no counters."""
    labels = _labels(roles)
    kinds = set(labels.values())
    if not 1 < len(kinds) <= _MOST_KINDS:
        return ""
    are_of_kinds = any(all(map(tells, kinds)) for tells in (sorts_images, tells_a_size, tells_a_form))
    are_alike = are_of_kinds and _are_namesakes(labels, found)
    is_few = len(labels) <= _MOST_KINDS
    if not are_alike and not (is_few and _hold_the_same(labels, found.listing, whatever_names=are_of_kinds)):
        return ""
    return f"{few(kinds)} hold files of the same names, which may be the same images in several forms"


def shadows(roles: FolderRoles, found: Companions) -> str:
    """Folders that are called for masks and the like, whose files have the names of those in the others."""
    labels = _labels(roles)
    marked = {folder for folder, label in labels.items() if any(map(is_companion_name, label.split("/")))}
    if not marked or len(marked) == len(labels):
        return ""
    named: dict[bool, set[str]] = defaultdict(set)
    for path, _ in some_files(found.listing):
        parent, _, name = path.rpartition("/")
        if parent in labels:
            named[parent in marked].add(name.rpartition(".")[0])
    if len(named[True]) < _DEEP or len(named[True] & named[False]) < _SAME * len(named[True]):
        return ""
    return f"the files in {few(labels[folder] for folder in marked)} have the names of others, and may go with those"


def named_alike(roles: FolderRoles, found: Companions) -> str:
    """Numbered folders of which each holds files that are called alike, by several words: what they show, of whom."""
    labels = {"/".join(folder.parts): folder.names() for folder in roles.labelled}
    names = {name for label in labels.values() for name in label}
    if len(labels) < _DEEP or not all(any(map(str.isdigit, name)) for name in names):
        return ""
    words: dict[str, set[str]] = defaultdict(set)
    for path, _ in some_files(found.listing):
        parent, _, name = path.rpartition("/")
        if parent in labels:
            rest = name.rpartition(".")[0].removeprefix(labels[parent][-1])
            words["".join(char for char in rest if char.isalpha()).casefold()].add(parent)
    is_shared = all(len(parents) > len(labels) / 2 for parents in words.values())
    if "" in words or len(words) < 2 or not is_shared:
        return ""
    return f"the files in {few(names)} are called alike, {few(words)}, which may be what they show"


def counted_kinds(roles: FolderRoles, found: Companions) -> str:
    """Files called by a counter and one of a few numbers, the same in each of several folders: domains of digits."""
    labels = _labels(roles)
    kinds: dict[str, set[str]] = defaultdict(set)
    counters: set[tuple[str, str]] = set()
    looked = [path.rpartition("/") for path, _ in some_files(found.listing)]
    for parent, _, name in looked:
        match = _COUNTED.fullmatch(name.rpartition(".")[0])
        if parent not in labels or not match or (parent, match[1]) in counters:
            return ""
        counters.add((parent, match[1]))
        kinds[labels[parent]].add(match[2])
    every = set().union(*kinds.values())
    if len(kinds) < 2 or not 1 < len(every) <= min(_MOST_KINDS, len(looked) / _FEWEST_NAMES):
        return ""
    if any(len(some) < _EVEN * len(every) for some in kinds.values()):
        return ""
    return f"the files in {few(kinds)} are numbered and end in {few(every)}, which may be what they show"


def recorded(roles: FolderRoles, _: Companions) -> str:
    """Folders that are called for the day of a recording, and for more."""
    names = {name for folder in roles.labelled for name in folder.names()[-1:]}
    if len(names) < 2 or not tell_of_dates(names):
        return ""
    return f"the folders {few(names)} have a date in their names, and may tell of whom and when, not what"


def some_files(listing: Listing) -> list[tuple[str, int]]:
    """The paths and sizes of some files of *listing*, from all of it."""
    rows = np.unique(np.linspace(0, max(listing.count - 1, 0), _LOOKED_AT).astype(np.int64))
    looked = listing.files.take(pa.array(rows[: listing.count]))
    return list(zip(looked["path"].to_pylist(), looked["size"].to_pylist(), strict=True))


def sizes_of(listing: Listing, wanted: Iterable[str]) -> dict[str, int]:
    """The sizes of those of the paths *wanted* that are there."""
    paths = listing.files["path"]
    there = listing.files.filter(pc.is_in(paths, pa.array(sorted(wanted), pa.string())))
    return dict(zip(there["path"].to_pylist(), there["size"].to_pylist(), strict=True))


def _labels(roles: FolderRoles) -> dict[str, str]:
    """For each folder of images that has a label this label."""
    return {"/".join(folder.parts): "/".join(folder.names()) for folder in roles.labelled}


def _are_namesakes(labels: Mapping[str, str], found: Companions) -> bool:
    """Whether nearly each file in the folders of *labels* has the name of one with another label."""
    named: dict[str, set[str]] = defaultdict(set)
    for path, _ in some_files(found.listing):
        parent, _, name = path.rpartition("/")
        if parent in labels:
            named[name].add(labels[parent])
    return sum(1 for within in named.values() if len(within) > 1) >= max(_DEEP, _SAME * len(named))


def _begin_as_their_folders(labels: Mapping[str, str], found: Companions) -> bool:
    """Whether nearly each file in the folders of *labels* is called as its folder, with a number behind."""
    parted = (path.rpartition("/") for path, _ in some_files(found.listing))
    named = [(labels[parent].rpartition("/")[2], name) for parent, _, name in parted if parent in labels]
    begun = sum(1 for own, name in named if name.startswith(own) and _NUMBER.search(name, len(own)))
    return begun >= max(_DEEP, _SAME * len(named))


def _hold_the_same(labels: Mapping[str, str], listing: Listing, *, whatever_names: bool) -> bool:
    """Whether another label has nearly all files of the first folder of *labels*: by telling names, or by any."""
    first = next(iter(labels))
    others = [folder for folder, label in labels.items() if label != labels[first]]
    names = _names_in(first, listing)
    if len(names) < _FEWEST_NAMES or not (whatever_names or _are_telling(names)):
        return False
    asked = names[:: max(len(names) // _ASKED, 1)]
    there = sizes_of(listing, (f"{folder}/{name}" for folder in others for name in asked))
    return any(sum(f"{folder}/{name}" in there for name in asked) >= _SAME * len(asked) for folder in others)


def _names_in(folder: str, listing: Listing) -> list[str]:
    """The names of the first files that lie directly in *folder*."""
    if folder not in listing.parents:
        return []
    is_there = pa.array(listing.folder_numbers == listing.parents.index(folder))
    paths = listing.files["path"].filter(is_there).slice(0, _LOOKED_AT)
    return [path.rpartition("/")[2] for path in paths.to_pylist()]


def _are_telling(names: Sequence[str]) -> bool:
    """Whether *names* are more than counters: of different words, or with numbers that lie far apart."""
    stems = [name.rpartition(".")[0] for name in names]
    shapes = {_NUMBER.sub("#", stem) for stem in stems}
    if len(shapes) > len(stems) / 2:
        return True
    if len(shapes) > 1:
        return False
    columns = zip(*(map(int, _NUMBER.findall(stem)) for stem in stems), strict=True)
    return any(_lie_far_apart(set(numbers)) for numbers in columns)


def _lie_far_apart(numbers: Collection[int]) -> bool:
    """Whether *numbers* lie far apart, and not in even steps as those of every fiftieth image do."""
    gaps = [after - number for number, after in pairwise(sorted(numbers))]
    if len(numbers) < _FEWEST_NAMES or median(gaps) <= _SPARSE:
        return False
    return Counter(gaps).most_common(1)[0][1] < _EVEN * len(gaps)
