"""Annotations that outline things of one class alone: an image shows some, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tasks.discover.claims.column_roles import ColumnRoles, LabelColumn
from tasks.discover.words.column_words import strength_of
from tasks.label_kinds import number_of

_SURE = 3


def with_one_class(roles: ColumnRoles, columns: Mapping[str, Sequence[str]], *, of_files: bool) -> ColumnRoles:
    """*roles* of *columns* that outline things, with the one that has one value in all rows, or none.

    Args:
        roles: What the columns could be by themselves; where that is anything, it is returned.
        columns: For each its cells.
        of_files: Whether each row is a file of an image, whose lines begin with the number of a class.
    """
    if roles.labels:
        return roles
    for name, cells in columns.items():
        values = {cell.strip() for cell in cells} - {""}
        is_only = len(columns) == 1 and name.isdigit() and all(number_of(value) is None for value in values)
        if len(values) == 1 and (strength_of(name) == _SURE or (of_files and name == "0") or is_only):
            told = tuple((cell.strip(),) if cell.strip() else () for cell in cells)
            return replace(roles, labels=[LabelColumn(name, _SURE, told, is_many=True)])
    return roles
