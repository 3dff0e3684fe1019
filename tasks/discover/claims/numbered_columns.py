"""Columns that are counted, as ``label1`` and ``label2``, each with a label of the image: they are its labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import LabelClaim, labels_by_file
from tasks.discover.claims.table_views import Family

_NUMBER = re.compile(r"[ _-]?\d+")


def of_numbered_columns(claim: LabelClaim, family: Family) -> LabelClaim | None:
    """*claim*, unsure, with what the columns say that are called like its own by other numbers; None without such."""
    own, names = claim.column.name, family.views[0].head.names
    is_plain = not claim.is_many and not claim.column.one_hot and not own.isdecimal()
    siblings = [name for name in names if _NUMBER.sub("#", name).rstrip("#") == _NUMBER.sub("#", own).rstrip("#")]
    if not is_plain or len(siblings) < 2 or siblings[0] != own:
        return None
    files = family.files
    columns = [[cell.strip() for file, cell in zip(files, family.column(name), strict=True) if file]
               for name in siblings]  # fmt: skip
    if not _are_sets(columns):
        return None
    values = tuple(tuple(dict.fromkeys(filter(None, row))) for row in zip(*columns, strict=True))
    entries = [_with_label(entry, own, name) for name in siblings for entry in claim.entries]
    says = f"each of the columns {', '.join(siblings)} of {family.views[0].head.path} is a label"
    column = replace(claim.column, values=values, is_many=True)
    by_file = labels_by_file(files, values)
    return replace(claim, entries=entries, column=column, by_file=by_file, says=says, is_sure=False)


def _are_sets(columns: Sequence[Sequence[str]]) -> bool:
    """Whether *columns* have words in common, but no row has one twice, and some have fewer than others.

    Readers who each have a column agree in many rows, and levels have words of their own.
    """
    share = any(set(one) & set(other) - {""} for one, other in combinations(columns, 2))
    rows = [[cell for cell in row if cell] for row in zip(*columns, strict=True)]
    return share and all(len(set(row)) == len(row) for row in rows) and len({len(row) for row in rows}) > 1


def _with_label(entry: TableKeys, own: str, other: str) -> TableKeys:
    """*entry* with the column *other* in place of *own*."""
    columns = entry["columns"]
    named = columns if isinstance(columns, dict) else {}
    role = named.get(own, "label")
    return {
        **entry,
        "columns": {**{name: told for name, told in named.items() if name not in {own, other}}, other: role},
    }
