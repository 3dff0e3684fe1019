"""The samples of a shard, each with the image that it became: fetched and decoded, or copied as it was."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pyarrow.compute as pc

from tasks.building.reject_pictures import RejectPictures
from tasks.building.spec import BuildSpec
from tasks.columns import PlannedRow, PlannedSamples
from tasks.fetch import FetchAhead, Fetched, Purpose, shared_fetcher, trusted_hosts
from tasks.images.pixel_spec import Prepared
from tasks.images.pool import ImageJob, shared_pool
from tasks.reasons import Reason
from tasks.samples import Rejection

_GONE = frozenset({Reason.NOT_FOUND, Reason.NOT_A_REGULAR_FILE, Reason.OUTSIDE_ROOT, Reason.EMPTY_FILE})
"""Reasons that say that an image is no longer there, rather than that it could not be had this time."""


class Copy(NamedTuple):
    """A row that is there already.

    Attributes:
        file: The file that holds it, by its place in the plan's list.
        row: Its place there.
        how: ``kept`` without a look, ``touched`` after one, ``found`` by its bytes elsewhere, ``adopted`` from a shard
            that no version names, ``stale`` for want of bytes.
    """

    file: int
    row: int
    how: str


class Finished(NamedTuple):
    """One sample, and what became of it.

    Attributes:
        sample: Its row in the plan.
        fetched: What fetching came to, without the bytes; None where nothing was fetched.
        outcome: The image, why there is none, or the row that it is copied from.
        is_decoded: Whether its bytes went to the decoder.
    """

    sample: PlannedRow
    fetched: Fetched | None
    outcome: Prepared | Rejection | Copy
    is_decoded: bool = False


def fetch_samples(
    samples: PlannedSamples,
    spec: BuildSpec,
    note_all_begun: Callable[[], None] = lambda: None,
    *,
    is_look: bool = False,
) -> FetchAhead:
    """The bytes of those of *samples*, which have the columns of a plan, that are not copied; nothing is begun yet.

    Once all are under way, *note_all_begun* is called. Where the run only looks at them, and will ask for them again,
    *is_look* is set.
    """
    wanted = samples.filter(pc.not_equal(samples["action"], "copy"))
    if spec.rehash:  # the bytes themselves are asked for, not whether they are as they were
        wanted = wanted.drop_columns(["known_fingerprint"])
    fetcher = shared_fetcher(spec.fetch_here.model_dump_json(), trusted_hosts(spec.access))
    return fetcher.fetch_ahead(wanted, spec.access, Purpose(spec.folder, is_look), note_all_begun)


def prepare_samples(
    samples: PlannedSamples,
    spec: BuildSpec,
    fetching: FetchAhead,
    reusable: Mapping[str, tuple[int, int]] | None = None,
) -> Iterator[Finished]:
    """Each of *samples*, in their order, with what became of it.

    Args:
        samples: With the columns of a plan.
        spec: How they are read, and what they become.
        fetching: The bytes of those that are not copied, by `fetch_samples`.
        reusable: For the content hash of each row that can be used again, the file and row that hold it.
    """
    pool = shared_pool(spec.decoder_processes, spec.limits)
    waiting: deque[Finished | _Waiting] = deque()

    def jobs() -> Iterator[ImageJob]:
        for item in _fetched_samples(samples, spec, fetching, reusable or {}):
            if isinstance(item, Finished):
                waiting.append(item)
            else:
                waiting.append(item)
                yield item.job

    pictures = RejectPictures(pool, spec.pixels)
    for outcome in pool.prepare_images(jobs(), spec.pixels):
        yield from _settled(waiting)
        asked = waiting.popleft()
        if isinstance(asked, _Waiting):
            item = _unless_no_answer(_decoded(asked, outcome))
            if isinstance(item.outcome, Rejection):
                item = item._replace(outcome=pictures.with_picture(item.outcome, asked.job))
            yield item
    yield from _settled(waiting)


def _unless_no_answer(item: Finished) -> Finished:
    """*item*, but with the row that is there where a server sent a page in place of its image: that deletes nothing."""
    sample, outcome = item.sample, item.outcome
    is_page = isinstance(outcome, Rejection) and outcome.reason is Reason.NOT_AN_IMAGE
    if item.fetched is None or not is_page or sample["kind"] != "web" or sample["action"] != "check":
        return item
    failure = Rejection(Reason.HTTP_ERROR, "the server sent something that is not an image", item.fetched.attempts)
    copy = Copy(sample["copy_file"], sample["copy_row"], "stale")
    return Finished(sample, item.fetched._replace(rejection=failure), copy, is_decoded=True)


class _Waiting(NamedTuple):
    """A sample whose bytes are on their way through the decoder.

    Attributes:
        sample: Its row in the plan.
        fetched: What fetching came to, without the bytes.
        job: The bytes, for the decoder.
    """

    sample: PlannedRow
    fetched: Fetched
    job: ImageJob


def _decoded(asked: _Waiting, outcome: Prepared | Rejection) -> Finished:
    """What became of a sample whose bytes were decoded; one whose decoder ended keeps the row that it has of them."""
    sample, fetched = asked.sample, asked.fetched
    is_there = sample["action"] == "renew" and fetched.content_sha256 == sample["known_sha256"]
    if is_there and isinstance(outcome, Rejection) and outcome.reason is Reason.DECODER_LIMIT:
        own = Copy(sample["copy_file"], sample["copy_row"], "stale")
        return Finished(sample, fetched._replace(rejection=outcome), own, is_decoded=True)
    return Finished(sample, fetched, outcome, is_decoded=True)


def _settled(waiting: deque[Finished | _Waiting]) -> Iterator[Finished]:
    """Those at the head of *waiting* that need no decoder."""
    while waiting and isinstance(waiting[0], Finished):
        item = waiting.popleft()
        if isinstance(item, Finished):
            yield item


def _fetched_samples(
    samples: PlannedSamples, spec: BuildSpec, fetching: FetchAhead, reusable: Mapping[str, tuple[int, int]]
) -> Iterator[Finished | _Waiting]:
    """Each sample, settled where its bytes need not be decoded, else with its bytes."""
    for batch in samples.to_batches(max_chunksize=1024):
        for sample in batch.to_pylist():
            if sample["action"] == "copy":
                yield Finished(sample, None, Copy(sample["copy_file"], sample["copy_row"], "kept"))
            else:
                fetched = next(fetching)
                is_purged = spec.purged.has_content(fetched.content_sha256)
                yield _purged(sample, fetched) if is_purged else _judge(sample, fetched, reusable)


def _purged(sample: PlannedRow, fetched: Fetched) -> Finished:
    """A sample whose bytes are those of an image that was taken out."""
    return Finished(sample, fetched.without_bytes(), Rejection(Reason.PURGED, ""))


def _judge(sample: PlannedRow, fetched: Fetched, reusable: Mapping[str, tuple[int, int]]) -> Finished | _Waiting:
    action = sample["action"]
    own = (sample["copy_file"], sample["copy_row"])
    if fetched.rejection is not None:
        is_empty_answer = sample["kind"] == "web" and fetched.rejection.reason is Reason.EMPTY_FILE
        keeps = action == "check" and (is_empty_answer or fetched.rejection.reason not in _GONE)
        return Finished(sample, fetched, Copy(*own, "stale") if keeps else fetched.rejection)
    if fetched.is_unchanged or (action != "renew" and fetched.content_sha256 == sample["known_sha256"]):
        looked_at = fetched.without_bytes()
        if sample["known_reason"]:
            known = looked_at._replace(content_sha256=sample["known_sha256"])
            return Finished(sample, known, Rejection(Reason(sample["known_reason"]), ""))
        return Finished(sample, looked_at, Copy(*own, "touched" if action == "check" else "adopted"))
    place = reusable.get(fetched.content_sha256)
    if place is not None:
        return Finished(sample, fetched.without_bytes(), Copy(*place, "found"))
    job = ImageJob(fetched.data, sample["location"], fetched.is_array)
    return _Waiting(sample, fetched.without_bytes(), job)
