"""What tests of workers and servers share: processes that end with the test, and waiting for what the server says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun

T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float = 150) -> T:
    """What *look* sees as soon as it sees something; an assertion where it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{look} saw nothing within {seconds:g} s")


@contextmanager
def running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[psutil.Process]:
    """A process that leads its own group; gone afterwards, with all that it started."""
    with log.open("w") as target:
        started = subprocess.Popen(
            command, env=dict(environment), stdout=target, stderr=subprocess.STDOUT, start_new_session=True
        )
        process = psutil.Process(started.pid)
        try:
            yield process
        finally:
            below = process.children(recursive=True) if process.is_running() else []
            if started.poll() is None:
                started.send_signal(signal.SIGTERM)
            try:
                started.wait(timeout=10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
            for child in below:
                if child.is_running():
                    child.kill()


@contextmanager
def worker(pool: str, environment: Mapping[str, str], log: Path) -> Iterator[psutil.Process]:
    """A worker of the process pool *pool*, which it makes where it is not there."""
    quick = {"PREFECT_WORKER_QUERY_SECONDS": "1", "PREFECT_RUNNER_POLL_FREQUENCY": "1"}
    command = [sys.executable, "-P", "-m", "prefect", "worker", "start", "--pool", pool, "--type", "process"]
    with running(command, {**environment, **quick}, log) as process:
        yield process


def is_worked(client: SyncPrefectClient, pool: str) -> bool:
    """Whether the pool *pool* is there, and has a worker."""
    there = {found.name for found in client.read_work_pools()}
    return pool in there and bool(client.read_workers_for_work_pool(pool))


def runs_of(client: SyncPrefectClient, deployment: str) -> list[FlowRun]:
    """The flow runs of ``refresh-dataset/<deployment>``."""
    found = client.read_deployment_by_name(f"refresh-dataset/{deployment}")
    chosen = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[found.id]))
    return client.read_flow_runs(flow_run_filter=chosen, limit=200)


def state_of(client: SyncPrefectClient, run: FlowRun) -> str:
    """The name of the state that *run* is in."""
    state = client.read_flow_run(run.id).state
    return str(state.name) if state is not None else ""


def decoders_below(process: psutil.Process) -> list[psutil.Process]:
    """All processes below *process*, once decoders are among them."""
    below = process.children(recursive=True)
    return below if any("tasks.images.child" in " ".join(_command_line(child)) for child in below) else []


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def alive(processes: list[psutil.Process]) -> list[int]:
    """The ids of those of *processes* that still run."""
    return [process.pid for process in processes if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(process: psutil.Process) -> None:
    """SIGKILL, to a process that may be gone."""
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
