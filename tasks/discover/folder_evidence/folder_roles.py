"""What each level of folders is: a split, a level of the label, or one that says nothing of what an image shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tasks.discover.words import folder_names

_FEW = 0.05
_TWO = 2
_MOST_LEVELS = 3
REPEATS = "repeats the folder around it"
_WHEN = "tells when the images were made"
WHO = "numbers patients, places or recordings"


@dataclass(slots=True)
class FolderRole:
    """One folder that holds images.

    Attributes:
        parts: The names of its path.
        count: How many images lie directly in it.
        kept: Places in `parts` that are levels of the label, from the top.
        split: Its split; empty where none is named.
        split_at: The place in `parts` that names it; -1 for none.
        file_name: The name of one of its images.
        listed: Its path as the listing has it, where an archive that is read as a folder keeps its suffix.
    """

    parts: tuple[str, ...]
    count: int
    kept: list[int]
    split: str = ""
    split_at: int = -1
    file_name: str = ""
    listed: str = ""

    @property
    def example(self) -> str:
        """The path of one of its images."""
        return "/".join((*([self.listed] if self.listed else []), self.file_name))

    @property
    def split_place(self) -> str:
        """The path, as the listing has it, of the folder around it that names its split."""
        return "/".join(self.listed.split("/")[: self.split_at + 1])

    def names(self) -> tuple[str, ...]:
        """The label that its folders give it."""
        return tuple(self.parts[place] for place in self.kept)


@dataclass(slots=True)
class FolderRoles:
    """All folders that hold images, and what was found out of them.

    Attributes:
        folders: The folders.
        passed: Levels that name no class, each with its names and why.
        unlabelled: Folders of the split level, as paths, whose images have no class.
        doubts: What cannot be decided by names alone, as sentences.
        notices: What was decided although it looks otherwise, as sentences.
        maybe_splits: Names that may be splits, each with the split that it would be, where that is a doubt.
        beside_splits: The names beside them.
        maybe_level: The level of both.
        joined: Names that may be a split and a class in one word.
        named_levels: For how many levels of the label the config has names: so many stay.
    """

    folders: list[FolderRole]
    passed: list[tuple[list[str], str]] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    maybe_splits: dict[str, str] = field(default_factory=dict)
    beside_splits: list[str] = field(default_factory=list)
    maybe_level: int = 0
    joined: list[str] = field(default_factory=list)
    named_levels: int = 0

    @property
    def labelled(self) -> list[FolderRole]:
        """The folders that have a label."""
        return [folder for folder in self.folders if folder.kept]

    @property
    def depth(self) -> int:
        """How many levels the deepest label has."""
        return max((len(folder.kept) for folder in self.folders), default=0)

    def drop(self, level: int, why: str, among: Iterable[FolderRole]) -> None:
        """Take level *level* of the label away; negative ones count from the end."""
        names: set[str] = set()
        for folder in among:
            names.add(folder.parts[folder.kept.pop(level)])
        self.passed.append((sorted(names), why))


def drop_repeats(roles: FolderRoles) -> None:
    """Take away each folder that is its parent once more, where it is all that the parent holds: ``A/A``.

    Of ``A-20240131T101500Z-001/A``, as clouds pack what is downloaded, the outer one is.
    """
    children: dict[tuple[str, ...], set[str]] = defaultdict(set)
    direct = {folder.parts for folder in roles.folders}
    for folder in roles.folders:
        for depth in range(len(folder.parts)):
            children[folder.parts[:depth]].add(folder.parts[depth])
    names: set[str] = set()
    for folder in roles.folders:
        parts = folder.parts
        alone = [
            place for place in range(1, len(parts)) if len(children[parts[:place]]) == 1 and parts[:place] not in direct
        ]
        again = {place for place in alone if parts[place].casefold() == parts[place - 1].casefold()}
        again |= {place - 1 for place in alone if folder_names.is_downloaded(parts[place - 1], parts[place])}
        names |= {parts[place] for place in again}
        folder.kept = [place for place in folder.kept if place not in again]
    if names:
        roles.passed.append((sorted(names), REPEATS))


def drop_levels(roles: FolderRoles) -> None:
    """Take all levels away that say nothing of what an image shows, until none is left that can go."""
    while any(_drop_one(roles, level) for level in range(roles.depth)):
        continue
    _drop_last_organising(roles)
    _drop_shards(roles)


def _drop_one(roles: FolderRoles, level: int) -> bool:
    """Whether level *level* says nothing, and is gone."""
    if roles.depth <= roles.named_levels:
        return False
    here = [folder for folder in roles.folders if len(folder.kept) > level]
    names = {folder.parts[folder.kept[level]] for folder in here}
    goes_on = [folder for folder in here if len(folder.kept) > level + 1]
    ends = sum(folder.count for folder in here) - sum(folder.count for folder in goes_on)
    is_inner = bool(goes_on) and ends <= _FEW * sum(folder.count for folder in here)
    is_below = level > 0
    if _tells_when(roles, names, is_below=is_below):
        roles.drop(level, _WHEN, here)
    elif len(names) == 1 and (is_inner or (is_below and _ends_many(here, level))) and _is_everywhere(roles, level):
        roles.drop(level, "is the same for all images", here)
    elif all(folder_names.is_organising(name) for name in names):
        roles.drop(level, "only organises", here)
    elif folder_names.tell_the_camera(names):
        roles.drop(level, "is a folder of a camera's card", here)
    elif folder_names.are_identifiers(names) and len(names) > 1 and _is_who(roles, level, here, is_inner=is_inner):
        roles.drop(level, WHO, here)
    else:
        return False
    return True


def _ends_many(here: Sequence[FolderRole], level: int) -> bool:
    """Whether more than two labels would end in *level*: two may well have a class of one name."""
    return len({folder.names()[:level] for folder in here}) > _TWO


def _tells_when(roles: FolderRoles, names: set[str], *, is_below: bool) -> bool:
    """Whether *names* are dates, or the months or days of dates in the levels above."""
    if folder_names.tell_when(names):
        return len(names) > 1 or not is_below
    has_year = any(why == _WHEN for _, why in roles.passed)
    return has_year and folder_names.number_months_or_days(names)


def _is_everywhere(roles: FolderRoles, level: int) -> bool:
    """Whether nearly all labelled images have a level *level*."""
    shorter = sum(folder.count for folder in roles.folders if 0 < len(folder.kept) <= level)
    return shorter <= _FEW * sum(folder.count for folder in roles.folders)


def _is_who(roles: FolderRoles, level: int, here: Sequence[FolderRole], *, is_inner: bool) -> bool:
    """Whether identifiers at *level* say who or where, since another level says what."""
    if folder_names.number_who_or_where({folder.parts[folder.kept[level]] for folder in here}):
        return True
    if not is_inner:
        return level > 0 and level == roles.depth - 1
    branches: dict[str, set[str]] = defaultdict(set)
    for folder in here:
        if len(folder.kept) > level + 1:
            branches[folder.parts[folder.kept[level]]].add(folder.parts[folder.kept[level + 1]])
    shared = Counter(name for below in branches.values() for name in below)
    return len(shared) > 1 and min(shared.values()) > len(branches) / 2


def _drop_last_organising(roles: FolderRoles) -> None:
    """Take away organising folders below classes: ``n01/images``."""
    last = [folder for folder in roles.folders if len(folder.kept) > 1]
    if last and all(folder_names.is_organising(folder.parts[folder.kept[-1]]) for folder in last):
        roles.drop(-1, "only organises", last)


def _drop_shards(roles: FolderRoles) -> None:
    """Take away levels that only spread files or classes over folders: ``a/abbey``, ``c/1/7/c17c….jpg``."""
    labelled = roles.labelled
    if not labelled:
        return
    first = {folder.parts[folder.kept[0]] for folder in labelled}
    if folder_names.are_shards(first):
        if all(_begins(folder, folder.kept[:1], following=True) for folder in labelled):
            roles.drop(0, "is the beginning of what lies in it", labelled)
        elif len(first) > 1 and all(_begins(folder, folder.kept, following=False) for folder in labelled):
            while roles.depth:
                roles.drop(0, "is the beginning of its files' names", roles.labelled)


def _begins(folder: FolderRole, places: Sequence[int], *, following: bool) -> bool:
    """Whether the names at *places* are how what follows begins: the next folder, or the file."""
    if following and len(folder.kept) < 2:
        return False
    after = folder.parts[folder.kept[1]] if following else folder.file_name
    return after.casefold().startswith("".join(folder.parts[place] for place in places).casefold())


def levels_passed_over(passed: Sequence[tuple[list[str], str]]) -> Iterator[str]:
    """Sentences on levels that name no class, each with its names and why: one for many with the same reason."""
    reasons: dict[str, list[list[str]]] = {}
    for names, why in passed:
        reasons.setdefault(why, []).append(names)
    for why, levels in reasons.items():
        if len(levels) <= _MOST_LEVELS:
            yield from (f"{folder_names.few(names)}: {why}, so it is not a level of the label" for names in levels)
        else:
            ends = f"{folder_names.few(levels[0])} to {folder_names.few(levels[-1])}"
            yield f"{ends}, {len(levels)} levels: {why}, so they are not levels of the label"
