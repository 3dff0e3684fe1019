"""The folders of a source as a tree with counts, as far as a page has room."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from tasks.discover.listing.listing import Listing
from tasks.samples import Discovery, count_values

_MOST_CHILDREN = 8
_MOST_LINES = 30
_MOST_KINDS = 3


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One folder, or those of its siblings that there is no room for.

    Attributes:
        depth: How many folders it lies in.
        name: Its own; several in one where each holds only the next.
        images: How many lie in it and below.
        others: Files of other kinds in it and below, by extension.
    """

    depth: int
    name: str
    images: int
    others: Mapping[str, int]


def tree_of(listing: Listing) -> list[TreeLine]:
    """The folders of *listing*, the topmost first, at most 30."""
    counts = np.bincount(listing.folder_numbers, minlength=len(listing.parents)).tolist()
    return _Tree(dict(zip(listing.parents, counts, strict=True)), listing.alike).lines()


def tree_of_samples(found: Discovery) -> list[TreeLine]:
    """The folders that the samples and rejects of *found* lie in."""
    counts: Counter[str] = Counter()
    for table in (found.samples, found.rejections):
        places = table["location"].filter(pc.invert(pc.match_substring(table["location"], "://")))
        counts.update(count_values(pc.replace_substring_regex(places, r"(^|/)[^/]*$", "")))
    return _Tree(counts, {}).lines()


class _Tree:
    def __init__(self, images: Mapping[str, int], others: Mapping[tuple[str, str], int]) -> None:
        self._images: Counter[str] = Counter()
        self._others: dict[str, Counter[str]] = defaultdict(Counter)
        self._children: dict[str, set[str]] = defaultdict(set)
        for folder, count in images.items():
            for place in self._above(folder):
                self._images[place] += count
        for (folder, extension), count in others.items():
            for place in self._above(folder):
                self._others[place][extension] += count

    def _above(self, folder: str) -> Iterator[str]:
        """*folder* and those that it lies in; each is noted as a child of the next."""
        while folder:
            parent = folder.rpartition("/")[0]
            self._children[parent].add(folder)
            yield folder
            folder = parent
        yield ""

    def lines(self) -> list[TreeLine]:
        shown: set[str] = set()
        level = [""]
        while level:
            inner = [child for folder in level for child in self._ranked(folder)[:_MOST_CHILDREN]]
            if len(shown) + len(inner) > _MOST_LINES:
                break
            shown.update(inner)
            level = inner
        return list(self._below("", 0, shown))

    def _ranked(self, folder: str) -> list[str]:
        return sorted(self._children[folder], key=lambda child: (not self._images[child], child))

    def _below(self, folder: str, depth: int, shown: set[str]) -> Iterator[TreeLine]:
        ranked = self._ranked(folder)
        for child in (child for child in ranked if child in shown):
            last = child
            while self._images[last] and self._is_only(last, shown):
                last = self._ranked(last)[0]
            name = last[len(folder) :].lstrip("/")
            yield TreeLine(depth, name, self._images[child], self._kinds(child))
            yield from self._below(last, depth + 1, shown)
        rest = [child for child in ranked if child not in shown]
        if rest:
            images = sum(self._images[child] for child in rest)
            others: Counter[str] = Counter()
            for child in rest:
                others.update(self._others[child])
            yield TreeLine(depth, f"… {len(rest):,} more", images, _few(others))

    def _is_only(self, folder: str, shown: set[str]) -> bool:
        """Whether *folder* holds nothing but one folder."""
        inner = self._ranked(folder)
        if len(inner) != 1 or inner[0] not in shown:
            return False
        return self._images[inner[0]] == self._images[folder] and self._others[inner[0]] == self._others[folder]

    def _kinds(self, folder: str) -> dict[str, int]:
        return _few(self._others[folder])


def _few(others: Counter[str]) -> dict[str, int]:
    found = dict(others.most_common(_MOST_KINDS))
    rest = sum(others.values()) - sum(found.values())
    return found | ({"others": rest} if rest else {})
