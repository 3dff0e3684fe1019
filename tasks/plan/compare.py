"""Each sample against the rows that are there: is it unchanged, relabelled, suspect or new, and what is to be done."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import bools, whole
from tasks.columns import Described, Judged, JudgedColumn, LabelledSamples, PlannedSamples, RowColumn, RowTable, Samples
from tasks.plan.shard_plans import PLAN_FIELDS, Rows

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Compared:
    """Samples with what is to be done with each.

    Attributes:
        samples: With the columns of `PLAN_FIELDS`.
        known: Those that have a row in the current version.
        suspect: Those of them whose bytes may have changed.
        relabelled: Those of them whose label or split is no longer that of their row.
        missing: Rows of the current version that no sample has any more, as `ROWS_SCHEMA`.
    """

    samples: PlannedSamples
    known: Bools
    suspect: Bools
    relabelled: Bools
    missing: RowTable


def compare(samples: LabelledSamples, rows: Rows, *, rehash: bool = False) -> Compared:
    """What is to be done with each of *samples*, given the *rows* that are there.

    A row whose fingerprint is that of the listing is copied. Where the fingerprint differs, or there is none, its bytes
    are fetched and checked; with *rehash* so are all others. Spare rows are copied where their fingerprint fits, and
    checked where there is none. A sample that was rejected for its bytes is fetched with what is known of them.
    """
    current = rows.published
    position = _positions(samples["sample_id"], current["sample_id"])
    known = pc.is_valid(position)
    has_print = pc.not_equal(samples["fingerprint"], "")
    same = pc.and_(has_print, _equals(samples["fingerprint"], current["source_fingerprint"], position))
    if len(rows.fresh):
        same = pc.or_(same, pc.is_in(samples["sample_id"], value_set=rows.fresh))
    action = pc.if_else(known, pc.if_else(pc.and_(same, not rehash), "copy", "check"), "fetch")
    plan = _Plan(action, *(current[name].take(position) for name in _TAKEN))
    plan = _with_spare(plan, samples, rows.spare, has_print)
    plan = _with_judged(plan, samples, rows.judged)
    relabelled = pc.and_(known, pc.invert(_same_labels(samples, current, position)))
    return Compared(
        samples=plan.added_to(samples),
        known=bools(known),
        suspect=bools(pc.equal(plan.action, "check")),
        relabelled=bools(relabelled),
        missing=current.filter(pc.invert(pc.is_in(current["sample_id"], value_set=whole(samples["sample_id"])))),
    )


_TAKEN: tuple[RowColumn, ...] = ("file", "row", "content_sha256", "source_fingerprint")


@dataclass(frozen=True, slots=True)
class _Plan:
    """For each sample what is to be done, and the row that it may be copied from: null where there is none."""

    action: pa.ChunkedArray
    file: pa.ChunkedArray
    row: pa.ChunkedArray
    sha256: pa.ChunkedArray
    fingerprint: pa.ChunkedArray
    reason: pa.ChunkedArray | str = ""

    def added_to(self, samples: LabelledSamples) -> PlannedSamples:
        """*samples* with the columns of `PLAN_FIELDS`; what is known of the bytes only where they are fetched."""
        fetched = pc.not_equal(self.action, "copy")
        columns = (
            self.action,
            pc.fill_null(self.file, -1),
            pc.fill_null(self.row, -1),
            pc.if_else(fetched, pc.fill_null(self.sha256, ""), ""),
            pc.if_else(fetched, pc.fill_null(self.fingerprint, ""), ""),
            pc.if_else(fetched, self.reason, ""),
        )
        planned: pa.Table[Any, Any] = samples
        for item, column in zip(PLAN_FIELDS, columns, strict=True):
            planned = planned.append_column(item, column.cast(item.type))
        return planned


def _with_spare(plan: _Plan, samples: Samples, spare: RowTable, has_print: pa.ChunkedArray) -> _Plan:
    """*plan* with rows of runs that died in place of what would be fetched otherwise."""
    if not spare.num_rows:
        return plan
    position = _positions(samples["sample_id"], spare["sample_id"])
    same = pc.and_(has_print, _equals(samples["fingerprint"], spare["source_fingerprint"], position))
    fits = pc.and_(same, pc.not_equal(plan.action, "copy"))
    may_fit = pc.and_(pc.and_(pc.is_valid(position), pc.invert(has_print)), pc.equal(plan.action, "fetch"))
    either = pc.or_(fits, may_fit)
    there = (
        pc.if_else(either, spare[name].take(position), old) for name, old in zip(_TAKEN, _places(plan), strict=True)
    )
    return _Plan(pc.if_else(fits, "copy", pc.if_else(may_fit, "adopt", plan.action)), *there)


def _places(plan: _Plan) -> tuple[pa.ChunkedArray, ...]:
    return plan.file, plan.row, plan.sha256, plan.fingerprint


def _with_judged(plan: _Plan, samples: Samples, judged: Judged) -> _Plan:
    """*plan* with what is known of the bytes that were rejected before."""
    if not judged.num_rows:
        return plan
    position = _positions(samples["sample_id"], judged["sample_id"])
    fits = pc.and_(pc.is_valid(position), pc.equal(plan.action, "fetch"))
    old: tuple[tuple[JudgedColumn, pa.ChunkedArray | str], ...] = (
        ("content_sha256", plan.sha256),
        ("source_fingerprint", plan.fingerprint),
        ("reason", plan.reason),
    )
    sha256, fingerprint, reason = (pc.if_else(fits, judged[name].take(position), value) for name, value in old)
    return _Plan(plan.action, plan.file, plan.row, sha256, fingerprint, reason)


def _same_labels(samples: LabelledSamples, current: RowTable, position: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where label and split are those of the row; label paths count only where the rows carry them at all."""
    columns: list[Described] = ["label_name", "split", "kept"]
    if pc.any(pc.not_equal(current["label_path"], "")).as_py():
        columns.append("label_path")
    same = [_equals(samples[name], current[name], position) for name in columns]
    return functools.reduce(pc.and_, same)


def _positions(wanted: pa.ChunkedArray, there: pa.ChunkedArray) -> pa.ChunkedArray:
    """For each of *wanted* where it stands in *there*; null where it does not."""
    return pc.index_in(wanted, value_set=whole(there))


def _equals(left: pa.ChunkedArray, right: pa.ChunkedArray, position: pa.ChunkedArray) -> pa.ChunkedArray:
    """Where each of *left* equals the one of *right* at its position; false where it has none."""
    return pc.fill_null(pc.equal(left, right.take(position)), False)
