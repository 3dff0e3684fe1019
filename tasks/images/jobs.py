"""What goes to decoder processes and what comes back: images, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple

from tasks.images.pixel_spec import Prepared
from tasks.samples import Rejection

_BATCH_IMAGES = 64
_BATCH_BYTES = 2 << 20


class ImageJob(NamedTuple):
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
        seconds: Of CPU time, for one image.
    """

    memory: int = 1 << 30
    seconds: float = 10.0


Outcome = Prepared | Rejection


@dataclass(slots=True)
class Batch:
    """Images that go to a process together.

    Attributes:
        jobs: The images.
        spec: What they become, as JSON values.
        results: What became of the first of them.
        bytes: Of all.
        own_faults: How often the next image ended its process by itself.
        lost: How often its process was ended by something else.
        is_careful: Whether a process was lost over it. Results come some at a time, so that the image that a process
            was lost over may be a later one than the first without a result; from then on they come one by one.
        done: All results, once they are there.
    """

    jobs: list[ImageJob]
    spec: Mapping[str, object]
    results: list[Outcome] = field(default_factory=list)
    bytes: int = 0
    own_faults: int = 0
    lost: int = 0
    is_careful: bool = False
    done: Future[list[Outcome]] = field(default_factory=Future)

    def __post_init__(self) -> None:
        self.bytes = sum(len(job.data) for job in self.jobs)

    @property
    def is_suspect(self) -> bool:
        """Whether the next image was in hand when its process ended."""
        return bool(self.own_faults or self.lost)

    @property
    def is_complete(self) -> bool:
        """Whether every image has its result."""
        return len(self.results) == len(self.jobs)

    def settle(self, outcome: Outcome) -> None:
        """Take the *outcome* of the next image."""
        self.results.append(outcome)
        self.own_faults = self.lost = 0
        if self.is_complete:
            self.done.set_result(self.results)


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
