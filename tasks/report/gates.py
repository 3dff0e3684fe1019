"""The `gates` section: what forbids publishing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from tasks.columns import Rejections
from tasks.reasons import Reason
from tasks.report.document import GateRow, Night
from tasks.report.learning import FIRST, NIGHTS, unlikely
from tasks.report.relabelled import NOTHING, Relabelled
from tasks.step_config import StepConfig
from tasks.wording import counted

_SPREADS = 5.0
_BY_HAND = 10
"""Fewer images are relabelled by hand, and no accident of a whole source."""


class Gates(StepConfig):
    """What forbids publishing; a crossed gate leaves the dataset as it was.

    Attributes:
        max_reject_fraction: The largest share of the listed images that may be rejected.
        max_delete_fraction: The largest share of the last version's rows that may go.
        min_rows: The fewest rows of a version.
        min_per_class: The fewest rows of each class that the source shows.
        max_new_classes: The most new classes, from the second version on; without a limit where it is not set.
        max_relabel_fraction: The largest share of images that may have another class than in the last version. A class
            that is renamed as a whole does not count, unless all are; fewer than ten images never do.
        max_new_doubts: The most findings against the layout that the config names, in a run after one without any; no
            limit where it is null. Such a finding is a file or a folder by which images would have other labels.
        target_range: The lowest and the highest label, where labels are numbers; without limits where it is not set.
        max_stale_fraction: The largest share of rows that are kept only because their images could not be fetched. They
            are no rejects, so that one host that is down does not hold up what others have changed.
        max_leaks: The most pairs of near duplicates in two splits; without a limit where it is not set.
        max_suspects: The most pairs of near duplicates with two labels; without a limit where it is not set.
        learn: Refuse a run whose counts, classes, bytes or brightness are far from what the last 30 published versions
            make likely, once there are 14. ``--accept learn`` publishes it all the same, and it counts from then on.
    """

    max_reject_fraction: float = Field(default=0.05, ge=0, le=1)
    max_delete_fraction: float = Field(default=0.1, ge=0, le=1)
    min_rows: int = Field(default=1, ge=0)
    min_per_class: int = Field(default=0, ge=0)
    max_new_classes: int | None = Field(default=None, ge=0)
    max_stale_fraction: float = Field(default=0.25, ge=0, le=1)
    max_relabel_fraction: float = Field(default=0.5, ge=0, le=1)
    max_new_doubts: int | None = Field(default=0, ge=0)
    target_range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    max_leaks: int | None = Field(default=None, ge=0)
    max_suspects: int | None = Field(default=None, ge=0)
    learn: bool = False

    @field_validator("target_range")
    @classmethod
    def _range_has_two_ends(cls, value: list[float] | None) -> list[float] | None:
        if value is not None and not value[0] <= value[1]:
            raise ValueError("name the lowest number first, then the highest, such as [0, 10]")
        return value


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What gates look at.

    Attributes:
        listed: Images that the source lists.
        rejected: Those left out that count: neither duplicates nor rows of quarantined classes.
        stale: Rows kept as they were, since their images could not be fetched.
        written: Rows of the new version.
        rows_before: Rows of the version before; 0 without one.
        deleted: Rows of it that are gone.
        classes: Rows of each class that the source shows.
        new_classes: Classes that no version had; empty on the first run.
        relabelled: What became of the classes of images that were there before.
        doubts: What speaks against the layout that the config names, and did not before, a sentence each.
        targets: The number of each row, where labels are numbers; NaN where it has none.
        leaks: Pairs of near duplicates in two splits; None where images are not measured.
        suspects: Pairs of near duplicates of two labels; None where images are not measured.
        nights: The nights that were published before, as `unlikely` takes them.
        tonight: The same of this one; None where it is not known yet.
    """

    listed: int
    rejected: int
    stale: int
    written: int
    rows_before: int
    deleted: int
    classes: Mapping[str, int]
    new_classes: tuple[str, ...]
    relabelled: Relabelled = NOTHING
    doubts: Sequence[str] = ()
    targets: pa.ChunkedArray | None = None
    leaks: int | None = None
    suspects: int | None = None
    nights: Sequence[Night] = ()
    tonight: Night | None = None


@dataclass(frozen=True, slots=True)
class GateResult:
    """One gate, with what it saw.

    Attributes:
        gate: The key in `gates`.
        value: What it saw.
        limit: What it admits.
        crossed: Whether it forbids publishing.
        detail: One line for a person.
    """

    gate: str
    value: float
    limit: float
    crossed: bool
    detail: str

    def as_row(self) -> GateRow:
        """It, as a report has it."""
        return {
            "gate": self.gate,
            "value": self.value,
            "limit": self.limit,
            "crossed": self.crossed,
            "detail": self.detail,
        }


HOW_TO_GO_ON = ". Mend the source, or publish all the same: "
"""Between what gates saw and the command that accepts it."""

UNCOUNTED = frozenset({Reason.QUARANTINED_NEW_CLASS.value, Reason.PURGED.value})
"""Reasons for which images are left out on purpose: they do not count for `max_reject_fraction`."""


def reject_limit(gates: Gates, accepted: Sequence[str], listed: int, left_out: Rejections) -> int | None:
    """How many images more may be rejected; below 0 where too many are already, None without a bound.

    Args:
        gates: The `gates` section.
        accepted: The gates that may be crossed.
        listed: Images that the source lists.
        left_out: `REJECTION_SCHEMA`: those that are rejected before any is fetched.
    """
    if "max_reject_fraction" in accepted:
        return None
    most = math.floor(gates.max_reject_fraction * listed) + 1
    while most and most / max(listed, 1) > gates.max_reject_fraction:
        most -= 1
    is_uncounted = pc.is_in(left_out["reason"], value_set=pa.array([*UNCOUNTED], pa.string()))
    counted = left_out.filter(pc.invert(pc.or_(is_uncounted, pc.equal(left_out["stage"], "dataset"))))
    return most - int(counted.num_rows)


def check_gates(gates: Gates, facts: GateFacts) -> list[GateResult]:
    """Every gate with what it saw."""
    return list(_results(gates, facts))


def _results(gates: Gates, facts: GateFacts) -> Iterator[GateResult]:
    share = facts.rejected / max(facts.listed, 1)
    limit = gates.max_reject_fraction
    detail = f"{facts.rejected:,} of {facts.listed:,} images are rejected ({share:.1%}); the limit is {limit:.1%}"
    yield GateResult("max_reject_fraction", share, limit, share > limit, detail)

    share = facts.deleted / max(facts.rows_before, 1)
    limit = gates.max_delete_fraction
    detail = f"{facts.deleted:,} of {facts.rows_before:,} rows would go ({share:.1%}); the limit is {limit:.1%}"
    yield GateResult("max_delete_fraction", share, limit, share > limit, detail)

    detail = f"{facts.written:,} rows; at least {gates.min_rows:,} are needed"
    yield GateResult("min_rows", facts.written, gates.min_rows, facts.written < gates.min_rows, detail)

    if gates.min_per_class and facts.classes:
        name, least = min(facts.classes.items(), key=lambda item: (item[1], item[0]))
        detail = f"the class {name[:60]!r} has {least:,} rows; each class needs {gates.min_per_class:,}"
        yield GateResult("min_per_class", least, gates.min_per_class, least < gates.min_per_class, detail)

    if gates.max_new_classes is not None:
        count = len(facts.new_classes)
        detail = f"{count} new classes ({', '.join(facts.new_classes[:5])}); the limit is {gates.max_new_classes}"
        yield GateResult("max_new_classes", count, gates.max_new_classes, count > gates.max_new_classes, detail)

    share = facts.stale / max(facts.written, 1)
    limit = gates.max_stale_fraction
    detail = (
        f"{facts.stale:,} of {facts.written:,} rows are kept only because their images could not be fetched "
        f"({share:.1%}); the limit is {limit:.1%}"
    )
    yield GateResult("max_stale_fraction", share, limit, share > limit, detail)

    yield _relabelled_within(gates.max_relabel_fraction, facts.relabelled)

    if gates.max_new_doubts is not None:
        yield _doubts_within(gates.max_new_doubts, facts.doubts)

    if gates.target_range is not None and facts.targets is not None:
        yield _targets_within(gates.target_range, facts.targets)

    yield from _near_within(gates, facts)

    if gates.learn and facts.tonight is not None:
        yield _as_learned(facts.nights, facts.tonight)


def _as_learned(nights: Sequence[Night], tonight: Night) -> GateResult:
    """Whether *tonight* is as *nights* make likely; its value is by how many median deviations it is not."""
    found = unlikely(nights, tonight)
    if not found:
        seen = min(len(nights), NIGHTS)
        known, young = f"as the last {seen} nights make likely", f"{seen} of {FIRST} nights are known yet"
        detail = known if seen >= FIRST else young
        return GateResult("learn", 0, _SPREADS, crossed=False, detail=detail)
    detail = f"unlike the last {min(len(nights), NIGHTS)} nights: {'; '.join(map(str, found[:3]))}"
    return GateResult("learn", round(min(found[0].spreads, 1e6), 2), _SPREADS, crossed=True, detail=detail)


def _relabelled_within(limit: float, seen: Relabelled) -> GateResult:
    share = seen.count / max(seen.known, 1)
    most = f", most of them {seen.most}" if seen.most else ""
    detail = (
        f"{seen.count:,} of {seen.known:,} images would have another class than before{most} ({share:.1%}); the limit "
        f"is {limit:.1%}"
    )
    crossed = share > limit and seen.count >= _BY_HAND
    return GateResult("max_relabel_fraction", share, limit, crossed, detail)


def _doubts_within(limit: int, doubts: Sequence[str]) -> GateResult:
    """Whether no more than *limit* findings speak against the layout of the config that did not before."""
    first = f": {doubts[0]}" if doubts else ""
    what = f"{counted(len(doubts), 'new finding')} against how the config reads the source{first}"
    detail = f"{what}; the limit is {limit}"
    return GateResult("max_new_doubts", len(doubts), limit, len(doubts) > limit, detail)


def _near_within(gates: Gates, facts: GateFacts) -> Iterator[GateResult]:
    for name, what, most, count in (
        ("max_leaks", "lie in two splits", gates.max_leaks, facts.leaks),
        ("max_suspects", "have two labels", gates.max_suspects, facts.suspects),
    ):
        if most is not None and count is not None:
            detail = f"{count:,} pairs of near duplicates {what}; the limit is {most:,}"
            yield GateResult(name, count, most, count > most, detail)


def _targets_within(limits: Sequence[float], targets: pa.ChunkedArray) -> GateResult:
    """Whether all of *targets* that are numbers lie within *limits*; its value is the one that lies furthest out."""
    low, high = limits
    numbers = targets.filter(pc.is_finite(targets))
    ends = pc.min_max(numbers).as_py()
    lowest, highest = (low if ends["min"] is None else ends["min"]), (high if ends["max"] is None else ends["max"])
    outside = pc.sum(pc.or_(pc.less(numbers, low), pc.greater(numbers, high))).as_py() or 0
    detail = f"{outside:,} labels lie outside {low:g} to {high:g}: they go from {lowest:g} to {highest:g}"
    value = lowest if low - lowest > highest - high else highest
    return GateResult("target_range", value, low if value == lowest else high, outside > 0, detail)
