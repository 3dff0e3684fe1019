"""The pool of decoder processes: one a machine, shared by all its shards, confined, and replaced when one dies."""

from __future__ import annotations

import atexit
import functools
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from tasks.images.child import unpack_result
from tasks.images.pixel_spec import PixelSpec, Prepared
from tasks.reasons import Reason
from tasks.samples import Rejection

_BATCH_IMAGES = 64
_BATCH_BYTES = 4 << 20
_WAITING_BYTES = 32 << 20  # of one shard
_START_S = 60.0  # a child may take so long to start on a busy machine
_PATIENCE = 5  # times its seconds, for an image on a machine so busy that its process hardly runs
_TRIES = 2  # of an image whose child died: it may have been killed from outside


@dataclass(frozen=True, slots=True)
class ImageJob:
    """One image to prepare.

    Attributes:
        data: The bytes of an image file; of an array those of a ``.npy`` file.
        name: What it is called, for its extension; may be empty.
        is_array: Whether *data* is a ``.npy`` file.
    """

    data: bytes
    name: str = ""
    is_array: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a decoder process may take.

    Attributes:
        memory: Bytes, beyond what it starts with.
        seconds: For one image.
    """

    memory: int = 1 << 30
    seconds: float = 10.0


Outcome = Prepared | Rejection


@dataclass(slots=True)
class _Batch:
    jobs: list[ImageJob]
    spec: dict[str, Any]
    results: list[Outcome] = field(default_factory=list)
    bytes: int = 0
    deaths: int = 0
    done: Future[list[Outcome]] = field(default_factory=Future)

    def __post_init__(self) -> None:
        self.bytes = sum(len(job.data) for job in self.jobs)

    def settle(self, outcome: Outcome) -> None:
        self.results.append(outcome)
        self.deaths = 0
        if len(self.results) == len(self.jobs):
            self.done.set_result(self.results)


class DecoderPool:
    """Decoder processes that start when they are first needed; any number of threads may share it."""

    def __init__(self, processes: int, limits: Limits) -> None:
        self._queue: queue.SimpleQueue[_Batch] = queue.SimpleQueue()
        self._processes = processes
        self._limits = limits
        self._workers = [_Worker(self._queue, limits, number) for number in range(processes)]

    def prepare_images(self, jobs: Iterable[ImageJob], spec: PixelSpec) -> Iterator[Outcome]:
        """What became of each of *jobs*, in their order; they are taken as they are needed, a few batches ahead."""
        values = asdict(spec)
        batches = (_Batch(group, values) for group in group_jobs(jobs))
        waiting: deque[_Batch] = deque()
        while True:
            while self._has_room(waiting) and (batch := next(batches, None)) is not None:
                self._queue.put(batch)
                waiting.append(batch)
            if not waiting:
                return
            yield from waiting.popleft().done.result()

    def _has_room(self, waiting: deque[_Batch]) -> bool:
        """Whether a batch more may be under way: enough for every process, and of large images no more than that."""
        if len(waiting) < self._processes:
            return True
        return len(waiting) <= 2 * self._processes and sum(batch.bytes for batch in waiting) < _WAITING_BYTES

    def close(self) -> None:
        """End the decoder processes, and wait until they are gone."""
        for worker in self._workers:
            worker.close()

    @property
    def process_ids(self) -> list[int]:
        """Of the decoder processes that are alive."""
        return [pid for worker in self._workers if (pid := worker.process_id) is not None]


def group_jobs(jobs: Iterable[ImageJob]) -> Iterator[list[ImageJob]]:
    """*jobs* in groups of what goes to a process at once."""
    group: list[ImageJob] = []
    size = 0
    for job in jobs:
        group.append(job)
        size += len(job.data)
        if size >= _BATCH_BYTES or len(group) >= _BATCH_IMAGES:
            yield group
            group, size = [], 0
    if group:
        yield group


class _LateError(Exception):
    """The process took too long over one image."""


class _Worker:
    """One decoder process and the thread that feeds it; two batches are with it, so that it never waits."""

    def __init__(self, batches: queue.SimpleQueue[_Batch], limits: Limits, number: int) -> None:
        self._batches = batches
        self._limits = limits
        self._child: _Child | None = None
        self._is_closed = False
        threading.Thread(target=self._serve, name=f"decoder-{number}", daemon=True).start()

    @property
    def process_id(self) -> int | None:
        child = self._child
        return child.process.pid if child is not None and child.process.poll() is None else None

    def close(self) -> None:
        """End the process, and wait until it is gone."""
        self._is_closed = True
        child = self._child
        if child is not None:  # its pipes are the thread's, which may be reading
            child.process.kill()
            child.process.wait()

    def _serve(self) -> None:
        held: deque[_Batch] = deque()
        while not self._is_closed:
            held.append(self._batches.get())
            while held and not self._is_closed:
                try:
                    self._work(held)
                except (EOFError, OSError) as error:
                    self._bury(held, error)
                except _LateError:
                    self._bury(held, None)

    def _work(self, held: deque[_Batch]) -> None:
        """Send what is held, then take results until nothing is; a new child gets what the last one left."""
        if self._child is None:
            self._child = _Child(self._limits)
        child = self._child
        sent = 0
        while held:
            while sent < len(held):
                child.send(held[sent])
                sent += 1
            if len(held) < 2:
                try:
                    held.append(self._batches.get_nowait())
                    continue
                except queue.Empty:
                    pass
            batch = held[0]
            while len(batch.results) < len(batch.jobs):
                batch.settle(child.receive())
            held.popleft()
            sent -= 1

    def _bury(self, held: deque[_Batch], error: Exception | None) -> None:
        """Count the death of the child to the image it had in hand: that is the first one without a result."""
        child, self._child = self._child, None
        code = child.end() if child is not None else None
        while held and len(held[0].results) == len(held[0].jobs):
            held.popleft()
        if not held:
            return
        batch = held[0]
        batch.deaths += 1
        if error is None:
            detail = f"took more than {self._limits.seconds:g} s, which `validation.seconds` allows"
        elif batch.deaths < _TRIES:
            return
        else:
            detail = f"ended its decoder process (exit code {code}) each of {_TRIES} times"
        batch.settle(Rejection(Reason.DECODER_LIMIT, detail))
        while held and len(held[0].results) == len(held[0].jobs):
            held.popleft()


_KEEP_MEMORY = {
    "PILLOW_BLOCKS_MAX": "64",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}
"""Memory that is given back after each image is paid for again with the next: a tenth of a photograph."""
_BOOT = "import sys; sys.path[:] = {path!r}; from tasks.images.child import main; main({requests}, {results}, {memory})"


class _Child:
    """One decoder process, as its parent sees it."""

    def __init__(self, limits: Limits) -> None:
        self._seconds = limits.seconds
        requests_out, requests_in = os.pipe()
        results_out, results_in = os.pipe()
        boot = _BOOT.format(path=sys.path, requests=requests_out, results=results_in, memory=limits.memory)
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-P", "-c", boot],
            pass_fds=(requests_out, results_in),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_KEEP_MEMORY},
        )
        os.close(requests_out)
        os.close(results_in)
        self._requests = Connection(requests_in, readable=False)
        self._results = Connection(results_out, writable=False)
        if not self._results.poll(_START_S):
            raise EOFError
        self.is_confined = json.loads(self._results.recv_bytes())["confined"]

    def send(self, batch: _Batch) -> None:
        """Send those images of *batch* that have no result yet."""
        jobs = batch.jobs[len(batch.results) :]
        head = {"spec": batch.spec, "items": [(job.name, job.is_array) for job in jobs]}
        self._requests.send_bytes(json.dumps(head).encode())
        for job in jobs:
            self._requests.send_bytes(job.data)

    def receive(self) -> Outcome:
        """The next result.

        Raises:
            EOFError: The process is dead.
            _LateError: It works on one image for longer than it may.
        """
        moment = min(0.5, self._seconds / 4)
        if not self._results.poll(moment):
            started, cpu = time.monotonic(), self._cpu_s()
            while not self._results.poll(moment):
                waited = time.monotonic() - started
                if self._cpu_s() - cpu >= self._seconds - moment or waited > _PATIENCE * self._seconds:
                    raise _LateError
        result = unpack_result(self._results.recv_bytes())
        return result if isinstance(result, Prepared) else Rejection(Reason(result[0]), result[1])

    def _cpu_s(self) -> float:
        """CPU seconds of the process so far: on a busy machine an image is late by these, not by the clock."""
        try:
            with open(f"/proc/{self.process.pid}/stat", "rb") as file:  # noqa: PTH123 - as the kernel names it
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            return time.monotonic()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> int:
        """Kill the process, and return its exit code."""
        self.process.kill()
        self._requests.close()
        self._results.close()
        return self.process.wait()


@functools.cache
def shared_pool(processes: int, limits: Limits) -> DecoderPool:
    """The pool of this process: one for all shards that are built in it; its processes end with this one."""
    pool = DecoderPool(processes, limits)
    atexit.register(pool.close)
    return pool
