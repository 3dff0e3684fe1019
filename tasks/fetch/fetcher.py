"""Bytes of samples from wherever they lie, ahead of whoever decodes them, within the bounds of the `fetch` section."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from tasks.columns import SampleRow, Samples
from tasks.fetch.addresses import AddressPolicy
from tasks.fetch.answers import Body, FetchFailure, backoff_s, spread_s
from tasks.fetch.asked import Asked
from tasks.fetch.budget import Budget, Room
from tasks.fetch.kept import ONCE, KeptBodies, Purpose
from tasks.fetch.readers import SourceReader
from tasks.fetch.settings import FetchSettings
from tasks.made_once import made_once
from tasks.reasons import Reason
from tasks.redaction import is_web
from tasks.samples import Rejection, SourceAccess

if TYPE_CHECKING:
    from tasks.fetch.web_thread import WebThread

_GROUP_ROWS = 16
_GROUP_BYTES = 1 << 20
_UNKNOWN_BYTES = 1 << 20
_READERS = 4
_FARTHEST = 2048  # groups that may be fetched behind one that is late
_LOOK_AGAIN_S = 0.1


class Fetched(NamedTuple):
    """What fetching one sample came to.

    Attributes:
        data: The bytes; empty where there is a rejection.
        content_sha256: Of `data`, in hexadecimal.
        fingerprint: What the source said of the bytes as they were read.
        is_array: Whether `data` is a ``.npy`` file.
        attempts: How many times they were asked for.
        rejection: Why there are none, or None.
        is_unchanged: The source says that they are as they were; then there are none either.
        size: How many bytes came.
    """

    data: bytes
    content_sha256: str
    fingerprint: str
    is_array: bool = False
    attempts: int = 1
    rejection: Rejection | None = None
    is_unchanged: bool = False
    size: int = 0

    def without_bytes(self) -> Fetched:
        """The same, the bytes left out; one is made of each image."""
        return Fetched(b"", *self[1:])


@dataclass(slots=True)
class _Group:
    """Rows that are fetched together, and what they hold of the budget."""

    rows: list[SampleRow]
    room: Room
    done: Future[list[Fetched]]
    asked: Asked | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether it is under way, and does not wait for a host to recover."""
        return not self.done.done() and not (self.asked is not None and self.asked.is_pausing)


class Fetcher:
    """Fetches for every shard of this process, which share its threads, connections and bounds.

    Attributes:
        settings: The `fetch` section.
    """

    def __init__(self, settings: FetchSettings, trusted_hosts: frozenset[str]) -> None:
        self.settings = settings
        self._policy = AddressPolicy([*settings.allow_hosts, *trusted_hosts])
        self._opening = threading.Lock()
        self._opened: WebThread | None = None
        self._files = ThreadPoolExecutor(_READERS, thread_name_prefix="read")
        self._stores = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="fetch")
        self._budget = Budget(settings.bytes_in_flight)
        self._kept = KeptBodies()

    @property
    def _web(self) -> WebThread:
        """What fetches over http(s); most sources never need it, nor the packages that it takes."""
        with self._opening:
            if self._opened is None:
                from tasks.fetch.web_thread import WebThread  # noqa: PLC0415 - as said above

                self._opened = WebThread(self.settings, self._policy)
            return self._opened

    def close(self) -> None:
        """Close all connections, and end the threads."""
        if self._opened is not None:
            self._opened.close()
        self._files.shutdown(cancel_futures=True)
        self._stores.shutdown(cancel_futures=True)

    def fetch_ahead(
        self, samples: Samples, access: Sequence[SourceAccess], purpose: Purpose = ONCE
    ) -> Iterator[Fetched]:
        """What each of *samples* came to, in their order; fetching runs ahead as far as the bounds allow.

        What the web gave of them when the same run looked at them, by *purpose*, is not asked for again.
        """
        readers = {item.name: SourceReader(item, self.settings) for item in access}
        rows = (row for batch in samples.to_batches(max_chunksize=1024) for row in batch.to_pylist())
        ahead: deque[_Group] = deque()
        starting = self._started(group_rows(rows, readers), readers, ahead, purpose)
        try:
            while True:
                for group in starting:
                    if group is None:
                        break
                    ahead.append(group)
                if not ahead:
                    return
                if (found := _found(ahead[0])) is not None:
                    yield from _handed_on(ahead.popleft(), found)
        finally:
            for group in ahead:
                group.done.cancel()
                group.room.close()

    def _started(
        self,
        groups: Iterator[list[SampleRow]],
        readers: dict[str, SourceReader],
        ahead: deque[_Group],
        purpose: Purpose,
    ) -> Iterator[_Group | None]:
        """Each of *groups*, as soon as it may run; None where those *ahead* come first."""
        for rows in groups:
            room = self._budget.room()
            known = sum(_likely_bytes(row) for row in rows)
            window = self._window(rows[0], readers)
            while True:
                room.is_next = not ahead
                if _may_start(ahead, window) and room.hold(known):
                    break
                yield None
            known_print = str(rows[0].get("known_fingerprint") or "")
            asked = Asked("", room, known_print, purpose=purpose) if rows[0]["kind"] == "web" else None
            yield _Group(rows, room, self._start(rows, readers, asked), asked)

    def _window(self, row: SampleRow, readers: dict[str, SourceReader]) -> int:
        """How many groups may be under way before one like that of *row*: a disk of this machine answers at once."""
        is_local = row["kind"] != "web" and readers[row["source"]].is_local(row)
        return 2 * _READERS if is_local else max(2 * self.settings.concurrency, 32)

    def _start(
        self, rows: list[SampleRow], readers: dict[str, SourceReader], asked: Asked | None
    ) -> Future[list[Fetched]]:
        reader = readers[rows[0]["source"]]
        if asked is not None:
            return self._web.start(self._fetch_web(rows[0], reader, asked))
        pool = self._files if reader.is_local(rows[0]) else self._stores
        return pool.submit(lambda: [self._read(row, reader) for row in rows])

    async def _fetch_web(self, row: SampleRow, reader: SourceReader, asked: Asked) -> list[Fetched]:
        try:
            url = reader.web_url(row) if row["label_length"] < 0 else await self._recorded_url(row, reader)
            body, asked.attempts = self._kept.take(asked.purpose, url) or await self._asked_for(url, asked)
        except FetchFailure as failure:
            asked.room.hold(0)
            return [_failed(failure, asked.attempts)]
        asked.room.hold(len(body.data))
        return [_fetched(body, asked.attempts)]

    async def _asked_for(self, url: str, asked: Asked) -> tuple[Body, int]:
        asked.url = url
        body = await self._web.fetch(asked)
        self._kept.keep(asked.purpose, url, body, asked.attempts)
        return body, asked.attempts

    async def _recorded_url(self, row: SampleRow, reader: SourceReader) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._files, reader.web_url, row)

    def _read(self, row: SampleRow, reader: SourceReader) -> Fetched:
        """One sample that is read in a thread, as often as it takes."""
        end = time.monotonic() + self.settings.deadline_s
        attempt = 1
        while True:
            try:
                body, is_array = reader.read(row)
                return _fetched(body, attempt, is_array=is_array)
            except FetchFailure as failure:
                left_s = max(end - time.monotonic(), 0.0)
                is_local = reader.is_local(row)
                wait_s = backoff_s(attempt, self.settings) if is_local else spread_s(attempt, left_s, self.settings)
                if not failure.is_transient or attempt > self.settings.retries or wait_s > left_s:
                    return _failed(failure, attempt)
            time.sleep(wait_s)
            attempt += 1


def _may_start(ahead: deque[_Group], window: int) -> bool:
    """Whether a group more may be under way; a slow one at the head is no reason for the rest to wait."""
    if len(ahead) < window:
        return True
    if ahead[0].done.done() or len(ahead) >= _FARTHEST:
        return False
    return sum(group.is_at_work for group in ahead) < window


def _likely_bytes(row: SampleRow) -> int:
    """Bytes that *row* takes as far as is known; of the web it is not, and its room grows as they come."""
    if row["kind"] == "web":
        return 0
    return int(row["size"]) if row["size"] >= 0 else _UNKNOWN_BYTES


def _found(group: _Group) -> list[Fetched] | None:
    """What came of *group*, the next one that is wanted; None where that takes a while."""
    group.room.is_next = True
    try:
        return group.done.result(_LOOK_AGAIN_S)
    except TimeoutError:
        if group.done.done():
            raise
        return None


def _handed_on(group: _Group, found: list[Fetched]) -> Iterator[Fetched]:
    try:
        yield from found
    finally:
        group.room.close()


def _fetched(body: Body, attempts: int, *, is_array: bool = False) -> Fetched:
    if body.is_unchanged:
        return Fetched(b"", "", body.fingerprint, attempts=attempts, is_unchanged=True)
    if not body.data:
        empty = Rejection(Reason.EMPTY_FILE, "has no bytes", attempts)
        return Fetched(b"", "", body.fingerprint, attempts=attempts, rejection=empty)
    return Fetched(
        body.data, hashlib.sha256(body.data).hexdigest(), body.fingerprint, is_array, attempts, size=len(body.data)
    )


def _failed(failure: FetchFailure, attempts: int) -> Fetched:
    return Fetched(b"", "", "", attempts=attempts, rejection=Rejection(failure.reason, failure.detail, attempts))


def group_rows(rows: Iterator[SampleRow], readers: dict[str, SourceReader]) -> Iterator[list[SampleRow]]:
    """*rows* in groups: small local files that follow one another together, everything else alone."""
    group: list[SampleRow] = []
    size = 0
    for row in rows:
        is_small = row["kind"] != "web" and readers[row["source"]].is_local(row)
        joins = is_small and (not group or group[0]["source"] == row["source"])
        if group and (not joins or size >= _GROUP_BYTES or len(group) >= _GROUP_ROWS):
            yield group
            group, size = [], 0
        group.append(row)
        size += max(row["size"], 0)
        if not is_small:
            yield group
            group, size = [], 0
    if group:
        yield group


def trusted_hosts(access: Sequence[SourceAccess]) -> frozenset[str]:
    """The hosts that the config itself names as sources: those of http(s) roots."""
    urls = [item.root.url for item in access if is_web(item.root.url)]
    return frozenset(urlsplit(url).netloc.rpartition("@")[2].lower() for url in urls)


@made_once
def shared_fetcher(settings_json: str, hosts: frozenset[str]) -> Fetcher:
    """The fetcher of this process for these settings: its bounds are those of the machine."""
    return Fetcher(FetchSettings.model_validate_json(settings_json), hosts)
