"""What tables claim that name no image, but the numbers that another table gives the images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import Claims, Entries, LabelClaim, SplitClaim, labels_by_file
from tasks.discover.claims.class_names import names_for
from tasks.discover.claims.column_roles import ColumnRoles, roles_of
from tasks.discover.claims.one_class import with_one_class
from tasks.discover.claims.table_claims import said_of, split_claim, with_names
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.heads.head import Head
from tasks.discover.words.split_words import SplitWords

_ALL = 0.95
_BOXES = 3
_MOST = 3


def joined_claims(family: Family, others: Sequence[Head], words: SplitWords, claims: Claims) -> None:
    """Add to *claims* what tables say that name no image, but the numbers that one of *family* gives its images."""
    if family.roles.labels:
        return
    found = {at: _Finder(view, words, any_file=len(family.views) == 1).ways(others)
             for at, view in enumerate(family.views)}  # fmt: skip
    if any(not found[at] and view.split != "test" for at, view in enumerate(family.views)):
        return  # the images of a test alone may wait for their labels
    ways = [ways for ways in found.values() if ways]
    if not ways:
        return
    for way in ways[0]:
        rest = [next((other for other in found if other.kind == way.kind), None) for found in ways[1:]]
        alike = [way, *rest]
        if all(alike):
            _add_joined(family, [one for one in alike if one], others, claims, words)


@dataclass(slots=True)
class _Way:
    """How one table leads from a view's own numbers to what it says of them."""

    view: View
    id_column: str
    head: Head
    key: str
    roles: ColumnRoles
    files: list[str]

    @property
    def kind(self) -> tuple[object, ...]:
        return self.id_column, self.key, self.head.names, self.head.keys.get("at")


class _Finder:
    """Finds the tables that the numbers of one view lead to."""

    def __init__(self, view: View, words: SplitWords, *, any_file: bool) -> None:
        self._view = view
        self._words = words
        self._any_file = any_file

    def ways(self, others: Sequence[Head]) -> list[_Way]:
        """The ways to *others*: to those of the same file, or to any."""
        found = []
        view = self._view
        for name in view.head.names:
            cells = [cell.strip() for cell in view.head.column(name)]
            if name == view.location or len(set(cells)) < len(cells):
                continue
            files = dict(zip(cells, view.files, strict=True))
            for head in others:
                if head.path == view.head.path or (self._any_file and "at" not in head.keys):
                    found += [way for key in head.names if (way := self._way(name, files, head, key))]
        return found

    def _way(self, name: str, files: Mapping[str, str], head: Head, key: str) -> _Way | None:
        keys = [cell.strip() for cell in head.column(key)]
        there = set(keys)
        is_own = head.path == self._view.head.path
        if is_own and not (head.is_whole and self._view.head.is_whole):
            head = replace(head, rows=tuple(row for row, cell in zip(head.rows, keys, strict=True) if cell in files))
            keys = [cell for cell in keys if cell in files]
            there, least = set(keys), 1.0
        else:
            least = (0.5 if is_own else _ALL) * len(files)
        if not there <= set(files) or len(there) < least or len(head.names) < 2 or (is_own and "image" not in key):
            return None
        columns = {other: head.column(other) for other in head.names if other != key}
        if sum(map(str.isdigit, columns)) >= _BOXES:
            return None
        roles = roles_of(columns, len(there), head.path, self._words)
        if head.has_boxes:
            roles = with_one_class(roles, columns, of_files=False)
        if not roles.labels and not roles.split:
            return None
        return _Way(self._view, name, head, key, roles, [files[cell] for cell in keys])


def _add_joined(
    family: Family, ways: Sequence[_Way], others: Sequence[Head], claims: Claims, words: SplitWords
) -> None:
    roles = ways[0].roles
    roots = [_root(way, family) for way in ways]
    if roles.split and len(ways) == 1:
        way = ways[0]
        splits = {
            file: roles.split_names[cell.strip()]
            for file, cell in zip(way.files, way.head.column(roles.split), strict=True)
            if file
        }
        names = {value: split for value, split in roles.split_names.items() if words.split_of(value) != split}
        entries = [*roots, _other_entry(way, {roles.split: "split"})]
        claims.splits.append(SplitClaim(entries, splits, names, way.head.path))
        return
    split = split_claim(family, words)
    for column in roles.labels[:_MOST] if roles.one_label is None else [roles.one_label]:
        if all(any(one.name == column.name for one in way.roles.labels) for way in ways):
            claim = _label_claim(family, ways, column.name, others)
            claims.labels.append(replace(claim, entries=[*roots, *claim.entries], splits=split))


def _label_claim(family: Family, ways: Sequence[_Way], name: str, others: Sequence[Head]) -> LabelClaim:
    """That the column *name* of the tables that *ways* lead to is the label, without the tables that lead there."""
    by_file: dict[str, tuple[str, ...]] = {}
    extra: Entries = []
    lists: list[dict[str, str]] = []
    is_sure = all(way.roles.one_label is not None and way.roles.one_label.name == name for way in ways)
    for way in ways:
        column = next(one for one in way.roles.labels if one.name == name)
        mine = labels_by_file(
            way.files, [labels for file, labels in zip(way.files, column.values, strict=True) if file]
        )
        rest = [head for head in others if all(head is not one.head for one in ways)]
        named = names_for(column, mine, [head for head in rest if head.path == way.head.path] or rest)
        own = _other_entry(way, {name: "class" if named else "label"})
        if family.file_splits:
            own["split"] = way.view.split
        claim = with_names(LabelClaim([own], column, mine, "", True), named)
        extra.append(own)
        if named is not None and named[1] not in lists:
            lists.append(named[1])
            extra.append(named[0])
        by_file |= claim.by_file
        is_sure &= named is not None or not name.endswith("_id")
    boxes = any(way.head.has_boxes for way in ways)
    if boxes:
        by_file = dict.fromkeys(family.named, ()) | by_file
    says = said_of(column, ", ".join(way.head.path for way in ways))
    return LabelClaim(extra, column, by_file, says, is_sure, has_boxes=boxes)


def _root(way: _Way, family: Family) -> TableKeys:
    made = way.view.settings({way.view.location: "location", way.id_column: "image"})
    if family.file_splits:
        made["split"] = way.view.split
    return made


def _other_entry(way: _Way, roles: dict[str, str]) -> TableKeys:
    return way.head.table({way.key: "image", **roles})
