"""Columns of ones and zeros, or of yes and no, of which each is a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.discover.words.column_words import names_a_side, strength_of
from tasks.label_kinds import number_of

_TRUTHS = {"true": 1.0, "false": 0.0}
_YES_NO = frozenset({"yes", "no"})
_TWO = 2
_FEWEST_ROWS = 4


def flag_columns(columns: Mapping[str, Sequence[str]], *, is_whole: bool) -> list[str]:
    """The names of those of *columns* that say of each row whether it is of a class.

    Args:
        columns: Their cells by name.
        is_whole: Whether these are all rows: else a column of zeros may have ones further on.
    """
    flags = {name: cells for name, cells in columns.items() if _is_flag(name, cells)}
    are_classes = all(map(str.isdigit, flags)) and not all(map(str.isdigit, columns))  # else places without names
    told = {name: cells for name, cells in columns.items() if are_classes or not name.isdigit()}
    names = _without_sums({name: cells for name, cells in flags.items() if name in told})
    if names and not is_whole:
        names = [name for name, cells in told.items() if name in names or _is_flag(name, [*cells, "1"])]
    return names if len(names) > 1 else _of_words(columns)


def _of_words(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """Those of *columns*, three at least, that say yes or no by words, of which each row has exactly one yes."""
    flags = [
        name
        for name, cells in columns.items()
        if {cell.casefold() for cell in cells} == _YES_NO and strength_of(name) in {1, 2} and not name.isdigit()
    ]
    rows = zip(*(columns[name] for name in flags), strict=True)
    is_one = len(flags) > _TWO and all(sum(flag(cell) == 1 for cell in row) == 1 for row in rows)
    return flags if is_one else []


def _without_sums(flags: Mapping[str, Sequence[str]]) -> list[str]:
    """The names of *flags* without one that says in every row whether any of the others is there: ``Disease_Risk``."""
    said = {name: [flag(cell) == 1 for cell in cells] for name, cells in flags.items()}
    for name, sums in said.items():
        others = [values for other, values in said.items() if other != name and values != sums]
        if len(others) > 1 and len(set(sums)) > 1 and sums == [any(row) for row in zip(*others, strict=True)]:
            return [other for other in flags if other != name]
    return list(flags)


def _is_flag(name: str, cells: Sequence[str]) -> bool:
    values = {cell for cell in cells if cell}
    if values & set(_TRUTHS) and "." not in name:
        return False
    numbers = {flag(value) for value in values}
    if not numbers <= {0.0, 1.0, -1.0} or 1.0 not in numbers or len(cells) < _FEWEST_ROWS:
        return False
    return strength_of(name) in {1, 2} or names_a_side(name) or name.isdigit()


def flag(cell: str) -> float | None:
    """What *cell* says: 1 for yes, 0 for no, another number as it is; None where it is none."""
    word = cell.casefold()
    return _TRUTHS[cell] if cell in _TRUTHS else float(word == "yes") if word in _YES_NO else number_of(cell)
