"""Shard tasks on Prefect, mapped over a plan, on whatever crew the `run` section asks for."""

from __future__ import annotations

from contextlib import ExitStack

from flows.config import DatasetConfig
from flows.steps.plan_run import PlannedRun
from flows.steps.rounds import BuiltShards, build_rounds
from flows.steps.shard_tasks import Builders
from tasks.publish import Run


def build_shards(dataset: DatasetConfig, planned: PlannedRun, run: Run) -> BuiltShards:
    """Build every shard of the plan, each in a Prefect task; then a small round for what only the bytes could tell.

    Raises:
        DatasetError: A shard could not be built, for a reason that concerns all of them.
    """
    with ExitStack() as stack:
        return build_rounds(dataset, planned, run, Builders(dataset.run, run, stack).build)
