"""What Prefect costs on threads: per run and per mapped task, beside the same calls without it.

    python -m benchmarks.prefect_cost [--tasks 300]

A server of its own is started first. Task runs are recorded behind the run; what is measured is what the run waits for.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.task_runners import ThreadPoolTaskRunner

from flows.scheduling.server import shared_server

_AT_ONCE = 2  # `run.shards_in_hand`


@task(cache_policy=NO_CACHE, persist_result=False)
def shard(number: int) -> str:
    """As much as a shard task gives back: a place."""
    return f"runs/{number}"


@flow(persist_result=False)
def run_shards(tasks: int) -> int:
    """Map *tasks* tasks that do nothing."""
    threads: ThreadPoolTaskRunner[str] = ThreadPoolTaskRunner(max_workers=_AT_ONCE)
    with threads as runner:
        return len([future.result() for future in runner.map(shard, {"number": list(range(tasks))})])


def main() -> None:
    """Measure, and print the figures."""
    options = argparse.ArgumentParser()
    options.add_argument("--tasks", type=int, default=300)
    options.add_argument("--rounds", type=int, default=3)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made, shared_server(Path(made, "prefect")) as api_url:
        with temporary_settings({PREFECT_API_URL: api_url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            run_shards(1)
            empty = min(_seconds(lambda: run_shards(0)) for _ in range(chosen.rounds))
            full = min(_seconds(lambda: run_shards(chosen.tasks)) for _ in range(chosen.rounds))
        with temporary_settings({PREFECT_API_URL: api_url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 30}):
            beating = min(_seconds(lambda: run_shards(0)) for _ in range(chosen.rounds))
        APILogWorker.drain_all(timeout=10)
        growth = sum(path.stat().st_size for path in Path(made, "prefect").glob("prefect.db*"))
    per_task = (full - empty) / chosen.tasks
    sys.stdout.write(
        f"a run without tasks: {1000 * empty:.0f} ms; under a worker, with heartbeats: {1000 * beating:.0f} ms\n"
        f"a shard task on threads: {1000 * per_task:.1f} ms, {1 / per_task:.0f} a second\n"
        f"the server's database after {chosen.rounds * chosen.tasks} tasks: {growth / 1e6:.1f} MB\n"
    )


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
