"""How far the run in this process is, and whether it must stop: written by shards, read by whoever watches."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass

from tasks.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a run.

    Attributes:
        stage: What it is doing, in a word or two.
        planned: Images that will be built.
        done: Images built or rejected.
        rejected: Images rejected among them.
    """

    stage: str
    planned: int
    done: int
    rejected: int


class Tally:
    """The counts of one run; all its shard threads add to them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._progress = Progress("starting", 0, 0, 0)

    def enter(self, stage: str, planned: int = 0) -> None:
        """Begin a stage that will handle *planned* images."""
        with self._lock:
            self._progress = Progress(stage, planned, 0, 0)

    def add(self, done: int, rejected: int) -> None:
        """Count images that are finished; *done* includes *rejected*.

        Raises:
            RefusedError: The run was told to stop.
        """
        if self._stop.is_set():
            raise RefusedError("interrupted: the published version is as it was; finished shards wait for the next run")
        with self._lock:
            now = self._progress
            self._progress = Progress(now.stage, now.planned, now.done + done, now.rejected + rejected)

    def look(self) -> Progress:
        """Where the run stands."""
        with self._lock:
            return self._progress

    def stop(self) -> None:
        """Make every shard of the run stop at its next image."""
        self._stop.set()

    @property
    def is_stopped(self) -> bool:
        """Whether the run was told to stop."""
        return self._stop.is_set()

    def begin(self) -> None:
        """Begin a run: what an earlier one in this process was told no longer counts."""
        self._stop.clear()


@functools.cache
def tally_of(run: str) -> Tally:
    """The tally of the run with that id, one for all threads of this process."""
    _ = run
    return Tally()
