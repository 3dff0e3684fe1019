"""What is remembered of images that were left out: which are not asked for again, and when the others are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from tasks.publish.state import FAILED_SCHEMA
from tasks.reasons import Reason
from tasks.samples import REJECTION_SCHEMA, rejections_table

_PARKED_AFTER = timedelta(days=30)
_SLACK = timedelta(hours=6)  # a night that begins a little earlier than the last one is still the next night


@dataclass(frozen=True, slots=True)
class Recalled:
    """Samples that are not asked for again this time.

    Attributes:
        asked: For each sample whether it is to be looked at.
        rejections: `REJECTION_SCHEMA`, for the others: as they were before.
    """

    asked: pa.Array
    rejections: pa.Table


def recall(samples: pa.Table, rejects: pa.Table, failed: pa.Table, settings_hash: str, now: str) -> Recalled:
    """Which of *samples* need not be asked for, since what came of it is known.

    An image that was rejected for its bytes is asked for again under another fingerprint or other settings; one that
    could not be fetched when its time has come.

    Args:
        samples: Those that the source lists.
        rejects: `REJECTION_SCHEMA`: of the version before.
        failed: `FAILED_SCHEMA`: of the state.
        settings_hash: Of the settings that images are judged by today.
        now: ISO 8601, UTC.
    """
    before = {row["sample_id"]: row for row in rejects.to_pylist() if row["stage"] in {"fetch", "image"}}
    later = {row["sample_id"]: row["next_try"] for row in failed.to_pylist()}
    asked = np.ones(samples.num_rows, dtype=bool)
    rows: list[dict[str, Any]] = []
    if before:
        columns = zip(samples["sample_id"].to_pylist(), samples["fingerprint"].to_pylist(), strict=True)
        for index, (sample_id, fingerprint) in enumerate(columns):
            row = before.get(sample_id)
            if row is not None and _is_known(row, fingerprint, settings_hash, later.get(sample_id), now):
                asked[index] = False
                rows.append(row)
    return Recalled(pa.array(asked), rejections_table(rows))


def _is_known(row: Mapping[str, Any], fingerprint: str, settings_hash: str, next_try: str | None, now: str) -> bool:
    same = bool(fingerprint) and fingerprint == row["source_fingerprint"] and settings_hash == row["settings_hash"]
    if not Reason(row["reason"]).retry and row["reason"] != Reason.PARKED:
        return same
    if next_try is None:
        return False
    is_same_place = fingerprint == row["source_fingerprint"] or not row["source_fingerprint"]
    return is_same_place and (not next_try or now < next_try)


def remember(
    rejections: pa.Table, stale: pa.Table, failed: pa.Table, facts: Mapping[str, str]
) -> tuple[pa.Table, pa.Table]:
    """*rejections* with their past, and what is to be remembered of those that may pass.

    Args:
        rejections: `REJECTION_SCHEMA`: of this run.
        stale: sample_id, reason, detail, attempts of rows kept for want of their bytes.
        failed: `FAILED_SCHEMA`: of the state before.
        facts: ``run``, ``now`` and ``settings_hash``.

    Returns:
        The rejections, and the new `FAILED_SCHEMA`.
    """
    before = {row["sample_id"]: row for row in failed.to_pylist()}
    kept: list[dict[str, Any]] = []
    rows = [_with_past(row, before.get(row["sample_id"]), facts, kept) for row in rejections.to_pylist()]
    now = facts["now"]
    kept += [_failure(row, before.get(row["sample_id"]), now, is_stale=True) for row in stale.to_pylist()]
    return pa.Table.from_pylist(rows, schema=REJECTION_SCHEMA), pa.Table.from_pylist(kept, schema=FAILED_SCHEMA)


def _with_past(
    row: dict[str, Any], past: Mapping[str, Any] | None, facts: Mapping[str, str], kept: list[dict[str, Any]]
) -> dict[str, Any]:
    if row["run"]:  # recalled: nothing was asked for
        if past is not None:
            kept.append(dict(past))
        return row
    row |= {"run": facts["run"], "last_seen": facts["now"], "settings_hash": facts["settings_hash"]}
    row["first_seen"] = past["first_seen"] if past is not None else facts["now"]
    if Reason(row["reason"]).retry:
        failure = _failure(row, past, facts["now"], is_stale=False)
        kept.append(failure)
        row |= {"attempts": failure["attempts"], "next_try": failure["next_try"], "reason": failure["reason"]}
    return row


def _failure(row: Mapping[str, Any], past: Mapping[str, Any] | None, now: str, *, is_stale: bool) -> dict[str, Any]:
    first = past["first_seen"] if past is not None else now
    next_try = next_attempt(first, now)
    return {
        "sample_id": row["sample_id"],
        "reason": row["reason"] if next_try or is_stale else Reason.PARKED.value,
        "attempts": row["attempts"] + (past["attempts"] if past is not None else 0),
        "first_seen": first,
        "next_try": next_try,
        "stale": is_stale,
    }


def next_attempt(first_seen: str, now: str) -> str:
    """When to ask again: 1, 2, 4, 8, … days after it first failed; never, by itself, after 30 days."""
    first, today = (datetime.fromisoformat(text).astimezone(UTC) for text in (first_seen, now))
    if today - first >= _PARKED_AFTER:
        return ""
    days = 1
    while first + timedelta(days=days) - _SLACK <= today:
        days *= 2
    return (first + timedelta(days=days) - _SLACK).isoformat(timespec="seconds").replace("+00:00", "Z")
