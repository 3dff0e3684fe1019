"""A table beside the images that names them: which of its columns does, and where they lie."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tasks.config_keys import TableKeys
from tasks.discover.heads.head import SEVERAL, STEM, Head
from tasks.discover.heads.named_files import NamedFiles, stem_of
from tasks.discover.words.folder_names import is_companion_name, tokens
from tasks.discover.words.split_words import SplitWords
from tasks.redaction import is_web

Named = Callable[[str], Sequence[str]]
"""Which images a cell names."""
_NAMED = 0.5
_OF_A_SERVER = -0.25
_SHORT = {"tr": "train", "te": "test"}
"""What some lists, though no folder, are called for short."""


@dataclass(frozen=True, slots=True)
class View:
    """A table that names images.

    Attributes:
        head: How it begins.
        location: Its column that names them.
        files: For each row the image that it names; empty for none.
        base: The folder that they lie in, where their names alone leave it open.
        split: What its name says of all its rows; empty where it says nothing.
        is_both: Whether its name says two splits, of which the first is meant: ``trainval``.
        template: Where the images lie in terms of its columns, where they must be told by several.
        is_placed: Whether its images are found by the places of its files.
        partners: For each other column that names images in all rows what it names there.
    """

    head: Head
    location: str
    files: tuple[str, ...]
    base: str = ""
    split: str = ""
    is_both: bool = False
    template: str = ""
    is_placed: bool = False
    partners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def settings(self, roles: Mapping[str, str]) -> TableKeys:
        """The entry of `tables` by which its columns have *roles*, by its own names."""
        others = {name: role for name, role in roles.items() if role != "location"}
        if self.head.placed is not None and self.is_placed:
            made = self.head.table({"file.path": "of"} | others, self.head.placed.keys)
        elif self.template and not self.head.line_form:
            place = re.sub(r"{([^{}]*)}", lambda found: f"{{{others.get(found[1], found[1])}}}", self.template)
            made = self.head.table(others, {"location": place})
        else:
            made = self.head.table(roles)
        if self.base:
            made["base"] = self.base
        if self._are_addresses:
            made["find"] = "end"
        return made

    @property
    def is_literal(self) -> bool:
        """Whether its cells are the paths of the images that they name, as they are written."""
        cells = self.head.column(self.location) if self.location in self.head.names else []
        named = zip(self.files, cells, strict=True) if cells else ()
        return all(cell.strip().removeprefix("./") == file for file, cell in named if file)

    @property
    def _are_addresses(self) -> bool:
        """Whether its cells are addresses on the web, by which images are named that lie here: these are meant."""
        if self.is_placed or self.template or self.location not in self.head.names:
            return False
        cells = self.head.column(self.location)
        return any(file and is_web(cell.strip()) for file, cell in zip(self.files, cells, strict=True))


def view_of(head: Head, named: NamedFiles, words: SplitWords) -> View | None:
    """*head* as a table that names images, or what they were made of; None where it names too few, or several."""
    found = _view(head, named.named, words)
    if head.members or (found is not None and 2 * _count(found) >= len(found.files)):
        return found
    other = _view(head, named.made_of, words)  # a column of a few numbers names images by chance
    return other if other is not None and _count(other) > _count(found) else found


def _count(view: View | None) -> int:
    """How many images *view* names; none is 0."""
    return len(set(view.files) - {""}) if view is not None else 0


def _view(head: Head, named: Named, words: SplitWords) -> View | None:
    place = _location_of(head, named) if len(head.rows) + bool(head.first) > 1 else _only_file(head, named)
    if place is None:
        return None
    is_header = not (head.first and named(head.first[place]))
    settled = head.with_header(is_header)
    hits = [named(row[place]) for row in settled.rows]
    name, (split, is_both) = settled.names[place], split_of_name(settled.said, words)
    base = _base(hits, split, words, settled.path)
    if base != "" and (told := _view_by_folders(settled, place, hits, split)) is not None:
        return told
    is_astray = _is_astray(base, settled.members)
    is_placed = base is None or is_astray or (name == STEM and (not settled.is_whole or bool(base)))
    if settled.placed is not None and is_placed:
        return View(settled, STEM, settled.placed.files, split=split, is_placed=True)
    if base is None or is_astray:
        return None
    partners = {} if settled.members else _partners(settled, place, named)
    return View(settled, name, tuple(_in(base, hit) for hit in hits), base, split, is_both, partners=partners)


def _is_astray(base: str | None, members: Sequence[str]) -> bool:
    """Whether some of *members*, files that each are about an image, lie in *base* and others in folders beside it."""
    inside = [path.startswith(f"{base}/") for path in members] if base else []
    return any(inside) and not all(inside)


def _partners(head: Head, place: int, named: Named) -> dict[str, tuple[str, ...]]:
    """The columns besides *place* that name one image in each row, and which."""
    found = {}
    for other, name in enumerate(head.names):
        hits = [named(row[other]) for row in head.rows] if other != place else [()]
        if all(len(hit) == 1 for hit in hits):
            found[name] = tuple(hit[0] for hit in hits)
    return found


def _only_file(head: Head, named: Named) -> int | None:
    """The column of a list of one line, where that is the name of one image, with its extension."""
    cell = head.first[0].strip() if len(head.first) == 1 else ""
    hits = named(cell) if "." in cell else ()
    return 0 if len(hits) == 1 and hits[0].endswith(cell.replace("\\", "/").rpartition("/")[2]) else None


def _location_of(head: Head, named: Named) -> int | None:
    """The column that names images: of several the one that names the most, by words rather than by numbers."""
    best: tuple[float, float, int] = (0.0, 0.0, 0)
    for place in range(len(head.names) if head.rows else 0):
        if any(SEVERAL in row[place] for row in head.rows):
            continue
        hits = [named(row[place]) for row in head.rows]
        share = sum(map(bool, hits)) / len(hits)
        score = share + _speaks_for_itself(head, place)
        if share >= _NAMED and (score, len({hit[0] for hit in hits if hit}), -place) > best:
            best = (score, len({hit[0] for hit in hits if hit}), -place)
    return -int(best[2]) if best[0] else None


def _speaks_for_itself(head: Head, place: int) -> float:
    """How much the column at *place* counts for naming images besides how many it names: words more than numbers.

    Numbers at the ends of addresses are those that a server gave, and count less than numbers of the table's own.
    """
    cells = [row[place].strip() for row in head.rows]
    if all(is_web(cell) and stem_of(cell.partition("?")[0]).isdecimal() for cell in cells):
        return _OF_A_SERVER
    return float(not head.members and not all(map(str.isdecimal, cells)))


def _view_by_folders(head: Head, place: int, hits: Sequence[Sequence[str]], split: str) -> View | None:
    """The view of *head* whose images are told by another column, too, as that names a folder of their paths."""
    for other in (other for other in range(len(head.names)) if other != place):
        fields = head.names[other], head.names[place]
        found = [
            {way: path for path in hit for way in _templates(path, row[other], row[place], fields)}
            for row, hit in zip(head.rows, hits, strict=True)
        ]
        fitting = set.intersection(*(set(ways) for ways, hit in zip(found, hits, strict=True) if hit))
        if len(fitting) == 1:
            [template] = fitting
            return View(
                head, fields[1], tuple(ways.get(template, "") for ways in found), split=split, template=template
            )
    return None


def _templates(path: str, folder: str, cell: str, fields: tuple[str, str]) -> Iterator[str]:
    """The ways to write *path* by the two columns *fields*, of which one holds *folder*, the other ends it: *cell*."""
    shown = cell.strip().replace("\\", "/").lstrip("./")
    whole = path if path.endswith(shown) else path.rpartition(".")[0]
    parts = whole.removesuffix(shown).rstrip("/").split("/") if folder and whole.endswith(shown) else []
    for at, part in enumerate(parts):
        if part == folder:
            yield "/".join([*parts[:at], f"{{{fields[0]}}}", *parts[at + 1 :], f"{{{fields[1]}}}"])


def _in(base: str, hit: Sequence[str]) -> str:
    return next((path for path in hit if path.startswith(f"{base}/") or not base), "")


def _base(hits: Sequence[Sequence[str]], split: str, words: SplitWords, table: str) -> str | None:
    """The folder in which each of *hits* is one file; empty where each is one anyway, None where there is none."""
    several = [hit for hit in hits if len(hit) > 1]
    if not several:
        return ""
    folders = {folder for path in several[0] for folder in _above(path)}
    fitting = [
        folder for folder in folders if all(sum(p.startswith(f"{folder}/") for p in hit) == 1 for hit in hits if hit)
    ]
    if split:
        same = [folder for folder in fitting if _is_in(split, folder, words)]
        fitting = same or fitting
    fitting = [folder for folder in fitting if not is_companion_name(folder)] or fitting
    outer = [folder for folder in fitting if not any(folder.startswith(f"{other}/") for other in fitting)]
    near = [_shared(folder, table) for folder in outer]
    outer = [folder for folder, depth in zip(outer, near, strict=True) if depth == max(near)]
    if len(outer) == 1 and split and _is_of_another(outer[0], split, words):
        own = [folder for folder in sorted(folders, key=len) if _is_in(split, folder, words)]
        return next(iter(own), outer[0])
    return outer[0] if len(outer) == 1 else None


def _is_in(split: str, folder: str, words: SplitWords) -> bool:
    return split in {words.split_of(token) for token in tokens(folder)}


def _is_of_another(folder: str, split: str, words: SplitWords) -> bool:
    """Whether *folder* is named for another split than *split*."""
    said = {told for token in tokens(folder) if (told := words.split_of(token))}
    return bool(said) and split not in said


def _shared(folder: str, path: str) -> int:
    """How many folders *folder* and *path* have in common from the top."""
    both = zip(folder.split("/"), path.split("/")[:-1], strict=False)
    return next(
        (at for at, (one, other) in enumerate(both) if one != other), min(folder.count("/") + 1, path.count("/"))
    )


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def split_of_name(said: str, words: SplitWords) -> tuple[str, bool]:
    """The split that the name of a table says, from its end; and whether it says two, as ``trainval`` does."""
    if (short := _SHORT.get(said.strip().rpartition("/")[2].partition(".")[0].casefold())) is not None:
        return short, False
    for part in reversed(re.split(r"[/ ]", said.strip())):
        found = list(dict.fromkeys(split for token in tokens(part) if (split := words.split_of(token))))
        if len(found) == 1:
            return found[0], False
        if found == ["train", "validation"] or "trainval" in part.lower():
            return "train", True
        if found:
            return "", False
    return "", False
