"""Tables beside the images that name them: which column does, and which tables are one in several files."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tasks.discover.claims.column_roles import ColumnRoles, roles_of, with_asked
from tasks.discover.claims.one_class import with_one_class
from tasks.discover.claims.table_view import View, view_of
from tasks.discover.heads.head import SEVERAL, STEM, Head
from tasks.discover.heads.heads import Heads
from tasks.discover.heads.named_files import NamedFiles
from tasks.discover.listing.listing import Listing
from tasks.discover.words.column_words import outline_boxes
from tasks.discover.words.folder_names import tokens, unnumbered
from tasks.discover.words.split_words import SplitWords

_MOST_UNNAMED_NUMBERS = 3
_FEW = 0.2
FOLD_WORDS = frozenset("split splits fold folds kfold partition partitions cv crossval".split())
"""Words for the parts of images that take turns."""
SUBMISSION = frozenset("submission submissions submit".split())
"""Words for tables that show what a competition wants: their labels are fillers."""


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
        splits = {view.head.path + view.head.part: view.split for view in self.views}
        return splits if all(splits.values()) and len(set(splits.values())) == len(self.views) > 1 else {}

    @property
    def has_boxes(self) -> bool:
        """Whether its records outline what is in an image."""
        return any(view.head.has_boxes for view in self.views)

    @property
    def has_folds(self) -> bool:
        """Whether a split has several tables that are several ways to part the images, and no parts of one list."""
        splits = [view.split for view in self.views]
        if len(set(splits)) == len(splits):
            return False
        if all(FOLD_WORDS & set(tokens(view.head.path)) for view in self.views):
            return True
        return sum(len(set(view.files) - {""}) for view in self.views) > len(self.named)

    def column(self, name: str) -> list[str]:
        """The cells of one column of all of them."""
        return [cell for view in self.views for cell in view.head.column(name)]


def find_views(heads: Heads, listing: Listing, words: SplitWords) -> tuple[list[Family], list[Head]]:
    """The tables that name images of *listing*, and the others."""
    named = NamedFiles(listing, _cells(heads))
    views: list[list[View]] = []
    others: list[Head] = []
    for ways in heads.readings:
        every = [view for head in ways if (view := view_of(head, named, words))]
        found = _without_numbers([view for view in every if not _counts_otherwise(view, listing.count)])
        spoken_for = {view.head.part for view in found}
        if found:
            views += [[view for view in found if view.head.part == part] for part in sorted(spoken_for)]
        rest = [head for head in ways if head.part not in spoken_for]
        others += rest if rest and {"at", "sheet"} & set(rest[0].keys) else rest[:1] if not found else []
    families = _families(views, words, _asked(heads))
    return families, [_plain(head, words) for head in others if head.rows or head.first]


def _counts_otherwise(view: View, images: int) -> bool:
    """Whether *view*, a part of a JSON file, counts what is no image: by numbers, which few images are called by."""
    is_part = "at" in view.head.keys or view.head.keys.get("orient") == "map"
    is_few = len(set(view.files) - {""}) < _FEW * images
    return is_part and is_few and all(map(str.isdecimal, view.head.column(view.location)))


def _without_numbers(views: list[View]) -> list[View]:
    """*views* of one file, without parts that only number images where another part of it names them."""
    if not any("at" in view.head.keys for view in views):
        return views
    named = [view for view in views if not all(map(str.isdecimal, view.head.column(view.location)))]
    return named or views


def _cells(heads: Heads) -> Iterable[str]:
    for ways in heads.readings:
        for head in ways:
            for row in (head.first, *head.rows):
                for cell in row:
                    yield from cell.split(SEVERAL) if SEVERAL in cell else (cell,)


def _asked(heads: Heads) -> set[str]:
    """The columns that a sample of a submission has besides its first: what is to be predicted."""
    firsts = [ways[0] for ways in heads.readings if SUBMISSION & set(tokens(ways[0].path))]
    return {name for head in firsts for name in (head.first or head.names)[1:]}


def _families(views: Sequence[Sequence[View]], words: SplitWords, asked: set[str]) -> list[Family]:
    grouped: dict[tuple[object, ...], list[Sequence[View]]] = defaultdict(list)
    for place, ways in enumerate(views):
        if ways[0].head.members:
            grouped["\0files", place].append(ways)
            continue
        named = (tokens(unnumbered(part)) for part in ways[0].head.said.split("/"))
        said = [word for part in named for word in part if not words.split_of(word) and word != "trainval"]
        loose = tuple(word for word in said if not word.isdigit())
        grouped[loose].append(ways)
    families = []
    for members in grouped.values():
        families += [
            Family(_with_train(_without_parts(_without_whole(_without_unions(alike))))) for alike in _alike(members)
        ]
    families = _siblings(families)
    for family in families:
        _give_roles(family, words, asked)
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


def _siblings(families: Sequence[Family]) -> list[Family]:
    """*families*, those as one that are tables with the same columns, of other images each.

    Side by side they may be one for each class, part or batch; tables of several splits are those splits' own, wherever
    they lie.
    """
    grouped: dict[tuple[object, ...], list[Family]] = defaultdict(list)
    for place, family in enumerate(families):
        [first, *more] = family.views
        is_plain = not more and not first.head.members and "at" not in first.head.keys and len(first.head.names) > 1
        kind: tuple[object, ...] = (first.head.path.rpartition("/")[0], first.split)
        if all(map(str.isdigit, first.head.names)):
            kind, is_plain = ("", first.head.keys.get("delimiter")), is_plain and bool(first.split)
        kind += first.location, first.head.names, first.template
        grouped[kind if is_plain else (place,)].append(family)
    return [family for alike in grouped.values() for family in _as_one(alike)]


def _as_one(alike: list[Family]) -> list[Family]:
    """The families *alike* as one, where each names other images, and, of several splits, in words of the others."""
    views = [view for family in alike for view in family.views]
    is_apart = sum(len(set(view.files) - {""}) for view in views) == len({f for v in views for f in v.files} - {""})
    splits = [view.split for view in views]
    if all(map(str.isdigit, views[0].head.names)):
        is_apart = is_apart and len(set(splits)) == len(splits) and _share_values(views)
    return [Family(views)] if is_apart and len(alike) > 1 else alike


def _share_values(views: Sequence[View]) -> bool:
    """Whether all of *views* have values in common in each of their columns but that of the images."""
    columns = [name for name in views[0].head.names if name != views[0].location]
    return all(set.intersection(*(set(view.head.column(name)) for view in views)) for name in columns)


def _without_parts(views: list[View]) -> list[View]:
    """*views* without those whose images another of the same split has, with more: tests of 800 and of 2400."""
    named = [set(view.files) - {""} for view in views]
    return [
        view
        for view, mine in zip(views, named, strict=True)
        if not any(
            mine < other and view.split == larger.split and not larger.is_both
            for larger, other in zip(views, named, strict=True)
        )
    ]


def _without_unions(views: list[View]) -> list[View]:
    """*views* without those of two splits at once, where each of the two has its own."""
    if any(view.split == "validation" for view in views) and any(
        view.split == "train" and not view.is_both for view in views
    ):
        return [view for view in views if not view.is_both]
    return views


def _without_whole(views: list[View]) -> list[View]:
    """*views* without the one that is named for no split, where those of splits part its images: they say more."""
    unnamed = [view for view in views if not view.split]
    parts = [set(view.files) - {""} for view in views if view.split]
    splits = {view.split for view in views if view.split}
    named = set().union(*parts)
    is_parted = len(splits) > 1 and sum(map(len, parts)) == len(named)
    if len(unnamed) != 1 or not is_parted or not set(unnamed[0].files) & named:
        return views
    return [view for view in views if view.split]


def _with_train(views: list[View]) -> list[View]:
    """*views*, of which one is named for no split, and others for some, but none for training: that is it."""
    unnamed = [view for view in views if not view.split]
    splits = [view.split for view in views if view.split]
    if len(unnamed) != 1 or not splits or "train" in splits or len(set(splits)) < len(splits):
        return views
    others = {file for view in views if view.split for file in view.files} - {""}
    if others & set(unnamed[0].files) or tokens(unnamed[0].head.path.rpartition("/")[2])[:1] == ("all",):
        return views
    return [view if view.split else replace(view, split="train") for view in views]


def _give_roles(family: Family, words: SplitWords, asked: set[str]) -> None:
    files = family.files
    rows = [place for place, file in enumerate(files) if file]
    location = family.views[0].location
    names = [name for name in family.views[0].head.names if name not in {location, STEM}]
    columns = {name: [cells[place] for place in rows] for name in names if (cells := family.column(name))}
    has_names = not all(map(str.isdigit, family.views[0].head.names))
    unnamed = [
        name for name, cells in columns.items() if not has_names and name.isdigit() and all(map(_is_number, cells))
    ]
    if len(unnamed) >= _MOST_UNNAMED_NUMBERS:
        columns = {name: cells for name, cells in columns.items() if name not in unnamed}
    is_whole = all(view.head.is_whole for view in family.views)
    family.roles = roles_of(columns, len(family.named), family.views[0].head.said, words, is_whole=is_whole)
    if family.has_boxes or outline_boxes(columns) or len(unnamed) > _MOST_UNNAMED_NUMBERS:
        family.roles = with_one_class(family.roles, columns, of_files=bool(family.views[0].head.members))
    to_predict = [name for name in columns if name in asked]
    if len(to_predict) == 1:
        family.roles = with_asked(family.roles, to_predict[0], columns[to_predict[0]], len(family.named))


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d*)?", text.strip()))


def _plain(head: Head, words: SplitWords) -> Head:
    """A table that names no image, with its header told by what is no number, or no split, where all below it is."""
    if not head.first or not head.rows:
        return head.with_header(False)
    columns = [[row[place] for row in head.rows] for place in range(len(head.names))]
    odd = any(
        all(map(tells, cells)) and not tells(first)
        for first, cells in zip(head.first, columns, strict=True)
        for tells in (_is_number, words.split_of)
    )
    known = {"name", "label", "id", "class"} & {token for cell in head.first for token in tokens(cell)}
    return head.with_header(odd or (len(head.names) > 1 and bool(known)))
