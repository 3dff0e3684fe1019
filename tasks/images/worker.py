"""The thread that feeds one decoder process, replaces it when it is lost, and judges whose fault that was."""

from __future__ import annotations

import queue
import threading
from collections import deque

from tasks.errors import DatasetError
from tasks.images.fork_server import ForkServer
from tasks.images.jobs import Batch, Limits
from tasks.images.process import DecoderProcess, LostError, NotStartedError
from tasks.reasons import Reason
from tasks.samples import Rejection

_OWN_FAULTS = 2  # an image is left out once it ended two processes by itself, the second one alone and from its start
_LOSSES = 8  # by others: killed from outside, or for want of memory in the machine
_PAUSES_S = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class Worker:
    """One decoder process and the thread that feeds it; two batches are with it, so that it never waits."""

    def __init__(
        self, batches: queue.SimpleQueue[Batch], limits: Limits, number: int, server: ForkServer | None
    ) -> None:
        self._batches = batches
        self._limits = limits
        self._server = server
        self._child: DecoderProcess | None = None
        self._closed = threading.Event()
        self.unconfined: tuple[str, ...] = ()
        threading.Thread(target=self._serve, name=f"decoder-{number}", daemon=True).start()

    @property
    def process_id(self) -> int | None:
        """Of its process, where it is alive."""
        child = self._child
        return child.process.pid if child is not None and child.process.poll() is None else None

    def close(self) -> None:
        """End the process, and wait until it is gone."""
        self._closed.set()
        child = self._child
        if child is not None:  # its pipes are the thread's, which may be reading
            child.process.kill()
            child.process.wait()

    def _serve(self) -> None:
        held: deque[Batch] = deque()
        failed = 0
        while not self._closed.is_set():
            held.append(self._batches.get())
            while held and not self._closed.is_set():
                try:
                    self._work(held)
                    failed = 0
                except LostError as error:
                    self._judge(held, error)
                except NotStartedError as error:
                    failed += 1
                    self._pause(failed)
                    if failed >= _LOSSES:
                        _give_up(held, error)
                        failed = 0

    def _work(self, held: deque[Batch]) -> None:
        """Send what is held, then take results until nothing is; a new child gets what the last one left."""
        if self._child is None:
            self._child = DecoderProcess(self._limits, self._server)
            self.unconfined = self._child.unconfined
        child = self._child
        if held[0].is_suspect:
            child.send(held[0], most=1)  # alone, in a process that has done nothing else
            held[0].settle(child.receive())
            _drop_complete(held)
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
            while not held[0].is_complete:
                held[0].settle(child.receive())
            held.popleft()
            sent -= 1

    def _judge(self, held: deque[Batch], error: LostError) -> None:
        """Count the loss of the child to the image it had in hand: that is the first one without a result."""
        child, self._child = self._child, None
        if child is not None:
            child.end()
        _drop_complete(held)
        if not held or self._closed.is_set():
            return
        batch = held[0]
        batch.is_careful = True
        if error.is_own:
            batch.own_faults += 1
        else:
            batch.lost += 1
        if batch.own_faults >= _OWN_FAULTS:
            batch.settle(Rejection(Reason.DECODER_LIMIT, f"{error.detail}, each of {_OWN_FAULTS} times"))
        elif batch.lost >= _LOSSES:
            detail = f"was in hand each of {_LOSSES} times that its decoder process was killed; memory may be short"
            batch.settle(Rejection(Reason.DECODER_LIMIT, detail))
        elif not error.is_own:
            self._pause(batch.lost)
        _drop_complete(held)

    def _pause(self, times: int) -> None:
        """Wait before the next process: what ended the last one may pass."""
        self._closed.wait(_PAUSES_S[min(times, len(_PAUSES_S)) - 1])


def _drop_complete(held: deque[Batch]) -> None:
    while held and held[0].is_complete:
        held.popleft()


def _give_up(held: deque[Batch], error: NotStartedError) -> None:
    """Fail all that is *held*, since no process can be had for it."""
    problem = DatasetError(
        f"No decoder process can be started on this machine, tried {_LOSSES} times: {error}. "
        "Free memory or processes, or set `run.image_processes` to fewer."
    )
    while held:
        held.popleft().done.set_exception(problem)
