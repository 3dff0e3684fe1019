"""Whoever builds the shards of a run: threads of this process, or the workers of a Dask cluster."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypedDict, TypeVar

import pyarrow.compute as pc

from flows.cluster.workers import check_workers, dask_runner
from flows.runners import ONE_AHEAD, RunSettings
from tasks.building.spec import BuildSpec
from tasks.errors import DatasetError
from tasks.plan import RefreshPlan
from tasks.progress import counted, give_up_run, stop_run, tally_of
from tasks.publish import Run
from tasks.redaction import concealed_in, learn_concealed

if TYPE_CHECKING:
    from prefect.futures import PrefectFuture
    from prefect.task_runners import TaskRunner
    from prefect_dask.task_runners import DaskTaskRunner

Answer = TypeVar("Answer")

_BROADCAST_S = 3.0
_ALONE_S = 60.0
_GONE = (OSError, RuntimeError, KeyError, AttributeError)
"""What a Dask client raises, by the state that it is in, once its connection to the scheduler is lost."""


class Executor(Protocol):
    """Those who build, behind a Prefect task runner.

    Attributes:
        runner: To which tasks are submitted.
    """

    @property
    def runner(self) -> TaskRunner[Any]:
        """It is started, and ends with the executor."""

    def fit(self, spec: BuildSpec, plan: RefreshPlan, run: Run) -> BuildSpec:
        """*spec* with what each of them may take of what the run allows itself."""

    def room(self) -> int:
        """How many shards may be in hand at once, now."""

    def look(self, spec: BuildSpec) -> None:
        """Bring the tally of the dataset up to date."""

    def stop(self, spec: BuildSpec) -> None:
        """Make all of them stop at their next image."""

    def result(self, future: PrefectFuture[Any]) -> Any:
        """What became of a task that is done: what it returned, or the error that it ended with."""


@contextmanager
def executor_of(settings: RunSettings, run: Run) -> Iterator[Executor]:
    """The executor that the `run` section asks for, while it builds for *run*."""
    if settings.runner == "dask":
        with run.store.temporary(run.folder) as scratch, dask_runner(settings, scratch) as runner:
            yield DaskExecutor(runner, settings)
    else:
        from prefect.task_runners import ThreadPoolTaskRunner  # noqa: PLC0415 - what needs no Prefect must not import it

        threads: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=settings.shards_in_hand + ONE_AHEAD)
        with threads:
            yield ThreadExecutor(threads, settings)


class ThreadExecutor:
    """Threads of this process."""

    def __init__(self, runner: TaskRunner[Any], settings: RunSettings) -> None:
        self.runner = runner
        self._settings = settings

    def fit(self, spec: BuildSpec, plan: RefreshPlan, run: Run) -> BuildSpec:
        """All of it."""
        _ = plan, run
        return replace(spec, in_hand=self._settings.shards_in_hand)

    def room(self) -> int:
        """As many as the config says, and the one that fetches ahead."""
        return self._settings.shards_in_hand + ONE_AHEAD

    def look(self, spec: BuildSpec) -> None:
        """The tally is theirs, too."""

    def stop(self, spec: BuildSpec) -> None:
        """Prefect's cancelling reaches only the main thread of a flow."""
        tally_of(spec.dataset).stop()

    def result(self, future: PrefectFuture[Any]) -> Any:
        """As it is."""
        return future.result(raise_on_failure=False)


class WorkerInfo(TypedDict):
    """What is looked at of what a scheduler knows of a worker."""

    host: str
    nthreads: int


class DaskExecutor:
    """Workers of a Dask cluster, each with tallies, decoder processes and a fetcher of its own."""

    def __init__(self, runner: DaskTaskRunner, settings: RunSettings) -> None:
        self.runner = runner
        self._settings = settings
        self._client = runner.client
        self._most = 1 << 30
        self._concealed: Mapping[str, object] = {}
        self._told: set[str] = set()
        self._alone_since = 0.0

    def fit(self, spec: BuildSpec, plan: RefreshPlan, run: Run) -> BuildSpec:
        """Each process gets its part of its machine, and of the requests that a host may see of the whole run."""
        check_workers(self._client, run, spec, plan)
        workers = self._workers()
        neighbours = max(Counter(worker["host"] for worker in workers.values()).values(), default=1)
        per_host = 0
        if any(pc.any(pc.equal(shard.samples["kind"], "web")).as_py() for shard in plan.shards):
            per_host = max(1, spec.fetch.per_host // max(1, len(workers)))
            self._most = spec.fetch.per_host // per_host
        in_hand = self._settings.shards_in_hand
        fitted = replace(spec, tally=spec.folder, neighbours=neighbours, per_host=per_host, in_hand=in_hand)
        self._concealed, self._told = concealed_in(fitted.as_json()), set()
        self._hand_over(workers)
        return fitted

    def _hand_over(self, workers: Iterable[str]) -> None:
        """Tell workers that are new what the plan file only has tokens for: URLs with secrets in them."""
        new = [address for address in workers if address not in self._told]
        if new and self._concealed:
            with suppress(*_GONE):
                self._client.run(
                    learn_concealed, self._concealed, workers=new, on_error="ignore", callback_timeout=_BROADCAST_S
                )
        self._told.update(new)

    def room(self) -> int:
        """As many as the workers have threads for, and may build or fetch ahead; fewer, where hosts admit fewer.

        Those admit no request from each worker: then each shard in hand may be the one that makes them.
        """
        workers = self._workers()
        self._hand_over(workers)
        most = self._settings.shards_in_hand + ONE_AHEAD
        threads = sum(min(worker["nthreads"], most) for worker in workers.values())
        return max(1, threads if len(workers) <= self._most else min(threads, self._most))

    def _workers(self) -> dict[str, WorkerInfo]:
        """What the scheduler knows of each worker, by its address.

        Raises:
            DatasetError: There has been none for a while, or the scheduler is gone.
        """
        try:
            workers: dict[str, WorkerInfo] = dict(self._client.scheduler_info()["workers"])
        except _GONE:
            raise _lost("the Dask scheduler is gone") from None
        if workers:
            self._alone_since = 0.0
        elif not self._alone_since:
            self._alone_since = time.monotonic()
        elif time.monotonic() - self._alone_since > _ALONE_S:
            raise _lost(f"the Dask cluster has had no worker for {_ALONE_S:.0f} s")
        return workers

    def look(self, spec: BuildSpec) -> None:
        """Add up the tallies of the workers; where all together have rejected more images than may be, tell them."""
        self._hand_over(self._workers())
        counts = self._tell(counted, spec).values()
        done, rejected = (sum(numbers) for numbers in zip(*counts, strict=True)) if counts else (0, 0)
        tally_of(spec.dataset).set(done, rejected)
        if spec.reject_limit is not None and spec.reject_limit < rejected:
            tally_of(spec.dataset).give_up()
            self._tell(give_up_run, spec)

    def stop(self, spec: BuildSpec) -> None:
        """Tell each worker, and end those of our own; what waits in the scheduler is dropped with the client."""
        self._tell(stop_run, spec)
        for nanny in getattr(self._client.cluster, "workers", {}).values():
            nanny.close_gracefully()  # it starts no other process in the place of this one
            with suppress(OSError, TypeError):
                os.kill(nanny.pid, signal.SIGKILL)

    def _tell(self, function: Callable[[str], Answer], spec: BuildSpec) -> dict[str, Answer]:
        """Call *function* of the run on each worker; those that do not answer are left out."""
        try:
            answers = self._client.run(function, spec.tally, on_error="ignore", callback_timeout=_BROADCAST_S)
        except _GONE:
            return {}
        return dict(answers)

    def result(self, future: PrefectFuture[Any]) -> Any:
        """The outcome; what Dask raises, rather than the task, in words."""
        try:
            return future.result(raise_on_failure=False)
        except Exception as error:  # noqa: BLE001 - whatever a cluster raises ends the run with a message
            return _lost(f"{type(error).__name__}: {str(error)[:300]}")


def _lost(what: str) -> DatasetError:
    return DatasetError(
        f"A shard could not be built: {what}. The published version is as it was; look at the cluster's logs and run "
        "it again: finished shards are kept."
    )
