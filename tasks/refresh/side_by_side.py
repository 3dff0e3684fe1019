"""Several datasets in one process: one after another, or some of them at once in threads."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from typing import TypeVar

from tasks.refresh.dataset import Dataset

Asked = TypeVar("Asked", bound=Dataset)
Result = TypeVar("Result")


def run_each(
    ready: Sequence[tuple[str, Asked]],
    run: Callable[[tuple[str, Asked]], Result],
    parallel: int,
    is_stopped: Callable[[], bool],
) -> Iterator[Result]:
    """What *run* makes of each of *ready*, as they end; up to *parallel* are under way at once.

    Threads, not processes: so all share one Prefect, one pool of decoder processes, and the bounds of `fetch`. Datasets
    of one name or one output never run at once.

    Args:
        ready: The place of a config, and what it says.
        run: Runs one.
        parallel: How many at once.
        is_stopped: None is begun once this says so.
    """
    if parallel > 1:
        yield from _at_once(ready, run, parallel, is_stopped)
        return
    for item in ready:
        if is_stopped():
            return
        yield run(item)


def _at_once(
    ready: Sequence[tuple[str, Asked]],
    run: Callable[[tuple[str, Asked]], Result],
    parallel: int,
    is_stopped: Callable[[], bool],
) -> Iterator[Result]:
    locks = {key: threading.Lock() for item in ready for key in _keys(item)}

    def run_alone(item: tuple[str, Asked]) -> Result | None:
        with ExitStack() as held:
            for key in _keys(item):
                held.enter_context(locks[key])
            return None if is_stopped() else run(item)

    with ThreadPoolExecutor(parallel, thread_name_prefix="dataset") as pool:
        # a copy of the context each: it holds the settings that Prefect was given for these runs
        futures = [pool.submit(contextvars.copy_context().run, run_alone, item) for item in ready]
        for future in as_completed(futures):
            if (result := future.result()) is not None:
                yield result


def _keys(item: tuple[str, Dataset]) -> list[str]:
    """What no two runs may use at once, in one order for all."""
    _, dataset = item
    return sorted({f"name {dataset.name}", f"output {dataset.output.path}"})
