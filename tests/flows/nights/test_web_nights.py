"""Nights of images on the web: what servers say of them, what is asked again, and what is not."""

from __future__ import annotations

import email.utils
import hashlib
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest


@dataclass
class Web:
    """A server of images, which counts what it is asked for.

    Attributes:
        host: Host and port.
        images: Path to bytes.
        validator: ``etag``, ``modified`` or ``none``: what it says of them.
        status: Path to the status that it answers instead.
        asked: Path to requests.
        bodies: Path to bodies sent.
        once: It gives each image once, and no more.
    """

    host: str = ""
    images: dict[str, bytes] = field(default_factory=dict)
    validator: str = "etag"
    status: dict[str, int] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    bodies: Counter[str] = field(default_factory=Counter)
    changed: dict[str, int] = field(default_factory=dict)
    once: bool = False

    def headers(self, path: str) -> dict[str, str]:
        if self.validator == "etag":
            return {"ETag": f'W/"{hashlib.md5(self.images[path], usedforsecurity=False).hexdigest()}"'}
        if self.validator == "modified":
            return {"Last-Modified": email.utils.formatdate(10**9 + self.changed.get(path, 0), usegmt=True)}
        return {}

    def is_known(self, path: str, sent: Any) -> bool:
        ours = self.headers(path)
        return (bool(ours.get("ETag")) and sent.get("If-None-Match") == ours["ETag"]) or (
            bool(ours.get("Last-Modified")) and sent.get("If-Modified-Since") == ours["Last-Modified"]
        )

    def forget(self) -> None:
        self.asked.clear()
        self.bodies.clear()


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked[self.path] += 1
            status = made.status.get(self.path, 200 if self.path in made.images else 404)
            if made.once and made.asked[self.path] > 1:
                status = 403
            if status == 200 and made.is_known(self.path, self.headers):
                status = 304
            body = made.images[self.path] if status == 200 else b""
            made.bodies[self.path] += status == 200
            self.send_response(status)
            for name, value in (made.headers(self.path) if status in {200, 304} else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.host = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def online(nights: Any, web: Web, source: Path, labels: Any) -> Any:
    """The nights of a label file that names the images by their URLs."""
    rows = []
    for path in sorted(source.rglob("*.png")):
        place = f"/{path.relative_to(source)}"
        web.images[place] = path.read_bytes()
        rows.append((f"http://{web.host}{place}", path.parent.name))
    nights.folder.joinpath("labels").mkdir()
    labels(nights.folder / "labels" / "images.csv", ["location", "label"], rows)
    nights.sections["source"] = {"path": str(nights.folder / "labels" / "images.csv")}
    nights.change("fetch", allow_hosts=[web.host], retries="1", deadline_s="8")  # a wait for a host is a part of it
    return nights


@pytest.mark.parametrize("validator", ["etag", "modified"])
def test_a_server_that_knows_its_images_sends_only_what_changed(
    online: Any, web: Web, validator: str, pick: Any
) -> None:
    web.validator = validator
    online.run()
    web.forget()
    web.images["/class0/00.png"] = web.images["/class1/01.png"] + b" "
    web.changed["/class0/00.png"] = 60

    outcome = online.run()

    assert pick(outcome, "images_fetched", "images_decoded", "shards_built") == (24, 1, 1)
    assert web.bodies == {path: int(path == "/class0/00.png") for path in web.images}
    assert max(web.asked.values()) == 1
    web.forget()
    assert pick(online.run(), "outcome", "bytes_written") == ("unchanged", 0)
    assert not web.bodies.total()


def test_a_server_that_says_nothing_is_asked_every_night_unless_max_age_says_otherwise(
    online: Any, web: Web, pick: Any
) -> None:
    web.validator = "none"
    online.run()
    web.forget()
    assert pick(online.run(), "outcome", "images_decoded", "bytes_written") == ("unchanged", 0, 0)
    assert web.bodies.total() == 24

    online.change("fetch", max_age="60h")
    fetched = [online.run()["images_fetched"] for _ in range(6)]

    assert fetched == [0, 0, 24, 0, 0, 24]


def test_another_validator_for_the_same_bytes_is_a_touch(online: Any, web: Web, pick: Any) -> None:
    online.run()
    web.validator = "modified"

    assert pick(online.run(), "outcome", "images_decoded") == ("unchanged", 0)
    web.forget()
    assert pick(online.run(), "outcome", "images_fetched") == ("unchanged", 24)
    assert not web.bodies.total()


@pytest.mark.parametrize("status", [404, 410])
def test_what_the_server_says_is_gone_goes(online: Any, web: Web, status: int, pick: Any) -> None:
    online.run()
    web.status["/class0/00.png"] = status
    web.forget()

    outcome = online.run()

    assert pick(outcome, "written", "rejected", "listed") == (23, 1, 24)
    assert web.asked["/class0/00.png"] == 1
    web.status.clear()
    assert pick(online.run(), "written", "rejected", "images_decoded") == (24, 0, 1)


@pytest.mark.parametrize("status", [403, 500])
def test_what_cannot_be_had_keeps_its_last_good_bytes(online: Any, web: Web, status: int, pick: Any) -> None:
    online.run()
    web.status["/class0/00.png"] = status

    outcome = online.run()

    assert pick(outcome, "outcome", "written", "rejected") == ("unchanged", 24, 0)


def test_stale_rows_can_be_left_out_at_once_or_after_days(online: Any, web: Web, pick: Any) -> None:
    online.run()
    web.status["/class0/00.png"] = 500
    online.change("fetch", max_stale_days="2.5")
    written = [online.run()["written"] for _ in range(5)]
    rejected = online.rejects()[f"http://{web.host}/class0/00.png"]
    online.change("fetch", max_stale_days=None, on_fetch_error="reject")
    web.status["/class0/03.png"] = 500

    assert written == [24, 24, 24, 23, 23]
    assert rejected["reason"] == "http_error"
    assert pick(online.run(), "written", "rejected") == (22, 2)


def test_images_that_are_no_good_are_not_sent_again(online: Any, web: Web, pick: Any) -> None:
    web.images["/class0/00.png"] = b"this is no image"
    online.run()
    web.forget()

    assert pick(online.run(), "outcome", "rejected", "images_decoded") == ("unchanged", 1, 0)
    assert web.bodies["/class0/00.png"] == 0
    row = online.rejects()[f"http://{web.host}/class0/00.png"]
    assert row["reason"] == "not_an_image"
    assert row["detail"]
    web.images["/class0/00.png"] = web.images["/class1/01.png"] + b" "
    assert pick(online.run(), "rejected", "images_decoded") == (0, 1)


def test_final_answers_are_asked_once_a_night_and_passing_ones_in_nights_1_2_4_8(online: Any, web: Web) -> None:
    web.status = {"/class0/00.png": 404, "/class1/01.png": 500}
    counts = []
    for _ in range(10):
        web.forget()
        online.run()
        counts.append((web.asked["/class0/00.png"], web.asked["/class1/01.png"]))

    assert [first for first, _ in counts] == [1] * 10
    assert [night for night, (_, second) in enumerate(counts) if second] == [0, 1, 2, 4, 8]
    assert max(second for _, second in counts) == 2


def test_a_run_that_was_refused_is_not_asked_of_the_server_again(online: Any, web: Web, pick: Any) -> None:
    online.change("gates", min_rows="24")
    web.images["/class0/00.png"] = b"this is no image"
    assert online.run()["outcome"] == "refused"
    web.forget()

    accepted = online.run(accept=("min_rows",))

    assert pick(accepted, "outcome", "written", "images_decoded") == ("published", 23, 0)
    assert not web.bodies.total()


def test_rehash_asks_for_the_bytes_themselves(online: Any, web: Web, pick: Any) -> None:
    online.run()
    web.forget()

    assert pick(online.run(rehash=True), "outcome", "images_fetched", "images_decoded") == ("unchanged", 24, 0)
    assert web.bodies.total() == 24


def test_what_the_probe_finds_no_good_is_not_asked_for_again(online: Any, web: Web, pick: Any) -> None:
    online.change("resize", mode="longer")  # images of any size: how many a shard takes is planned from a probe
    web.status["/class0/00.png"] = 404
    web.images["/class1/01.png"] = b"this is no image"

    outcome = online.run()

    assert pick(outcome, "written", "rejected", "images_decoded", "images_fetched") == (22, 2, 22, 24)
    assert (web.asked["/class0/00.png"], web.asked["/class1/01.png"]) == (1, 1)
    assert set(online.manifest()["reasons"]) == {"not_found", "not_an_image"}


def test_what_the_probe_fetched_is_not_asked_for_again_and_addresses_that_work_once_come(
    online: Any, web: Web, pick: Any
) -> None:
    online.change("resize", mode="longer")
    web.once = True

    outcome = online.run()

    assert pick(outcome, "written", "rejected", "images_decoded", "images_fetched") == (24, 0, 24, 24)
    assert set(web.asked.values()) == {1}


def test_the_night_after_an_outage_has_every_image_however_long_it_was(online: Any, web: Web, pick: Any) -> None:
    online.change("gates", max_reject_fraction="0.05")
    away = dict.fromkeys([path for path in web.images if "class0" in path], 503)
    web.status = dict(away)
    nights = [online.run()["outcome"] for _ in range(6)]
    asked = []
    for _ in range(3):
        web.forget()
        nights.append(online.run()["outcome"])
        asked.append(sum(count > 0 for path, count in web.asked.items() if path in away))
    web.status.clear()

    assert nights == ["refused"] * 9
    assert all(0 < count <= len(away) for count in asked)  # a few tell, every night, that it is down
    assert pick(online.run(), "outcome", "written", "rejected") == ("published", 24, 0)


def test_rows_kept_while_a_host_is_down_have_a_gate_of_their_own(online: Any, web: Web, pick: Any) -> None:
    online.change("gates", max_reject_fraction="0.05")
    online.run()
    web.status = dict.fromkeys([path for path in web.images if path.endswith(("00.png", "01.png", "02.png"))], 500)
    web.images["/class0/03.png"] = web.images["/class1/04.png"] + b" "

    assert pick(online.run(), "outcome", "written", "rejected") == ("published", 24, 0)
    assert {gate["gate"]: gate["value"] for gate in online.manifest()["gates"]}["max_stale_fraction"] == 3 / 24

    web.status = dict.fromkeys([path for path in web.images if "class0" in path], 500)
    refused = online.run()
    assert refused["outcome"] == "refused"
    stale = re.match(r"max_stale_fraction: ([0-9]+) of 24 rows are kept only because", refused["reason"])
    assert stale is not None, refused["reason"]
    assert int(stale[1]) >= 8, "a host that fails so often is left alone, and others of its images wait too"
    assert pick(online.run(accept=("max_stale_fraction",)), "outcome", "written") == ("unchanged", 24)


@pytest.mark.parametrize("answer", [b"", b"<html>come back later</html>"])
def test_an_answer_that_is_no_image_deletes_nothing(online: Any, web: Web, answer: bytes, pick: Any) -> None:
    online.run()
    good = web.images["/class0/00.png"]
    web.images["/class0/00.png"] = answer

    assert pick(online.run(), "outcome", "written", "rejected") == ("unchanged", 24, 0)

    web.images["/class0/00.png"] = good
    assert pick(online.run(), "outcome", "images_decoded") == ("unchanged", 0)
