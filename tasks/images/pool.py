"""The pool of decoder processes: one a machine, shared by all its shards, confined, and replaced when one dies."""

from __future__ import annotations

import atexit
import os
import queue
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from tasks.images.fork_server import ForkServer, can_fork
from tasks.images.jobs import Batch, ImageJob, Limits, Outcome, group_jobs
from tasks.images.pixel_spec import PixelSpec
from tasks.images.process import start_process
from tasks.images.worker import Worker
from tasks.made_once import made_once

__all__ = ["DecoderPool", "ImageJob", "Limits", "shared_pool"]
_WAITING_BYTES = 32 << 20  # of one shard


class DecoderPool:
    """Decoder processes that start when they are first needed; any number of threads may share it."""

    def __init__(self, processes: int, limits: Limits) -> None:
        self._queue: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self._processes = processes
        self._owner = os.getpid()
        self._server = ForkServer(start_process) if can_fork() else None
        self._workers = [Worker(self._queue, limits, number, self._server) for number in range(processes)]

    def prepare_images(self, jobs: Iterable[ImageJob], spec: PixelSpec) -> Iterator[Outcome]:
        """What became of each of *jobs*, in their order; they are taken as they are needed, a few batches ahead.

        Raises:
            DatasetError: No decoder process can be started.
        """
        values = asdict(spec)
        batches = (Batch(group, values) for group in group_jobs(jobs))
        waiting: deque[Batch] = deque()
        while True:
            while self._has_room(waiting) and (batch := next(batches, None)) is not None:
                self._queue.put(batch)
                waiting.append(batch)
            if not waiting:
                return
            yield from waiting.popleft().done.result()

    def _has_room(self, waiting: deque[Batch]) -> bool:
        """Whether a batch more may be under way: enough for every process, and of large images no more than that."""
        if len(waiting) < self._processes:
            return True
        return len(waiting) <= 2 * self._processes and sum(batch.bytes for batch in waiting) < _WAITING_BYTES

    def close(self) -> None:
        """End the decoder processes, and wait until they are gone; a process forked from this one leaves them alone."""
        if os.getpid() != self._owner:
            return
        for worker in self._workers:
            worker.close()
        if self._server is not None:
            self._server.close()

    @property
    def process_ids(self) -> list[int]:
        """Of the decoder processes that are alive."""
        return [pid for worker in self._workers if (pid := worker.process_id) is not None]

    @property
    def unconfined(self) -> tuple[str, ...]:
        """What this system could not confine the decoder processes by, as far as they have started."""
        return tuple(sorted({name for worker in self._workers for name in worker.unconfined}))


@made_once
def shared_pool(processes: int, limits: Limits) -> DecoderPool:
    """The pool of this process: one for all shards that are built in it; its processes end with this one."""
    pool = DecoderPool(processes, limits)
    atexit.register(pool.close)
    return pool
