"""http and https: asynchronous, polite, bounded in time and bytes, and only to addresses that the policy permits."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from tasks.fetch.addresses import AddressPolicy
from tasks.fetch.answers import (
    Body,
    FetchFailure,
    backoff_s,
    conditions,
    private_address,
    refuse_status,
    spread_s,
    web_fingerprint,
)
from tasks.fetch.asked import Asked, NoRoomError
from tasks.fetch.bodies import make_room, read_body
from tasks.fetch.hosts import Host, Turns, not_tried
from tasks.fetch.resolver import GuardedResolver
from tasks.fetch.settings import FetchSettings
from tasks.fetch.web_errors import failure_of
from tasks.reasons import Reason
from tasks.records.web_locations import sendable

_REDIRECTS = 5
_CONNECT_S = 10.0
_NO_ANSWER = frozenset({Reason.UNREACHABLE, Reason.DNS})
_MOST_TAKEN = 1.5  # times `max_bytes`: what came of one address, before it is not asked for again
_LOOK_AGAIN_S = 0.2
_LEAST_S = 0.1  # of its time must be left for another attempt


@dataclass(slots=True)
class WebClient:
    """Fetches over http(s); all of it runs in one event loop.

    Attributes:
        settings: The `fetch` section.
        policy: Which addresses may be dialled.
    """

    settings: FetchSettings
    policy: AddressPolicy
    _session: aiohttp.ClientSession | None = None
    _hosts: dict[str, Host] = field(default_factory=dict)
    _turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        self._turns = Turns(self.settings.concurrency)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = GuardedResolver(self.policy)
            connector = aiohttp.TCPConnector(resolver=resolver, limit=0, ttl_dns_cache=60, enable_cleanup_closed=False)
            seconds = min(_CONNECT_S, self.settings.attempt_timeout_s)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=seconds),
                headers={"Accept-Encoding": "identity", "User-Agent": "parquetry"},
                max_line_size=16384,
                max_field_size=16384,
            )
            self._session._retry_connection = False  # it would ask twice where we count one attempt
        return self._session

    async def fetch(self, asked: Asked) -> Body:
        """The body that is asked for, after as many attempts as the settings allow; none if it is still the known one.

        Raises:
            FetchFailure: There is none.
        """
        asked.url = sendable(asked.url)
        host = self._host(URL(asked.url, encoded=True))
        try:
            while True:
                try:
                    return await self._attempt(asked, host)
                except NoRoomError:
                    asked.room.hold(0)
                except FetchFailure as failure:
                    asked.room.hold(0)
                    host.retrying += asked.failure is None
                    asked.failure = failure
                    await self._pause(failure, asked, host)
        finally:
            host.retrying -= asked.failure is not None

    def _host(self, url: URL) -> Host:
        key = f"{url.host}:{url.port}"
        if key not in self._hosts:
            self._hosts[key] = Host(self.settings)
        return self._hosts[key]

    async def _pause(self, failure: FetchFailure, asked: Asked, host: Host) -> None:
        """Wait for the next attempt; raises *failure* where there is none."""
        wait_s = self._wait_s(failure, asked, host)
        least_s = wait_s if failure.wait_s is not None else min(wait_s, backoff_s(asked.attempts, self.settings))
        asked.is_pausing = True
        try:
            await host.pause(least_s, wait_s)
        finally:
            asked.is_pausing = False

    def _wait_s(self, failure: FetchFailure, asked: Asked, host: Host) -> float:
        """Seconds to wait before the next attempt; raises *failure* where there is none."""
        is_spent = asked.attempts > self.settings.retries or asked.taken >= _MOST_TAKEN * self.settings.max_bytes
        if not failure.is_transient or is_spent:
            raise failure
        if asked.gave_way:
            return 0.0
        left_s = asked.end - asyncio.get_running_loop().time()
        own_s = (
            spread_s(asked.attempts, left_s, self.settings) if host.is_ill else backoff_s(asked.attempts, self.settings)
        )
        wait_s = own_s if failure.wait_s is None else failure.wait_s
        if wait_s + _LEAST_S >= left_s:
            raise failure if failure.wait_s is None else _deferred(failure.detail, wait_s)
        return wait_s

    async def _held(self, asked: Asked, host: Host) -> None:
        """Wait for an ill host before the first attempt, and as long as a host asks for; raises where that is long."""
        loop = asyncio.get_running_loop()
        while not asked.attempts and not host.admits(loop.time()):
            asked.is_pausing = True
            await host.pause(0.0, _LOOK_AGAIN_S)
            asked.is_pausing = False
        while (wait_s := host.held_until - loop.time()) > 0:
            left_s = asked.end - loop.time() if asked.attempts else self.settings.deadline_s
            if wait_s + _LEAST_S >= left_s:
                raise _deferred("its host got too many requests", wait_s)
            asked.is_pausing = True
            await asyncio.sleep(wait_s)
            asked.is_pausing = False

    async def _attempt(self, asked: Asked, host: Host) -> Body:
        """One attempt in its turn, with its redirects; whatever goes wrong is a `FetchFailure`."""
        loop = asyncio.get_running_loop()
        waits = loop.time()
        if asked.lacks_room:
            await asked.room.wait(asked.expected)
        async with self._turn(asked, host):
            now = loop.time()
            if host.is_closed(now):
                raise asked.failure.as_final() if asked.failure is not None else not_tried()
            make_room(asked, asked.expected)
            asked.end = asked.end + now - waits if asked.attempts else now + self.settings.deadline_s
            try:
                body = await self._timed(asked, host)
            except FetchFailure as failure:
                if failure.is_transient:
                    host.note_trouble(failure, asked.url, loop.time(), is_first=asked.failure is None)
                else:
                    host.note_served()
                    host.note_good()
                if failure.reason in _NO_ANSWER or (failure.reason == Reason.TIMEOUT and not asked.is_answered):
                    host.note_failure(failure.reason, now, loop.time())
                raise
            host.note_good()
            return body

    @asynccontextmanager
    async def _turn(self, asked: Asked, host: Host) -> AsyncIterator[None]:
        """A turn with *host* and among all; a host may ask to be left alone while one waits for it."""
        comes_back = bool(asked.attempts) and not asked.gave_way
        while True:
            await self._held(asked, host)
            async with host.turns.turn(comes_back=comes_back), self._turns.turn(comes_back=comes_back):
                if host.held_until <= asyncio.get_running_loop().time():
                    yield
                    return

    async def _timed(self, asked: Asked, host: Host) -> Body:
        """One attempt within its time; the first one ends early where it holds up others for no answer."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        end = min(started + self.settings.attempt_timeout_s, asked.end)
        asked.attempts += 1
        asked.is_answered = asked.gave_way = False
        watch = None
        try:
            async with asyncio.timeout_at(end) as limit:
                watch = _Watch(asked, host, limit) if asked.attempts == 1 and host.patience_s else None
                return await self._follow(asked, host, limit)
        except aiohttp.ClientError as error:
            raise failure_of(error) from None
        except TimeoutError:
            if asked.failure is not None and end < started + self.settings.attempt_timeout_s and not asked.gave_way:
                raise asked.failure.as_final() from None  # the deadline cut this one short: the one before says more
            detail = f"came to no end in {loop.time() - started:.0f} s"
            raise FetchFailure(Reason.TIMEOUT, detail, is_transient=True) from None
        except (FetchFailure, NoRoomError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever an answer makes the client raise is about one image
            raise failure_of(error) from None
        finally:
            if watch is not None:
                watch.end()

    async def _follow(self, asked: Asked, host: Host, limit: asyncio.Timeout) -> Body:
        """The body at the address or where it leads; each hop is checked anew, credentials stay with their origin."""
        url = URL(asked.url, encoded=True)
        origin, user, started = url.origin(), (url.user, url.password), asyncio.get_running_loop().time()
        for _ in range(_REDIRECTS + 1):
            refuse_literal(url, self.policy)
            headers = conditions(asked.known)
            is_conditional = bool(headers)
            if user[0] and url.origin() == origin:
                headers["Authorization"] = aiohttp.encode_basic_auth(user[0], user[1] or "")
            async with self._open().get(url.with_user(None), allow_redirects=False, headers=headers) as answer:
                if not asked.is_answered:
                    asked.is_answered = True
                    host.note_answer(asyncio.get_running_loop().time() - started)
                place = answer.headers.get("Location", "")
                if answer.status == 304 and is_conditional:
                    host.note_served()
                    return Body(b"", asked.known, is_unchanged=True)
                if answer.status not in {301, 302, 303, 307, 308} or not place:
                    refuse_status(answer.status, answer.headers)
                    host.note_served()
                    data = await read_body(answer, asked, self.settings.max_bytes, limit)
                    return Body(data, web_fingerprint(answer.headers))
            url = _redirected(url, place)
        raise FetchFailure(Reason.HTTP_ERROR, f"redirects more than {_REDIRECTS} times", is_transient=False)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _deferred(detail: str, wait_s: float) -> FetchFailure:
    return FetchFailure(Reason.DEFERRED, f"{detail}, and asks to wait {wait_s:.0f} s", is_transient=False)


def refuse_literal(url: URL, policy: AddressPolicy) -> None:
    """Raise `FetchFailure` where the host of *url* is an address that may not be dialled: no resolver sees those."""
    host = (url.raw_host or "").partition("%")[0]
    if not host.isascii():
        raise FetchFailure(Reason.BAD_SCHEME, "its host is not ASCII", is_transient=False)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return
    if not policy.permits(host, url.port or 80, host):
        raise private_address(f"{host} is a private address")


class _Watch:
    """Ends an attempt that brings no answer while others wait for its turn; they come first, then it again."""

    def __init__(self, asked: Asked, host: Host, limit: asyncio.Timeout) -> None:
        self._asked, self._host, self._limit = asked, host, limit
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_later(host.patience_s, self._look)

    def _look(self) -> None:
        if self._asked.is_answered:
            return
        if self._host.turns.is_wanted:
            self._asked.gave_way = True
            self._limit.reschedule(self._loop.time())
        else:
            self._next = self._loop.call_later(1.0, self._look)

    def end(self) -> None:
        self._next.cancel()


def _redirected(url: URL, place: str) -> URL:
    try:
        target = url.join(URL(sendable(place), encoded=True))
    except ValueError:
        raise FetchFailure(
            Reason.HTTP_ERROR, "redirects to something that is not an address", is_transient=False
        ) from None
    if target.scheme not in {"http", "https"} or not target.host:
        raise FetchFailure(Reason.BAD_SCHEME, f"redirects to the scheme {target.scheme[:20]!r}", is_transient=False)
    return target
