"""Each sample against the rows that are there: is it unchanged, relabelled, suspect or new, and what is to be done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.plan.shard_plans import PLAN_FIELDS, Rows

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Compared:
    """Samples with what is to be done with each.

    Attributes:
        samples: With the columns of `PLAN_FIELDS`.
        position: For each sample its row in the current version's rows; -1 where it has none.
        relabelled: Those whose label or split is no longer that of their row.
        missing: For each row of the current version whether no sample has it any more.
    """

    samples: pa.Table
    position: Ints
    relabelled: Bools
    missing: Bools

    @property
    def suspect(self) -> Bools:
        """Those whose bytes may have changed."""
        return np.asarray(self.samples["action"].to_numpy(zero_copy_only=False) == "check", dtype=bool)


def compare(samples: pa.Table, rows: Rows, *, rehash: bool = False) -> Compared:
    """What is to be done with each of *samples*, given the *rows* that are there.

    A row whose fingerprint is that of the listing is copied. Where the fingerprint differs, or there is none, its bytes
    are fetched and checked; with *rehash* so are all others. Spare rows are copied where their fingerprint fits.
    """
    table = rows.table
    is_current = table["file"].to_numpy() < rows.current
    current, spare = table.filter(pa.array(is_current)), table.filter(pa.array(~is_current))
    position = _positions(samples["sample_id"], current["sample_id"])
    known = position >= 0
    same = (
        known
        & _equal(samples["fingerprint"], current["source_fingerprint"], position)
        & ~_empty(samples["fingerprint"])
    )
    action = np.where(known, np.where(same & (not rehash), "copy", "check"), "fetch").astype(object)
    found = _Found(
        file=_taken(current["file"], position, -1),
        row=_taken(current["row"], position, -1),
        sha256=_taken(current["content_sha256"], position, ""),
        fingerprint=_taken(current["source_fingerprint"], position, ""),
    )
    if spare.num_rows:
        _adopt_spare(samples, spare, action, found)
    labels_differ = ~_equal(samples["label_name"], current["label_name"], position)
    labels_differ |= ~_equal(samples["label_path"], current["label_path"], position) & _has_text(current["label_path"])
    labels_differ |= ~_equal(samples["kept"], current["kept"], position)
    relabelled = known & (labels_differ | ~_equal(samples["split"], current["split"], position))
    missing = np.ones(current.num_rows, dtype=bool)
    missing[position[known]] = False
    return Compared(_with_plan(samples, action, found), position, relabelled, missing)


@dataclass(frozen=True, slots=True)
class _Found:
    """For each sample the row that it may be copied from."""

    file: npt.NDArray[np.object_]
    row: npt.NDArray[np.object_]
    sha256: npt.NDArray[np.object_]
    fingerprint: npt.NDArray[np.object_]


def _positions(wanted: pa.ChunkedArray, there: pa.ChunkedArray) -> Ints:
    """For each of *wanted* where it stands in *there*; -1 where it does not."""
    found = pc.fill_null(pc.index_in(wanted, value_set=there.combine_chunks()), -1)
    return np.asarray(found.to_numpy(), dtype=np.int64)


def _taken(column: pa.ChunkedArray, position: Ints, default: int | str) -> npt.NDArray[np.object_]:
    """For each position the value of *column*, and *default* for -1."""
    values = np.empty(len(column) + 1, dtype=object)
    values[:-1] = column.to_numpy(zero_copy_only=False)
    values[-1] = default
    return values[position]


def _equal(left: pa.ChunkedArray, right: pa.ChunkedArray, position: Ints) -> Bools:
    """Where each of *left* equals the one of *right* at its position; false for -1."""
    return np.asarray(left.to_numpy(zero_copy_only=False) == _taken(right, position, "\0"), dtype=bool)


def _empty(column: pa.ChunkedArray) -> Bools:
    return np.asarray(pc.equal(column, "").to_numpy(), dtype=bool)


def _has_text(column: pa.ChunkedArray) -> bool:
    """Whether the rows carry label paths at all."""
    return bool(pc.any(pc.not_equal(column, "")).as_py())


def _adopt_spare(samples: pa.Table, spare: pa.Table, action: npt.NDArray[np.object_], found: _Found) -> None:
    """Copy from rows of runs that died what would be fetched otherwise, in place."""
    position = _positions(samples["sample_id"], spare["sample_id"])
    fits = (position >= 0) & _equal(samples["fingerprint"], spare["source_fingerprint"], position)
    fits &= ~_empty(samples["fingerprint"]) & (action != "copy")
    action[fits] = "copy"
    columns = (("file", "file"), ("row", "row"), ("sha256", "content_sha256"), ("fingerprint", "source_fingerprint"))
    for name, column in columns:
        getattr(found, name)[fits] = _taken(spare[column], position, "")[fits]


def _with_plan(samples: pa.Table, action: npt.NDArray[np.object_], found: _Found) -> pa.Table:
    values = (action, found.file, found.row, found.sha256, found.fingerprint)
    for item, column in zip(PLAN_FIELDS, values, strict=True):
        samples = samples.append_column(item, pa.array(column, item.type))
    return samples
