"""Labels that may say that an image has none: what databases and sheets write for no value, and -1 among numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tasks.discover.claims.claim import LabelClaim
from tasks.discover.claims.table_views import Family

_NULLS = frozenset({"\\N", "(null)", "<null>", "<NA>", "#N/A", "#NV", "#N/V", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!"})
_MINUS_ONE = frozenset({"-1", "-1.0"})
_FEWEST = 2


def without_nulls(claim: LabelClaim, _: Family) -> LabelClaim | None:
    """*claim*, unsure, with the labels that may mean none as such; None where all of its labels are some."""
    said = {label for labels in claim.by_file.values() for label in labels}
    nulls = (said & _NULLS) | _unknown_among(said)
    if not nulls or len(said - nulls) < _FEWEST or claim.column.one_hot or claim.is_many:
        return None
    by_file = {file: tuple(label for label in labels if label not in nulls) for file, labels in claim.by_file.items()}
    shown = " and ".join(sorted(nulls))
    says = f"{claim.says}, in which {shown} {'stands' if len(nulls) == 1 else 'stand'} for none"
    return replace(claim, by_file=by_file, says=says, is_sure=False, nulls=tuple(sorted(nulls)))


def _unknown_among(said: Collection[str]) -> set[str]:
    """-1 where it stands among numbers of classes that count from 0."""
    odd = _MINUS_ONE & set(said)
    others = set(said) - odd
    return set(odd) if others & {"0", "0.0"} and all(_is_count(label) for label in others) else set()


def _is_count(label: str) -> bool:
    return label.removesuffix(".0").isdecimal()
