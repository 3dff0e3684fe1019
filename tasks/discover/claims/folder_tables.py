"""What tables claim that name folders of images, and not the images themselves: studies, patients, plots."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.claims.claim import Entries, LabelClaim, SplitClaim, labels_by_file
from tasks.discover.claims.column_roles import ColumnRoles, roles_of
from tasks.discover.claims.table_view import split_of_name
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.heads.head import Head
from tasks.discover.listing.listing import Listing
from tasks.discover.words.column_words import called_column
from tasks.discover.words.split_words import SplitWords

_FEWEST = 3
_SURE = 3


@dataclass(frozen=True, slots=True)
class _Named:
    """A table whose column *key* names folders: all as deep, and below the same one, *above*."""

    head: Head
    key: str
    cells: tuple[str, ...]
    above: str
    depth: int
    ends_in_slash: bool
    roles: ColumnRoles
    is_sure: bool
    split: str

    @property
    def kind(self) -> tuple[object, ...]:
        """The same for tables that are one in several files."""
        label = self.roles.one_label or self.roles.labels[0]
        return self.head.names, self.key, label.name, self.above, self.depth, self.ends_in_slash


def folder_table_claims(
    listing: Listing, others: Iterable[Head], choice: FolderChoice | None, words: SplitWords
) -> list[LabelClaim]:
    """What *others*, tables that name no image, say of the folders that hold them.

    Args:
        listing: All images.
        others: The beginnings of such tables.
        choice: What the folders say themselves; of classes a table must have a label that is called so.
        words: For splits.
    """
    folders = _Folders(listing, choice)
    groups: dict[tuple[object, ...], list[_Named]] = defaultdict(list)
    for head in others:
        if found := folders.named(head, words):
            groups[found.kind].append(found)
    return [_claim(listing, tables) for tables in groups.values()]


class _Folders:
    def __init__(self, listing: Listing, choice: FolderChoice | None) -> None:
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._classes = {name for label in choice.labels for name in label} if choice is not None else set()
        seen: set[str] = set()
        for number in np.unique(listing.folder_numbers).tolist():
            parts = listing.parents[number].split("/")
            for depth in range(len(parts), 0, -1):
                folder = "/".join(parts[:depth])
                if folder in seen:
                    break
                seen.add(folder)
                self._by_name[parts[depth - 1]].append(folder)

    def named(self, head: Head, words: SplitWords) -> _Named | None:
        """*head* by the column whose every cell names a folder; None where it has none, or says nothing of them."""
        ways = [head]
        if all(map(str.isdecimal, head.names)) and head.rows and len(set(head.rows[0])) == len(head.names):
            ways.append(replace(head, names=head.rows[0], rows=head.rows[1:]))  # that may be the header
        return next((found for way in ways if (found := self._named(way, words))), None)

    def _named(self, head: Head, words: SplitWords) -> _Named | None:
        for key in head.names:
            texts = [cell.strip().removeprefix("./") for cell in head.column(key)]
            cells = [text.strip("/") for text in texts]
            if len(set(cells)) < max(len(cells), _FEWEST) or len({cell.count("/") for cell in cells}) > 1:
                continue
            above = set.intersection(*map(self._above, cells))
            slashes = {text.endswith("/") for text in texts}
            if len(above) != 1 or len(slashes) > 1:
                continue
            columns = {name: head.column(name) for name in head.names if name != key}
            roles = roles_of(columns, len(cells), head.said, words)
            is_plain = roles.one_label is not None and roles.one_label.strength == _SURE
            is_apart = is_plain or not set(cells) & self._classes
            if roles.labels and (is_apart or all(map(str.isdecimal, cells))):
                depth, split = cells[0].count("/") + 1, split_of_name(head.said, words)[0]
                return _Named(head, key, tuple(cells), above.pop(), depth, slashes.pop(), roles, is_apart, split)
        return None

    def _above(self, cell: str) -> set[str]:
        """What stands before *cell* in the paths of the folders that it may name."""
        there = self._by_name.get(cell.rpartition("/")[2], ())
        return {folder.removesuffix(cell) for folder in there if f"/{folder}".endswith(f"/{cell}")}


def _claim(listing: Listing, tables: Sequence[_Named]) -> LabelClaim:
    one = tables[0]
    label = one.roles.one_label or one.roles.labels[0]
    labels: dict[str, tuple[str, ...]] = {}
    for table in tables:
        column = next(known for known in table.roles.labels if known.name == label.name)
        labels |= labels_by_file([f"{one.above}{cell}" for cell in table.cells], column.values)
    inside = "/".join(["[^/]+"] * one.depth)
    group = f"(?P<folder>{inside}/)" if one.ends_in_slash else f"(?P<folder>{inside})/"
    entries: Entries = [{"listing": "**", "pattern": f"^{re.escape(one.above)}{group}"}]
    has_splits = len(tables) > 1 and len({table.split for table in tables} - {""}) == len(tables)
    for table in tables:
        entries.append(table.head.table({table.key: "folder", label.name: "label"}))
        if has_splits:
            entries[-1]["split"] = table.split
    by_file = _by_file(listing, labels, one.above.count("/") + one.depth)
    name = called_column(label.name)
    says = f"{name} of {', '.join(table.head.path for table in tables[:3])} is the label of whole folders"
    is_sure = one.roles.one_label is not None and one.is_sure
    claim = LabelClaim(entries, label, by_file, says, is_sure)
    if has_splits:
        told = {f"{one.above}{cell}": (table.split,) for table in tables for cell in table.cells}
        splits = {file: split for file, (split,) in _by_file(listing, told, one.above.count("/") + one.depth).items()}
        claim.splits = SplitClaim(entries, splits, {}, ", ".join(table.head.path for table in tables))
    return claim


def _by_file(listing: Listing, labels: Mapping[str, tuple[str, ...]], depth: int) -> dict[str, tuple[str, ...]]:
    """For each image that lies in a folder of *labels*, *depth* levels deep, or below it, what that says."""
    tops = ["/".join(parent.split("/")[:depth]) for parent in listing.parents]
    inside = [number for number, top in enumerate(tops) if top in labels]
    paths = listing.files["path"].filter(pa.array(np.isin(listing.folder_numbers, inside)))
    heads = pc.extract_regex(paths, f"^(?P<top>(?:[^/]+/){{{depth}}})")
    told = pc.struct_field(heads, "top").to_pylist()
    return {path: labels[top.rstrip("/")] for path, top in zip(paths.to_pylist(), told, strict=True)}
