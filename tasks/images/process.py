"""One decoder process, as its parent sees it: how it starts, what it is given, and how it ends."""

from __future__ import annotations

import json
import math
import os
import select
import signal
import struct
import subprocess
import sys
import time
from multiprocessing.connection import Connection

from tasks.images.child import BatchHead, unpack_result
from tasks.images.fork_server import Forked, ForkServer, NotForkedError
from tasks.images.jobs import Batch, Limits, Outcome
from tasks.images.messages import Inbox, message_of, send_parts, wide_pipe
from tasks.images.pixel_spec import Prepared
from tasks.reasons import Reason
from tasks.samples import Rejection

_START_S = 60.0  # a child may take so long to start on a busy machine
_IDLE_S = 60.0  # a process that sleeps for so long over an image will not wake
_OWN_SIGNALS = frozenset(
    -number for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGSYS)
)
_INHERITED = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME")
_KEEP_MEMORY = {
    "PILLOW_BLOCKS_MAX": "64",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}
"""Memory that is given back after each image is paid for again with the next: a tenth of a photograph."""
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""For numpy, which would start some as it is imported: nothing of it is asked for, and the cage holds one thread."""
_BOOT = "import sys; sys.path[:] = {path!r}; {work}"


class LostError(Exception):
    """A process ended, or had to be ended, over an image.

    Attributes:
        is_own: Whether the image did it; else whoever killed it, or the machine.
        detail: What happened, for a person.
    """

    def __init__(self, detail: str, *, is_own: bool) -> None:
        super().__init__(detail)
        self.detail = detail
        self.is_own = is_own


class NotStartedError(Exception):
    """No process came up; the argument says why."""


def start_process(work: str, handles: tuple[int, ...]) -> subprocess.Popen[bytes]:
    """A process of ours that does *work*, a line of Python, and inherits *handles* and hardly anything else."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-S", "-P", "-c", _BOOT.format(path=sys.path, work=work)],
        pass_fds=handles,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _INHERITED if name in os.environ} | _KEEP_MEMORY | _ONE_THREAD,
    )


class DecoderProcess:
    """A process that takes batches of images, and gives their results back one by one.

    Attributes:
        process: The process.
        unconfined: What this system could not confine it by.
    """

    def __init__(self, limits: Limits, server: ForkServer | None = None) -> None:
        """Start it, forked by *server* where there is one.

        Raises:
            NotStartedError: It did not come up.
        """
        self._seconds = limits.seconds
        self._moment = min(0.5, limits.seconds / 4)
        requests_out, requests_in = wide_pipe()
        results_out, results_in = wide_pipe()
        self._requests = Connection(requests_in, readable=False)
        self._results = Connection(results_out, writable=False)
        self._inbox = Inbox(results_out)
        self._poll = select.poll()
        self._poll.register(results_out, select.POLLIN)
        try:
            self.process = _started(requests_out, results_in, limits.memory, server)
        except (OSError, NotForkedError) as error:
            self._requests.close()
            self._results.close()
            raise NotStartedError(str(error)) from None
        finally:
            os.close(requests_out)
            os.close(results_in)
        self.unconfined = self._hello()

    def _answers(self, seconds: float) -> bool:
        """Whether there is a result, or no more to come, within *seconds*; asked for every image.

        `Connection.poll` makes a selector each time, which costs as much as decoding a tiny image.
        """
        return bool(self._poll.poll(math.ceil(1000 * seconds)))

    def _hello(self) -> tuple[str, ...]:
        try:
            if self._answers(_START_S):
                return tuple(json.loads(self._inbox.wait())["unconfined"])
            problem = f"it said nothing for {_START_S:g} s"
        except (EOFError, OSError):
            problem = "it ended at once"
        raise NotStartedError(f"{problem} (exit code {self.end()})")

    def send(self, batch: Batch, most: int | None = None) -> None:
        """Send those images of *batch* that have no result yet, *most* at most."""
        start = len(batch.results)
        jobs = batch.jobs[start : None if most is None else start + most]
        items = [(job.name, job.is_array, len(job.data)) for job in jobs]
        head: BatchHead = {"spec": batch.spec, "items": items, "is_careful": batch.is_careful}
        try:
            send_parts(self._requests.fileno(), [*message_of(json.dumps(head).encode()), *(job.data for job in jobs)])
        except OSError:
            raise self._ended() from None

    def receive(self) -> Outcome:
        """The next result.

        Raises:
            LostError: The process is dead, or takes more for one image than it may.
        """
        try:
            while (message := self._inbox.take()) is None:
                if not self._answers(self._moment):
                    self._wait()
                self._inbox.fill()
            result = unpack_result(message)
            if isinstance(result, Prepared):
                return result
            reason, detail = Reason(result[0]), result[1]
        except (EOFError, OSError):
            raise self._ended() from None
        except (ValueError, TypeError, struct.error):
            raise LostError("made its decoder send what is no result", is_own=True) from None
        if reason is Reason.DECODER_LIMIT:  # what it needs may be what images before it have left it
            raise LostError(detail, is_own=True)
        return Rejection(reason, detail)

    def _wait(self) -> None:
        """Wait for a result as long as the image is worked on, by the CPU time that it took, not by the clock.

        A process that is stopped, or that a busy machine lets wait, is not late; nor is one whose parent slept.
        """
        started = latest = self._cpu_s()
        idle = 0.0
        while not self._answers(self._moment):
            now = self._cpu_s()
            if now - started >= self._seconds - self._moment:
                limit = f"{self._seconds:g} s of CPU time, which `validation.seconds` allows"
                raise LostError(f"took more than {limit}", is_own=True)
            idle = idle + self._moment if now == latest and self._sleeps() else 0.0
            latest = now
            if idle >= _IDLE_S:
                raise LostError(f"left its decoder asleep for {_IDLE_S:g} s", is_own=True)

    def _cpu_s(self) -> float:
        """CPU seconds of the process so far; by the clock where the system does not tell them."""
        try:
            return time.clock_gettime(~self.process.pid << 3 | 2)  # as clock_getcpuclockid makes it
        except (OSError, AttributeError):
            return time.monotonic()

    def _sleeps(self) -> bool:
        """Whether the process waits for something: it neither runs, nor would, nor is stopped."""
        try:
            with open(f"/proc/{self.process.pid}/stat", "rb") as file:  # noqa: PTH123 - as the kernel names it
                return file.read().rpartition(b")")[2].split()[0] == b"S"
        except (OSError, IndexError):
            return False

    def _ended(self) -> LostError:
        code = self.end()
        is_own = code in _OWN_SIGNALS or code > 0
        return LostError(f"ended its decoder process (exit code {code})", is_own=is_own)

    def end(self) -> int:
        """Kill the process where it is alive, and return its exit code."""
        code = self.process.poll()
        if code is None:
            try:
                code = self.process.wait(1 if self._is_at_its_end() else 0)
            except subprocess.TimeoutExpired:
                self.process.kill()
                code = self.process.wait()
        self._requests.close()
        self._results.close()
        return code

    def _is_at_its_end(self) -> bool:
        """Whether the process has closed its results, so that it is about to end by itself."""
        try:
            if self._answers(0):
                self._inbox.fill()
        except EOFError:
            return True
        except OSError:
            return False
        return False


def _started(requests: int, results: int, memory: int, server: ForkServer | None) -> subprocess.Popen[bytes] | Forked:
    if server is not None:
        return server.fork(requests, results, memory)
    work = f"from tasks.images.child import main; main({requests}, {results}, {memory})"
    return start_process(work, (requests, results))
