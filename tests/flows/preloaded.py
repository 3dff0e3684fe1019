"""The command in forks of a process that has imported beforehand what the command imports, which is most of its time.

A fork is a process of its own, with arguments, environment, folder and outputs of its own. It comes in by the command's
door (`flows.cli` as ``__main__``) and leaves by it. Prefect reads its settings when it is imported, so it is imported
beforehand only for runs, and only for those in one environment: that of the tests' server. Tests of how a process
starts, takes a signal or ends start real ones.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import IO, Any

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 900
READ_AT_START = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "TZ")
"""Variables so called are read when an interpreter starts, or soon after."""
ONLY_WHEN_NEEDED = "fastapi.applications httpx jsonschema pandas s3fs sqlalchemy.ext.asyncio".split()
PREFECT = "main flow_engine task_engine events.worker logging.handlers artifacts client.orchestration".split()
BLOCKED = frozenset({"prefect", "prefect_dask", "dask", "distributed"})
DOOR = "flows.cli"


class Preloaded:
    """The command, in forks of a process that is started by the first call.

    Args:
        folder: An empty one, whose path is short.
        environment: The process's own.

    Attributes:
        runs: The environment in which runs find Prefect imported, too; none while it is empty.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self.runs: Mapping[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    def takes(self, environment: Mapping[str, str]) -> bool:
        """Whether a fork can have *environment*: all but what is read when an interpreter starts."""
        keys = {key for key in environment.keys() | self._environment if key.startswith(READ_AT_START)}
        return all(environment.get(key) == self._environment.get(key) for key in keys - {"PYTHONPATH"})

    def run(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """What the command with *arguments* came to in *folder*."""
        with_prefect = arguments[:1] == ["run"] and environment == self.runs
        asked = {"arguments": arguments, "folder": str(folder), "environment": environment}
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
            with self._asked(self._place(with_prefect=with_prefect), asked, [out, errors]) as (pid, answers):
                try:
                    code = int(answers.readline())
                except TimeoutError:
                    os.kill(pid, signal.SIGKILL)
                    raise
            out.seek(0)
            errors.seek(0)
            return subprocess.CompletedProcess(list(arguments), code, out.read(), errors.read())

    def close(self) -> None:
        """End the process."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=60)

    def _place(self, *, with_prefect: bool) -> Path:
        """The socket of the process to fork, which is started if it is not there."""
        plain, further = self._folder / "plain", self._folder / "prefect"
        with self._starting:
            if self._process is None:
                with _listening(plain) as listener:
                    self._process = subprocess.Popen(
                        [sys.executable, "-P", __file__, str(listener.fileno())],
                        cwd=self._folder,
                        env=self._environment,
                        stdin=subprocess.PIPE,
                        pass_fds=[listener.fileno()],
                    )
            if with_prefect and not further.exists():
                with _listening(further) as listener, self._asked(plain, {"environment": self.runs}, [listener]):
                    pass
        return further if with_prefect else plain

    @contextmanager
    def _asked(
        self, place: Path, values: Mapping[str, Any], files: Sequence[IO[str] | socket.socket]
    ) -> Iterator[tuple[int, IO[str]]]:
        """The id of the fork that was asked for, and what will say how it ended."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT_S)
            connection.connect(str(place))
            socket.send_fds(connection, [b"\n"], [file.fileno() for file in files])
            connection.sendall(json.dumps(values).encode() + b"\n")
            with connection.makefile() as answers:
                yield int(answers.readline()), answers


@contextmanager
def _listening(place: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        listener.listen()
        yield listener


def main() -> None:
    """Fork what is asked for, and be the command in each fork."""
    own = _python_path(os.environ)
    sys.meta_path.insert(0, Blocked)
    _import_all(ONLY_WHEN_NEEDED)
    request, files = serve(socket.socket(fileno=int(sys.argv[1])))
    sys.meta_path.remove(Blocked)
    if "arguments" not in request:
        os.environ |= request["environment"]
        os.environ |= {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL", "DO_NOT_TRACK": "1"}  # as the command does
        _import_all([f"prefect.{name}" for name in PREFECT])
        request, files = serve(socket.socket(fileno=files[0]))
    sys.path[:] = [place for place in sys.path if place not in own]
    become(request, files)


class Blocked:
    """Keeps modules from being imported that depend on the environment, or that few commands need."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: ModuleType | None = None) -> None:
        """Nothing, for all others."""
        _ = path, target
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(name)


def _import_all(others: Sequence[str]) -> None:
    """Import *others*, and what of this project can be imported."""
    import flows  # noqa: PLC0415 - only in the process that is forked
    import tasks  # noqa: PLC0415 - as above

    found = [
        info.name
        for package in (flows, tasks)
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    for name in [*others, *found]:
        if name != DOOR:
            with suppress(ImportError):
                importlib.import_module(name)


def serve(listener: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Fork for each request until nobody can ask any more; returns in the forks, with request and files."""
    while True:
        ready, _, _ = select.select([listener, sys.stdin.fileno()], [], [])
        if listener not in ready:
            _wait_for_all()
            sys.exit()
        connection, _ = listener.accept()
        _, files, _, _ = socket.recv_fds(connection, 1, 2)
        with connection, connection.makefile() as asked:
            request = json.loads(asked.readline())
            if not os.fork() and not _kept(connection):
                listener.close()
                return request, files
        for file in files:
            os.close(file)


def _kept(connection: socket.socket) -> bool:
    """Fork once more; in the process between, say how that fork ends, and end with it."""
    pid = os.fork()
    if not pid:
        return False
    with suppress(OSError):  # whoever asked may be gone
        connection.sendall(f"{pid}\n".encode())
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        connection.sendall(f"{code}\n".encode())
    os._exit(0)


def _wait_for_all() -> None:
    with suppress(ChildProcessError):
        while True:
            os.wait()


def become(request: Mapping[str, Any], files: Sequence[int]) -> None:
    """Be the command that *request* asks for, as if its interpreter had just been started."""
    for descriptor, target in zip([os.open(os.devnull, os.O_RDONLY), *files], range(3), strict=True):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ |= request["environment"]
    sys.path[:0] = _python_path(os.environ)
    sys.argv[:] = ["", *request["arguments"]]
    runpy.run_module(DOOR, run_name="__main__", alter_sys=True)


def _python_path(environment: Mapping[str, str]) -> list[str]:
    return [place for place in environment.get("PYTHONPATH", "").split(os.pathsep) if place]


if __name__ == "__main__":
    main()
