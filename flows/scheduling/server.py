"""A Prefect server for runs that have none: started by the first, shared by all here, stopped by the last."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tasks.errors import ServerError

_START_TIMEOUT_S = 300.0  # on a machine whose cores others use, too
_START_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class _Running:
    """The server that `server.json` names.

    Attributes:
        pid: Its process id; it leads its own process group.
        port: The port on 127.0.0.1 on which it listens.
    """

    pid: int
    port: int

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.api_url}/health", timeout=5) as answer:  # noqa: S310 - a loopback URL of ours
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def is_ours(self) -> bool:
        """Whether the process is still the server we started, not another that took its number."""
        with suppress(OSError):
            return f"--port\0{self.port}\0".encode() in Path(f"/proc/{self.pid}/cmdline").read_bytes()
        return not Path("/proc/self").exists()


@contextmanager
def shared_server(home: Path) -> Iterator[str]:
    """Yield the API URL of this machine's own Prefect server on the database in *home*.

    Runs that start together share one server, since two servers on one SQLite database lock each other out. Locks of
    the operating system count the users, so a killed run is never counted; the last one out stops the server, and where
    that one was killed, be it while the server still starts, the server ends by itself.

    Args:
        home: Prefect's home folder, which holds its database.

    Raises:
        ServerError: The server did not come up, and the message names its log; or the disk has no locks.
    """
    folder = home / "parquetry"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users.lock").open("a") as users:
        with _locked(folder / "start.lock"):
            fcntl.flock(users, fcntl.LOCK_SH)
            server = _running(folder) or _start(folder)
        try:
            yield server.api_url
        finally:
            with _locked(folder / "start.lock"):
                _stop_unless_used(users, folder)


def _stop_unless_used(users: IO[str], folder: Path) -> None:
    with suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        server = _read(folder)
        if server and server.is_ours():
            _stop(server)
        (folder / "server.json").unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            raise ServerError(
                f"No Prefect server can be started for this run: the disk of {path.parent} locks no files "
                f"({error.strerror}). Set PREFECT_HOME to a folder on a local disk, or start a server with "
                "`prefect server start` and set PREFECT_API_URL."
            ) from None
        yield


def _read(folder: Path) -> _Running | None:
    try:
        found = json.loads((folder / "server.json").read_text())
        return _Running(int(found["pid"]), int(found["port"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _running(folder: Path) -> _Running | None:
    server = _read(folder)
    return server if server and server.is_ours() and server.is_healthy() else None


def _start(folder: Path) -> _Running:
    """Start a server and wait until it is healthy; another port is tried when this one is taken meanwhile.

    One that a run left behind, which was killed while it started it, is ended first.
    """
    if (left := _read(folder)) is not None and left.is_ours():
        _stop(left)
    deadline = time.monotonic() + _START_TIMEOUT_S
    for _ in range(_START_ATTEMPTS):
        port = _free_port()
        server = _Running(_spawn(folder, port), port)
        (folder / "server.json").write_text(json.dumps({"pid": server.pid, "port": port}))
        while _is_alive(server.pid) and time.monotonic() < deadline:
            if server.is_healthy():
                return server
            time.sleep(0.05)
        _stop(server)
    raise ServerError(
        f"Prefect's server did not start; its log is {folder / 'server.log'}. "
        "Look there, or start one with `prefect server start` and set PREFECT_API_URL."
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _spawn(folder: Path, port: int) -> int:
    """Start a server process in a session of its own, so that Ctrl-C leaves it to take the run's last states."""
    process = Path(__file__).with_name("server_process.py")
    command = [sys.executable, "-P", str(process), str(folder), "server", "start", "--host", "127.0.0.1"]
    inherited = {key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"}
    log = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    return os.posix_spawn(
        sys.executable,
        [*command, "--port", str(port), "--no-ui", "--log-level", "error"],
        inherited | {"PREFECT_HOME": str(folder.parent), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(folder / "server.log"), log, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        setsigmask=[],
    )


def _stop(server: _Running) -> None:
    """End the server: gently, then for good after 10 seconds."""
    deadline = time.monotonic() + 10
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
        while _is_alive(server.pid):
            if time.monotonic() > deadline:
                os.killpg(server.pid, signal.SIGKILL)
                return
            time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    with suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
