"""What servers do, and what becomes of it: taken, tried again, or given up with a reason."""

from __future__ import annotations

import email.utils
import ipaddress
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.fetch import Fetched, Fetcher, FetchSettings
from tasks.fetch.addresses import AddressPolicy
from tasks.plan import as_new
from tasks.samples import SAMPLE_SCHEMA, SourceAccess, StoreUrl

if TYPE_CHECKING:
    from tests.tasks.fetch.conftest import InTurn, Plain, Web


def fetch(urls: Sequence[str], web: Web | None, *, also: str = "", **settings: Any) -> list[Fetched]:
    quick = {"attempt_timeout_s": 2, "deadline_s": 5, "retries": 3} | settings
    hosts = [web.host, *([also] if also else [])] if web is not None else []
    fetcher = Fetcher(FetchSettings(allow_hosts=tuple(hosts), **quick), frozenset())
    rows = [
        dict.fromkeys(SAMPLE_SCHEMA.names, "")
        | {"sample_id": url, "kind": "web", "location": url, "size": -1}
        | {"label_row": -1, "label_offset": -1, "label_length": -1}
        for url in urls
    ]
    samples = as_new(pa.Table.from_pylist(rows, schema=SAMPLE_SCHEMA))
    try:
        return list(fetcher.fetch_ahead(samples, [SourceAccess("", StoreUrl("/nowhere"))]))
    finally:
        fetcher.close()


def one(url: str, web: Web | None, **settings: Any) -> Fetched:
    (found,) = fetch([url], web, **settings)
    return found


def reason(found: Fetched) -> str:
    return found.rejection.reason.value if found.rejection else ""


def test_a_body_comes_with_its_fingerprint(web: Web, plain: Plain) -> None:
    web.answers["/a"] = plain(body=b"pixels", ETag='"v1"')
    found = one(web.url("/a"), web)
    assert (found.data, found.fingerprint, found.attempts) == (b"pixels", '"v1"', 1)


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


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "0x7f000001",
        "2130706433",
        "127.1",
        "0.0.0.0",  # noqa: S104 - a hostile spelling, nothing is bound to it
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost.",
    ],
)
def test_no_spelling_of_this_machine_leads_to_it(web: Web, host: str) -> None:
    port = web.host.rpartition(":")[2]
    found = one(f"http://{host}:{port}/a", None, retries=0)
    assert reason(found) in {"private_address", "dns", "unreachable", "bad_scheme"}
    assert not web.asked


def test_metadata_addresses_are_never_dialled_whatever_is_allowed() -> None:
    policy = AddressPolicy(["169.254.169.254", "fd00:ec2::254"])
    assert not policy.permits("169.254.169.254", 80, "169.254.169.254")
    assert not policy.permits("[fd00:ec2::254]", 80, "fd00:ec2::254")


@pytest.mark.fuzz
@given(st.ip_addresses())
def test_without_leave_only_global_addresses_are_dialled(address: Any) -> None:
    if AddressPolicy([]).permits("name", 80, str(address)):
        plain_address = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
        assert plain_address.is_global
        assert not plain_address.is_multicast
        assert plain_address not in ipaddress.ip_network("169.254.0.0/16")


def test_a_host_that_is_down_is_not_asked_for_every_row(web: Web) -> None:
    found = fetch([f"http://127.0.0.1:1/{number}" for number in range(40)], web, also="127.0.0.1:1", retries=0)
    assert [reason(item) for item in found] == ["unreachable"] * 40
    assert sum("was not tried" in item.rejection.detail for item in found if item.rejection) > 20


def test_results_keep_their_order_and_the_bounds_hold(web: Web, plain: Plain) -> None:
    for number in range(60):
        web.answers[f"/{number}"] = plain(body=str(number).encode())
    found = fetch([web.url(f"/{number}") for number in range(60)], web, concurrency=4, per_host=2)
    assert [item.data for item in found] == [str(number).encode() for number in range(60)]
