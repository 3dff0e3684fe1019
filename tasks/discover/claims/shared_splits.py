"""Splits that a table gives to what images have in common: places, patients or recordings, each in one split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tasks.discover.claims.claim import Claims, SplitClaim
from tasks.discover.claims.split_columns import split_names
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.heads.head import Head
from tasks.discover.words.split_words import SplitWords

_FEWEST = 2
_PART = "part"
"""What the column is called by which both tables are joined, where they have no name in common."""


def shared_splits(family: Family, others: Iterable[Head], words: SplitWords, claims: Claims) -> None:
    """Add to *claims* the splits that *others* give to all values of a column of *family*, several images to each."""
    if len(family.views) > 1 or family.roles.split or family.views[0].head.members:
        return
    view = family.views[0]
    for head in others:
        found = [claim for key, split, names in _keyed(head, words) for claim in _claims(view, head, key, split, names)]
        claims.splits += [_with_odd_names(claim, words) for claim in found[:1]]


def _keyed(head: Head, words: SplitWords) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The columns of *head* of which one has a value of its own in each row, and the other says its split."""
    for key in head.names:
        cells = [cell.strip() for cell in head.column(key)]
        if len(cells) < _FEWEST or len(set(cells)) < len(cells):
            continue
        for split in (name for name in head.names if name != key):
            if names := split_names(split, [cell.strip() for cell in head.column(split)], head.said, words):
                yield key, split, names


def _claims(view: View, head: Head, key: str, split: str, names: dict[str, str]) -> Iterator[SplitClaim]:
    rows = zip(head.column(key), head.column(split), strict=True)
    told = {cell.strip(): names[word.strip()] for cell, word in rows if word.strip() in names}
    for name in (name for name in view.head.names if name != view.location):
        values = [cell.strip() for cell in view.head.column(name)]
        is_called_so = name == key or not all(map(str.isdecimal, told))
        if is_called_so and len(set(values)) >= _FEWEST and set(values) <= set(told):
            part = name if name == key and name not in {"location", "label", "split", "id", "group"} else _PART
            root = view.settings({view.location: "location", name: part})
            other = head.table({key: part, split: "split"})
            by_file = {file: told[value] for file, value in zip(view.files, values, strict=True) if file}
            yield SplitClaim([root, other], by_file, names, head.path)


def _with_odd_names(claim: SplitClaim, words: SplitWords) -> SplitClaim:
    """*claim* with those names of splits alone that are no usual words for them."""
    claim.names = {value: split for value, split in claim.names.items() if words.split_of(value) != split}
    return claim
