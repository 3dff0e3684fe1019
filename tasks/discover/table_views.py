"""Tables beside the images that name them: which column does, and which tables are one in several files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.discover.column_roles import ColumnRoles, roles_of
from tasks.discover.folder_names import is_companion_name, tokens
from tasks.discover.heads import SEVERAL, Head, Heads
from tasks.discover.listing import Listing
from tasks.discover.named_files import NamedFiles
from tasks.discover.split_words import SplitWords

_NAMED = 0.5
_MOST_UNNAMED_NUMBERS = 3


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
    """

    head: Head
    location: str
    files: tuple[str, ...]
    base: str = ""
    split: str = ""
    is_both: bool = False

    def settings(self, roles: dict[str, str]) -> dict[str, Any]:
        """The entry of `tables` by which its columns have *roles*, by its own names."""
        keys = dict(self.head.keys)
        if (surplus := keys.get("surplus")) is not None:
            name = self.head.names[surplus]
            keys["surplus"] = roles.get(name, name)
            if name not in roles:
                roles = {**roles, name: name if not name.isdigit() else "rest"}
                keys["surplus"] = roles[name]
        made: dict[str, Any] = {"file": self.head.path, **keys}
        made["columns"] = columns_of(self.head.names, roles)
        if self.base:
            made["base"] = self.base
        return made


def columns_of(names: Sequence[str], roles: dict[str, str]) -> Any:
    """*roles* as the `columns` of a table: a list where the table has positions, without a gap at its beginning."""
    if not all(name == str(place) for place, name in enumerate(names)):
        return dict(roles)
    last = max(int(name) for name in roles)
    return [roles.get(str(place), "") for place in range(last + 1)]


@dataclass(slots=True)
class Family:
    """Tables with the same columns, one for each split, or one alone.

    Attributes:
        views: Them.
        roles: What their columns are.
    """

    views: list[View]
    roles: ColumnRoles = field(default_factory=ColumnRoles)

    @property
    def files(self) -> list[str]:
        """For each row of all of them the image it names."""
        return [file for view in self.views for file in view.files]

    @property
    def named(self) -> set[str]:
        """The images that they name."""
        return set(self.files) - {""}

    @property
    def file_splits(self) -> dict[str, str]:
        """For each table its split, where each has another one; empty where not."""
        splits = {view.head.path + str(view.head.keys.get("at", "")): view.split for view in self.views}
        return splits if all(splits.values()) and len(set(splits.values())) == len(self.views) > 1 else {}

    @property
    def has_folds(self) -> bool:
        """Whether a split has several tables, so that there are several ways to part the images."""
        splits = [view.split for view in self.views]
        return len(set(splits)) < len(splits)

    def column(self, name: str) -> list[str]:
        """The cells of one column of all of them."""
        return [cell for view in self.views for cell in view.head.column(name)]


def find_views(heads: Heads, listing: Listing, words: SplitWords) -> tuple[list[Family], list[Head]]:
    """The tables that name images of *listing*, and the others."""
    named = NamedFiles(listing, _cells(heads))
    views: list[list[View]] = []
    others: list[Head] = []
    for ways in heads.readings:
        found = [view for head in ways if (view := _view(head, named, words))]
        spoken_for = {str(view.head.keys.get("at")) for view in found}
        if found:
            views += [[view for view in found if str(view.head.keys.get("at")) == at] for at in sorted(spoken_for)]
        rest = [head for head in ways if str(head.keys.get("at")) not in spoken_for]
        others += rest if rest and "at" in rest[0].keys else rest[:1] if not found else []
    families = _families(views, words)
    return families, [_plain(head) for head in others if head.rows]


def _cells(heads: Heads) -> Iterable[str]:
    for ways in heads.readings:
        for head in ways:
            for row in (head.first, *head.rows):
                for cell in row:
                    yield from cell.split(SEVERAL) if SEVERAL in cell else (cell,)


def _view(head: Head, named: NamedFiles, words: SplitWords) -> View | None:
    if not head.rows or len(head.rows) + bool(head.first) < 2:
        return None
    best: tuple[float, float, int] = (0.0, 0.0, 0)
    for place in range(len(head.names)):
        hits = [named.named(row[place]) for row in head.rows]
        share = sum(map(bool, hits)) / len(hits)
        is_text = not all(row[place].isdecimal() for row in head.rows)
        if share >= _NAMED and (share + is_text, len({hit[0] for hit in hits if hit}), -place) > best:
            best = (share + is_text, len({hit[0] for hit in hits if hit}), -place)
    if not best[0]:
        return None
    place = -int(best[2])
    is_header = not (head.first and named.named(head.first[place]))
    settled = head.with_header(is_header)
    hits = [named.named(row[place]) for row in settled.rows]
    split, is_both = split_of_name(settled.said, words)
    base = _base(hits, split, words)
    if base is None:
        return None
    files = tuple(_in(base, hit) for hit in hits)
    return View(settled, settled.names[place], files, base, split, is_both)


def _in(base: str, hit: Sequence[str]) -> str:
    return next((path for path in hit if path.startswith(f"{base}/") or not base), "")


def _base(hits: Sequence[Sequence[str]], split: str, words: SplitWords) -> str | None:
    """The folder in which each of *hits* is one file; empty where each is one anyway, None where there is none."""
    several = [hit for hit in hits if len(hit) > 1]
    if not several:
        return ""
    folders = {folder for path in several[0] for folder in _above(path)}
    fitting = [
        folder for folder in folders if all(sum(p.startswith(f"{folder}/") for p in hit) == 1 for hit in hits if hit)
    ]
    if split:
        same = [folder for folder in fitting if split in {words.split_of(token) for token in tokens(folder)}]
        fitting = same or fitting
    fitting = [folder for folder in fitting if not is_companion_name(folder)] or fitting
    outer = [folder for folder in fitting if not any(folder.startswith(f"{other}/") for other in fitting)]
    return outer[0] if len(outer) == 1 else None


def _above(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def split_of_name(said: str, words: SplitWords) -> tuple[str, bool]:
    """The split that the name of a table says, from its end; and whether it says two, as ``trainval`` does."""
    for part in reversed(re.split(r"[/ ]", said.strip())):
        found = list(dict.fromkeys(split for token in tokens(part) if (split := words.split_of(token))))
        if len(found) == 1:
            return found[0], False
        if found == ["train", "validation"] or "trainval" in part.lower():
            return "train", True
        if found:
            return "", False
    return "", False


def _families(views: Sequence[Sequence[View]], words: SplitWords) -> list[Family]:
    grouped: dict[tuple[Any, ...], list[Sequence[View]]] = defaultdict(list)
    for ways in views:
        said = [word for word in tokens(ways[0].head.said) if not words.split_of(word) and word != "trainval"]
        loose = tuple(word for word in said if not word.isdigit())
        grouped[loose].append(ways)
    families = []
    for members in grouped.values():
        families += [Family(_without_unions(alike)) for alike in _alike(members)]
    for family in families:
        _give_roles(family, words)
    return families


def _alike(members: Sequence[Sequence[View]]) -> list[list[View]]:
    """*members* as views with the same columns; each by itself where they have none in common."""
    shared = set.intersection(*({view.head.names for view in ways} for ways in members))
    if not shared:
        return [[ways[0]] for ways in members]
    first = next(view.head.names for view in members[0] if view.head.names in shared)
    if len(members) > 1:
        kinds = {ways[0].head.names for ways in members}
        if len(kinds) > 1:  # split by all blanks the ones, by the first the others: all by the first
            first = min(shared, key=len)
    return [[next(view for view in ways if view.head.names == first) for ways in members]]


def _without_unions(views: list[View]) -> list[View]:
    """*views* without those of two splits at once, where each of the two has its own."""
    if any(view.split == "validation" for view in views) and any(
        view.split == "train" and not view.is_both for view in views
    ):
        return [view for view in views if not view.is_both]
    return views


def _give_roles(family: Family, words: SplitWords) -> None:
    files = family.files
    rows = [place for place, file in enumerate(files) if file]
    location = family.views[0].location
    names = [name for name in family.views[0].head.names if name != location]
    columns = {name: [cells[place] for place in rows] for name in names if (cells := family.column(name))}
    unnamed = [name for name, cells in columns.items() if name.isdigit() and all(map(_is_number, cells))]
    if len(unnamed) >= _MOST_UNNAMED_NUMBERS:
        columns = {name: cells for name, cells in columns.items() if name not in unnamed}
    family.roles = roles_of(columns, len(family.named), family.views[0].head.said, words)


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d*)?", text.strip()))


def _plain(head: Head) -> Head:
    """A table that names no image, with its header told by what is no number where all else is."""
    if not head.first:
        return head
    number = [all(map(_is_number, (row[place] for row in head.rows))) for place in range(len(head.names))]
    odd = any(is_number and not _is_number(head.first[place]) for place, is_number in enumerate(number))
    known = {"name", "label", "id", "class"} & {token for cell in head.first for token in tokens(cell)}
    return head.with_header(odd or (len(head.names) > 1 and bool(known)))
