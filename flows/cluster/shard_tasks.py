"""Shard tasks, mapped over a plan through Prefect: so many at once as whoever builds them has room for."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID

from flows.cluster.executors import Executor, executor_of
from flows.runners import RunSettings
from tasks.build_shard import build_shard
from tasks.building.build import too_many_rejects
from tasks.building.plan_files import write_plans
from tasks.building.spec import BuildSpec, ShardOutcome
from tasks.errors import FetchError, StoppedError
from tasks.plan import RefreshPlan, ShardPlan
from tasks.progress import tally_of
from tasks.publish import Run
from tasks.samples import StoreUrl

if TYPE_CHECKING:
    from prefect.client.schemas import State
    from prefect.futures import PrefectFuture

_TASKS = 1000
_LOOK_S = 1.0


@dataclass(slots=True)
class ShardTasks:
    """Builds the shards of one plan after another, each in a Prefect task.

    Attributes:
        settings: The `run` section.
        run: The run that they are for.
        stack: Ends the executor, which comes with the first shard that is to be built.
        after: The states of the tasks that come before; those of the shards once they are built.
    """

    settings: RunSettings
    run: Run
    stack: ExitStack
    after: list[State[Any]] = field(default_factory=list)
    _executor: Executor | None = None

    def build(self, plan: RefreshPlan, spec: BuildSpec) -> list[ShardOutcome]:
        """The outcomes of the plan's shards, in their order.

        Raises:
            DatasetError: A shard could not be built, for a reason that concerns all of them.
        """
        if not plan.shards:
            return []
        stage = "copying" if all(_is_copied(shard) for shard in plan.shards) else "building"
        tally_of(spec.dataset).enter(stage, sum(shard.samples.num_rows for shard in plan.shards))
        executor = self._executor = self._executor or self.stack.enter_context(executor_of(self.settings, self.run))
        fitted = executor.fit(spec, plan, self.run)
        place = write_plans(self.run.store, spec.folder, plan, fitted.as_json())
        batches = _batches(plan, place)
        built: list[UUID] = []
        with _stopping_with_the_flow(executor, fitted):
            _raise_first(list(_results(executor, fitted, batches, self.after, built)))
        self.after = [_done(task_run) for task_run in built]
        return [self._outcome(f"{spec.folder}/outcomes/{shard.number:06}.arrow") for shard in plan.shards]

    def _outcome(self, path: str) -> ShardOutcome:
        return ShardOutcome.from_bytes(self.run.store.read_bytes(path))


def _done(task_run: UUID) -> State[Any]:
    """A state that stands for the task run *task_run*, which is completed: what comes after it names it."""
    from prefect.states import Completed  # noqa: PLC0415 - what needs no Prefect must not import it

    state: State[Any] = Completed(data="")  # whoever waits for a state asks it for a result
    state.state_details.task_run_id = task_run
    return state


def _is_copied(shard: ShardPlan) -> bool:
    return set(shard.samples["action"].unique().to_pylist()) <= {"copy"}


class BuildParameters(TypedDict):
    """Those of `build_shard`: the plan file, the first shard and the last, and what Prefect calls the task run."""

    plans: StoreUrl
    first: int
    last: int
    title: str


def _batches(plan: RefreshPlan, place: StoreUrl) -> Iterator[BuildParameters]:
    """The parameters of each task, which builds one shard, or several where there are very many."""
    stride = math.ceil(len(plan.shards) / _TASKS)
    totals, seen = Counter(shard.split for shard in plan.shards), Counter[str]()
    for first in range(0, len(plan.shards), stride):
        batch = plan.shards[first : first + stride]
        titles = []
        for shard in batch:
            seen[shard.split] += 1
            titles.append(f"{shard.split} {seen[shard.split]}/{totals[shard.split]}")
        rows = sum(shard.samples.num_rows for shard in batch)
        word = "copy" if all(_is_copied(shard) for shard in batch) else "build"
        span = titles[0] if len(titles) == 1 else f"{titles[0]} to {titles[-1]}"
        title = f"{word} {span} · {rows:,} row{'' if rows == 1 else 's'}"
        yield {"plans": place, "first": first, "last": first + len(batch) - 1, "title": title}


def _results(
    executor: Executor,
    spec: BuildSpec,
    batches: Iterator[BuildParameters],
    after: Sequence[State[Any]],
    built: list[UUID],
) -> Iterator[Any]:
    """What became of each task, as they end: where its outcomes are, or an error. *built* takes the tasks' ids."""
    waiting = deque(batches)
    in_hand: dict[int, PrefectFuture[Any]] = {}
    ended: SimpleQueue[int] = SimpleQueue()
    submit: Any = executor.runner.submit  # typed for futures to wait for; it takes states as well
    while in_hand or (waiting and not tally_of(spec.dataset).is_hopeless):
        _refuse_stopped(spec)
        while waiting and len(in_hand) < executor.room() and not tally_of(spec.dataset).is_hopeless:
            batch = waiting.popleft()
            future = in_hand[batch["first"]] = submit(build_shard, batch, wait_for=after)
            built.append(future.task_run_id)
            future.add_done_callback(partial(_note, ended, batch["first"]))
        try:
            yield executor.result(in_hand.pop(ended.get(timeout=_LOOK_S)))
        except Empty:
            executor.look(spec)
    if waiting:
        yield too_many_rejects()


def _note(ended: SimpleQueue[int], first: int, _future: PrefectFuture[Any]) -> None:
    ended.put(first)


def _refuse_stopped(spec: BuildSpec) -> None:
    if tally_of(spec.dataset).is_stopped:
        raise StoppedError("stopped")


@contextmanager
def _stopping_with_the_flow(executor: Executor, spec: BuildSpec) -> Iterator[None]:
    """Stop those who build when the flow ends before them."""
    try:
        yield
    except BaseException:
        executor.stop(spec)
        raise


def _raise_first(results: Sequence[Any]) -> None:
    """Raise what kept a shard from being built."""
    for result in results:
        if isinstance(result, BaseException):
            raise result
        if not isinstance(result, str):
            raise FetchError(f"A shard was not built: {result!r}. Run it again.")
