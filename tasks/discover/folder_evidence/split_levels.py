"""Which levels of folders say a split, and what becomes of folders that lie beside those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from tasks.discover.folder_evidence.folder_roles import FolderRole, FolderRoles
from tasks.discover.words import folder_names
from tasks.discover.words.folder_names import few
from tasks.discover.words.split_words import SplitWords


def find_splits(roles: FolderRoles, words: SplitWords) -> None:
    """Find the level that names splits, and take it from the labels; doubts are noted where it may be one."""
    for level in range(roles.depth):
        here = [folder for folder in roles.folders if len(folder.kept) > level]
        names = {folder.parts[folder.kept[level]] for folder in here}
        splits = words.splits_among(names)
        pairs = {(folder.parts[folder.kept[level]], folder.parts[folder.kept[level - 1]]) for folder in here}
        own = {name for name, above in pairs if level and words.is_split_of(name, above)}
        if own and own != names:
            roles.doubts.append(f"{few(own)} name a split and the folder around them, and {few(names - own)} do not")
            return
        rests = {part.rest for name in splits if (part := words.part_of(name)) and part.rest}
        if len(rests) > 1:
            roles.joined = sorted(names)
            roles.doubts.append(f"{few(names)} each name a split and something else, which may be the class")
            return
        if not splits or (set(splits) != names and not _settle_others(roles, here, level, splits, words)):
            if roles.doubts:
                return
            continue
        for folder in here:
            split = splits.get(folder.parts[folder.kept[level]])
            if split:
                folder.split, folder.split_at = split, folder.kept.pop(level)
        _tidy_splits(roles, level)
        _drop_inner_splits(roles, words)
        return


def _tidy_splits(roles: FolderRoles, level: int) -> None:
    """Take wrappers around the splits away, and what only organises in a split that has no classes."""
    for _ in range(level):
        names = {folder.parts[folder.kept[0]] for folder in roles.folders if folder.kept}
        if len(names) == 1 and all(folder.kept and folder.kept[0] < folder.split_at for folder in roles.folders):
            roles.drop(0, "is the same for all images", roles.folders)
    inside: dict[str, list[FolderRole]] = defaultdict(list)
    for folder in roles.folders:
        inside["/".join(folder.parts[: folder.split_at + 1])].append(folder)
    for folders in inside.values():
        names = {name for folder in folders for name in folder.names()}
        if names and all(map(folder_names.is_organising, names)):
            roles.passed.append((sorted(names), "only organises"))
            for folder in folders:
                folder.kept = []


def _drop_inner_splits(roles: FolderRoles, words: SplitWords) -> None:
    """Take a level away that names each folder's split once more; one that names another is a doubt."""
    for level in range(roles.depth):
        here = [folder for folder in roles.folders if len(folder.kept) > level]
        said = {(words.split_of(folder.parts[folder.kept[level]]), folder.split) for folder in here}
        if not all(inner for inner, _ in said):
            continue
        if all(inner == outer for inner, outer in said):
            roles.drop(level, "names the split once more", here)
        elif len({inner for inner, _ in said}) > 1:
            _doubt_inner(roles, here, {folder.parts[folder.kept[level]] for folder in here})
        return
    for split in sorted({folder.split for folder in roles.labelled} - {""}):
        here = [folder for folder in roles.labelled if folder.split == split]
        names = {folder.names()[0] for folder in here}
        if all(words.split_of(name) not in {"", split} for name in names):
            _doubt_inner(roles, here, names)


def _doubt_inner(roles: FolderRoles, here: Sequence[FolderRole], names: set[str]) -> None:
    outer = {folder.parts[folder.split_at] for folder in here if folder.split_at >= 0}
    roles.doubts.append(f"{few(names)} name splits, and lie in {few(outer)}, which do so too")


def _below(folder: FolderRole, level: int) -> int:
    """How many levels below *level* could name a class."""
    below = (folder.parts[place] for place in folder.kept[level + 1 :])
    return sum(1 for name in below if not folder_names.is_organising(name))


def _settle_others(
    roles: FolderRoles, here: Sequence[FolderRole], level: int, splits: Mapping[str, str], words: SplitWords
) -> bool:
    """Whether *splits* are splits although other folders lie beside them; a doubt is noted where nobody can know."""
    name_of: Callable[[FolderRole], str] = lambda folder: folder.parts[folder.kept[level]]  # noqa: E731
    named = [folder for folder in here if name_of(folder) in splits]
    others = [folder for folder in here if name_of(folder) not in splits]
    named_deep, others_deep = (any(_below(folder, level) for folder in group) for group in (named, others))
    other_names = {name_of(folder) for folder in others}
    if named_deep and not others_deep and all(map(folder_names.sounds_unlabelled, other_names)):
        _leave_out(roles, others, level)
        return True
    if not named_deep and others_deep and _is_whole(others, level, words):
        _leave_out(roles, named, level)
        return False
    if not named_deep and not others_deep and set(splits.values()) == {"train"} and len(other_names) > 1:
        roles.notices.append(f"{few(splits)}: named like a split, and taken as a class like {few(other_names)}")
        return False
    roles.maybe_splits, roles.beside_splits = dict(splits), sorted(other_names)
    roles.maybe_level = min(folder.kept[level] for folder in here)
    roles.doubts.append(
        f"{few(splits)} {'is' if len(splits) == 1 else 'are'} named like a split and {few(other_names)} "
        f"{'is' if len(other_names) == 1 else 'are'} not"
    )
    return False


def _is_whole(others: Sequence[FolderRole], level: int, words: SplitWords) -> bool:
    """Whether *others* are one tree of their own: a wrapper, with splits inside or classes."""
    names = {folder.parts[folder.kept[level]] for folder in others}
    if all(map(folder_names.is_organising, names)):
        return True
    inner = {folder.parts[folder.kept[level + 1]] for folder in others if len(folder.kept) > level + 1}
    return len(names) == 1 and bool(inner) and set(words.splits_among(inner)) == inner


def _leave_out(roles: FolderRoles, folders: Sequence[FolderRole], level: int) -> None:
    """Note *folders* as without labels, and take them from the others."""
    roles.unlabelled += sorted({"/".join(folder.parts[: folder.kept[level] + 1]) for folder in folders})
    gone = {id(folder) for folder in folders}
    roles.folders = [folder for folder in roles.folders if id(folder) not in gone]
