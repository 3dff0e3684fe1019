"""Shard tasks on Prefect, mapped over a plan."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prefect import unmapped

from flows.config import DatasetConfig
from flows.plan_run import PlannedRun
from flows.rounds import BuiltShards, build_rounds
from flows.runners import RunSettings, task_runner
from tasks.build_shard import build_shard
from tasks.errors import FetchError
from tasks.plan import RefreshPlan
from tasks.plan_files import write_plans
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.shards import BuildSpec, ShardOutcome

_TASKS = 1000


def build_shards(dataset: DatasetConfig, planned: PlannedRun, run: Run) -> BuiltShards:
    """Build every shard of the plan, each in a Prefect task; then a small round for what only the bytes could tell.

    Raises:
        DatasetError: A shard could not be built, for a reason that concerns all of them.
    """
    return build_rounds(dataset, planned, run, lambda plan, spec: _run_tasks(plan, spec, run, dataset.run))


def _run_tasks(plan: RefreshPlan, spec: BuildSpec, run: Run, settings: RunSettings) -> list[ShardOutcome]:
    """The outcomes of the plan's shards, in their order."""
    if not plan.shards:
        return []
    place = write_plans(run.store, spec.folder, plan, spec.as_json())
    tally_of(spec.dataset).enter("building", sum(shard.samples.num_rows for shard in plan.shards))
    stride = math.ceil(len(plan.shards) / _TASKS)
    firsts = list(range(0, len(plan.shards), stride))
    lasts = [min(first + stride, len(plan.shards)) - 1 for first in firsts]
    with task_runner(settings) as runner, _stopping_with_the_flow(spec.dataset):
        futures: Any = runner.map(build_shard, {"plans": unmapped(place), "first": firsts, "last": lasts})
        results = [future.result(raise_on_failure=False) for future in futures]
    _raise_first(results)
    return [
        ShardOutcome.from_bytes(run.store.read_bytes(f"{spec.folder}/outcomes/{shard.number:06}.arrow"))
        for shard in plan.shards
    ]


@contextmanager
def _stopping_with_the_flow(dataset: str) -> Iterator[None]:
    """Stop the shard threads when the flow is: Prefect's cancelling reaches only the main thread."""
    try:
        yield
    except BaseException:
        tally_of(dataset).stop()
        raise


def _raise_first(results: Sequence[Any]) -> None:
    """Raise what kept a shard from being built."""
    for result in results:
        if isinstance(result, BaseException):
            raise result
        if not isinstance(result, str):
            raise FetchError(f"A shard was not built: {result!r}. Run it again.")
