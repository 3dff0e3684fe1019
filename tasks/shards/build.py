"""One shard: fetched, decoded, resized, encoded and written, with memory that does not grow with its rows."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from tasks.fetch import Fetched, shared_fetcher, trusted_hosts
from tasks.images.pixel_spec import Prepared
from tasks.images.pool import ImageJob, shared_pool
from tasks.plan import ShardPlan
from tasks.progress import tally_of
from tasks.samples import Rejection, ShardFile, rejection_row, rejections_table
from tasks.shards.schema import shard_schema
from tasks.shards.spec import BuildSpec, ShardOutcome, published_pixel_spec
from tasks.shards.writer import ShardWriter
from tasks.storage import open_store, redact_url

Row = dict[str, Any]
Finished = tuple[Row, Fetched, Prepared | Rejection]


def build_shard_files(plan: ShardPlan, spec: BuildSpec) -> ShardOutcome:
    """Fetch, resize and write the images of one planned shard into the pool.

    Building the same shard again writes the same bytes, as long as the sources are the same.
    """
    store = open_store(spec.output)
    schema = shard_schema(spec.class_names, published_pixel_spec(spec.pixels))
    counts = _Counts(spec.dataset)
    roots = {item.name: item.root.url for item in spec.access}
    with store.temporary(spec.folder) as folder:
        with ShardWriter(store, folder, plan.split, schema, spec.write) as writer:
            for sample, fetched, outcome in prepare_samples(plan, spec):
                if isinstance(outcome, Rejection):
                    counts.reject(sample, fetched, outcome)
                else:
                    counts.count(sample, outcome)
                    writer.add(_row(sample, fetched, outcome, roots), len(outcome.data))
        return counts.outcome(writer.files)


def prepare_samples(plan: ShardPlan, spec: BuildSpec) -> Iterator[Finished]:
    """Each sample of *plan* with what was fetched, without its bytes, and the image that they became."""
    fetcher = shared_fetcher(spec.fetch.model_dump_json(), trusted_hosts(spec.access))
    pool = shared_pool(spec.processes, spec.limits)
    waiting: deque[tuple[Row, Fetched]] = deque()

    def jobs() -> Iterator[ImageJob]:
        rows = (row for batch in plan.samples.to_batches(max_chunksize=1024) for row in batch.to_pylist())
        for row, fetched in zip(rows, fetcher.fetch_ahead(plan.samples, spec.access), strict=True):
            waiting.append((row, replace(fetched, data=b"")))
            if fetched.rejection is None:
                yield ImageJob(fetched.data, row["location"], fetched.is_array)

    for outcome in pool.prepare_images(jobs(), spec.pixels):
        yield from _refused(waiting)
        yield (*waiting.popleft(), outcome)
    yield from _refused(waiting)


def _refused(waiting: deque[tuple[Row, Fetched]]) -> Iterator[Finished]:
    """Those at the head of *waiting* whose bytes never came."""
    while waiting and (rejection := waiting[0][1].rejection) is not None:
        yield (*waiting.popleft(), rejection)


class _Counts:
    """What becomes of a shard's images, as it becomes clear."""

    def __init__(self, dataset: str) -> None:
        self._tally = tally_of(dataset)
        self._rejections: list[dict[str, Any]] = []
        self._classes: Counter[str] = Counter()
        self._warnings: Counter[str] = Counter()
        self._fetched = 0
        self._decoded = 0

    def reject(self, sample: Row, fetched: Fetched, rejection: Rejection) -> None:
        """One image that is left out."""
        self._fetched += fetched.attempts > 0
        self._decoded += fetched.rejection is None
        known = sample | {"fingerprint": fetched.fingerprint or sample["fingerprint"]}
        found = replace(rejection, attempts=fetched.attempts, content_sha256=fetched.content_sha256)
        self._rejections.append(rejection_row(known, found))
        self._tally.add(done=1, rejected=1)

    def count(self, sample: Row, prepared: Prepared) -> None:
        """One image that is written."""
        self._fetched += 1
        self._decoded += 1
        self._classes[sample["label_name"]] += 1
        if prepared.warning:
            self._warnings[prepared.warning] += 1
        self._tally.add(done=1, rejected=0)

    def outcome(self, files: list[ShardFile]) -> ShardOutcome:
        """All of it."""
        rejections = rejections_table(self._rejections)
        return ShardOutcome(
            tuple(files), rejections, self._fetched, self._decoded, dict(self._classes), dict(self._warnings)
        )


def _row(sample: Row, fetched: Fetched, prepared: Prepared, roots: Mapping[str, str]) -> Row:
    """One row of the shard."""
    pixels = {"pixels": prepared.data, "image": {"bytes": prepared.data, "path": image_path(sample)}}
    return (
        sample
        | pixels
        | {
            "channels": prepared.channels,
            "width": prepared.width,
            "height": prepared.height,
            "orig_width": prepared.orig_width,
            "orig_height": prepared.orig_height,
            "orig_format": prepared.orig_format,
            "source_uri": source_uri(sample, roots[sample["source"]]),
            "source_fingerprint": fetched.fingerprint,
            "content_sha256": fetched.content_sha256,
        }
    )


def image_path(sample: Row) -> str:
    """The image's path as readers see it: relative, and never that of a machine."""
    if sample["kind"] == "web":
        return urlsplit(sample["location"]).path.lstrip("/")
    if sample["kind"] == "allowed":
        return str(sample["location"]).rpartition("/")[2]
    return str(sample["location"]) or str(sample["sample_id"])


def source_uri(sample: Row, root: str) -> str:
    """Where the image came from, without query and credentials; below a local root, its path there."""
    if sample["kind"] == "embedded":
        return str(sample["label_file"])
    if sample["kind"] == "store" and "://" in root:
        return redact_url(f"{root}/{sample['location']}")
    return redact_url(sample["location"])
