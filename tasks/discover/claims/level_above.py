"""Columns in which one word is two classes, since another column says of which kind: species of two genera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import LabelClaim, labels_by_file
from tasks.discover.claims.table_views import Family
from tasks.tables.file_columns import plain_name

_RANKS = "kingdom phylum class order family genus species subspecies".split()
_SAME = {"specific_epithet": "species", "specificepithet": "species", "epithet": "species"}
_MODELS = ("make", "brand", "manufacturer")


def with_level_above(claim: LabelClaim, family: Family) -> LabelClaim | None:
    """*claim*, unsure, with the column above its own as a level; None where each of its labels stands below one."""
    column = claim.column
    above = _above(column.name, family.views[0].head.names)
    is_plain = (
        not column.is_numeric and not claim.is_many and not column.one_hot and len(claim.entries) == len(family.views)
    )
    if not above or not is_plain or any("columns" not in entry for entry in claim.entries):
        return None
    uppers = [cell.strip() for file, cell in zip(family.files, family.column(above), strict=True) if file]
    if not _are_shared(uppers, column.values):
        return None
    paths = [tuple(f"{upper}/{label}" for label in labels) for upper, labels in zip(uppers, column.values, strict=True)]
    by_file = labels_by_file(family.files, paths)
    entries = [_with_levels(entry, {above: _level(above), column.name: _level(column.name)}) for entry in claim.entries]
    says = f"{claim.says}, below {above}, as one word is there in several of these"
    return replace(claim, entries=entries, by_file=by_file, says=says, is_sure=False)


def _above(name: str, names: Sequence[str]) -> str:
    """The column of *names* that says of which kind the column *name* tells; empty without one."""
    plain = {_SAME.get(told, told): one for one in names if (told := plain_name(one).lower()) and one != name}
    own = plain_name(name).lower()
    own = _SAME.get(own, own)
    if own == "species":
        return plain.get("genus", "")
    if own == "model":
        return next((plain[told] for told in _MODELS if told in plain), "")
    if own in _RANKS:
        return next((plain[rank] for rank in reversed(_RANKS[: _RANKS.index(own)]) if rank in plain), "")
    return plain.get(own.removeprefix("sub").lstrip("_-"), "") if own.startswith("sub") else ""


def _are_shared(uppers: Sequence[str], values: Sequence[Sequence[str]]) -> bool:
    """Whether a label of *values* stands in rows of several of *uppers*."""
    told: dict[str, str] = {}
    pairs = ((label, upper) for upper, labels in zip(uppers, values, strict=True) for label in labels if upper)
    return any(told.setdefault(label, upper) != upper for label, upper in pairs)


def _level(name: str) -> str:
    return f"label.{plain_name(name)}"


def _with_levels(entry: TableKeys, roles: Mapping[str, str]) -> TableKeys:
    columns = entry["columns"]
    named = columns if isinstance(columns, dict) else {}
    others = {name: role for name, role in named.items() if name not in roles}
    return {**entry, "columns": {**others, **roles}}
