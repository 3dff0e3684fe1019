"""What the nights of a dataset make likely: one that lies far outside of it is looked at by a person first. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tasks.report.document import Measured, Night

NIGHTS, FIRST = 30, 14
"""So many nights are looked back on, and so many must be there before anything is judged."""

_SPREADS, _BEYOND = 5.0, 0.5
_COUNTS = ("added", "changed", "relabelled", "deleted")
_OF_ROWS, _OF_CLASS, _OF_LEVEL, _FEW = 0.01, 0.25, 0.02, 5.0
_CLASSES = 300
"""The largest classes, whose rows are remembered for each night."""


@dataclass(frozen=True, slots=True)
class Unlikely:
    """A measure that lies outside of what earlier nights make likely.

    Attributes:
        what: The measure, in words.
        value: What it is.
        usual: The median of earlier nights.
        low: The least that would pass.
        high: The most that would pass.
        spreads: How far out it is, in median absolute deviations.
    """

    what: str
    value: float
    usual: float
    low: float
    high: float
    spreads: float

    def __str__(self) -> str:
        """The measure, and what it was judged by."""
        return f"{self.what}: {self.value:,.6g}, and {self.low:,.6g} to {self.high:,.6g} is likely"


def measured(classes: Mapping[str, int], row_bytes: float, brightness: float | None) -> Measured:
    """What a night remembers for those after it, besides its changes and its account.

    Args:
        classes: Rows by class.
        row_bytes: Bytes of the shards for each row.
        brightness: The mean of all images, 0 to 255; None where it is not known.
    """
    largest = sorted(classes.items(), key=lambda item: (-item[1], item[0]))[:_CLASSES]
    return {"classes": dict(largest), "bytes": round(row_bytes, 1), "brightness": brightness}


def unlikely(nights: Sequence[Night], tonight: Night) -> list[Unlikely]:
    """What of *tonight* lies outside of what the last 30 of *nights* make likely, the furthest first.

    A measure is outside where it is more than five median absolute deviations from the median, and by more than what is
    never worth a word (1 % of the rows; a quarter of a class), and clearly beyond every one of these nights: a weekly
    rhythm has its great days among them. Few changes are never unlikely.
    """
    past = list(nights)[-NIGHTS - 1 :]
    last = past[-1] if past else tonight
    rows = max(1, *(int(night["account"].get("written") or 0) for night in (tonight, last)))
    told = dict(_measures(tonight, past[-1] if past else None, rows))
    before: dict[str, list[float]] = {what: [] for what in told}
    for night, earlier in zip(past[1:], past[:-1], strict=True):
        for what, (value, _) in _measures(night, earlier, rows):
            if what in before:
                before[what].append(value)
    found = [_judged(what, value, before[what], floor) for what, (value, floor) in told.items()]
    return sorted((one for one in found if one is not None), key=lambda one: -one.spreads)


def _measures(night: Night, earlier: Night | None, rows: int) -> Iterator[tuple[str, tuple[float, float]]]:
    """Each measure of *night*, and by how much it may always differ; what grows is measured by its growth."""
    account = night["account"]
    known: Measured = night.get("measured") or {}
    some = max(_FEW, _OF_ROWS * rows)
    for name in _COUNTS:
        if name in night["changes"]:
            yield f"images {name}", (night["changes"][name], some)
    yield "images rejected", (account.get("rejected", 0), some)
    before: Measured = (earlier or {}).get("measured") or {}
    levels = (
        ("bytes of an image", known.get("bytes"), before.get("bytes")),
        ("brightness", known.get("brightness"), before.get("brightness")),
    )
    for what, value, past in levels:
        if value is not None:
            yield what, (value, _OF_LEVEL * abs(value if past is None else past))
    if earlier is None:
        return
    yield "growth of the listing", (account.get("listed", 0) - earlier["account"].get("listed", 0), some)
    classes = known.get("classes") or {}
    for name, count in (before.get("classes") or {}).items() if classes else ():
        floor = min(some, max(_FEW, _OF_CLASS * count))
        yield f"growth of the class {name[:60]!r}", (classes.get(name, 0) - count, floor)


def _judged(what: str, value: float, past: Sequence[float], floor: float) -> Unlikely | None:
    """*value* where it is outside of what *past* makes likely, else None."""
    if len(past) < FIRST - 1:
        return None
    usual = median(past)
    spread = median(abs(one - usual) for one in past)
    room = max(_SPREADS * spread, floor)
    least, most = min(past), max(past)
    low = 0.0 if what.startswith("images ") else min(usual - room, least - _BEYOND * (usual - least))
    high = max(usual + room, most + _BEYOND * (most - usual))
    if low <= value <= high:
        return None
    return Unlikely(what, value, usual, low, high, abs(value - usual) / max(spread, floor / _SPREADS, 1e-9))
