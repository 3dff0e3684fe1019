"""What is remembered of images that were left out: which are not asked for again, and when the others are. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Failed, FailedRow, Judged, RejectionColumn, RejectionRow, Rejections, Samples, Stale, StaleRow
from tasks.plan.shard_plans import JUDGED_SCHEMA
from tasks.publish.state import FAILED_SCHEMA
from tasks.reasons import Reason
from tasks.samples import place_of, rejections_table

_PARKED_AFTER = timedelta(days=30)
_SLACK = timedelta(hours=6)  # a night that begins a little earlier than the last one is still the next night
_PICTURES = 24
"""So many images of one reason keep their pictures, those that were left out last."""

_FINAL = frozenset({Reason.TOO_MANY_BYTES, Reason.NOT_A_REGULAR_FILE})
"""Fetch reasons that the listing's fingerprint decides: size and kind of a file do not change without it."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a run judges by.

    Attributes:
        run: Its id.
        now: ISO 8601, UTC.
        settings_hash: Of the settings that images are judged by.
        rehash: Fingerprints are not believed.
        well: Places, as `place_of` names them, whose images need not wait for their time.
    """

    run: str
    now: str
    settings_hash: str
    rehash: bool = False
    well: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recalled:
    """Samples that are not asked for again this time, and what is known of others.

    Attributes:
        asked: For each sample whether it is to be looked at.
        rejections: `REJECTION_SCHEMA`, for the others: as they were before.
        judged: `JUDGED_SCHEMA`: rejected for their bytes; only the source can tell whether these are still the same.
        waiting: Those of the samples that could not be fetched, and whose time to be asked for again has not come.
    """

    asked: pa.ChunkedArray
    rejections: Rejections
    judged: Judged
    waiting: Samples


def recall(samples: Samples, rejects: Rejections, failed: Failed, settled: pa.Array, moment: Moment) -> Recalled:
    """Which of *samples* need not be asked for, since what came of it is known.

    An image that was rejected for its bytes is asked for again under another fingerprint or other settings; one that
    could not be fetched when its time has come; one that another stands for when that one may have changed.

    Args:
        samples: Those that the source lists.
        rejects: `REJECTION_SCHEMA`: what is known of images left out before.
        failed: `FAILED_SCHEMA`: of the state.
        settled: Content hashes of rows that stay as they are; none where duplicates are not left out.
        moment: What this run judges by.
    """
    before = {row["sample_id"]: row for row in rejects.to_pylist() if _is_of_bytes(row)}
    failures = {row["sample_id"]: row for row in failed.to_pylist()}
    kept = set(settled.to_pylist())
    stands: list[RejectionRow] = []
    judged: list[RejectionRow] = []
    there = samples.filter(pc.is_in(samples["sample_id"], value_set=pa.array(list(before), pa.string())))
    waiting: list[str] = []
    for sample in there.select(["sample_id", "fingerprint"]).to_pylist():
        row = before[sample["sample_id"]]
        if row["stage"] == "fetch" and place_of(row) in moment.well and Reason(row["reason"]) not in _FINAL:
            continue
        match _verdict(row, sample["fingerprint"], failures.get(row["sample_id"]), moment):
            case "stands" if row["stage"] != "dataset" or row["content_sha256"] in kept:
                stands.append(row)
                if row["stage"] == "fetch" and Reason(row["reason"]) not in _FINAL:
                    waiting.append(row["sample_id"])
            case "look":
                judged.append(row)
    ids = pa.array([row["sample_id"] for row in stands], pa.string())
    return Recalled(
        asked=pc.invert(pc.is_in(samples["sample_id"], value_set=ids)),
        rejections=rejections_table(stands),
        judged=pa.Table.from_pylist(judged, schema=JUDGED_SCHEMA),
        waiting=samples.filter(pc.is_in(samples["sample_id"], value_set=pa.array(waiting, pa.string()))),
    )


def _is_of_bytes(row: RejectionRow) -> bool:
    return row["stage"] in {"fetch", "image"} or row["reason"] == Reason.DUPLICATE_CONTENT


def _verdict(row: RejectionRow, fingerprint: str, failure: FailedRow | None, moment: Moment) -> str:
    """``stands``: nothing is asked; ``look``: it stands if the bytes are the same; ``ask``: as if it were new."""
    is_same_place = fingerprint == row["source_fingerprint"]
    is_same = bool(fingerprint) and is_same_place and moment.settings_hash == row["settings_hash"]
    reason = Reason(row["reason"])
    if reason is Reason.DECODER_LIMIT:  # it may have been the machine
        return "ask"
    if row["stage"] == "fetch" and reason not in _FINAL:
        waits = (reason.retry or reason is Reason.PARKED) and failure is not None and not moment.rehash
        moved = bool(row["source_fingerprint"]) and not is_same_place
        return "stands" if waits and failure is not None and not moved and not _is_due(failure, moment.now) else "ask"
    if is_same and not moment.rehash:
        return "stands"
    can_tell = row["stage"] == "image" and row["content_sha256"] and moment.settings_hash == row["settings_hash"]
    return "look" if can_tell and (moment.rehash or not fingerprint) else "ask"


def _is_due(failure: FailedRow, now: str) -> bool:
    """Whether it is asked for again: in nights 1, 2, 4, 8, … after it first failed, by count or by the clock."""
    if not failure["next_try"]:
        return False
    tonight = failure["nights"] + 1
    return bool(tonight & (tonight - 1) == 0 or now >= failure["next_try"])


def remember(
    rejections: Rejections, stale: Stale, failed: Failed, rejects: Rejections, moment: Moment
) -> tuple[Rejections, Failed]:
    """*rejections* with their past, and what is to be remembered of those that may pass.

    Args:
        rejections: `REJECTION_SCHEMA`: of this run.
        stale: sample_id, reason, detail, attempts of rows kept for want of their bytes.
        failed: `FAILED_SCHEMA`: of the state before.
        rejects: `REJECTION_SCHEMA`: what was known of images left out before.
        moment: What this run judged by.

    Returns:
        The rejections, and the new `FAILED_SCHEMA`.
    """
    failures = {row["sample_id"]: row for row in failed.to_pylist()}
    before = {(row["sample_id"], row["stage"]): row for row in rejects.to_pylist()}
    rows: list[RejectionRow] = []
    kept: list[FailedRow] = []
    for row in rejections.to_pylist():
        failure = failures.get(row["sample_id"])
        if row["run"]:  # recalled: nothing was asked for
            kept += [] if failure is None else [{**failure, "nights": failure["nights"] + 1}]
            rows.append(row)
            continue
        dated = _dated(row, failure or before.get((row["sample_id"], row["stage"])), moment)
        if Reason(row["reason"]).retry:
            made = _failure(row, failure or before.get((row["sample_id"], row["stage"])), moment.now, is_stale=False)
            dated |= {"attempts": made["attempts"], "next_try": made["next_try"], "reason": made["reason"]}
            kept.append(made)
        rows.append(dated)
    kept += [_failure(row, failures.get(row["sample_id"]), moment.now, is_stale=True) for row in stale.to_pylist()]
    return rejections_table(_with_few_pictures(rows)), pa.Table.from_pylist(kept, schema=FAILED_SCHEMA)


def _with_few_pictures(rows: Sequence[RejectionRow]) -> list[RejectionRow]:
    """*rows*, of which those that were left out last keep their pictures, some of each reason."""
    pictured = sorted((row for row in rows if row["picture"]), key=lambda row: (row["reason"], row["sample_id"]))
    newest = sorted(pictured, key=lambda row: row["first_seen"], reverse=True)
    seen: Counter[str] = Counter()
    beyond: set[int] = set()
    for row in newest:
        seen[row["reason"]] += 1
        if seen[row["reason"]] > _PICTURES:
            beyond.add(id(row))
    return [{**row, "picture": b""} if id(row) in beyond else row for row in rows]


def _dated(row: RejectionRow, past: FailedRow | RejectionRow | None, moment: Moment) -> RejectionRow:
    """*row* as one of this run, with what is known of it from before; without a detail, it has the one it had."""
    return {
        **row,
        "run": moment.run,
        "last_seen": moment.now,
        "settings_hash": moment.settings_hash,
        "first_seen": (past["first_seen"] if past is not None else "") or moment.now,
        "attempts": row["attempts"] + (past["attempts"] if past is not None else 0),
        "detail": row["detail"] or (past["detail"] if past is not None and "detail" in past else ""),
        "picture": row["picture"] or _known_picture(row, past),
    }


def _known_picture(row: RejectionRow, past: FailedRow | RejectionRow | None) -> bytes:
    """The picture that is there of an image that was looked at again, and has the bytes that it had."""
    if past is None or "picture" not in past:
        return b""
    return past["picture"] if row["content_sha256"] and past["content_sha256"] == row["content_sha256"] else b""


def _failure(
    row: RejectionRow | StaleRow, past: FailedRow | RejectionRow | None, now: str, *, is_stale: bool
) -> FailedRow:
    first = past["first_seen"] if past is not None else now
    next_try = next_attempt(first, now)
    return {
        "sample_id": row["sample_id"],
        "reason": row["reason"] if next_try or is_stale else Reason.PARKED.value,
        "attempts": row["attempts"] + (past["attempts"] if past is not None else 0),
        "nights": past["nights"] + 1 if past is not None and "nights" in past else 0,
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


def newer(known: Rejections, published: Rejections) -> Rejections:
    """Those of *known* that *published* lacks, or judged by other bytes or settings; both `REJECTION_SCHEMA`."""
    keys: list[RejectionColumn] = [
        "sample_id",
        "stage",
        "reason",
        "source_fingerprint",
        "content_sha256",
        "settings_hash",
    ]
    there = set(zip(*(published[key].to_pylist() for key in keys), strict=True))
    wanted = [row["stage"] != "discover" and tuple(row[key] for key in keys) not in there for row in known.to_pylist()]
    return known.filter(pa.array(wanted, pa.bool_()))


def overlaid(published: Rejections, newer_ones: Rejections) -> Rejections:
    """What is known of images left out: *newer_ones*, and of *published* the others; both `REJECTION_SCHEMA`."""
    others = published.filter(
        pc.invert(pc.is_in(published["sample_id"], value_set=newer_ones["sample_id"].combine_chunks()))
    )
    return pa.concat_tables([others, newer_ones])
