"""A shard that waits for its turn: its images are on their way by then, and of a run that is stopped nothing stays."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread

from PIL import Image

from tasks.building.build import build_shard_files
from tasks.building.spec import BuildSpec, ShardOutcome
from tasks.plan import RefreshPlan
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.refresh.dataset import Dataset
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.refresh import Build, refresh
from tests.steps_here import StepsHere

IMAGES, ROWS = 20, 10


class OneAtATime(StepsHere):
    """Builds a shard after the other, with the next one waiting, in two threads."""

    @contextmanager
    def building(self, run: Run) -> Iterator[Build]:
        def build(plan: RefreshPlan, spec: BuildSpec) -> list[ShardOutcome]:
            bounded = replace(spec, in_hand=1)
            with ThreadPoolExecutor(2) as threads:
                return list(threads.map(lambda shard: build_shard_files(shard, bounded), plan.shards))

        _ = run
        yield build


class Server:
    """Has images under every path, and answers none before as many were asked for as there are."""

    def __init__(self, when_all_are_asked_for: Callable[[], None]) -> None:
        self.asked: set[str] = set()
        self._then = when_all_are_asked_for
        self._lock, self._all = Lock(), Event()
        buffer = io.BytesIO()
        Image.new("RGB", (24, 16), (200, 90, 10)).save(buffer, "PNG")
        self._body = buffer.getvalue()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.asked.add(handler.path)
            if len(self.asked) == IMAGES and not self._all.is_set():
                self._then()
                self._all.set()
        is_in_time = self._all.wait(20)
        handler.send_response(200 if is_in_time else 404)
        handler.send_header("Content-Length", str(len(self._body)))
        handler.end_headers()
        handler.wfile.write(self._body)


@contextmanager
def serving(server: Server) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            thread.join()


def run(folder: Path, host: str) -> RunOutcome:
    rows = "".join(f"cat,http://{host}/{number}.png,train\n" for number in range(IMAGES))
    (folder / "labels.csv").write_text(f"label,location,split\n{rows}")
    dataset = Dataset.model_validate({
        "name": "ahead",
        "source": {"path": str(folder / "labels.csv")},
        "fetch": {"allow_hosts": [host], "per_host": IMAGES},
        "write": {"shard_rows": ROWS},
        "output": {"path": str(folder / "out")},
    })  # fmt: skip
    return refresh(dataset, RefreshOptions(processes=1), OneAtATime())


def test_a_shard_that_waits_has_its_images_asked_for_before_the_one_in_hand_is_done(tmp_path: Path) -> None:
    with serving(Server(lambda: None)) as host:
        outcome = run(tmp_path, host)

    assert (outcome.outcome, outcome.account.written, outcome.account.shards_built) == (
        "published",
        IMAGES,
        IMAGES // ROWS,
    )


def test_a_run_that_is_stopped_while_a_shard_waits_leaves_nothing(tmp_path: Path) -> None:
    server = Server(lambda: tally_of("ahead").stop())
    with serving(server) as host:
        outcome = run(tmp_path, host)

    assert outcome.outcome == "refused"
    assert outcome.reason.startswith("stopped")
    assert len(server.asked) == IMAGES
    assert list((tmp_path / "out" / "runs").iterdir()) == []
    assert not (tmp_path / "out" / "_shards").exists() or not list((tmp_path / "out" / "_shards").iterdir())
