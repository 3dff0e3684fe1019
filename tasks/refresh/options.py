"""What is asked of one run, beside what the dataset is to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RefreshOptions:
    """How one run goes about it.

    Attributes:
        full: Rebuild every image from its source.
        limit: Take only so many images; 0 for all.
        accept: Gates that may be crossed this time.
        rehash: Fetch and hash every image, even where its fingerprint is as it was.
        resplit: Draw the splits anew, also for rows that are there.
        processes: Decoder processes on each machine; 0 for one a core.
        deadline: After so long no shard is begun; the next run goes on.
    """

    full: bool = False
    limit: int = 0
    accept: tuple[str, ...] = ()
    rehash: bool = False
    resplit: bool = False
    processes: int = 0
    deadline: timedelta | None = None
