"""What the folders above an image say: how a path becomes a split and a label path."""

from __future__ import annotations

import fnmatch
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tasks.discover.listing.listing import Listing
from tasks.discover.sample_rows import case_notices
from tasks.discover.settings import FolderSettings, SourceSettings
from tasks.discover.words.split_words import SplitWords
from tasks.reasons import Reason


class FolderSource(SourceSettings, FolderSettings):
    """A source whose folders name the classes."""

    def named_parts(self, folder: str) -> tuple[str, ...]:
        """The folders of the path *folder* that mean something: all but those of `ignore_dirs`."""
        parts = folder.split("/")
        return tuple(parts[place] for place in self.named_places(parts))

    def named_places(self, parts: Sequence[str]) -> list[int]:
        """The places of those of *parts*, a folder's path, that mean something."""
        names, patterns = _organising(self.ignore_dirs)
        places = [place for place, name in enumerate(parts) if name and name.casefold() not in names]
        if not patterns:
            return places
        return [place for place in places if not any(_matches(parts[: place + 1], pattern) for pattern in patterns)]


@lru_cache(maxsize=64)
def _organising(ignore_dirs: tuple[str, ...]) -> tuple[frozenset[str], tuple[tuple[str, ...], ...]]:
    """The names of *ignore_dirs*, folded, and its patterns of whole paths, which begin with a slash."""
    names = frozenset(name.casefold() for name in ignore_dirs if not name.startswith("/"))
    return names, tuple(tuple(name[1:].split("/")) for name in ignore_dirs if name.startswith("/"))


def _matches(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    return len(parts) == len(pattern) and all(map(fnmatch.fnmatchcase, parts, pattern))


def class_of(name: str) -> str:
    """A folder's *name* as a class: in Unicode's form C, without blanks around it."""
    return unicodedata.normalize("NFC", name).strip()


@dataclass(frozen=True, slots=True)
class FolderReading:
    """How the folders of a source are understood.

    Attributes:
        layout: The layout's name.
        why: One sentence.
        has_splits: A folder of each path is a split.
        depth: How many folders name the class: 1, or 0 for all there are.
        notices: Sentences for the discovery report.
        split_level: Which of a path's folders is the split, from 0.
    """

    layout: str
    why: str
    has_splits: bool
    depth: int
    notices: tuple[str, ...] = field(default=())
    split_level: int = 0


@dataclass(frozen=True, slots=True)
class FolderPath:
    """What the folders of one path say; empty where they say nothing."""

    split: str
    label: tuple[str, ...]
    problem: tuple[Reason, str] | None = None


class PathReader:
    """Reads paths of folders; each folder's name once."""

    def __init__(self, source: FolderSource, reading: FolderReading, words: SplitWords) -> None:
        self._source = source
        self._reading = reading
        self._words = words
        self._names: dict[str, str] = {}
        self._splits: dict[str, set[str]] = defaultdict(set)

    def read(self, folder: str) -> FolderPath:
        """The split and the label path of images in *folder*, a path relative to the root."""
        named = self._source.named_parts(folder)
        if not self._reading.has_splits:
            return FolderPath("", self._label(named))
        level = self._reading.split_level
        if len(named) <= level:
            return FolderPath("", (), (Reason.NO_LABEL, "lies beside the split folders, in no class"))
        split = self._words.split_of(named[level])
        if not split:
            detail = f"the folder {named[level][:60]!r} is not a split; `splits.names` can make it one"
            return FolderPath("", (), (Reason.UNKNOWN_SPLIT, detail))
        self._splits[split].add(named[level])
        return FolderPath(split, self._label(named[:level] + named[level + 1 :]))

    def _label(self, names: tuple[str, ...]) -> tuple[str, ...]:
        named = tuple(self._name(name) for name in names)
        return named[:1] if self._reading.depth == 1 else named

    def _name(self, name: str) -> str:
        """What `class_of` makes of *name*."""
        if name not in self._names:
            self._names[name] = class_of(name)
        return self._names[name]

    def classes(self, listing: Listing) -> set[tuple[str, ...]]:
        """The labels of all folders that hold images, and of empty ones beside them.

        A folder that holds files of other kinds, or whose images are left out, is no class.
        """
        found = {place.label for place in map(self.read, listing.parents) if place.problem is None}
        beside = {self._around(parent) for parent in listing.parents}
        for folder in _empty_folders(listing):
            place = self.read(folder)
            if place.problem is None and folder.rpartition("/")[0] in beside and self._around(folder) in beside:
                found.add(place.label)
        return found - {()}

    def _around(self, folder: str) -> str:
        """The folder around the one that ends the label of *folder*."""
        parts = folder.split("/")
        places = self._source.named_places(parts)
        if self._reading.has_splits:
            del places[self._reading.split_level : self._reading.split_level + 1]
        last = places[: self._reading.depth or None]
        return "/".join(parts[: last[-1]]) if last else "/"

    def merged_splits(self) -> list[str]:
        """A sentence for each split that several folders mean."""
        return [
            f"The folders {', '.join(sorted(names))} are one split, {split}"
            for split, names in sorted(self._splits.items())
            if len({name.strip().casefold() for name in names}) > 1
        ]


def _empty_folders(listing: Listing) -> list[str]:
    """The folders that hold nothing at all, each beside one that holds images, somewhere below."""
    holding = {""}
    for holder in {*listing.parents, *listing.holders}:
        folder = holder
        while folder not in holding:
            holding.add(folder)
            folder = folder.rpartition("/")[0]
    above = {folder.rpartition("/")[0] for folder in listing.folders}
    return [folder for folder in listing.folders if folder not in holding and folder not in above]


def settle_uneven(places: list[FolderPath], classes: set[tuple[str, ...]], policy: str) -> list[FolderPath]:
    """What becomes of images in a folder that has classes below it: *policy* is that of `source.uneven`."""
    labels = {place.label for place in places} | classes
    inner = {label[:depth] for label in labels for depth in range(1, len(label))}
    return [place if place.label not in inner else _uneven(place, policy) for place in places]


def _uneven(place: FolderPath, policy: str) -> FolderPath:
    if policy == "keep" or not place.label:
        return place
    if policy == "top":
        return FolderPath(place.split, place.label[:1])
    detail = f"lies in {'/'.join(place.label)[:80]!r}, which has classes below it; `source.uneven: keep` would keep it"
    return FolderPath(place.split, place.label, (Reason.UNEVEN_DEPTH, detail))


def naming_notices(folders: Iterable[str], classes: Iterable[tuple[str, ...]]) -> list[str]:
    """Sentences on names that are almost alike: those that were made one class, and those that were not."""
    spellings: dict[str, set[str]] = defaultdict(set)
    for name in {part for folder in folders for part in folder.split("/")}:
        spellings[class_of(name)].add(name)
    merged = [name for name, raws in sorted(spellings.items()) if len(raws) > 1]
    notices = [f"Folders whose names differ only in Unicode form or blanks are one class: {name!r}" for name in merged]
    return notices + case_notices("/".join(label) for label in classes)


def empty_class_notices(classes: Iterable[tuple[str, ...]]) -> list[str]:
    """A sentence on *classes* that have no image."""
    names = sorted("/".join(label) for label in classes)
    if not names:
        return []
    more = f", and {len(names) - 10} more" if len(names) > 10 else ""
    return [
        f"Class folders that hold no image, and keep their place in the class list: {', '.join(names[:10])}{more}; "
        "`source.ignore` skips folders that are not classes"
    ]
