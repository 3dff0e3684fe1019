"""What separates several labels in one cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tasks.discover.words.folder_names import tokens
from tasks.label_kinds import parts_between

_MARKS = ("|", ";", ",", "\uff0c", " ")
_PLURALS = frozenset("labels tags classes categories attributes ids".split())


def separator_of(name: str, cells: Sequence[str]) -> str:
    """What separates several labels in *cells*: the same few words, alone and in several company; empty for none."""
    values = {cell for cell in cells if cell}
    for mark in _MARKS:
        parted = {value: parts_between(value, mark) for value in values}
        if mark == " " and not (set(tokens(name)) & _PLURALS or _are_all_alone(parted)):
            continue
        several = [parts for value, parts in parted.items() if len(parts) > 1 and mark in value]
        if not several or any(not value.strip(f"{mark} ") for value in values):
            continue  # where a cell is the mark alone, it is a text
        company: dict[str, set[str]] = defaultdict(set)
        for value, parts in parted.items():
            for part in parts:
                company[part].add(value)
        again = sum(1 for parts in several if any(len(company[part]) > 1 for part in parts))
        if mark != " " or (again >= len(several) / 2 and len(company) <= 2 * len(values)):
            return mark
    return ""


def _are_all_alone(parted: Mapping[str, Sequence[str]]) -> bool:
    """Whether each part of the several values of *parted* that have some is a value by itself: ``cat``, ``dog cat``."""
    several = [parts for parts in parted.values() if len(parts) > 1]
    return bool(several) and all(part in parted for parts in several for part in parts)
