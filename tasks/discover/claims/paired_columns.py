"""Rows that name an image in each of several columns, front and back of a thing: what they say holds for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import LabelClaim
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.words.folder_names import is_companion_name


def of_all_columns(claim: LabelClaim, family: Family) -> list[LabelClaim]:
    """*claim* for the images of every column that names others than its own, unsure; none without such columns."""
    view = family.views[0]
    others = {} if len(family.views) > 1 or view.head.members else _others(view)
    if not others or claim.is_many or len(claim.entries) > 1:
        return []
    by_file = dict(claim.by_file)
    entries = list(claim.entries)
    for name, files in others.items():
        entries.append(_with_location(claim.entries[0], view.location, name))
        told = zip(view.files, files, strict=True)
        by_file |= {other: claim.by_file[file] for file, other in told if file in claim.by_file}
    says = f"{claim.says}, of the images in {', '.join((view.location, *others))}"
    return [replace(claim, entries=entries, by_file=by_file, says=says, is_sure=False)]


def _others(view: View) -> dict[str, Sequence[str]]:
    """The columns of *view* that name an image in each row, none of them that of another column; no masks."""
    known = set(view.files)
    found: dict[str, Sequence[str]] = {}
    for name, files in view.partners.items():
        if len(set(files)) == len(files) and not known & set(files) and not is_companion_name(name):
            found[name] = files
            known |= set(files)
    return found


def _with_location(entry: TableKeys, location: str, other: str) -> TableKeys:
    """*entry* with the column *other* as the location in place of *location*; what else they are called stays."""
    columns = entry["columns"]
    named: Mapping[str, str] = columns if isinstance(columns, dict) else {}
    kept = {own: role for own, role in named.items() if own not in {location, other}}
    return {**entry, "columns": {other: "location", **kept}}
