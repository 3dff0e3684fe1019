"""What fetching may take: of a host's patience, of this machine's memory, and of the time of those that wait."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import tasks.fetch.fetcher
import tasks.fetch.hosts
from tasks.columns import Samples
from tasks.fetch import FetchSettings
from tasks.fetch.answers import FetchFailure
from tasks.fetch.budget import Budget
from tasks.fetch.hosts import Host
from tasks.fetch.readers import SourceReader
from tasks.reasons import Reason
from tasks.samples import SourceAccess, StoreUrl
from tests.tasks.fetch.fetching import ACCESS, fetch, fetcher, reason, web_rows

if TYPE_CHECKING:
    from tests.tasks.fetch.conftest import Plain, Web


def test_results_keep_their_order_and_the_bounds_hold_for_all_shards(web: Web) -> None:
    under_way: Counter[str] = Counter()
    most, lock = 0, threading.Lock()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        nonlocal most
        with lock:
            under_way["now"] += 1
            most = max(most, under_way["now"])
        body = handler.path.encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        with lock:
            under_way["now"] -= 1
        handler.wfile.write(body)

    paths = [f"/{number}" for number in range(90)]
    web.answers.update(dict.fromkeys(paths, answer))
    with fetcher(web, concurrency=4, per_host=3) as shared, ThreadPoolExecutor(3) as shards:
        work = [web_rows([web.url(path) for path in paths[start::3]]) for start in range(3)]
        found = list(shards.map(lambda rows: list(shared.fetch_ahead(rows, ACCESS)), work))

    assert [[item.data.decode() for item in part] for part in found] == [paths[start::3] for start in range(3)]
    assert 1 <= most <= 3


def test_one_that_is_late_holds_up_no_other(web: Web, plain: Plain) -> None:
    """The first place is answered once all others were, which are more than are fetched ahead otherwise."""
    others, seen, last = 200, Counter[str](), threading.Event()

    def count(handler: BaseHTTPRequestHandler) -> None:
        plain(body=b"x")(handler)
        seen["others"] += 1
        if seen["others"] == others:
            last.set()

    def late(handler: BaseHTTPRequestHandler) -> None:
        plain(200 if last.wait(20) else 500, body=b"late")(handler)

    web.answers["/late"] = late
    web.answers.update({f"/{number}": count for number in range(others)})
    urls = [web.url(path) for path in ("/late", *(f"/{number}" for number in range(others)))]

    found = fetch(urls, web, concurrency=4, per_host=4, attempt_timeout_s=30, deadline_s=60)

    assert found[0].data == b"late"
    assert len(found) == others + 1


def test_a_request_without_an_answer_gives_way_to_those_that_wait(
    web: Web, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.fetch.hosts, "_PATIENCE_S", 0.2)
    answered = threading.Event()

    def silent_at_first(handler: BaseHTTPRequestHandler) -> None:
        if web.asked["/silent"] == 1:
            handler.rfile.read(1)
            handler.close_connection = True
        else:
            plain(200 if answered.is_set() else 500, body=b"in the end")(handler)

    def final(handler: BaseHTTPRequestHandler) -> None:
        answered.set()
        plain(body=b"x")(handler)

    web.answers.update({"/first": plain(body=b"x"), "/silent": silent_at_first, "/last": final})
    web.answers.update({f"/{number}": plain(body=b"x") for number in range(20)})
    urls = [web.url(path) for path in ("/first", "/silent", *(f"/{number}" for number in range(20)), "/last")]

    found = fetch(urls, web, per_host=1, attempt_timeout_s=30, deadline_s=60, retries=1)

    assert found[1].data == b"in the end"
    assert web.asked["/silent"] == 2


def test_names_whose_look_up_hangs_hold_up_no_other(web: Web, plain: Plain, monkeypatch: pytest.MonkeyPatch) -> None:
    found_out, real = threading.Event(), socket.getaddrinfo

    def getaddrinfo(host: str, *options: Any, **more: Any) -> Any:
        if host.endswith(".example"):
            found_out.wait(20)
            raise socket.gaierror(socket.EAI_AGAIN, "no name server")
        return real(host, *options, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    web.answers.update({f"/{number}": plain(body=b"x") for number in range(20)})
    port = web.host.rpartition(":")[2]
    hanging = [f"http://{number}.example/a" for number in range(24)]
    good = [f"http://localhost:{port}/{number}" for number in range(20)]

    found = fetch([*hanging, *good], web, also=f"localhost:{port}", attempt_timeout_s=3, deadline_s=3)
    found_out.set()

    assert [item.data for item in found[24:]] == [b"x"] * 20
    assert {reason(item) for item in found[:24]} == {"timeout"}


def test_a_host_that_is_down_is_not_asked_for_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.fetch.hosts, "_DOWN_SHARE", 0.1)
    found = fetch([f"http://127.0.0.1:1/{number}" for number in range(300)], None, also="127.0.0.1:1")
    assert [reason(item) for item in found] == ["unreachable"] * 300
    assert sum(item.attempts == 0 for item in found) > 200


@pytest.mark.parametrize(
    ("failures", "closed"),
    [
        pytest.param([(0.0, Reason.UNREACHABLE)] * 5, False, id="all at once: it may be starting"),
        pytest.param([(4.0 * n, Reason.UNREACHABLE) for n in range(5)], True, id="for seconds"),
        pytest.param([(second, Reason.UNREACHABLE) for second in range(8)], False, id="as long as a server restarts"),
        pytest.param([(9.0 * n, Reason.UNREACHABLE) for n in range(4)], False, id="only four times"),
        pytest.param([(4.0 * n, Reason.DNS) for n in range(5)], True, id="no address"),
        pytest.param([(5.0 * n, Reason.TIMEOUT) for n in range(5)], False, id="silent for less than two attempts"),
        pytest.param([(20.0 * n, Reason.TIMEOUT) for n in range(5)], True, id="silent for longer"),
    ],
)
def test_a_host_is_down_when_it_did_not_answer_for_a_while(failures: list[tuple[float, Reason]], closed: bool) -> None:
    host = Host(FetchSettings())
    for moment, why in failures:
        host.note_failure(why, moment, moment)
    assert host.is_closed(failures[-1][0] + 1) == closed
    assert not host.is_closed(failures[-1][0] + 31)


def test_one_answer_opens_a_host() -> None:
    host = Host(FetchSettings())
    for second in range(4):
        host.note_failure(Reason.UNREACHABLE, second, second)
    host.note_answer(0.1)
    host.note_failure(Reason.UNREACHABLE, 9, 9)
    assert not host.is_closed(9.5)


def test_an_image_whose_body_is_still_on_its_way_shows_that_not_everybody_is_told_to_wait() -> None:
    host = Host(FetchSettings())
    later = FetchFailure(Reason.HTTP_ERROR, "the server answered 503", is_transient=True, wait_s=7200.0, slows=True)
    for number in range(18):
        host.note_trouble(later, f"/{number}", 1.0)
    host.note_served()
    host.note_trouble(later, "/18", 1.0)
    assert host.held_until == 0.0
    for number in range(19, 100):
        host.note_trouble(later, f"/{number}", 1.0)
    assert host.held_until == 7201.0


def body_of(size: int) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        handler.wfile.write(bytes(size))

    return answer


def test_large_bodies_wait_for_room_and_none_is_lost(web: Web) -> None:
    """40 bodies of 2 MB through 5 MB, for two shards at once: what is fetched and not handed on stays bounded."""
    web.answers.update({f"/{number}": body_of(2_000_000) for number in range(40)})
    with fetcher(web, bytes_in_flight="5MB", max_bytes="2MB", attempt_timeout_s=20, deadline_s=40) as shared:
        budget = shared._budget
        held: list[int] = []

        def shard(start: int) -> list[int]:
            rows = web_rows([web.url(f"/{number}") for number in range(start, 40, 2)])
            sizes = []
            for item in shared.fetch_ahead(rows, ACCESS):
                held.append(5_000_000 - budget._left)
                sizes.append(len(item.data))
            return sizes

        with ThreadPoolExecutor(2) as shards:
            found = list(shards.map(shard, (0, 1)))

        assert found == [[2_000_000] * 20] * 2
        assert max(held) <= 5_000_000 + 2 * 2_000_000
        assert budget._left == 5_000_000


def test_whoever_is_next_gets_room_in_any_case() -> None:
    budget = Budget(100)
    first, second = budget.room(), budget.room()
    assert first.hold(90)
    assert not second.hold(20)
    second.is_next = True
    assert second.hold(20)
    first.close()
    second.close()
    assert budget.room().hold(100)


def test_room_that_is_given_back_is_had_by_who_waits() -> None:
    async def check() -> None:
        budget = Budget(100)
        first, second = budget.room(), budget.room()
        first.hold(100)
        waiting = asyncio.create_task(second.wait(50))
        await asyncio.sleep(0)
        assert not waiting.done()
        first.hold(50)
        await waiting
        assert second.held == 50

    asyncio.run(check())


def test_what_is_fetched_before_its_turn_leaves_half_of_the_room() -> None:
    budget = Budget(100)
    early, other = budget.room(), budget.room()
    early.is_early = True
    assert not early.hold(60)
    assert early.hold(50)
    assert other.hold(50)
    other.close()
    early.is_early = False
    assert early.hold(60)


def store_rows(names: Sequence[str]) -> Samples:
    table = web_rows(names)
    return table.set_column(table.schema.get_field_index("kind"), "kind", pa.array(["store"] * len(names)))


def test_before_its_turn_a_shard_asks_the_web_for_its_images_and_reads_no_disk(
    web: Web, plain: Plain, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"there")
    asked, begun = threading.Event(), threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        plain(body=b"x")(handler)

    web.answers["/b.jpg"] = answer
    access = [SourceAccess("", StoreUrl(str(tmp_path)))]
    with fetcher(web) as shared:
        local = shared.fetch_ahead(store_rows(["a.jpg"]), access, note_all_begun=begun.set)
        remote = shared.fetch_ahead(web_rows([web.url("/b.jpg")]), access)
        local.begin(is_early=True)
        remote.begin(is_early=True)
        assert asked.wait(10)
        assert not begun.is_set()
        local.begin()
        assert begun.is_set()
        assert [item.data for item in (*local, *remote)] == [b"there", b"x"]
        assert web.asked == {"/b.jpg": 1}


def test_what_was_fetched_for_a_shard_that_is_given_up_takes_no_room(web: Web) -> None:
    web.answers.update({f"/{number}": body_of(1000) for number in range(8)})
    with fetcher(web, bytes_in_flight="1MB") as shared:
        with closing(shared.fetch_ahead(web_rows([web.url(f"/{number}") for number in range(8)]), ACCESS)) as ahead:
            next(ahead)
            assert shared._budget._left < 1_000_000
        assert shared._budget._left == 1_000_000


def test_of_a_disk_of_this_machine_a_few_files_are_read_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"{number:03}.jpg" for number in range(1000)]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    read = Counter[str]()
    before = SourceReader.read

    def counted(reader: SourceReader, row: Any) -> Any:
        read[row["location"]] += 1
        return before(reader, row)

    monkeypatch.setattr(SourceReader, "read", counted)

    with fetcher() as shared:
        ahead = shared.fetch_ahead(store_rows(names), [SourceAccess("", StoreUrl(str(tmp_path)))])
        first = next(ahead)
        shared._files.submit(list).result()  # it comes after all that was asked for

    assert first.data.decode() == names[0]
    assert 8 <= len(read) <= 9 * tasks.fetch.fetcher._GROUP_ROWS, "eight groups, and the one that was taken"
