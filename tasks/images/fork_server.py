"""The process that decoder processes are forked from: it loads once what each of them would, a sixth of a second each.

It sees no image, and ends with its parent. Where the system has no handles of processes, there is none.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress

_ANSWER_S = 60.0  # the first answer waits until everything is loaded, on a busy machine
_ANSWER_BYTES = 64
Start = Callable[[str, tuple[int, ...]], "subprocess.Popen[bytes]"]
"""What starts a process that runs one line of our code, and inherits some handles."""


def can_fork() -> bool:
    """Whether this system hands over handles of files and of processes."""
    return hasattr(os, "pidfd_open") and hasattr(socket, "send_fds")


class NotForkedError(Exception):
    """No process was forked; the argument says why."""


class ForkServer:
    """Forks decoder processes, for any number of threads; it starts when one is needed, and anew once it was killed."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def process_id(self) -> int | None:
        """Of the process, where it was started."""
        return self._process.pid if self._process is not None else None

    def fork(self, requests: int, results: int, memory: int) -> Forked:
        """A decoder process that takes batches from *requests* and writes to *results*; see `tasks.images.child.main`.

        Raises:
            NotForkedError: There is none; the next call tries again from the start.
        """
        with self._lock:
            try:
                return Forked(int(self._ask(b"fork %d" % memory, (requests, results))), self)
            except (OSError, ValueError) as error:
                self._end()
                raise NotForkedError(str(error) or type(error).__name__) from None

    def exit_code(self, process_id: int) -> int:
        """That of the process, forked here, which has ended: from now on its number may be another's.

        Where nobody knows it any more, since this server was killed meanwhile, it counts as killed.
        """
        with self._lock:
            if self._control is None:
                return -signal.SIGKILL
            try:
                return int(self._ask(b"reap %d" % process_id))
            except (OSError, ValueError):
                self._end()
                return -signal.SIGKILL

    def close(self) -> None:
        """End the process, once those that were forked from it have ended."""
        with self._lock:
            self._end()

    def _ask(self, request: bytes, handles: tuple[int, ...] = ()) -> bytes:
        control = self._control or self._begin()
        socket.send_fds(control, [request], handles)
        answer = control.recv(_ANSWER_BYTES)
        if not answer:
            raise OSError("it ended at once")
        return answer

    def _begin(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(_ANSWER_S)
        self._control = ours
        with theirs:
            handle = theirs.fileno()
            work = f"from tasks.images.child import fork_on_demand; fork_on_demand({handle})"
            self._process = self._start(work, (handle,))
        return ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None


class Forked:
    """A process that a `ForkServer` forked, as `subprocess.Popen` has those that it starts.

    Attributes:
        pid: Its number, which is no other's until its exit code was asked for.
    """

    def __init__(self, pid: int, server: ForkServer) -> None:
        self.pid = pid
        self._handle = os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._handle).atexit = False  # decoders are ended only then
        self._server = server
        self._lock = threading.Lock()
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or the signal that ended it as a negative number; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The same, once it has ended.

        Raises:
            subprocess.TimeoutExpired: It runs for longer than *timeout* seconds.
        """
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("a decoder process", timeout or 0)
        return code

    def kill(self) -> None:
        """End it, where it runs."""
        with self._lock, suppress(ProcessLookupError):
            if self._code is None:
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def _ended(self, seconds: float | None) -> int | None:
        if self._code is None:
            poll = select.poll()
            poll.register(self._handle, select.POLLIN)
            if not poll.poll(None if seconds is None else 1000 * seconds):
                return None
        with self._lock:
            if self._code is None:
                self._code = self._server.exit_code(self.pid)
            return self._code
