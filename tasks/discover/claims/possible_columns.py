"""Columns of tables that name images and have no label that is one by its name: each that could be it."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import Claims, Entries, LabelClaim, labels_by_file
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.claims.table_claims import split_claim
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.heads.head import SEVERAL, STEM
from tasks.discover.words.column_words import strength_of, tells_a_place
from tasks.discover.words.split_words import SplitWords
from tasks.label_kinds import is_fraction, number_of

_MOST = 4
_SHARE = 0.9
_LONG = 60


def possible_claims(families: Sequence[Family], images: int, words: SplitWords, claims: Claims) -> None:
    """Add to *claims* each column of *families* that takes some values several times, or a number; none is sure."""
    for family in sorted(families, key=lambda family: not family.file_splits):
        if _names_most(family, images) and not family.views[0].head.members:
            _add(family, words, claims)


def _names_most(family: Family, images: int) -> bool:
    """Whether *family* names half of the *images*, or, where its tables go on, half of its rows name one."""
    is_whole = all(view.head.is_whole for view in family.views)
    return len(family.named) >= (images if is_whole else min(images, len(family.files))) / 2


def _add(family: Family, words: SplitWords, claims: Claims) -> None:
    split = split_claim(family, words)
    rows = [place for place, file in enumerate(family.files) if file]
    found: list[tuple[int, int, str, list[str]]] = []
    for name in family.views[0].head.names:
        if name in {family.views[0].location, STEM, family.roles.split} or tells_a_place(name):
            continue
        cells = [family.column(name)[place].strip() for place in rows]
        values = set(cells) - {""}
        if _could_be_labels(values, cells):
            found.append((-strength_of(name), len(values), name, cells))
        elif _could_be_numbers(name, values, cells) and name not in family.roles.numbers:
            claims.numbers.append((name, _entries(family, name, split is not None)))
    for *_, name, cells in sorted(found)[:_MOST]:
        column = LabelColumn(name, 1, tuple((cell,) if cell else () for cell in cells))
        by_file = labels_by_file([file for file in family.files if file], column.values)
        shown = ", ".join(dict.fromkeys(view.head.path for view in family.views))
        says = f"{_called(name)} of {shown} is the label"
        entries = _entries(family, name, split is not None)
        claims.labels.append(LabelClaim(entries, column, by_file, says, is_sure=False, splits=split))


def _could_be_labels(values: set[str], cells: Sequence[str]) -> bool:
    is_plain = all(SEVERAL not in value and len(value) <= _LONG for value in values)
    return is_plain and 1 < len(values) <= _SHARE * len(cells) and not all(map(is_fraction, values))


def _could_be_numbers(name: str, values: set[str], cells: Sequence[str]) -> bool:
    is_named = name.isdigit() or strength_of(name) > 0
    return is_named and len(values) > len(cells) / 2 and all(number_of(value) is not None for value in values)


def _entries(family: Family, name: str, has_split: bool) -> Entries:
    return [_entry(view, family, name, has_split) for view in family.views]


def _entry(view: View, family: Family, name: str, has_split: bool) -> TableKeys:
    roles = {view.location: "location", name: "label"}
    if has_split and family.roles.split:
        roles[family.roles.split] = "split"
    made = view.settings(roles)
    return {**made, "split": view.split} if family.file_splits else made


def _called(name: str) -> str:
    return f"column {int(name) + 1}" if name.isdecimal() else f"the column {name}"
