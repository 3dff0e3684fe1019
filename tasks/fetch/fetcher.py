"""Bytes of samples from wherever they lie, ahead of whoever decodes them, within the bounds of the `fetch` section."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tasks.columns import SampleRow, Samples
from tasks.fetch.addresses import AddressPolicy
from tasks.fetch.ahead import FetchAhead, Group, Planned
from tasks.fetch.answers import Body, FetchFailure, backoff_s, spread_s
from tasks.fetch.asked import Asked
from tasks.fetch.budget import Budget, Room
from tasks.fetch.fetched import Fetched, fetched_body, not_fetched
from tasks.fetch.kept import ONCE, KeptBodies, Purpose
from tasks.fetch.readers import SourceReader
from tasks.fetch.settings import FetchSettings
from tasks.made_once import made_once
from tasks.redaction import is_web
from tasks.samples import SourceAccess

if TYPE_CHECKING:
    from tasks.fetch.web_thread import WebThread

_GROUP_ROWS = 16
_GROUP_BYTES = 1 << 20
_UNKNOWN_BYTES = 1 << 20
_READERS = 4


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
        self,
        samples: Samples,
        access: Sequence[SourceAccess],
        purpose: Purpose = ONCE,
        note_all_begun: Callable[[], None] = lambda: None,
    ) -> FetchAhead:
        """What each of *samples* comes to, in their order; fetching runs ahead as far as the bounds allow.

        What the web gave of them when the same run looked at them, by *purpose*, is not asked for again. Once all of
        them are under way, *note_all_begun* is called.
        """
        readers = {item.name: SourceReader(item, self.settings) for item in access}
        rows = (row for batch in samples.to_batches(max_chunksize=1024) for row in batch.to_pylist())
        groups = (self._planned(group, readers) for group in group_rows(rows, readers))
        return FetchAhead(groups, partial(self._begun, readers, purpose), self._budget, note_all_begun)

    def _planned(self, rows: list[SampleRow], readers: Mapping[str, SourceReader]) -> Planned:
        """*rows*, and how many groups may be under way before them: a disk of this machine answers at once."""
        is_local = rows[0]["kind"] != "web" and readers[rows[0]["source"]].is_local(rows[0])
        window = 2 * _READERS if is_local else max(2 * self.settings.concurrency, 32)
        return Planned(rows, sum(_likely_bytes(row) for row in rows), window, is_local)

    def _begun(self, readers: Mapping[str, SourceReader], purpose: Purpose, group: Planned, room: Room) -> Group:
        first = group.rows[0]
        reader = readers[first["source"]]
        if first["kind"] == "web":
            asked = Asked("", room, str(first.get("known_fingerprint") or ""), purpose=purpose)
            return Group(room, self._web.start(self._fetch_web(first, reader, asked)), asked)
        pool = self._files if group.is_local else self._stores
        return Group(room, pool.submit(lambda: [self._read(row, reader) for row in group.rows]))

    async def _fetch_web(self, row: SampleRow, reader: SourceReader, asked: Asked) -> list[Fetched]:
        try:
            url = reader.web_url(row) if row["label_length"] < 0 else await self._recorded_url(row, reader)
            body, asked.attempts = self._kept.take(asked.purpose, url) or await self._asked_for(url, asked)
        except FetchFailure as failure:
            asked.room.hold(0)
            return [not_fetched(failure, asked.attempts)]
        asked.room.hold(len(body.data))
        return [fetched_body(body, asked.attempts)]

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
                return fetched_body(body, attempt, is_array=is_array)
            except FetchFailure as failure:
                left_s = max(end - time.monotonic(), 0.0)
                is_local = reader.is_local(row)
                wait_s = backoff_s(attempt, self.settings) if is_local else spread_s(attempt, left_s, self.settings)
                if not failure.is_transient or attempt > self.settings.retries or wait_s > left_s:
                    return not_fetched(failure, attempt)
            time.sleep(wait_s)
            attempt += 1


def _likely_bytes(row: SampleRow) -> int:
    """Bytes that *row* takes as far as is known; of the web it is not, and its room grows as they come."""
    if row["kind"] == "web":
        return 0
    return int(row["size"]) if row["size"] >= 0 else _UNKNOWN_BYTES


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
