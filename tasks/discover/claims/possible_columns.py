"""Columns of tables that name images and have no label that is one by its name: each that could be it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import Claims, Entries, LabelClaim, SplitClaim, labels_by_file
from tasks.discover.claims.column_roles import LabelColumn, are_amounts, counts_up
from tasks.discover.claims.json_cells import TextWithin, texts_within
from tasks.discover.claims.table_claims import said_of, split_claim
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import FOLD_WORDS, Family
from tasks.discover.claims.text_columns import are_codes, text_column
from tasks.discover.heads.head import SEVERAL, STEM
from tasks.discover.listing.listing import Listing
from tasks.discover.words.column_words import strength_of, tells_a_place
from tasks.discover.words.folder_names import tells_who_or_where, tokens
from tasks.discover.words.split_words import SplitWords
from tasks.label_kinds import is_fraction, number_of, parts_between
from tasks.tables.file_columns import plain_name

_AMOUNTS = frozenset("age count counts score weight rating".split())
_MOST = 4
_SHARE = 0.9
_LONG = 60
_MANY = 0.2
_LIKELY = 2
_LIST = re.compile(r"\[.*\]")


def possible_claims(families: Sequence[Family], listing: Listing, words: SplitWords, claims: Claims) -> None:
    """Add to *claims* each column of *families* that repeats some values, or holds numbers or texts; none is sure.

    Where some columns could be the label by their names, those are added that number what is there several times.
    """
    if any(claim.is_sure for claim in claims.labels):
        return
    labels, numbers = list(claims.labels), {name for name, *_ in claims.numbers}
    for family in sorted(families, key=lambda family: not family.file_splits):
        if _names_most(family, listing) and not family.has_boxes:
            columns = [claim.column for claim in labels if _is_of(claim, family)]
            is_told = bool(numbers) or any(column.strength > 1 for column in columns)
            _add(family, words, claims, {column.name for column in columns} | numbers, is_told=is_told)


def _is_of(claim: LabelClaim, family: Family) -> bool:
    """Whether *claim* names half of the images that *family* names: else it is of others."""
    named = family.named
    return 2 * sum(1 for file in named if file in claim.by_file) >= len(named)


def _numbers_things(name: str, values: set[str], cells: Sequence[str]) -> bool:
    """Whether a column called *name* holds the numbers or names of things that are there several times each."""
    return (
        not tells_who_or_where(name) and tokens(name)[-1:] in {("id",), ("ids",)} and 1 < len(values) <= len(cells) / 2
    )


def _names_most(family: Family, listing: Listing) -> bool:
    """Whether *family* names half of all images, or those of one folder; where its tables go on, half of its rows."""
    is_whole = all(view.head.is_whole for view in family.views)
    most = listing.count if is_whole else min(listing.count, len(family.files))
    return len(family.named) >= most / 2 or _names_a_folder(family, listing)


def _names_a_folder(family: Family, listing: Listing) -> bool:
    """Whether *family* names nearly all images of one folder, and no other, where these are many."""
    folders = {file.rpartition("/")[0] for file in family.named}
    if len(folders) != 1 or len(family.named) < _MANY * listing.count:
        return False
    inside = (listing.folder_numbers == listing.parents.index(folders.pop())).sum()
    return len(family.named) >= float(_SHARE * inside)


def _add(family: Family, words: SplitWords, claims: Claims, known: set[str], *, is_told: bool) -> None:
    split = split_claim(family, words)
    rows = [place for place, file in enumerate(family.files) if file]
    text = text_column(family)
    found: list[tuple[int, int, str, list[str]]] = []
    for name in _names(family):
        every = family.column(name)
        cells = [every[place].strip() for place in rows]
        values = set(cells) - {""}
        is_beside = is_told and not _numbers_things(name, values, cells)
        is_part = tells_who_or_where(name) or bool(FOLD_WORDS & set(tokens(name)))
        if name in known:
            continue
        if told := [one for one in texts_within(cells) if _are_classes(set(one.values) - {""}, one.values)]:
            claims.labels += [_of_object(family, name, one, split) for one in told[:_MOST]]
        elif is_beside or (known and is_part):
            continue
        elif name == text or _could_be_labels(name, values, cells):
            found.append((-strength_of(name), len(values), name, cells))
        elif not known and _could_be_numbers(name, values, cells):
            claims.numbers.append((name, _entries(family, name, split is not None), split.names if split else {}))
    for *_, name, cells in sorted(found)[:_MOST]:
        column = _column(name, cells)
        by_file = labels_by_file([file for file in family.files if file], column.values)
        says = said_of(column, ", ".join(dict.fromkeys(view.head.path for view in family.views)))
        entries = _entries(family, name, split is not None)
        claims.labels.append(LabelClaim(entries, column, by_file, says, is_sure=False, splits=split))


def _names(family: Family) -> list[str]:
    """The columns of *family* that could say what an image shows: not its name, its split or a place in it."""
    names = family.views[0].head.names
    left_out = {family.views[0].location, STEM, family.roles.split}
    if any(plain_name(name) == "x" for name in names):
        left_out |= {name for name in names if plain_name(name) == "y"}
    return [name for name in names if name not in left_out and not tells_a_place(name)]


def _of_object(family: Family, name: str, told: TextWithin, split: SplitClaim | None) -> LabelClaim:
    """That the text *told* in the JSON of the column *name* is the label."""
    column = LabelColumn(name, 1, tuple((value,) if value else () for value in told.values))
    pattern = {name: told.pattern}
    entries: Entries = [{**_entry(view, family, name, split is not None, name), "pattern": pattern}
                        for view in family.views]  # fmt: skip
    says = f"{told.key} in the column {name} of {family.views[0].head.path} is the label"
    by_file = labels_by_file([file for file in family.files if file], column.values)
    return LabelClaim(entries, column, by_file, says, is_sure=False, splits=split)


def _column(name: str, cells: Sequence[str]) -> LabelColumn:
    """The column *name* as a label: several of them where its *cells* are lists, as Python writes them."""
    if all(map(_LIST.fullmatch, cells)):
        return LabelColumn(
            name, 1, tuple(tuple(parts_between(cell, ",")) for cell in cells), separator=",", is_many=True
        )
    return LabelColumn(name, 1, tuple((cell,) if cell else () for cell in cells))


def _could_be_labels(name: str, values: set[str], cells: Sequence[str]) -> bool:
    return _are_classes(values, cells) and not (strength_of(name) < _LIKELY and are_amounts(name, values))


def _are_classes(values: set[str], cells: Sequence[str]) -> bool:
    if values and all(map(_LIST.fullmatch, values)):
        values = {part for value in values for part in parts_between(value, ",")}
        return 1 < len(values) <= _SHARE * len(cells) and not all(number_of(value) is not None for value in values)
    is_plain = all(SEVERAL not in value and len(value) <= _LONG for value in values)
    return is_plain and 1 < len(values) <= _SHARE * len(cells) and not all(map(is_fraction, values))


def _could_be_numbers(name: str, values: set[str], cells: Sequence[str]) -> bool:
    is_named = name.isdigit() or strength_of(name) > 0 or bool(_AMOUNTS & set(tokens(name)))
    if not is_named or are_codes(values) or not all(number_of(value) is not None for value in values):
        return False
    return (len(values) > len(cells) / 2 or are_amounts(name, values)) and not counts_up(cells)


def _entries(family: Family, name: str, has_split: bool) -> Entries:
    return [_entry(view, family, name, has_split) for view in family.views]


def _entry(view: View, family: Family, name: str, has_split: bool, role: str = "label") -> TableKeys:
    roles = {view.location: "location", name: role}
    if has_split and family.roles.split:
        roles[family.roles.split] = "split"
    made = view.settings(roles)
    return {**made, "split": view.split} if family.file_splits else made
