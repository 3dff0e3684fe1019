"""Tables that say nothing of images but numbers, beside folders that could be their classes."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.discover.claims.claim import Claims
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.words.column_words import called_column
from tasks.label_kinds import is_fraction

_HALF = 0.5


def told_numbers(families: Iterable[Family], claims: Claims, count: int) -> str:
    """What speaks against folders as classes, as a sentence's half: a table has a number to predict, and no label.

    Args:
        families: The tables that name images.
        claims: What tables claim: labels without doubt count before any number.
        count: How many images there are.
    """
    if any(claim.is_sure for claim in claims.labels):
        return ""
    for family in families:
        if family.roles.labels or len(family.named) < _HALF * count:
            continue
        view = family.views[0]
        names = family.roles.numbers or [name for name in view.head.names if _holds_amounts(view, name)]
        if names:
            called = called_column(names[0])
            return f"{called} of {view.head.path} has a number for each image, and that file says nothing else of them"
    return ""


def _holds_amounts(view: View, name: str) -> bool:
    """Whether an unnamed column has fractions that differ from image to image."""
    cells = [cell.strip() for cell in view.head.column(name)]
    if not name.isdecimal() or name == view.location or len(set(cells)) <= _HALF * len(cells):
        return False
    return all(map(is_fraction, cells)) and any("." in cell for cell in cells)
