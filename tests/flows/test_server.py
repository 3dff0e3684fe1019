"""The temporary Prefect server: it ends with those who use it, however they end."""

from __future__ import annotations

import gc
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
import weakref
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.scheduling.prefect_server import require_server
from flows.scheduling.server import shared_server
from flows.scheduling.server_process import listens, tidy_up
from tasks.errors import ServerError
from tests.faulty_proxy import proxy
from tests.flows.duty import until

if TYPE_CHECKING:
    from tests.flows.conftest import Command


class Forwarder(socketserver.ThreadingTCPServer):
    """What comes to it goes on to another place."""

    daemon_threads = True
    allow_reuse_address = True
    to: tuple[str, int | None] = ("", None)


class Forwarding(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Forwarder)
        with socket.create_connection((self.server.to[0], self.server.to[1] or 0)) as there:
            back = threading.Thread(target=pass_on, args=(there, self.request))
            back.start()
            pass_on(self.request, there)
            back.join()


def pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def server_of(home: Path) -> psutil.Process:
    return psutil.Process(json.loads((home / "parquetry" / "server.json").read_text())["pid"])


def test_a_server_ends_when_the_run_that_starts_it_is_killed(
    serverless_parquetry: Command, config: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-P", "-m", "flows.cli", "run", str(config)]
    with subprocess.Popen(command, env=dict(serverless_parquetry.environment), stderr=subprocess.DEVNULL) as run:
        until(lambda: (tmp_path / "home" / "parquetry" / "server.json").exists() or run.poll() is not None)
        server = server_of(tmp_path / "home")
        run.kill()

    assert not psutil.wait_procs([server], timeout=30)[1]


def test_a_server_that_a_dead_run_left_is_ended_by_the_next_one(tmp_path: Path) -> None:
    folder = tmp_path / "parquetry"
    folder.mkdir()
    waits = [sys.executable, "-c", "import signal; signal.pause()", "--port", "1", ""]
    left = subprocess.Popen(waits, start_new_session=True)
    while not psutil.Process(left.pid).cmdline():  # the kernel shows it a moment after the program has begun
        assert left.poll() is None
    (folder / "server.json").write_text(json.dumps({"pid": left.pid, "port": 1}))

    try:
        with shared_server(tmp_path):
            assert left.poll() is not None
            assert server_of(tmp_path).pid != left.pid
    finally:
        left.kill()

    assert not (folder / "server.json").exists()


def test_a_run_says_what_it_did_although_each_answer_about_its_state_was_lost(
    parquetry: Command, config: Path, tmp_path: Path
) -> None:
    api = parquetry.environment["PREFECT_API_URL"]
    asked: list[str] = []

    def lose_the_first(_number: int, _method: str, path: str) -> str:
        if not path.endswith("/set_state"):
            return ""
        asked.append(path)
        return "cut after" if len(asked) % 2 else ""

    with proxy(api.removesuffix("/api")) as lossy:
        lossy.spoils = lose_the_first
        (outcome,) = parquetry.with_environment(PREFECT_API_URL=f"{lossy.endpoint}/api").run_json(config)

    assert outcome["outcome"] == "published"
    assert (tmp_path / "out-pets" / "commits" / "000001.json").exists()
    assert len(asked) >= 2 * 2  # running and completed, each asked for again


def test_a_server_that_comes_up_late_is_waited_for(prefect_server: tuple[Path, str]) -> None:
    host, port = "127.0.0.1", urlsplit(prefect_server[1]).port
    with socket.socket() as free:
        free.bind((host, 0))
        late = free.getsockname()[1]
    told: list[str] = []

    def come_up(text: str) -> None:
        told.append(text)
        forwarder = stack.enter_context(Forwarder((host, late), Forwarding))
        forwarder.to = (host, port)
        threading.Thread(target=forwarder.serve_forever, daemon=True).start()
        stack.callback(forwarder.shutdown)

    with ExitStack() as stack:
        stack.enter_context(temporary_settings({PREFECT_API_URL: f"http://{host}:{late}/api"}))
        require_server(f"http://{host}:{late}/api", tell=come_up)

    assert told == [f"no Prefect server answers at http://{host}:{late}/api yet; waiting for up to 60 s"]


def test_a_server_that_never_comes_up_is_named() -> None:
    url = "http://127.0.0.1:9/api"

    with temporary_settings({PREFECT_API_URL: url}), pytest.raises(ServerError, match="prefect server start"):
        require_server(url, patience_s=0)


def test_what_is_no_address_of_a_server_is_not_waited_for() -> None:
    told: list[str] = []

    with pytest.raises(ServerError, match="PREFECT_API_URL is not the address of a server: nonsense"):
        require_server("nonsense", tell=told.append)

    assert not told


def test_a_disk_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, os.strerror(37))

    monkeypatch.setattr("fcntl.flock", refuse)

    with pytest.raises(ServerError, match="locks no files"), shared_server(tmp_path):
        pass


def test_a_server_listens_once_it_takes_connections() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert not listens(port)

        server.listen()
        assert listens(port)


def test_a_server_that_starts_sets_aside_what_is_there_and_looks_through_nothing() -> None:
    class Node:
        itself: Node

    node = Node()
    node.itself = node
    seen = weakref.ref(node)
    gc.disable()
    try:
        del node
        tidy_up(is_starting=True)
        gc.collect()
        assert seen() is not None
        gc.unfreeze()
        gc.collect()
        assert seen() is None
    finally:
        gc.unfreeze()
        gc.enable()
