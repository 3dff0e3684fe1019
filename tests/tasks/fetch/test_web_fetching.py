"""What servers do, and what becomes of it: taken, tried again, or given up with a reason."""

from __future__ import annotations

import asyncio
import email.utils
import socket
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest

from tasks.fetch import FetchSettings
from tasks.fetch.hosts import Turns
from tasks.fetch.samples import well_places
from tests.tasks.fetch.fetching import ACCESS, fetch, one, reason, web_rows

if TYPE_CHECKING:
    from tests.tasks.fetch.conftest import Answer, InTurn, Plain, Web


def test_a_body_comes_with_its_fingerprint(web: Web, plain: Plain) -> None:
    web.answers["/a"] = plain(body=b"pixels", ETag='"v1"')
    found = one(web.url("/a"), web)
    assert (found.data, found.fingerprint, found.attempts) == (b"pixels", '"v1"', 1)


@pytest.mark.parametrize("coding", ["identity", "aws-chunked", "none", "UTF-8"])
@pytest.mark.parametrize("status", [200, 203])
def test_a_whole_body_counts_whoever_hands_it_on_and_whatever_it_is_called_that_is_no_packing(
    web: Web, plain: Plain, status: int, coding: str
) -> None:
    web.answers["/a"] = plain(status, b"pixels", Content_Encoding=coding)
    assert one(web.url("/a"), web).data == b"pixels"


@pytest.mark.parametrize(
    ("status", "expected", "asked"),
    [
        (204, "http_error", 1),
        (206, "http_error", 1),
        (400, "http_error", 1),
        (401, "forbidden", 1),
        (403, "forbidden", 1),
        (404, "not_found", 1),
        (410, "not_found", 1),
        (408, "http_error", 4),
        (429, "http_error", 4),
        (500, "http_error", 4),
        (503, "http_error", 4),
    ],
)
def test_final_answers_are_asked_for_once_and_passing_ones_again(
    web: Web, plain: Plain, status: int, expected: str, asked: int
) -> None:
    web.answers["/a"] = plain(status)
    assert reason(one(web.url("/a"), web)) == expected
    assert web.asked["/a"] == asked


def test_what_passes_is_fetched_in_the_end(web: Web, plain: Plain, in_turn: InTurn) -> None:
    short = plain(body=b"pix", Content_Length="9", Connection="close")
    web.answers["/a"] = in_turn(plain(500), plain(429, Retry_After="0"), reset, plain(body=b"pixels"))
    web.answers["/b"] = in_turn(short, plain(body=b"pixels"))
    found = fetch([web.url("/a"), web.url("/b")], web)
    assert [item.data for item in found] == [b"pixels", b"pixels"]
    assert [web.asked[path] for path in ("/a", "/b")] == [4, 2]


FLAKY: dict[str, Callable[[Plain], Answer]] = {
    "408": lambda make: make(408),
    "425": lambda make: make(425),
    "429": lambda make: make(429, Retry_After="1"),
    "429 with a date": lambda make: make(429, Retry_After=email.utils.formatdate(time.time() + 1, usegmt=True)),
    "500": lambda make: make(500),
    "502": lambda make: make(502),
    "503": lambda make: make(503),
    "504": lambda make: make(504),
    "reset": lambda _: reset,
    "closed": lambda _: closed,
    "nonsense": lambda _: nonsense,
    "a chunked body cut": lambda _: cut,
    "no answer": lambda _: no_answer,
    "a short body": lambda make: make(body=b"pix", Content_Length="9", Connection="close"),
}


def test_whatever_is_flaky_is_published_in_the_end(web: Web, plain: Plain, in_turn: InTurn) -> None:
    for number, make in enumerate(FLAKY.values()):
        web.answers[f"/{number}"] = in_turn(make(plain), make(plain), plain(body=b"pixels"))

    found = fetch([web.url(f"/{number}") for number in range(len(FLAKY))], web, attempt_timeout_s=1, deadline_s=30)

    assert {kind: item.data for kind, item in zip(FLAKY, found, strict=True)} == dict.fromkeys(FLAKY, b"pixels")
    assert max(web.asked.values()) <= 6


def test_a_wait_that_is_asked_for_is_kept(web: Web, plain: Plain, in_turn: InTurn) -> None:
    asked: list[float] = []

    def noted(answer: Answer) -> Answer:
        def note(handler: BaseHTTPRequestHandler) -> None:
            asked.append(time.monotonic())
            answer(handler)

        return note

    web.answers["/a"] = in_turn(noted(plain(503, Retry_After="1")), noted(plain(body=b"pixels")))

    assert one(web.url("/a"), web).data == b"pixels"
    assert asked[1] - asked[0] >= 0.95


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.close()


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"5\r\npixel\r\n")
    reset(handler)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while True:
        handler.wfile.write(bytes(65536))


def closed(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"nonsense\r\n\r\n")
    handler.close_connection = True


def no_answer(handler: BaseHTTPRequestHandler) -> None:
    handler.rfile.read(1)  # comes when the client closes
    handler.close_connection = True


def no_rest(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    no_answer(handler)


def endless_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-Name: value\r\n" * 1000)


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b"x")
        time.sleep(0.2)  # the fault itself: a server that drips


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(cut, "short_body", id="a chunked body that ends early"),
        pytest.param(endless, "too_many_bytes", id="an endless body"),
        pytest.param(drip, "timeout", id="a drip"),
        pytest.param(no_answer, "timeout", id="no answer"),
        pytest.param(no_rest, "timeout", id="a body that stops"),
        pytest.param(endless_head, "http_error", id="an endless head"),
        pytest.param(nonsense, "http_error", id="no HTTP"),
        pytest.param(closed, "http_error", id="a closed connection"),
    ],
)
def test_bad_bodies_are_never_taken_for_whole_ones(web: Web, answer: Any, expected: str) -> None:
    web.answers["/a"] = answer
    found = one(web.url("/a"), web, max_bytes="1MiB", retries=1, attempt_timeout_s=1)
    assert (reason(found), found.data) == (expected, b"")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Content_Length": str(10**12)}, "too_many_bytes"),
        ({"Content_Encoding": "gzip"}, "http_error"),
        ({"Content_Encoding": "br, gzip"}, "http_error"),
        ({"Content_Encoding": "aws-chunked, X-GZIP"}, "http_error"),
    ],
)
def test_declared_bombs_are_not_even_read(web: Web, plain: Plain, headers: dict[str, str], expected: str) -> None:
    web.answers["/a"] = plain(200, b"x", Connection="close", **headers)
    assert reason(one(web.url("/a"), web)) == expected
    assert web.asked["/a"] == 1


def test_a_long_wait_is_left_for_the_next_night(web: Web, plain: Plain) -> None:
    later = email.utils.formatdate(time.time() + 3600, usegmt=True)
    for path, wait in (("/a", "3600"), ("/b", later)):
        web.answers[path] = plain(503, Retry_After=wait)
        assert reason(one(web.url(path), web)) == "deferred"
        assert web.asked[path] == 1


def test_a_long_wait_of_one_address_holds_up_no_other_and_of_many_the_whole_host(web: Web, plain: Plain) -> None:
    later = [f"/later-{number}" for number in range(30)]
    web.answers |= dict.fromkeys(later, plain(503, Retry_After="7200")) | {"/good": plain(body=b"pixels")}
    found = fetch([web.url(path) for path in (later[0], "/good", later[1], "/good")], web, per_host=1)
    assert [reason(item) if item.rejection else item.data for item in found] == ["deferred", b"pixels"] * 2
    found = fetch(list(map(web.url, later)), web, per_host=1)
    assert [reason(item) for item in found] == ["deferred"] * 30
    assert sum(web.asked[path] for path in later) == 2 + 19


@pytest.mark.parametrize("wait", ["-1", "1.5", "\u00b2", "soon", "Wed, 99 Foo 2026 00:00:00 GMT", ""])
def test_a_wait_that_says_nothing_is_none(web: Web, plain: Plain, wait: str) -> None:
    web.answers["/a"] = plain(503, Retry_After=wait)
    assert reason(one(web.url("/a"), web)) == "http_error"
    assert web.asked["/a"] == 4


def test_short_bodies_without_end_are_not_asked_for_without_end(web: Web) -> None:
    def most_of_it(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        handler.wfile.write(bytes(900_000))
        handler.close_connection = True

    web.answers["/a"] = most_of_it
    assert reason(one(web.url("/a"), web, max_bytes="1MB")) == "short_body"
    assert web.asked["/a"] == 2


def test_encryption_that_is_not_accepted_says_so(web: Web) -> None:
    found = one(web.url("/a").replace("http:", "https:"), web)
    assert (reason(found), found.attempts) == ("tls", 1)


def test_a_name_without_an_address_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert reason(one("http://images.example/a", None, retries=0)) == "dns"


def test_an_empty_body_is_no_image(web: Web, plain: Plain) -> None:
    web.answers["/a"] = plain()
    assert reason(one(web.url("/a"), web)) == "empty_file"


def test_redirects_are_followed_and_each_is_checked(web: Web, other_web: Web, plain: Plain) -> None:
    web.answers["/a"] = plain(302, Location="/b")
    web.answers["/b"] = plain(body=b"pixels")
    web.answers["/loop"] = plain(302, Location="/loop")
    web.answers["/file"] = plain(302, Location="file:///etc/passwd")
    web.answers["/private"] = plain(302, Location=other_web.url("/x"))
    found = fetch([web.url(path) for path in ("/a", "/loop", "/file", "/private")], web)
    assert found[0].data == b"pixels"
    assert [reason(item) for item in found[1:]] == ["http_error", "bad_scheme", "private_address"]
    assert web.asked["/loop"] == 6
    assert not other_web.asked


def test_credentials_go_to_their_own_origin_only(web: Web, other_web: Web, plain: Plain) -> None:
    web.answers["/a"] = plain(302, Location=other_web.url("/b"))
    other_web.answers["/b"] = plain(body=b"pixels")
    found = one(f"http://user:secret@{web.host}/a", web, also=other_web.host)
    assert found.data == b"pixels"
    assert "Authorization" in web.headers[0]
    assert all("Authorization" not in headers for headers in other_web.headers)


def test_a_signed_query_arrives_byte_for_byte_and_is_told_nobody(web: Web, plain: Plain) -> None:
    web.answers["/a"] = plain(403)
    found = one(web.url("/a?X-Amz-Signature=a%2Fb%3D&k=c%20d"), web)
    assert list(web.asked) == ["/a?X-Amz-Signature=a%2Fb%3D&k=c%20d"]
    assert found.rejection is not None
    assert "Signature" not in found.rejection.detail


def test_blanks_and_umlauts_of_an_address_are_sent_as_a_browser_sends_them(web: Web, plain: Plain) -> None:
    for path in ("/a%20b.png", "/%C3%A4.png", "/moved%20here.png"):
        web.answers[path] = plain(200, b"pixels")
    web.answers["/moved.png"] = plain(302, b"", Location="/moved here.png")

    for path in ("/a b.png", "/ä.png", "/moved.png"):
        assert one(web.url(path), web).data == b"pixels", path


@pytest.mark.parametrize("kind", ["500", "closed"])
def test_a_server_that_is_ill_for_a_while_costs_no_image(web: Web, plain: Plain, kind: str) -> None:
    first: list[float] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        first.append(time.monotonic())
        if first[-1] - first[0] > 1.5:
            plain(200, b"pixels")(handler)
        elif kind == "500":
            plain(500)(handler)
        else:
            handler.close_connection = True

    web.answers.update({f"/{number}.png": answer for number in range(12)})

    found = fetch([web.url(f"/{number}.png") for number in range(12)], web, deadline_s=12, retries=4)

    assert [item.data for item in found] == [b"pixels"] * 12
    assert max(web.asked.values()) <= 5


def test_turns_are_halved_and_come_back_one_by_one() -> None:
    async def admitted(turns: Turns) -> int:
        async with AsyncExitStack() as stack:
            count = 0
            with suppress(TimeoutError):
                while True:
                    async with asyncio.timeout(0.01):
                        await stack.enter_async_context(turns.turn(comes_back=False))
                    count += 1
        return count

    async def looked() -> list[int]:
        turns = Turns(8)
        counts = [await admitted(turns)]
        for change in (turns.narrow, turns.narrow, turns.widen, turns.widen):
            change()
            counts.append(await admitted(turns))
        async with turns.turn(comes_back=False):
            turns.narrow()
        return [*counts, await admitted(turns)]

    assert asyncio.run(looked()) == [8, 4, 2, 3, 4, 2]


def test_turns_go_to_those_who_come_back_and_to_those_who_are_new_in_turn() -> None:
    async def order() -> list[str]:
        turns, came = Turns(1), []

        async def take(name: str) -> None:
            async with turns.turn(comes_back=name.startswith("again")):
                came.append(name)

        async with turns.turn(comes_back=False):
            waiting = [
                asyncio.create_task(take(f"{kind} {number}")) for kind in ("again", "new") for number in range(3)
            ]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        return came

    assert asyncio.run(order()) == ["new 0", "again 0", "new 1", "again 1", "new 2", "again 2"]


def test_addresses_that_come_to_no_end_cost_no_other_image_its_turn(web: Web, plain: Plain) -> None:
    """They take all turns at first, and whenever they are tried again."""
    ended = threading.Event()

    def stops(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        ended.wait(30)

    bad, good = [f"/bad-{number}" for number in range(6)], [f"/good-{number}" for number in range(40)]
    web.answers |= dict.fromkeys(bad, stops) | dict.fromkeys(good, plain(body=b"pixels"))
    found = fetch(list(map(web.url, [*bad, *good])), web, per_host=2, deadline_s=2, attempt_timeout_s=0.5, retries=1)
    ended.set()
    assert [reason(item) for item in found] == ["timeout"] * 6 + [""] * 40


def test_a_place_is_well_again_when_some_of_its_images_come(web: Web, other_web: Web, plain: Plain) -> None:
    urls = [server.url(f"/{number}.png") for server in (web, other_web) for number in range(20)]
    web.answers.update({f"/{number}.png": plain(200, b"pixels") for number in range(20)})
    samples = web_rows(urls)
    settings = FetchSettings(allow_hosts=(web.host, other_web.host), deadline_s=3)

    assert well_places(samples, samples, ACCESS, settings) == {web.host}
    assert 0 < web.asked.total() <= 5
    assert well_places(samples.slice(0, 1), samples, ACCESS, settings) == frozenset()
