"""The `run` section: where a run's work is done."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from tasks.step_config import Duration, StepConfig

if TYPE_CHECKING:
    from prefect.task_runners import ThreadPoolTaskRunner


class RunSettings(StepConfig):
    """Where the work of a run is done.

    Attributes:
        runner: ``threads``: in this process and its decoder processes.
        image_processes: Decoder processes on each machine; ``auto`` is one for each core this process may use.
        deadline: After so long (``6h``, ``90m``) no shard is begun, and nothing is published; the next run goes on.
        shards_in_hand: How many shards are built at once; memory grows with it, speed hardly.
    """

    runner: Literal["threads"] = "threads"
    image_processes: Literal["auto"] | int = Field(default="auto")
    shards_in_hand: int = Field(default=2, ge=1, le=64)
    deadline: Duration | None = None

    @property
    def decoder_processes(self) -> int:
        """How many decoder processes a machine gets."""
        return len(os.sched_getaffinity(0)) if self.image_processes == "auto" else max(1, self.image_processes)


def task_runner(settings: RunSettings) -> ThreadPoolTaskRunner[Any]:
    """The Prefect task runner that *settings* ask for."""
    from prefect.task_runners import ThreadPoolTaskRunner  # noqa: PLC0415 - what needs no Prefect must not import it

    return ThreadPoolTaskRunner(max_workers=settings.shards_in_hand)
