"""One run, from the listing of its sources to the version that it publishes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from tasks.building.spec import BuildSpec, ShardOutcome
from tasks.errors import RefusedError
from tasks.plan import RefreshPlan
from tasks.progress import tally_of
from tasks.publish import Run, open_run
from tasks.publish.history import read_history
from tasks.publish.runs import refuse_held
from tasks.refresh.dataset import Dataset
from tasks.refresh.guards import refuse_hopeless, refuse_wrong_use
from tasks.refresh.listed import list_sources
from tasks.refresh.options import RefreshOptions
from tasks.refresh.outcome import RunOutcome
from tasks.refresh.planning import PlannedRun, plan_run
from tasks.refresh.publishing import publish_run, refused_run
from tasks.refresh.purging.purge import finish_purge
from tasks.refresh.rounds import settle_rows, with_copies
from tasks.storage import open_store

Build = Callable[[RefreshPlan, BuildSpec], Sequence[ShardOutcome]]
"""Builds the shards of a plan: what each came to, in their order."""


class StepResult(Protocol):
    """What a step of a run comes to."""

    @property
    def headline(self) -> str:
        """One line on it, for the run's log and for the step wherever that is shown."""


Result = TypeVar("Result", bound=StepResult)


class Steps(Protocol):
    """How the steps of a run are carried out: here and now, or as tasks of an engine that shows and retries them."""

    def step(self, name: str, work: Callable[[], Result]) -> Result:
        """What *work*, the step *name* of the run, comes to; what it raises is raised."""

    def building(self, run: Run) -> AbstractContextManager[Build]:
        """Whatever builds the shards of *run*, ready while this lasts."""


def refresh(dataset: Dataset, options: RefreshOptions, steps: Steps) -> RunOutcome:
    """Bring a dataset up to date with its sources: what became of it, published, unchanged or refused.

    Raises:
        DatasetError: It failed, or must not begin; what is published is as it was.
    """
    tally_of(dataset.name).begin()
    refuse_wrong_use(dataset, options)
    with open_run(open_store(dataset.store)) as run:
        planned: PlannedRun | None = None

        def plan() -> PlannedRun:
            nonlocal planned
            planned = plan_run(dataset, run, options, listed)
            refuse_hopeless(dataset, run, options, planned)
            return planned

        try:
            finish_purge(run)
            refuse_held(run)
            listed = steps.step("discover", lambda: list_sources(dataset, run, options))
            planned = steps.step("plan", plan)
            with steps.building(run) as build:
                outcomes = build(planned.plan, planned.spec)
                settled = steps.step("settle", lambda: settle_rows(dataset, planned, run, outcomes))
                built = with_copies(settled, run, build(settled.plan, settled.spec))
            return steps.step("publish", lambda: publish_run(dataset, run, built, planned, options))
        except RefusedError as refusal:
            return refused_run(dataset, run, refusal, planned)


def preview(dataset: Dataset, options: RefreshOptions) -> tuple[Run, PlannedRun]:
    """What `refresh` would do, worked out without writing anything; and the run that would do it.

    Raises:
        DatasetError: What `refresh` would say before it builds.
    """
    refuse_wrong_use(dataset, options, write=False)
    store = open_store(dataset.store)
    run = Run("plan", store, read_history(store), time.monotonic(), is_dry=True)
    return run, plan_run(dataset, run, options, list_sources(dataset, run, options))
