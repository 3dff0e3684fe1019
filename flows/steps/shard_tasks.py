"""Shard tasks, mapped over a plan through Prefect: so many at once as their crew has room for."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from flows.cluster.crew import Crew, crew_of
from flows.runners import RunSettings
from tasks.build_shard import build_shard
from tasks.errors import FetchError, RefusedError
from tasks.plan import RefreshPlan
from tasks.plan_files import write_plans
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.samples import StoreUrl
from tasks.shards import BuildSpec, ShardOutcome
from tasks.shards.build import too_many_rejects

if TYPE_CHECKING:
    from prefect.futures import PrefectFuture

_TASKS = 1000
_LOOK_S = 1.0


class Builders:
    """Builds the shards of plans, one plan after another; the crew comes with the first shard that is to be built."""

    def __init__(self, settings: RunSettings, run: Run, stack: ExitStack) -> None:
        self._settings = settings
        self._run = run
        self._stack = stack
        self._crew: Crew | None = None

    def build(self, plan: RefreshPlan, spec: BuildSpec) -> list[ShardOutcome]:
        """The outcomes of the plan's shards, in their order, each built in a Prefect task.

        Raises:
            DatasetError: A shard could not be built, for a reason that concerns all of them.
        """
        if not plan.shards:
            return []
        tally_of(spec.dataset).enter("building", sum(shard.samples.num_rows for shard in plan.shards))
        crew = self._crew = self._crew or self._stack.enter_context(crew_of(self._settings, self._run))
        fitted = crew.fit(spec, plan, self._run)
        place = write_plans(self._run.store, spec.folder, plan, fitted.as_json())
        with _stopping_with_the_flow(crew, fitted):
            _raise_first(list(_results(crew, fitted, place, len(plan.shards))))
        return [self._outcome(f"{spec.folder}/outcomes/{shard.number:06}.arrow") for shard in plan.shards]

    def _outcome(self, path: str) -> ShardOutcome:
        return ShardOutcome.from_bytes(self._run.store.read_bytes(path))


def _results(crew: Crew, spec: BuildSpec, place: StoreUrl, shards: int) -> Iterator[Any]:
    """What became of each task, as they end: where its outcomes are, or an error."""
    stride = math.ceil(shards / _TASKS)
    waiting = deque((first, min(first + stride, shards) - 1) for first in range(0, shards, stride))
    in_hand: dict[int, PrefectFuture[Any]] = {}
    ended: SimpleQueue[int] = SimpleQueue()
    while in_hand or (waiting and not tally_of(spec.dataset).is_hopeless):
        _refuse_stopped(spec)
        while waiting and len(in_hand) < crew.room() and not tally_of(spec.dataset).is_hopeless:
            first, last = waiting.popleft()
            in_hand[first] = crew.runner.submit(build_shard, {"plans": place, "first": first, "last": last})
            in_hand[first].add_done_callback(partial(_note, ended, first))
        try:
            yield crew.result(in_hand.pop(ended.get(timeout=_LOOK_S)))
        except Empty:
            crew.look(spec)
    if waiting:
        yield too_many_rejects(spec)


def _note(ended: SimpleQueue[int], first: int, _future: PrefectFuture[Any]) -> None:
    ended.put(first)


def _refuse_stopped(spec: BuildSpec) -> None:
    if tally_of(spec.dataset).is_stopped:
        raise RefusedError("interrupted: the published version is as it was; finished shards wait for the next run")


@contextmanager
def _stopping_with_the_flow(crew: Crew, spec: BuildSpec) -> Iterator[None]:
    """Stop those who build when the flow ends before them."""
    try:
        yield
    except BaseException:
        crew.stop(spec)
        raise


def _raise_first(results: Sequence[Any]) -> None:
    """Raise what kept a shard from being built."""
    for result in results:
        if isinstance(result, BaseException):
            raise result
        if not isinstance(result, str):
            raise FetchError(f"A shard was not built: {result!r}. Run it again.")
