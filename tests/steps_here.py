"""The steps of a run, each done here and now: what Prefect would show as task runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tasks.building.build import build_shard_files
from tasks.building.plan_files import read_plan, write_plans
from tasks.building.spec import BuildSpec, ShardOutcome
from tasks.plan import RefreshPlan
from tasks.publish import Run
from tasks.refresh.refresh import Build, Result
from tasks.storage import open_store


class StepsHere:
    """In this process, one after another; shards by way of the same files as from a task to the flow."""

    def step(self, name: str, work: Callable[[], Result]) -> Result:
        _ = name
        return work()

    @contextmanager
    def building(self, run: Run) -> Iterator[Build]:
        _ = run
        yield build_here


def build_here(plan: RefreshPlan, spec: BuildSpec) -> list[ShardOutcome]:
    """What the shards of *plan* came to."""
    if not plan.shards:
        return []
    store = open_store(spec.output)
    place = write_plans(store, spec.folder, plan, spec.as_json())
    paths = []
    for shard in plan.shards:
        read, text = read_plan(place, shard.number)
        outcome = build_shard_files(read, BuildSpec.from_json(text))
        paths.append(f"{spec.folder}/outcomes/{shard.number:06}.arrow")
        store.replace(paths[-1], outcome.to_bytes())
    return [ShardOutcome.from_bytes(store.read_bytes(path)) for path in paths]
