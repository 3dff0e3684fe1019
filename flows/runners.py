"""The `run` section: where a run's work is done."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tasks.step_config import StepConfig

if TYPE_CHECKING:
    from prefect.task_runners import ThreadPoolTaskRunner


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _as_duration(value: object) -> object:
    """``6h`` and the like as a `timedelta`; other values are left to pydantic."""
    if isinstance(value, str) and (match := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", value)):
        return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    return value


Duration = Annotated[timedelta, BeforeValidator(_as_duration)]


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
