"""http and https: asynchronous, polite, bounded in time and bytes, and only to addresses that the policy permits."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import time
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from tasks.fetch.addresses import AddressPolicy, ForbiddenAddressError, GuardedResolver
from tasks.fetch.answers import Body, FetchFailure, backoff_s, conditions, refuse_status, web_fingerprint
from tasks.fetch.settings import FetchSettings
from tasks.reasons import Reason

_REDIRECTS = 5
_CHUNK = 1 << 16
_LARGE = 1 << 20
_SLOWEST = 1024  # bytes a second, over everything after the first seconds
_PATIENCE_S = 10.0
_BREAKER_FAILURES = 5  # at one host in a row, before the rest is not even tried
_BREAKER_S = 30.0


@dataclass(slots=True)
class _Host:
    """One host and port.

    Attributes:
        turns: How many more requests may be under way.
        failures: Connections that failed in a row.
        closed_until: No request is made before this time of the monotonic clock.
    """

    turns: asyncio.Semaphore
    failures: int = 0
    closed_until: float = 0.0


@dataclass(slots=True)
class Attempts:
    """How many times one image's bytes were asked for."""

    count: int = 0


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
    _hosts: dict[str, _Host] = field(default_factory=dict)
    _turns: asyncio.Semaphore | None = None
    _large: asyncio.Semaphore | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=GuardedResolver(self.policy), limit=0, ttl_dns_cache=60, enable_cleanup_closed=False
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
                headers={"Accept-Encoding": "identity", "User-Agent": "parquetry"},
                max_line_size=16384,
                max_field_size=16384,
            )
            self._turns = asyncio.Semaphore(self.settings.concurrency)
            self._large = asyncio.Semaphore(max(1, self.settings.bytes_in_flight // self.settings.max_bytes))
        return self._session

    async def fetch(self, url: str, attempts: Attempts, known: str = "") -> Body:
        """The body at *url*, after as many attempts as the settings allow; none if it is still the one that is *known*.

        Raises:
            FetchFailure: There is none.
        """
        self._open()
        host = self._host(URL(url, encoded=True))
        assert self._turns is not None  # noqa: S101 - `_open` has made it
        async with host.turns, self._turns:
            end = time.monotonic() + self.settings.deadline_s
            while True:
                self._refuse_closed(host)
                attempts.count += 1
                try:
                    body = await self._attempt(url, end, known)
                except FetchFailure as failure:
                    self._note(host, failure)
                    await self._pause(failure, attempts.count, end)
                else:
                    host.failures = 0
                    return body

    def _host(self, url: URL) -> _Host:
        key = f"{url.host}:{url.port}"
        if key not in self._hosts:
            self._hosts[key] = _Host(asyncio.Semaphore(self.settings.per_host))
        return self._hosts[key]

    def _refuse_closed(self, host: _Host) -> None:
        if time.monotonic() < host.closed_until:
            detail = f"{_BREAKER_FAILURES} connections to its host failed in a row; the rest was not tried"
            raise FetchFailure(Reason.UNREACHABLE, detail, is_transient=False)

    def _note(self, host: _Host, failure: FetchFailure) -> None:
        """Count failures to connect; too many in a row close the host for a while."""
        if failure.reason not in {Reason.UNREACHABLE, Reason.DNS}:
            host.failures = 0
            return
        host.failures += 1
        if host.failures >= _BREAKER_FAILURES:
            host.closed_until = time.monotonic() + _BREAKER_S

    async def _pause(self, failure: FetchFailure, attempt: int, end: float) -> None:
        """Wait before the next attempt, or raise *failure* where there is none."""
        if not failure.is_transient or attempt > self.settings.retries:
            raise failure
        wait_s = backoff_s(attempt) if failure.wait_s is None else failure.wait_s
        if time.monotonic() + wait_s >= end:
            if failure.wait_s is None:
                raise failure
            detail = f"{failure.detail}, and asks to wait {failure.wait_s:.0f} s"
            raise FetchFailure(Reason.DEFERRED, detail, is_transient=False)
        await asyncio.sleep(wait_s)

    async def _attempt(self, url: str, end: float, known: str) -> Body:
        """One attempt, with its redirects; whatever goes wrong is a `FetchFailure`."""
        seconds = min(self.settings.attempt_timeout_s, end - time.monotonic())
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(URL(url, encoded=True), known)
        except TimeoutError:
            raise FetchFailure(Reason.TIMEOUT, f"took more than {seconds:.0f} s", is_transient=True) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _failure_of(error) from None

    async def _follow(self, url: URL, known: str) -> Body:
        """The body at *url* or where it leads; each hop is checked anew, credentials stay with their origin."""
        origin, user = url.origin(), (url.user, url.password)
        for _ in range(_REDIRECTS + 1):
            self._refuse_literal(url)
            asked = url.with_user(None)
            is_home = bool(user[0]) and url.origin() == origin
            headers = conditions(known)
            if is_home:
                headers["Authorization"] = aiohttp.encode_basic_auth(user[0] or "", user[1] or "")
            async with self._open().get(asked, allow_redirects=False, headers=headers) as answer:
                place = answer.headers.get("Location", "")
                if answer.status == 304 and headers:
                    return Body(b"", known, is_unchanged=True)
                if answer.status not in {301, 302, 303, 307, 308} or not place:
                    refuse_status(answer.status, answer.headers)
                    return Body(await self._read(answer), web_fingerprint(answer.headers))
            url = _redirected(url, place)
        raise FetchFailure(Reason.HTTP_ERROR, f"redirects more than {_REDIRECTS} times", is_transient=False)

    def _refuse_literal(self, url: URL) -> None:
        """Check a host that is an address already: no resolver is asked about it."""
        host = (url.raw_host or "").partition("%")[0]
        if not host.isascii():
            raise FetchFailure(Reason.BAD_SCHEME, "its host is not ASCII", is_transient=False)
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return
        if not self.policy.permits(host, url.port or 80, host):
            raise _private(f"{host} is a private address")

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        """The whole body, as long as it is neither too large nor too slow."""
        limit = self.settings.max_bytes
        declared = answer.content_length
        if declared is not None and declared > limit:
            raise _too_large(limit)
        chunks: list[bytes] = []
        size = await self._collect(answer, chunks, _LARGE)
        if not answer.content.at_eof():
            assert self._large is not None  # noqa: S101 - `_open` has made it
            async with self._large:
                size = await self._collect(answer, chunks, limit)
        if declared is not None and size != declared:
            raise FetchFailure(Reason.SHORT_BODY, f"{size} of {declared} bytes came", is_transient=True)
        return b"".join(chunks)

    async def _collect(self, answer: aiohttp.ClientResponse, chunks: list[bytes], until: int) -> int:
        """Read on to the end, or beyond *until* bytes; how many there are."""
        size = sum(map(len, chunks))
        started = time.monotonic()
        while chunk := await answer.content.read(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > self.settings.max_bytes:
                raise _too_large(self.settings.max_bytes)
            elapsed = time.monotonic() - started
            if elapsed > _PATIENCE_S and size < _SLOWEST * elapsed:
                raise FetchFailure(Reason.TIMEOUT, f"slower than {_SLOWEST} bytes a second", is_transient=True)
            if size > until:
                break
        return size

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _failure_of(error: Exception) -> FetchFailure:
    """What an error of the connection says of an image."""
    match error:
        case ForbiddenAddressError() | aiohttp.ClientConnectorDNSError():
            is_private = "private address" in f"{error} {error.__cause__}"
            return _private("its host leads to a private address") if is_private else _unresolved()
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return FetchFailure(Reason.TLS, "its certificate or encryption is not accepted", is_transient=False)
        case aiohttp.ClientPayloadError():
            return FetchFailure(Reason.SHORT_BODY, "ended before its whole length", is_transient=True)
        case aiohttp.ClientConnectorError():
            said = error.os_error.strerror or type(error.os_error).__name__
            return FetchFailure(Reason.UNREACHABLE, f"no connection: {said}", is_transient=True)
    reason = Reason.BAD_SCHEME if isinstance(error, aiohttp.InvalidURL) else Reason.HTTP_ERROR
    passes = isinstance(error, OSError)
    return FetchFailure(reason, f"{type(error).__name__} while asking", is_transient=passes)


def _private(detail: str) -> FetchFailure:
    return FetchFailure(Reason.PRIVATE_ADDRESS, f"{detail}; `fetch.allow_hosts` can allow it", is_transient=False)


def _unresolved() -> FetchFailure:
    return FetchFailure(Reason.DNS, "its host has no address", is_transient=True)


def _too_large(limit: int) -> FetchFailure:
    return FetchFailure(Reason.TOO_MANY_BYTES, f"more than `fetch.max_bytes`, {limit}", is_transient=False)


def _redirected(url: URL, place: str) -> URL:
    try:
        target = url.join(URL(place, encoded=True))
    except ValueError:
        raise FetchFailure(Reason.HTTP_ERROR, "redirects to what is no address", is_transient=False) from None
    if target.scheme not in {"http", "https"} or not target.host:
        raise FetchFailure(Reason.BAD_SCHEME, f"redirects to the scheme {target.scheme[:20]!r}", is_transient=False)
    return target
