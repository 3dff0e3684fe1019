"""A Dask cluster while a run uses it: whether it is there, and whether its workers have what the shards need."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple, Unpack, cast
from urllib.parse import urlsplit
from uuid import uuid4

import pyarrow.compute as pc

from flows.cluster import worker_facts
from flows.runners import ONE_AHEAD, RunSettings, check_runner
from tasks.building.reach import Needed, look_around, prepare_reach, readable_samples
from tasks.building.spec import BuildSpec, pixel_libraries
from tasks.columns import PlannedRow
from tasks.errors import ConfigError, DatasetError
from tasks.plan import RefreshPlan
from tasks.publish import Run

if TYPE_CHECKING:
    from distributed import Client
    from prefect_dask.task_runners import DaskTaskRunner

A = TypeVarTuple("A")
Answer = TypeVar("Answer")

_CONNECT_S = 15
_WORKERS_S = 30
_ANSWER_S = 60
_SAME = ("parquetry", "pillow", "pyarrow", "prefect")
"""Distributions whose version must be the same everywhere: they shape the shards' bytes, or carry the tasks."""


@contextmanager
def dask_runner(settings: RunSettings, scratch: Path) -> Iterator[DaskTaskRunner]:
    """A Prefect task runner on the cluster that *settings* name, or on one that lasts as long as this.

    Args:
        settings: The `run` section.
        scratch: A local folder for what Dask writes on this machine.

    Raises:
        ConfigError: No scheduler listens there.
        DatasetError: It has no workers.
    """
    check_runner(settings)
    import dask.config  # noqa: PLC0415 - an extra, and slow to import
    from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415

    client = {"timeout": _CONNECT_S}
    if settings.address:
        _refuse_other_kind(settings.address)
        runner = DaskTaskRunner(address=settings.address, client_kwargs=client)
    else:
        _start_resource_tracker()
        runner = DaskTaskRunner(cluster_kwargs=_local_cluster(settings, scratch), client_kwargs=client)
    with dask.config.set({"temporary-directory": str(scratch)}), runner:
        _wait_for_workers(runner, settings)
        yield runner


def _start_resource_tracker() -> None:
    """Start what `multiprocessing` starts with its first process, in a thread that ends at once.

    It lets through SIGINT and SIGTERM in the thread that starts it, and none but the one that waits for them must.
    """
    thread = threading.Thread(target=resource_tracker.ensure_running)
    thread.start()
    thread.join()


def _local_cluster(settings: RunSettings, scratch: Path) -> dict[str, object]:
    """How Dask starts a cluster on this machine; its workers' memory is bounded by what we keep in hand."""
    return {
        "n_workers": settings.workers,
        "threads_per_worker": settings.shards_in_hand + ONE_AHEAD,
        "host": "127.0.0.1",
        "dashboard_address": None,
        "memory_limit": 0,
        "local_directory": str(scratch),
        "silence_logs": logging.CRITICAL,
    }


def _refuse_other_kind(address: str) -> None:
    """Raise where a worker listens at *address*, or what no Dask of this version can talk to."""
    try:
        kind = asyncio.run(_kind(address))
    except Exception as error:  # noqa: BLE001 - whatever another program's answer brings about
        kind = type(error).__name__
    if kind != "Scheduler":
        raise ConfigError(
            f"run.address: what listens at {address} is no Dask scheduler that this version of Dask can talk to "
            f"({kind}). Name the address that `dask scheduler` prints, of the versions in constraints.txt."
        )


async def _kind(address: str) -> str:
    """What kind of a Dask process listens at *address*."""
    from distributed import rpc  # noqa: PLC0415 - as above
    from distributed.security import Security  # noqa: PLC0415

    async with asyncio.timeout(_CONNECT_S):
        async with rpc(address, connection_args=Security().get_connection_args("client")) as remote:
            return str((await remote.identity())["type"])


def _wait_for_workers(runner: DaskTaskRunner, settings: RunSettings) -> None:
    place = settings.address or "this machine"
    client: Client = runner.client
    wakes_adaptive_clusters = client.submit(int, pure=False)
    try:
        client.wait_for_workers(1, timeout=_WORKERS_S)
    except TimeoutError:
        raise DatasetError(
            f"run.address: the Dask scheduler at {place} has no workers, and none joined within {_WORKERS_S} s. "
            f"Start some: `dask worker {place}`."
        ) from None
    wakes_adaptive_clusters.release()


def check_workers(client: Client, run: Run, spec: BuildSpec, plan: RefreshPlan) -> None:
    """Raise where a worker lacks what the shards of *plan* need, so that the run ends before work is lost.

    Raises:
        DatasetError: A worker, or the scheduler, has other versions than this process, cannot import the tasks, or
            reaches the output, a source or Prefect's server not; the message names it and the remedy.
    """
    _check_code(client, (*_SAME, *pixel_libraries(spec.pixels)))
    _check_server(client)
    _check_stores(client, run, spec, plan)


def _check_code(client: Client, same: Sequence[str]) -> None:
    import cloudpickle  # noqa: PLC0415 - comes with Dask

    cloudpickle.register_pickle_by_value(worker_facts)
    try:
        here = worker_facts.installed_versions(same)
        for place, there in _everywhere(client, worker_facts.installed_versions, same).items():
            _refuse_other_versions(place, here, there)
        for place, problem in _everywhere(client, worker_facts.failed_import, "tasks.build_shard").items():
            if problem:
                raise DatasetError(f"{place} cannot import this pipeline: {problem}. {_install(here)}")
    finally:
        cloudpickle.unregister_pickle_by_value(worker_facts)


def _refuse_other_versions(place: str, here: dict[str, str], there: dict[str, str]) -> None:
    if not there["parquetry"]:
        raise DatasetError(f"{place} has no parquetry installed. {_install(here)}")
    other = [f"{name} {there[name]}, here {here[name]}" for name in here if there[name] != here[name]]
    if other:
        raise DatasetError(
            f"{place} has other versions, so its shards might differ: {'; '.join(other)}. {_install(here)}"
        )


def _install(here: dict[str, str]) -> str:
    return (
        "The scheduler and all workers need what this process has: "
        f"pip install -c constraints.txt 'parquetry[dask]=={here['parquetry']}', or one container image for all."
    )


def _check_server(client: Client) -> None:
    """Raise where a worker does not reach Prefect's server, if that is one of a plain http address."""
    from prefect.settings import get_current_settings  # noqa: PLC0415 - what needs no Prefect must not import it

    url = urlsplit(get_current_settings().api.url or "")
    if url.scheme != "http" or not url.hostname:
        return  # one that is asked over https may lie behind a proxy
    for place, problem in _ask(client, worker_facts.failed_connection, url.hostname, url.port or 80, 5.0).items():
        if problem:
            raise DatasetError(
                f"The Dask worker {place} does not reach Prefect's server at {url.hostname}:{url.port}: {problem}. "
                "Set PREFECT_API_URL to a server that all workers reach, such as one started with "
                "`prefect server start --host 0.0.0.0`."
            )


def _check_stores(client: Client, run: Run, spec: BuildSpec, plan: RefreshPlan) -> None:
    needed = Needed(spec.output, spec.folder, uuid4().hex, spec.access, (), spec.fetch)
    needed = replace(needed, samples=readable_samples(_one_a_source(plan), needed))
    prepare_reach(run.store, spec.folder, needed)
    for place, reached in _ask(client, look_around, needed).items():
        problem = reached.problem
        if not problem and not run.store.exists(reached.file):
            problem = f"the output {spec.output.url}: what it writes there does not arrive here"
        if problem:
            raise DatasetError(
                f"The Dask worker {place} does not reach {problem}. Sources and outputs of a cluster must be places "
                "that all of its workers reach: object stores, or a shared folder under the same path everywhere."
            )


def _one_a_source(plan: RefreshPlan) -> list[PlannedRow]:
    """The first sample of each source that is read in a file."""
    found: dict[str, PlannedRow] = {}
    for shard in plan.shards:
        read = shard.samples.filter(pc.not_equal(shard.samples["action"], "copy"))
        read = read.filter(pc.not_equal(read["kind"], "web"))
        for source in read["source"].unique().to_pylist():
            if source not in found:
                found[source] = read.filter(pc.equal(read["source"], source)).slice(0, 1).to_pylist()[0]
    return list(found.values())


def _ask(client: Client, function: Callable[[Unpack[A]], Answer], *arguments: *A) -> dict[str, Answer]:
    """What *function* returns on each worker, by the worker's address."""
    try:
        answers: dict[str, Answer | Exception] = client.run(
            function, *arguments, on_error="return", callback_timeout=_ANSWER_S
        )
    except TimeoutError:
        raise DatasetError(
            f"A Dask worker has not answered for {_ANSWER_S} s. Look at the workers, and end the one that hangs."
        ) from None
    for place, answer in answers.items():
        if isinstance(answer, Exception):
            raise DatasetError(f"The Dask worker {place} failed: {type(answer).__name__}: {answer}") from None
    return cast("dict[str, Answer]", answers)


def _everywhere(client: Client, function: Callable[[Unpack[A]], Answer], *arguments: *A) -> dict[str, Answer]:
    """What *function* returns on the scheduler and on each worker, by their names in a message."""
    on_scheduler = client.run_on_scheduler(function, *arguments)
    on_workers = _ask(client, function, *arguments)
    return {"The Dask scheduler": on_scheduler} | {f"The Dask worker {key}": found for key, found in on_workers.items()}
