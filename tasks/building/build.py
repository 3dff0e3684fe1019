"""One shard: fetched, decoded, resized, encoded and written, with memory that does not grow with its rows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial

import pyarrow as pa

from tasks.building.in_hand import shards_in_hand
from tasks.building.made_rows import columns_to_copy, made_row, part_of
from tasks.building.measuring import MeasuredRows
from tasks.building.plan_files import read_reusable
from tasks.building.spec import STALE_SCHEMA, UNCONFINED, BuildSpec, ShardOutcome, published_pixel_spec
from tasks.building.stream import Copy, Finished, fetch_samples, prepare_samples
from tasks.columns import PlannedRow, RejectionRow, StaleRow, TouchedRow
from tasks.errors import RefusedError, StoppedError
from tasks.fetch import FetchAhead, Fetched
from tasks.images.pixel_spec import Prepared
from tasks.images.pool import shared_pool
from tasks.plan import ShardPlan
from tasks.plan.shard_plans import TOUCHED_SCHEMA
from tasks.progress import tally_of
from tasks.purged import Purged
from tasks.reasons import Reason
from tasks.samples import Rejection, ShardFile, rejection_row, rejections_table
from tasks.shards.old_rows import OldRows
from tasks.shards.schema import shard_schema
from tasks.shards.writer import ShardWriter
from tasks.storage import open_store

_TO_END_S = 60.0
"""How long a shard in hand may go on once the run cannot be published any more; then what it has is kept."""


def build_shard_files(plan: ShardPlan, spec: BuildSpec) -> ShardOutcome:
    """Fetch, resize and write the images of one planned shard into the pool; copy those that are there already.

    Building the same shard again writes the same bytes, as long as the sources are the same. A shard with a base is
    written only once one of its rows proves to have changed.

    Where the process builds as many shards as it may, this one fetches its first images until it is its turn.

    Raises:
        RefusedError: The run's deadline is over, or too many images are rejected already.
        StoppedError: The run was told to stop.
    """
    with (
        shards_in_hand(spec.folder, spec.in_hand).place() as place,
        closing(fetch_samples(plan.samples, spec, place.note_all_begun)) as fetching,
    ):
        place.wait(fetching, partial(_refuse, spec))
        return _built(plan, spec, fetching)


def _refuse(spec: BuildSpec) -> None:
    """Raise where no further shard is to be begun."""
    tally = tally_of(spec.counted_by)
    if tally.is_stopped:
        raise StoppedError("stopped")
    if spec.deadline and time.time() > spec.deadline:
        raise RefusedError("deadline: `run.deadline` is over; what is finished waits for the next run, which goes on")
    if tally.is_hopeless:
        raise too_many_rejects()


def _built(plan: ShardPlan, spec: BuildSpec, fetching: FetchAhead) -> ShardOutcome:
    store = open_store(spec.output)
    schema = shard_schema(spec.class_names, published_pixel_spec(spec.pixels), spec.kept, spec.label_kind)
    counts = _Counts(spec)
    roots = {item.name: item.root.url for item in spec.access}
    blank = part_of(dict.fromkeys(names := ("warning", *spec.kept), ""), names)
    reusable = read_reusable(spec.output.child(spec.folder)) if spec.files else {}
    there = OldRows(store, spec.files, spec.pixels.measures, columns_to_copy(plan.samples))
    with ExitStack() as stack, closing(there) as old:
        finished = prepare_samples(plan.samples, spec, fetching, reusable)
        first = list(_unchanged_head(finished, plan.base, counts)) if plan.base >= 0 else []
        if counts.stays:
            return counts.outcome([], plan.base)
        folder = stack.enter_context(store.temporary(spec.folder))
        writer = stack.enter_context(ShardWriter(store, folder, plan.split, schema, spec.write))
        rows = MeasuredRows(writer, shared_pool(spec.decoder_processes, spec.limits), spec.pixels)
        for item in _chained(first, finished, counts):
            if not isinstance(item.outcome, Rejection):
                rows.add(blank | made_row(item, roots, old))
            if counts.is_late:
                rows.finish()  # what is there will be copied by the run that is accepted
                raise too_many_rejects()
        rows.finish()
        return counts.outcome(writer.files)


def too_many_rejects() -> RefusedError:
    """What to say of a run whose rejects can no longer come under the limit."""
    return RefusedError(
        "max_reject_fraction: more images are rejected already than `gates.max_reject_fraction` admits, so no further "
        "shard is begun. Mend the source, or publish all the same: `parquetry run CONFIG --accept max_reject_fraction`"
    )


def _unchanged_head(finished: Iterator[Finished], base: int, counts: _Counts) -> Iterator[Finished]:
    """The rows up to the first for which the file *base* must be written anew; where there is none, it stays."""
    for item in finished:
        counts.count(item)
        yield item
        is_own = item.sample["copy_file"] == base and item.sample["action"] != "adopt"
        as_it_was = isinstance(item.outcome, Copy) and item.outcome.how in {"kept", "touched", "stale"}
        if is_own != as_it_was or not (is_own or isinstance(item.outcome, Rejection)):
            return
    counts.stays = True


def _chained(first: list[Finished], rest: Iterator[Finished], counts: _Counts) -> Iterator[Finished]:
    yield from first
    for item in rest:
        counts.count(item)
        yield item


class _Counts:
    """What becomes of a shard's images, as it becomes clear.

    Attributes:
        stays: Every row is as it was, and so is the shard.
        is_late: The run cannot be published any more, and that for so long that the shard ends here.
    """

    def __init__(self, spec: BuildSpec) -> None:
        self.stays = False
        self.is_late = False
        self._tally = tally_of(spec.counted_by)
        self._pool = shared_pool(spec.decoder_processes, spec.limits)
        self._most = spec.reject_limit
        self._purged = spec.purged
        self._rejections: list[RejectionRow] = []
        self._touched: list[TouchedRow] = []
        self._unnamed: list[TouchedRow] = []
        self._stale: list[StaleRow] = []
        self._warnings: Counter[str] = Counter()
        self._counts: Counter[str] = Counter()

    def count(self, item: Finished) -> None:
        """One image more; `RefusedError` where the run was told to stop."""
        fetched, outcome = item.fetched, item.outcome
        if fetched is not None and fetched.attempts:
            self._counts["fetched"] += 1
            self._counts["fetched_bytes"] += fetched.size
        self._counts["decoded"] += item.is_decoded
        how = outcome.how if isinstance(outcome, Copy) else ""
        if item.sample["action"] == "check" and not isinstance(outcome, Rejection):
            self._counts["changed"] += how not in {"touched", "stale"}
        if isinstance(outcome, Copy):
            self._copied(item.sample, fetched, outcome)
        else:
            self._made(item, outcome)
        self._tally.add(done=1, rejected=isinstance(outcome, Rejection))
        crossed = self._most is not None and self._most < self._tally.rejected
        if crossed or self._tally.is_hopeless:
            self.is_late = self._tally.give_up() > _TO_END_S

    def _copied(self, sample: PlannedRow, fetched: Fetched | None, copy: Copy) -> None:
        self._counts["copied"] += 1
        if fetched is not None and fetched.rejection is None:
            self._note_unnamed(sample, fetched)
        if copy.how == "touched" and fetched is not None:
            self._counts["touched"] += 1
            if fetched.fingerprint and fetched.fingerprint != sample["known_fingerprint"]:
                self._touched.append(_touched(sample, fetched.fingerprint, sample["known_sha256"]))
        if copy.how == "stale" and fetched is not None and fetched.rejection is not None:
            failure = fetched.rejection
            self._stale.append(
                {
                    "sample_id": sample["sample_id"],
                    "reason": failure.reason.value,
                    "detail": failure.detail,
                    "attempts": fetched.attempts,
                }
            )

    def _made(self, item: Finished, outcome: Prepared | Rejection) -> None:
        if isinstance(outcome, Prepared):
            if item.fetched is not None:
                self._note_unnamed(item.sample, item.fetched)
            if outcome.warning:
                self._warnings.update(outcome.warning.split())
        else:
            self._rejections.append(rejected_row(item, outcome, self._purged))

    def _note_unnamed(self, sample: PlannedRow, fetched: Fetched) -> None:
        """Remember that a row was looked at whose server tells nothing by which to know it again."""
        if sample["kind"] == "web" and not fetched.fingerprint:
            self._unnamed.append(_touched(sample, "", ""))

    def outcome(self, files: list[ShardFile], base: int = -1) -> ShardOutcome:
        """All of it."""
        counts = dict(self._counts) | dict.fromkeys((f"{UNCONFINED}{name}" for name in self._pool.unconfined), 1)
        if self.stays:
            counts.pop("copied", None)
        return ShardOutcome(
            files=tuple(files),
            rejections=rejections_table(self._rejections),
            touched=pa.Table.from_pylist(
                [*(self._touched if self.stays else []), *self._unnamed], schema=TOUCHED_SCHEMA
            ),
            stale=pa.Table.from_pylist(self._stale, schema=STALE_SCHEMA),
            base=base,
            counts=counts,
            warnings=dict(self._warnings),
        )


def _touched(sample: PlannedRow, fingerprint: str, content_sha256: str) -> TouchedRow:
    return {"sample_id": sample["sample_id"], "fingerprint": fingerprint, "content_sha256": content_sha256}


def rejected_row(item: Finished, rejection: Rejection, purged: Purged) -> RejectionRow:
    """One row of `REJECTION_SCHEMA`: *item*, of which came nothing but a *rejection*; of what was *purged* no trace."""
    fetched, sample = item.fetched, item.sample
    if rejection.reason is Reason.PURGED:
        return purged.rejection(sample["sample_id"], sample["source"])
    if fetched is None:
        return rejection_row(sample, rejection)
    known = sample | {"fingerprint": fetched.fingerprint or sample["fingerprint"]}
    return rejection_row(known, replace(rejection, attempts=fetched.attempts, content_sha256=fetched.content_sha256))
