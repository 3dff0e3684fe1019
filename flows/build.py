"""The second half of a run, on Prefect: shard tasks mapped over the plan, and what they came to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from prefect import unmapped

from flows.plan_run import PlannedRun, write_plan
from flows.runners import RunSettings, task_runner
from tasks.build_shard import build_shard
from tasks.errors import FetchError
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.samples import REJECTION_SCHEMA, ShardFile
from tasks.shards import ShardOutcome

_TASKS = 1000


@dataclass(frozen=True, slots=True)
class BuiltShards:
    """What building came to, all shards together.

    Attributes:
        files: In the pool.
        rejections: `REJECTION_SCHEMA`.
        fetched: Images whose bytes were asked for.
        decoded: Images that went to the decoder.
        classes: Rows by class name.
        warnings: Rows written with a warning.
    """

    files: tuple[ShardFile, ...]
    rejections: pa.Table
    fetched: int
    decoded: int
    classes: Counter[str]
    warnings: Counter[str]


def build_shards(planned: PlannedRun, run: Run, settings: RunSettings) -> BuiltShards:
    """Build every shard of the plan, each in a Prefect task, and gather what they came to.

    Raises:
        DatasetError: A shard could not be built, for a reason that concerns all of them.
    """
    if not planned.shards:
        return _gather([])
    place = write_plan(planned, run)
    tally_of(planned.spec.dataset).enter("building", planned.labelled.samples.num_rows)
    stride = math.ceil(len(planned.shards) / _TASKS)
    firsts = list(range(0, len(planned.shards), stride))
    lasts = [min(first + stride, len(planned.shards)) - 1 for first in firsts]
    with task_runner(settings) as runner, _stopping_with_the_flow(planned.spec.dataset):
        futures: Any = runner.map(build_shard, {"plans": unmapped(place), "first": firsts, "last": lasts})
        results = [future.result(raise_on_failure=False) for future in futures]
    _raise_first(results)
    outcomes = [
        ShardOutcome.from_bytes(run.store.read_bytes(f"{run.folder}/outcomes/{shard.number:06}.arrow"))
        for shard in planned.shards
    ]
    return _gather(outcomes)


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


def _gather(outcomes: Sequence[ShardOutcome]) -> BuiltShards:
    classes: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    for outcome in outcomes:
        classes.update(outcome.classes)
        warnings.update(outcome.warnings)
    return BuiltShards(
        files=tuple(file for outcome in outcomes for file in outcome.files),
        rejections=pa.concat_tables([REJECTION_SCHEMA.empty_table(), *(outcome.rejections for outcome in outcomes)]),
        fetched=sum(outcome.fetched for outcome in outcomes),
        decoded=sum(outcome.decoded for outcome in outcomes),
        classes=classes,
        warnings=warnings,
    )
