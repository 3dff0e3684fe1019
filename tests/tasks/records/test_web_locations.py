"""Addresses of images: what tells them apart, what a signature is, and how they are sent."""

from __future__ import annotations

import pytest

from tasks.records.web_locations import WebPlace, join_web, parse_web, sendable, web_address
from tasks.redaction import is_web


def identity(query: str) -> str:
    found = parse_web(f"http://host/i{query}")
    assert isinstance(found, WebPlace)
    return found.identity


def test_the_identity_of_an_address_is_a_hash_that_later_versions_must_not_change() -> None:
    assert identity("?a=1&b=2") == "http://host/i?8e85be58c1c372ac"


@pytest.mark.parametrize(
    "word",
    "id v st se sp ss sr sv sig exp oe oh token auth key expires policy signature hmac s e is ex hm x-id".split(),
)
def test_a_word_that_stands_alone_names_an_image(word: str) -> None:
    there = {identity(f"?{word}={value}") for value in ("1", "2", "12345678901234567890")}

    assert len(there | {identity("")}) == 4


@pytest.mark.parametrize(
    "pair",
    ["?a=1&a=2 ?a=2&a=1", "?a=1 ?A=1", "?id=1&v=2 ?id=2&v=1", "?sig=1&id=1 ?sig=1&id=2", "?se=1&sp=2 ?se=1&sp=3"],
)
def test_two_addresses_never_become_one_by_guess(pair: str) -> None:
    one, other = pair.split()

    assert identity(one) != identity(other)


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={0}&X-Amz-Date={0}&X-Amz-Expires=60&X-Amz-Signature={0}",
        "AWSAccessKeyId=AKIA&Expires=1700000{0}&Signature={0}%3D",
        "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Date={0}&X-Goog-Signature={0}",
        "GoogleAccessId=me%40x&Expires=1700000{0}&Signature={0}",
        "Expires=1700000{0}&Signature={0}&Key-Pair-Id=K1",
        "Policy={0}&Signature={0}&Key-Pair-Id=K1",
        "sv=2024-11-04&st=2026-01-{0}&se=2026-02-{0}&sr=b&sp=r&sig={0}%3D",
        "_nc_cat=1&_nc_ohc={0}&oh=00_abcdefghijklm{0}&oe=6512a{0}",
        "ex=65a{0}&is=65b{0}&hm=0123456789abcdef{0}",
        "hdnts=exp=1700000{0}~acl=/*~hmac={0}",
        "token=abcdefghijklmnop{0}&expires=1700000{0}",
        "access_token=abcdefghijklmnop{0}",
        "X-Amz-Signature=a%0A{0}&X-Amz-%0A={0}",
    ],
)
def test_a_whole_signature_names_nothing_and_what_stands_beside_it_does(query: str) -> None:
    tonight, tomorrow = query.format("123"), query.format("456")

    assert identity(f"?{tonight}") == identity(f"?{tomorrow}") == identity("")
    assert identity(f"?id=7&{tonight}") == identity(f"?{tomorrow}&id=7") == identity("?id=7")
    assert identity(f"?id=8&{tonight}") != identity(f"?id=7&{tonight}")


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("http://h/a b.png", "http://h/a%20b.png"),
        ("http://h/ä.png?q=ö ü", "http://h/%C3%A4.png?q=%C3%B6%20%C3%BC"),
        ("http://h/a%20b.png?X-Sig=a%2Fb%3D&k=c/d", "http://h/a%20b.png?X-Sig=a%2Fb%3D&k=c/d"),
        ("http://h/\udcff.png", "http://h/%FF.png"),
        ('http://h/<x>|^`{}".png', "http://h/%3Cx%3E%7C%5E%60%7B%7D%22.png"),
    ],
)
def test_only_what_no_address_may_hold_is_written_otherwise(text: str, sent: str) -> None:
    assert sendable(text) == sent


def test_a_listed_name_becomes_the_address_of_that_very_name() -> None:
    assert web_address("http://h/d/", "a#b?c%20d é.png") == "http://h/d/a%23b%3Fc%2520d%20%C3%A9.png"
    assert web_address("http://h/d/", "e/:@!$&'()*+,;=~-._f") == "http://h/d/e/:@!$&'()*+,;=~-._f"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a\\b c.png", "http://h/d/a/b%20c.png"),
        ("a%20b:@!$&'()*+,;=~.png", "http://h/d/a%20b:@!$&'()*+,;=~.png"),
        ("a.png?q=b c#d", "http://h/d/a.png?q=b c#d"),
        ("a#b", "http://h/d/a%23b"),
    ],
)
def test_what_a_label_file_says_becomes_an_address_below_its_folder(text: str, address: str) -> None:
    assert join_web("http://h/d/", text) == address


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("http://h", True), ("HTTPS://h", True), ("ftp://h", False), ("http:/h", False), ("a http://", False)],
)
def test_an_address_of_the_web_begins_like_one(text: str, is_one: bool) -> None:
    assert is_web(text) is is_one


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("http://host", "http://host/"),
        ("HTTPS://User:pass@HOST.example:1/A", "https://host.example:1/A"),
        ("http://h:65535/a", "http://h:65535/a"),
        ("http://h:/a", "http://h/a"),
        ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("http://h/a?#b", "http://h/a"),
    ],
)
def test_an_address_is_written_down_in_its_strict_form(text: str, location: str) -> None:
    assert parse_web(text) == WebPlace(location, location)


def test_a_query_of_one_letter_tells_one_image_from_another() -> None:
    assert len({identity("?1"), identity("?2"), identity("")}) == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ftp://h/a", "is not an http(s) address"),
        ("http://h/a\\b", "holds a backslash or a control character"),
        ("http://h/a\n", "holds a backslash or a control character"),
        *(
            (text, "names its host in a way that is not allowed: ASCII letters, digits, dots and hyphens, then a port")
            for text in ("http:///a", "http://h:0/a", "http://h:65536/a", "http://ä/a", "http://a%41/", "http://a b/")
        ),
    ],
)
def test_what_two_readers_could_take_for_two_hosts_is_refused(text: str, problem: str) -> None:
    assert parse_web(text) == problem
