"""Where the cell of a label file may lead, and what is said of one that may not lead there."""

from __future__ import annotations

import hashlib

import pytest

from tasks.reasons import Reason
from tasks.records.locations import LocationPolicy, Place, classify_location, is_address, normalise_path
from tasks.samples import Rejection

HERE = LocationPolicy("/data/pets")
STORE = LocationPolicy("s3://bucket/pets")
WEB = LocationPolicy("http://host/pets", base_url="http://host/pets/")
ALLOWING = LocationPolicy("/data/pets", ("/mnt/a/", "/mnt/one.jpg", "s3://other/b", "file:///srv", "C:/x", "http://"))
PIXELS = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNiAAAABgADNjd8qAAAAABJRU5E"


@pytest.mark.parametrize(
    ("text", "policy", "expected"),
    [
        pytest.param("cat/1.jpg", HERE, Place("store", "cat/1.jpg", "cat/1.jpg"), id="a path below the root"),
        pytest.param("./cat//x/../1.jpg", HERE, Place("store", "cat/1.jpg", "cat/1.jpg"), id="dots are resolved"),
        pytest.param("cat\\1.jpg", HERE, Place("store", "cat/1.jpg", "cat/1.jpg"), id="backslashes are slashes"),
        pytest.param("a:b.jpg", HERE, Place("store", "a:b.jpg", "a:b.jpg"), id="a colon is a letter"),
        pytest.param("50%.jpg", HERE, Place("store", "50%.jpg", "50%.jpg"), id="so is a percent sign"),
        pytest.param("a%20b.jpg", HERE, Place("store", "a%20b.jpg", "a%20b.jpg"), id="and what could be decoded"),
        pytest.param(
            "s3://bucket/pets/cat/1.jpg", STORE, Place("store", "cat/1.jpg", "cat/1.jpg"), id="the root itself"
        ),
        pytest.param(
            "HTTPS://Host:8/A.jpg?b=c#d",
            HERE,
            Place("web", "https://host:8/A.jpg", f"https://host:8/A.jpg?{hashlib.sha256(b'b=c').hexdigest()[:16]}"),
            id="an address keeps its query for its identity",
        ),
        pytest.param(
            "a b.jpg", WEB, Place("web", "http://host/pets/a%20b.jpg", "http://host/pets/a%20b.jpg"), id="base"
        ),
        pytest.param(
            "http://[2001:db8::1]:80/a.jpg",
            HERE,
            Place("web", "http://[2001:db8::1]:80/a.jpg", "http://[2001:db8::1]:80/a.jpg"),
            id="a host by its IPv6 address",
        ),
        pytest.param(PIXELS, HERE, Place("embedded", "", ""), id="pixels"),
        pytest.param("/mnt/a/x.jpg", ALLOWING, Place("allowed", "/mnt/a/x.jpg", "/mnt/a/x.jpg"), id="a prefix"),
        pytest.param("/mnt/one.jpg", ALLOWING, Place("allowed", "/mnt/one.jpg", "/mnt/one.jpg"), id="a whole file"),
        pytest.param("S3://other/b/x", ALLOWING, Place("allowed", "s3://other/b/x", "s3://other/b/x"), id="a store"),
        pytest.param("file:///srv/x", ALLOWING, Place("allowed", "file:///srv/x", "file:///srv/x"), id="a file's URL"),
    ],
)
def test_a_location_leads_where_it_says(text: str, policy: LocationPolicy, expected: Place) -> None:
    assert classify_location(text, policy) == expected


@pytest.mark.parametrize(
    ("text", "policy", "reason", "detail"),
    [
        pytest.param("", HERE, Reason.BAD_ROW, "has no location", id="nothing"),
        pytest.param(" \t", HERE, Reason.BAD_ROW, "has no location", id="blanks"),
        pytest.param(".", HERE, Reason.BAD_ROW, "names the source's folder itself", id="the folder itself"),
        pytest.param("a.b" * 20_000, HERE, Reason.BAD_ROW, "a location of 60,000 characters", id="endless"),
        pytest.param("zip::x.zip", HERE, Reason.BAD_SCHEME, "`::` chains", id="a chain"),
        pytest.param("http://[::1]/zip::x.zip", HERE, Reason.BAD_SCHEME, "`::` chains", id="a chain behind IPv6"),
        pytest.param("http://[::1]x::/x", HERE, Reason.BAD_SCHEME, "`::` chains", id="no IPv6"),
        pytest.param("http://a@b@c/x", HERE, Reason.BAD_SCHEME, "names its host in a way", id="two hosts"),
        pytest.param("C:\\x.jpg", HERE, Reason.OUTSIDE_ROOT, "an absolute path; list its prefix", id="a drive"),
        pytest.param("s3://x/1.jpg", HERE, Reason.BAD_SCHEME, "`s3:` is not for a label file", id="another store"),
        pytest.param("FILE:x", HERE, Reason.BAD_SCHEME, "`file:` is not", id="file without slashes"),
        pytest.param("javascript:x", HERE, Reason.BAD_SCHEME, "`javascript:` is not", id="a script"),
        pytest.param("gopher:/x", HERE, Reason.BAD_SCHEME, "`gopher:` is not", id="a scheme with one slash"),
        pytest.param("gopher:\\x", HERE, Reason.BAD_SCHEME, "`gopher:` is not", id="a scheme with a backslash"),
        pytest.param("+://x", HERE, Reason.BAD_SCHEME, "`://` is not", id="no scheme at all"),
        pytest.param("s3://bucket/petsx/1", STORE, Reason.BAD_SCHEME, "`s3:` is not", id="a folder like the root"),
        pytest.param("../x.jpg", HERE, Reason.OUTSIDE_ROOT, "leads out of the source's folder", id="out of it"),
        pytest.param("/etc/passwd", HERE, Reason.OUTSIDE_ROOT, "is an absolute path, and only", id="an absolute path"),
        pytest.param("~/x.jpg", HERE, Reason.OUTSIDE_ROOT, "leads out", id="a home"),
        pytest.param("%2e%2e/x.jpg", HERE, Reason.OUTSIDE_ROOT, "leads out", id="out of it, once decoded"),
        pytest.param("%252e%252e%252fx", HERE, Reason.OUTSIDE_ROOT, "leads out", id="twice decoded"),
        pytest.param("%25252e%25252e%25252fx", HERE, Reason.OUTSIDE_ROOT, "leads out", id="three times"),
        pytest.param("s3%3A//x/y", HERE, Reason.OUTSIDE_ROOT, "leads out", id="an address, once decoded"),
        pytest.param("a%00b", HERE, Reason.OUTSIDE_ROOT, "leads out", id="a null, once decoded"),
        pytest.param("a%3A%3Ab", HERE, Reason.OUTSIDE_ROOT, "leads out", id="a chain, once decoded"),
        pytest.param("a\0b", HERE, Reason.OUTSIDE_ROOT, "holds a zero byte", id="a null"),
        pytest.param("a./" * 2049, HERE, Reason.OUTSIDE_ROOT, "leads out", id="longer than a path may be"),
        pytest.param("/mnt/ab/x", ALLOWING, Reason.OUTSIDE_ROOT, "is an absolute path", id="a folder like the prefix"),
        pytest.param("/mnt/a", ALLOWING, Reason.OUTSIDE_ROOT, "is an absolute path", id="the prefix itself"),
        pytest.param("/mnt/a/../b", ALLOWING, Reason.OUTSIDE_ROOT, "is an absolute path", id="out of the prefix"),
        pytest.param("s3://other/c", ALLOWING, Reason.BAD_SCHEME, "`s3:` is not", id="beside the prefix"),
        pytest.param(
            "reference://x", LocationPolicy("/", ("reference://",)), Reason.BAD_SCHEME, "`reference:`", id="any"
        ),
    ],
)
def test_a_location_that_may_not_be_read_says_why(
    text: str, policy: LocationPolicy, reason: Reason, detail: str
) -> None:
    found = classify_location(text, policy)

    assert isinstance(found, Rejection)
    assert (found.reason, found.detail[: len(detail)]) == (reason, detail)


@pytest.mark.parametrize(
    ("prefix", "text", "is_admitted"),
    [
        ("s3://", "s3://any/x", True),
        ("s3://a?v=1", "s3://a?v=1", True),
        ("s3://a", "s3://a?v=1", True),
        ("s3://a", "s3://ab", False),
        ("s3://a/X", "s3://a/X/1", True),
        ("s3:", "s3:/any", False),
        ("/", "/any", True),
        ("/m/", "/m", False),
        ("/m", "/m", True),
    ],
)
def test_a_prefix_admits_what_lies_below_it(prefix: str, text: str, is_admitted: bool) -> None:
    found = classify_location(text, LocationPolicy("/data", (prefix,)))

    assert (isinstance(found, Place) and found.kind == "allowed") is is_admitted


@pytest.mark.parametrize(
    ("text", "slashes", "path"),
    [
        ("a\\b", "/", "a\\b"),
        ("a/./c\\b/", "/", "a/c\\b"),
        ("a\\..\\..\\b", "/", None),
        ("a/../..", "/", None),
        ("a" * 4096, "/\\", "a" * 4096),
        ("a" * 4097, "/\\", None),
        ("a/b/../../c", "/\\", "c"),
        ("100%25", "/\\", "100%25"),
    ],
)
def test_a_path_is_made_plain_or_refused(text: str, slashes: str, path: str | None) -> None:
    assert normalise_path(text, slashes) == path


@pytest.mark.parametrize(
    ("text", "is_one"), [("s3://x", True), ("a+b.c-d://", True), ("a:b", False), ("1x://", False), ("x/s3://", False)]
)
def test_an_address_begins_with_a_scheme(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one
