"""Where label files may send us: whatever they write, the address that is dialled is one that is allowed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tasks.fetch.addresses import AddressPolicy
from tasks.records.web_locations import WebPlace, parse_web
from tests.tasks.fetch.fetching import fetch, one, reason

if TYPE_CHECKING:
    from tests.tasks.fetch.conftest import Plain, Web

FULL_WIDTH = str.maketrans("0127.", "\uff10\uff11\uff12\uff17\u3002")
CIRCLED = str.maketrans("0127", "\u24ea\u2460\u2461\u2466")
LOOPBACK = (
    *"127.0.0.1 127.0.0.2 127.1 127.0.1 0x7f000001 0x7f.0.0.1 0x7f.1 017700000001 0177.0.0.1 2130706433".split(),
    *"0.0.0.0 0 localhost LOCALHOST LocalHost localhost. [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1]".split(),
    *"[::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::]".split(),
    *"user@127.0.0.1 user:word@localhost example.invalid@127.0.0.1 127.0.0.1%00 127.0.0.1%2f".split(),
    *"%31%32%37.0.0.1 127.0.0.1\\@example.invalid example.invalid\\@127.0.0.1".split(),
    "127.0.0.1".translate(FULL_WIDTH),
    "127.0.0.1".translate(CIRCLED),
    "127\u30020\u30020\u30021",
    "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
)


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_of_this_machine_leads_to_it(web: Web, host: str) -> None:
    url = f"http://{host}:{web.host.rpartition(':')[2]}/a"
    if isinstance(parse_web(url), WebPlace):
        assert reason(one(url, None, retries=0)) in {"private_address", "dns", "unreachable", "bad_scheme"}
    assert not web.asked


@pytest.mark.parametrize("mark", ["#", "#@", "?@", "/@", "\\@", "%23@", "%40"])
def test_no_mark_makes_a_host_of_what_is_none(web: Web, mark: str) -> None:
    for first, second in (("127.0.0.1:1", web.host), (web.host, "127.0.0.1:1")):
        url = f"http://{first}{mark}{second}/a"
        if isinstance(parse_web(url), WebPlace):
            assert reason(one(url, None, retries=0)) in {"private_address", "dns", "unreachable", "bad_scheme"}
    assert not web.asked


@pytest.mark.parametrize(
    "place",
    [
        "http://{}/x",
        "//{}/x",
        "HTTP://{}/x",
        "http://localhost:{port}/x",
        "http://[::ffff:127.0.0.1]:{port}/x",
        "http://0x7f000001:{port}/x",
        "http://user@{}/x",
        "http://127\u30020\u30020\u30021:{port}/x",
        "http://\uff11\uff12\uff17.0.0.1:{port}/x",
        "http:\\\\{}\\x",
    ],
)
def test_no_redirect_leads_to_where_no_leave_was_given(web: Web, other_web: Web, plain: Plain, place: str) -> None:
    target = place.format(other_web.host, port=other_web.host.rpartition(":")[2])
    web.answers["/a"] = plain(302, Location=target.encode().decode("latin-1"))
    assert reason(one(web.url("/a"), web, retries=0)) in {
        "private_address",
        "dns",
        "bad_scheme",
        "http_error",
        "not_found",
        "unreachable",
    }
    assert not other_web.asked


def test_a_redirect_may_lead_to_where_leave_was_given(web: Web, other_web: Web, plain: Plain) -> None:
    web.answers["/a"] = plain(307, Location=other_web.url("/x"))
    other_web.answers["/x"] = plain(body=b"pixels")
    assert one(web.url("/a"), web, also=other_web.host).data == b"pixels"


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fe80::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "0.0.0.0",  # noqa: S104 - a hostile address, nothing is bound to it
        "::",
    ],
)
def test_metadata_and_link_local_addresses_are_never_dialled_whatever_is_allowed(address: str) -> None:
    policy = AddressPolicy([address, f"[{address}]", f"{address}:80", f"[{address}]:80", "name", "name:80"])
    for host in (address, f"[{address}]", "name"):
        assert not policy.permits(host, 80, address)


@pytest.mark.parametrize(
    ("allowed", "host", "port", "may"),
    [
        ("intranet:8000", "intranet", 8000, True),
        ("INTRANET:8000", "Intranet", 8000, True),
        ("intranet:8000", "intranet", 8001, False),
        ("intranet", "intranet", 8001, True),
        ("intranet", "intranet.example", 80, False),
        ("[::1]:8000", "[::1]", 8000, True),
        ("[::1]:8000", "::1", 8000, True),
    ],
)
def test_leave_is_for_one_host_and_port(allowed: str, host: str, port: int, may: bool) -> None:
    assert AddressPolicy([allowed]).permits(host, port, "10.0.0.7") == may


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the client would dial; none is."""
    addresses: list[str] = []

    async def start_connection(addr_infos: Sequence[Any], **_: Any) -> socket.socket:
        addresses.extend(info[4][0] for info in addr_infos)
        raise ConnectionRefusedError(111, "refused by the test")

    monkeypatch.setattr("aiohttp.connector.aiohappyeyeballs.start_connection", start_connection)
    return addresses


def _entry(address: str, port: int) -> Any:
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)


def resolve_in_turn(monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> list[str]:
    """Let each look-up of a name give the next of *answers*, then the last for ever; return the names looked up."""
    left, names = list(answers), []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        names.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        return [_entry(address, port) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return names


def test_what_was_checked_is_what_is_dialled(monkeypatch: pytest.MonkeyPatch, dialled: list[str]) -> None:
    names = resolve_in_turn(monkeypatch, ["93.184.216.34"], ["127.0.0.1"], ["169.254.169.254"])

    found = fetch(["http://rebinding.example/a"] * 3, None, retries=1)

    assert set(dialled) == {"93.184.216.34"}
    assert {reason(item) for item in found} == {"unreachable"}
    assert names[0] == "rebinding.example"


def test_of_many_addresses_only_those_that_may_be_are_dialled(
    monkeypatch: pytest.MonkeyPatch, dialled: list[str]
) -> None:
    resolve_in_turn(monkeypatch, ["10.0.0.1", "93.184.216.34", "127.0.0.1"])
    one("http://mixed.example/a", None, retries=0)
    assert dialled == ["93.184.216.34"]


HOSTS = st.one_of(
    st.sampled_from(LOOPBACK),
    st.ip_addresses().map(lambda address: f"[{address}]" if address.version == 6 else str(address)),
    st.from_regex(r"[a-zA-Z0-9.-]{1,20}", fullmatch=True),
    st.text(max_size=12),
)
URLS = st.builds(
    lambda scheme, user, host, port, path: f"{scheme}{user}{host}{port}{path}",
    st.sampled_from(["http://", "https://", "HTTP://", "http:/", "http:\\\\", "//", "ftp://"]),
    st.sampled_from(["", "user@", "a:b@", "@", "127.0.0.1@", "a@b@"]),
    HOSTS,
    st.sampled_from(["", ":80", ":0", ":65536", ":080", ":", ":80:90", ":\uff18\uff10"]),
    st.sampled_from(["", "/", "/a.jpg", "#@127.0.0.1/", "?@127.0.0.1", "\\@127.0.0.1/", "/%2e%2e/"]),
)


@pytest.mark.fuzz
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(url=URLS, addresses=st.lists(st.ip_addresses().map(str), min_size=1, max_size=3))
@example(url="http://a.example/", addresses=["::ffff:127.0.0.1"])
@example(url="http://[fe80::1%25lo]/", addresses=["fe80::1"])
def test_whatever_is_accepted_every_dialled_address_is_allowed(
    monkeypatch: pytest.MonkeyPatch, dialled: list[str], url: str, addresses: list[str]
) -> None:
    if not isinstance(parse_web(url), WebPlace):
        return
    dialled.clear()
    with monkeypatch.context() as patched:
        resolve_in_turn(patched, addresses)
        found = one(url, None, retries=0)

    assert found.rejection is not None
    for address in map(ipaddress.ip_address, dialled):
        inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
        assert inner.is_global
        assert not inner.is_multicast
        assert inner not in ipaddress.ip_network("169.254.0.0/16")
