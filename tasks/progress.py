"""How far the run in this process is, and whether it must stop: written by shards, read by whoever watches."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from tasks.errors import StoppedError
from tasks.made_once import made_once


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
        self._stage, self._planned = "starting", 0
        self._done = self._rejected = 0
        self._hopeless_since = 0.0
        self._stages: dict[str, float] = {}
        self._since = time.monotonic()

    def enter(self, stage: str, planned: int = 0) -> None:
        """Begin a stage that will handle *planned* images."""
        with self._lock:
            self._end_stage()
            self._put(stage, planned)

    def _put(self, stage: str, planned: int = 0) -> None:
        self._stage, self._planned = stage, planned
        self._done = self._rejected = 0

    def _end_stage(self) -> None:
        moment, stage = time.monotonic(), self._stage
        self._stages[stage] = self._stages.get(stage, 0.0) + moment - self._since
        self._since = moment

    @property
    def stages(self) -> dict[str, float]:
        """How long each stage of the run took so far, in seconds."""
        with self._lock:
            self._end_stage()
            return {stage: round(seconds, 3) for stage, seconds in self._stages.items()}

    def add(self, done: int, rejected: int) -> None:
        """Count images that are finished; *done* includes *rejected*.

        Raises:
            StoppedError: The run was told to stop.
        """
        if self._stop.is_set():
            raise StoppedError("stopped")
        with self._lock:
            self._done += done
            self._rejected += rejected

    def give_up(self) -> float:
        """Note that the run cannot be published any more; return for how many seconds that has been known."""
        with self._lock:
            self._hopeless_since = self._hopeless_since or time.monotonic()
            return time.monotonic() - self._hopeless_since

    @property
    def is_hopeless(self) -> bool:
        """Whether the run cannot be published any more."""
        return bool(self._hopeless_since)

    def set(self, done: int, rejected: int) -> None:
        """Put what other processes counted in the place of what was counted here."""
        with self._lock:
            self._done, self._rejected = done, rejected

    def look(self) -> Progress:
        """Where the run stands."""
        with self._lock:
            return Progress(self._stage, self._planned, self._done, self._rejected)

    @property
    def rejected(self) -> int:
        """Images rejected so far: what is asked for after each image."""
        return self._rejected

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
        with self._lock:
            self._hopeless_since, self._stages, self._since = 0.0, {}, time.monotonic()
            self._put("starting")


@made_once
def tally_of(run: str) -> Tally:
    """The tally of the run with that id, one for all threads of this process."""
    _ = run
    return Tally()


def counted(run: str) -> tuple[int, int]:
    """Of the run with that id, images that this process has finished, and those rejected among them."""
    progress = tally_of(run).look()
    return progress.done, progress.rejected


def stop_run(run: str) -> None:
    """Make every shard of the run with that id stop that is built in this process."""
    tally_of(run).stop()


def give_up_run(run: str) -> None:
    """Note in this process that the run with that id cannot be published any more."""
    tally_of(run).give_up()
