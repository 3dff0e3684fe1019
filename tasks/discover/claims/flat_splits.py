"""Splits without class folders beside those that have some, whose images a table names: with the folders' classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from tasks.config_keys import TableKeys
from tasks.discover.by_folders.folder_paths import FolderSource
from tasks.discover.claims.claim import Entries, LabelClaim, SplitClaim
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import SUBMISSION
from tasks.discover.folder_evidence.folder_roles import FolderRole, FolderRoles
from tasks.discover.folder_evidence.reading_roles import read_roles
from tasks.discover.listing.listing import Listing
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords

_LOOKED_AT = 5000
_ALL = 0.99


def flat_split_claim(
    listing: Listing, source: FolderSource, words: SplitWords, views: Sequence[View]
) -> LabelClaim | None:
    """What folders say of some splits, and tables of the others; None where a split but `test` stays unlabelled.

    Args:
        listing: All images.
        source: What the config says of them.
        words: For splits.
        views: The tables that name images.
    """
    _, roles = read_roles(listing, source, words)
    deep = {folder.split for folder in roles.labelled}
    flat = [folder for folder in roles.folders if folder.split and not folder.kept and folder.split not in deep]
    if roles.doubts or not deep or "" in deep or not flat or any(len(one.kept) != 1 for one in roles.labelled):
        return None
    classes = {folder.names()[0] for folder in roles.labelled}
    told: list[_Told] = []
    for place, split in sorted({_place(folder): folder.split for folder in flat}.items()):
        files = _files_in(listing, {"/".join(one.parts) for one in flat if _place(one) == place})
        found = next((one for view in views if (one := _told_by(view, files, classes, split))), None)
        if found is not None:
            told.append(found)
        elif split != "test":
            return None
    return _claim(listing, roles, told) if told and len(classes) > 1 else None


class _Told:
    """A table that gives the images of one split classes that folders have too."""

    def __init__(self, path: str, split: str, entry: TableKeys, labels: Mapping[str, str]) -> None:
        self.path, self.split, self.entry, self.labels = path, split, entry, labels


def _told_by(view: View, files: set[str], classes: set[str], split: str) -> _Told | None:
    named = set(view.files) - {""}
    is_filler = bool(SUBMISSION & set(tokens(view.head.path)))
    if is_filler or not named <= files or (view.head.is_whole and len(named) < _ALL * len(files)):
        return None
    for name in view.head.names:
        cells = [cell.strip() for cell in view.head.column(name)]
        firsts = [next(iter(cell.split()), "") for cell in cells]
        if name == view.location or not set(firsts) <= classes or len(set(firsts)) < 2:
            continue
        labels = {file: first for file, first in zip(view.files, firsts, strict=True) if file}
        is_plain = cells == firsts
        entry = view.settings({view.location: "location", name: "label" if is_plain else "said"})
        entry["split"] = split
        if not is_plain:
            entry["pattern"] = {"said": r"^(?P<label>\S+)"}
        return _Told(view.head.path, split, entry, labels)
    return None


def _claim(listing: Listing, roles: FolderRoles, told: Sequence[_Told]) -> LabelClaim | None:
    """One claim for all: a table of the listing for each split of class folders, and those of *told*."""
    by_file: dict[str, tuple[str, ...]] = {}
    splits: dict[str, str] = {}
    entries: Entries = []
    deep = {folder.split for folder in roles.labelled}
    labelled = {"/".join(folder.parts): folder for folder in roles.labelled}
    for place, split in sorted({_place(folder): folder.split for folder in roles.labelled}.items()):
        levels = {folder.kept[0] for folder in roles.labelled if _place(folder) == place}
        if len(levels) != 1:
            return None
        label = "(?P<said>(?P<label>[^/]+))" if any("pattern" in one.entry for one in told) else "(?P<label>[^/]+)"
        pattern = f"^(?:[^/]+/){{{levels.pop()}}}{label}/"  # so that all of these tables have the same columns
        entries.append({"listing": f"{place}/**", "pattern": pattern, "split": split})
    numbers = [number for number, parent in enumerate(listing.parents) if parent in labelled]
    rows = np.flatnonzero(np.isin(listing.folder_numbers, numbers))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _LOOKED_AT)).astype(np.int64))]
    for path in listing.files["path"].take(pa.array(rows)).to_pylist():
        folder = labelled[path.rpartition("/")[0]]
        by_file[path], splits[path] = folder.names(), folder.split
    for one in told:
        entries.append(one.entry)
        by_file |= {file: (label,) for file, label in one.labels.items()}
        splits |= dict.fromkeys(one.labels, one.split)
    said = ", ".join(f"{one.path} those of {one.split}" for one in told)
    says = f"folders name the classes of {', '.join(sorted(deep))}, and {said}"
    claim = SplitClaim(entries, splits, {}, "their names")
    return LabelClaim(entries, LabelColumn("label", 3, tuple(by_file.values())), by_file, says, True, claim)


def _place(folder: FolderRole) -> str:
    return "/".join(folder.parts[: folder.split_at + 1])


def _files_in(listing: Listing, folders: set[str]) -> set[str]:
    numbers = [number for number, parent in enumerate(listing.parents) if parent in folders]
    return set(listing.files["path"].filter(pa.array(np.isin(listing.folder_numbers, numbers))).to_pylist())
