"""One shard: fetched, decoded, resized, encoded and written, with memory that does not grow with its rows."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import cast
from urllib.parse import urlsplit

import pyarrow as pa

from tasks.building.measuring import MadeRow, MeasuredRows
from tasks.building.plan_files import read_reusable
from tasks.building.spec import STALE_SCHEMA, UNCONFINED, BuildSpec, ShardOutcome, published_pixel_spec
from tasks.building.stream import Copy, Finished, prepare_samples
from tasks.columns import PlannedRow, RejectionRow, SampleRow, ShardRow, StaleRow, TouchedRow
from tasks.errors import RefusedError
from tasks.fetch import Fetched
from tasks.images.measures import MEASURES
from tasks.images.pixel_spec import Prepared
from tasks.images.pool import shared_pool
from tasks.plan import ShardPlan
from tasks.plan.shard_plans import TOUCHED_SCHEMA
from tasks.progress import tally_of
from tasks.purged import Purged
from tasks.reasons import Reason
from tasks.samples import CARRIED, Rejection, ShardFile, StoreUrl, rejection_row, rejections_table
from tasks.shards.old_rows import OldRows
from tasks.shards.schema import shard_schema
from tasks.shards.writer import ShardWriter
from tasks.storage import open_store, redact_url

_OF_THE_PIXELS = (
    *("channels", "width", "height", "orig_width", "orig_height", "orig_format", "warning"),
    "content_sha256",
)
_TO_END_S = 60.0
"""How long a shard in hand may go on once the run cannot be published any more; then what it has is kept."""


def build_shard_files(plan: ShardPlan, spec: BuildSpec) -> ShardOutcome:
    """Fetch, resize and write the images of one planned shard into the pool; copy those that are there already.

    Building the same shard again writes the same bytes, as long as the sources are the same. A shard with a base is
    written only once one of its rows proves to have changed.

    Raises:
        RefusedError: The run's deadline is over, or too many images are rejected already.
    """
    if spec.deadline and time.time() > spec.deadline:
        raise RefusedError("deadline: `run.deadline` is over; what is finished waits for the next run, which goes on")
    if tally_of(spec.counted_by).is_hopeless:
        raise too_many_rejects()
    store = open_store(spec.output)
    schema = shard_schema(spec.class_names, published_pixel_spec(spec.pixels), spec.kept, spec.label_kind)
    counts = _Counts(spec)
    roots = {item.name: item.root.url for item in spec.access}
    blank = _part_of(dict.fromkeys(names := ("warning", *spec.kept), ""), names)
    reusable = read_reusable(spec.output.child(spec.folder)) if spec.files else {}
    with ExitStack() as stack, closing(OldRows(store, spec.files, spec.pixels.measures)) as old:
        finished = prepare_samples(plan.samples, spec, reusable)
        first = list(_unchanged_head(finished, plan.base, counts)) if plan.base >= 0 else []
        if counts.stays:
            return counts.outcome([], plan.base)
        folder = stack.enter_context(store.temporary(spec.folder))
        writer = stack.enter_context(ShardWriter(store, folder, plan.split, schema, spec.write))
        rows = MeasuredRows(writer, shared_pool(spec.decoder_processes, spec.limits), spec.pixels)
        for item in _chained(first, finished, counts):
            if not isinstance(item.outcome, Rejection):
                rows.add(blank | _row(item, roots, old))
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


def _row(item: Finished, roots: Mapping[str, str], old: OldRows) -> MadeRow:
    """One row of the shard."""
    outcome = item.outcome
    if isinstance(outcome, Copy):
        there = old.read(outcome.file, outcome.row)
        made = _copied_row(item, outcome, there, roots)
        return made | _part_of(there, [name for name in MEASURES if old.measures and name in there])
    made = _identity(item.sample, roots)
    if isinstance(outcome, Prepared) and item.fetched is not None:
        made |= {
            "channels": outcome.channels,
            "width": outcome.width,
            "height": outcome.height,
            "orig_width": outcome.orig_width,
            "orig_height": outcome.orig_height,
            "orig_format": outcome.orig_format,
            "warning": outcome.warning,
            "source_fingerprint": item.fetched.fingerprint,
            "content_sha256": item.fetched.content_sha256,
            "thumb": outcome.thumb,
        }
        made |= _pixels(outcome.data, image_path(item.sample))
    return made


def _copied_row(item: Finished, copy: Copy, there: ShardRow, roots: Mapping[str, str]) -> MadeRow:
    """The row *there* under what the source says of it today; of one that is no longer listed, as it was."""
    data = there["pixels"] if "pixels" in there else there["image"]["bytes"]
    if item.sample["kind"] == CARRIED:
        labels = [name for name in item.sample if name.startswith(("label", "target", "split"))]
        path = there["image"]["path"] if "image" in there else ""
        return cast("MadeRow", there) | _part_of(item.sample, labels) | _pixels(data, path)
    listed = item.sample["fingerprint"] if copy.how == "kept" else ""
    learned = item.fetched.fingerprint if item.fetched and copy.how != "stale" else listed
    made = _identity(item.sample, roots) | _part_of(there, _OF_THE_PIXELS)
    made["source_fingerprint"] = learned or there["source_fingerprint"]
    return made | _pixels(data, image_path(item.sample))


def _part_of(row: Mapping[str, object], names: Iterable[str]) -> MadeRow:
    """What *row* has under *names*, columns of a shard; null where it has none of that name."""
    return cast("MadeRow", {name: row.get(name) for name in names})


def _identity(sample: PlannedRow, roots: Mapping[str, str]) -> MadeRow:
    """All that is said of *sample* and kept of it; what is written is what the shard has columns for."""
    kept: dict[str, str] = json.loads(sample["kept"]) if sample["kept"] else {}
    return cast("MadeRow", {**kept, **sample, "source_uri": source_uri(sample, roots[sample["source"]])})


def _pixels(data: bytes, path: str) -> MadeRow:
    return {"pixels": data, "image": {"bytes": data, "path": path}}


def image_path(sample: SampleRow) -> str:
    """The image's path as readers see it: relative, and never that of a machine."""
    if sample["kind"] == "web":
        return urlsplit(sample["location"]).path.lstrip("/")
    if sample["kind"] == "allowed":
        return str(sample["location"]).rpartition("/")[2]
    return str(sample["location"]) or str(sample["sample_id"])


def source_uri(sample: SampleRow, root: str) -> str:
    """Where the image came from, without query and credentials; below a local root, its path there.

    What a store calls a file is kept as it is: there ``#`` and ``?`` are letters like others.
    """
    if sample["kind"] == "embedded":
        return str(sample["label_file"])
    if sample["kind"] == "store" and "://" in root:
        return StoreUrl(redact_url(root)).child(sample["location"]).url
    return str(sample["location"]) if sample["kind"] == "store" else redact_url(sample["location"])
