"""Folders that hold what a table beside the images has in a column for whom or where: patients, studies, cameras."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.words.folder_names import few, tells_who_or_where

_ALL = 0.95
_FEWEST = 2


def whose_folders(families: Iterable[Family], choice: FolderChoice) -> str:
    """What speaks against the folders of *choice*, as a sentence's half: a table numbers somebody as they do."""
    folders = dict(zip(choice.listing.parents, choice.labels, strict=True))
    for view in (view for family in families for view in family.views if not view.head.members):
        for name in filter(tells_who_or_where, view.head.names):
            if name != view.location and (found := _held(view, name, folders)):
                return (
                    f"the folders {few(found)} are numbered as the column {name} of {view.head.path}, which tells "
                    "whom or where the images show"
                )
    return ""


def parted_pairs(families: Iterable[Family], choice: FolderChoice) -> str:
    """What speaks against the folders of *choice*: a table names two images in each row, in folders of two labels."""
    folders = dict(zip(choice.listing.parents, choice.labels, strict=True))
    for view in (view for family in families for view in family.views):
        for name, files in view.partners.items():
            pairs = [
                (_label(one, folders), _label(other, folders)) for one, other in zip(view.files, files, strict=True)
            ]
            if len(pairs) > _FEWEST and all(one and other and one != other for one, other in pairs):
                return (
                    f"{view.head.path} names two images in each row, in its columns {view.location} and {name}, which "
                    "go together although they lie in folders of two names"
                )
    return ""


def _label(path: str, folders: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return folders.get(path.rpartition("/")[0], ())


def _held(view: View, name: str, folders: dict[str, tuple[str, ...]]) -> set[str]:
    """The folders of one level of the label whose numbers the cells of *name* are; none where they are not."""
    named = [(folders[parent], cell) for file, cell in zip(view.files, view.head.column(name), strict=True)
             if file and (parent := file.rpartition("/")[0]) in folders]  # fmt: skip
    for level in range(max((len(label) for label, _ in named), default=0)):
        alike = {label[level] for label, cell in named if len(label) > level and _number(label[level]) == _number(cell)}
        hits = sum(1 for label, _ in named if len(label) > level and label[level] in alike)
        if len(alike) >= _FEWEST and hits >= _ALL * len(named):
            return alike
    return set()


def _number(text: str) -> str:
    """*text* without the letters before its digits: ``p10000032`` is the patient 10000032."""
    plain = text.strip().casefold()
    digits = plain.lstrip("abcdefghijklmnopqrstuvwxyz_- ")
    return digits if digits[:1].isdigit() else plain
