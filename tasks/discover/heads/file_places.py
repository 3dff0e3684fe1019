"""Where images lie, as seen from files of the same names: in the same folder, or in one that mirrors it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.discover.heads.head import Placed
from tasks.discover.heads.named_files import NamedFiles

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placing:
    """How folders of images follow from folders of files: one part of the path stands in for another.

    Attributes:
        theirs: The part of the files' folders.
        ours: The part of the images' folders that stands there instead.
        is_first: Whether that part is the first of the path, where the files' folders have nothing in its stead.
    """

    theirs: Parts
    ours: Parts
    is_first: bool = False

    @property
    def kind(self) -> tuple[Parts, Parts, bool]:
        """The same for all folders that are placed alike."""
        return self.theirs, self.ours, self.is_first

    def placed(self, members: Sequence[str], suffix: str, named: NamedFiles) -> Placed | None:
        """The keys that find the images of *members*, and which these are; None where one could be several."""
        pattern = self._pattern(re.escape(suffix))
        template = "/".join([*self.ours, "{rest}"])
        template = template if self.is_first else f"{{head}}{template}"
        files = []
        for member in members:
            match = re.search(pattern, member)
            if match is None:
                return None
            found = match.groupdict()
            place = template.replace("{head}", found.get("head") or "").replace("{rest}", found["rest"])
            hits = [path for path in named.named(place) if place in {path, path.rpartition(".")[0]}]
            if len(hits) > 1:
                return None
            files.append(hits[0] if hits else "")
        return Placed({"pattern": {"of": pattern}, "location": template}, tuple(files))

    def _pattern(self, end: str) -> str:
        if self.theirs:
            inner = "/".join(map(re.escape, self.theirs))
            return rf"^(?P<head>(?:.*/)?){inner}/(?P<rest>.+){end}$"
        return rf"^(?P<rest>.+){end}$" if self.is_first else rf"^(?P<head>(?:.*/)?)(?P<rest>[^/]+){end}$"


def placing_of(folder: str, files: Sequence[tuple[str, Sequence[str]]]) -> Placing | None:
    """How the images of *files* in *folder*, each a stem and the images that it may name, follow from it."""
    there = [{path.rpartition("/")[0] for path in hits} for _, hits in files]
    common = set.intersection(*there) if there else set()
    if not common:
        return None
    own = tuple(folder.split("/")) if folder else ()
    ways = [(_turn(own, tuple(other.split("/")) if other else ()), other) for other in sorted(common)]
    best = min(ways, key=lambda way: (len(way[0].theirs) + len(way[0].ours), way[1]))
    return best[0]


def _turn(own: Parts, other: Parts) -> Placing:
    """The shortest part of *own* that must be another one for it to be *other*."""
    start = 0
    while start < min(len(own), len(other)) and own[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(own), len(other)) - start and own[-1 - end] == other[-1 - end]:
        end += 1
    theirs, ours = own[start : len(own) - end], other[start : len(other) - end]
    return Placing(theirs, ours, is_first=not theirs and bool(own) and not start)
