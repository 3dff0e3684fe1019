"""The picture that Prefect draws of a run: its steps as task runs, connected in their order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName, TaskRunFilter, TaskRunFilterFlowRunId
from prefect.client.schemas.objects import TaskRun, TaskRunResult
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.flows.conftest import Command, WriteConfig
from tests.flows.duty import until


@pytest.fixture
def client(prefect_server: tuple[Path, str]) -> Iterator[SyncPrefectClient]:
    _, api_url = prefect_server
    with temporary_settings({PREFECT_API_URL: api_url}), get_client(sync_client=True) as found:
        yield found


def task_runs(client: SyncPrefectClient, name: str, count: int) -> dict[str, TaskRun]:
    """The *count* task runs of the newest run of the dataset *name*, by what they are called."""

    def found() -> list[TaskRun] | None:
        flow_runs = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(name=FlowRunFilterName(any_=[f"refresh {name}"]))
        )
        of_the_run = TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[run.id for run in flow_runs]))
        tasks = client.read_task_runs(task_run_filter=of_the_run)
        ended = all(task.state is not None and task.state.is_final() for task in tasks)
        return tasks if len(tasks) >= count and ended else None

    return {task.name: task for task in until(found)}


def before(task: TaskRun, tasks: dict[str, TaskRun]) -> set[str]:
    """What the task waited for, by name."""
    names = {other.id: name for name, other in tasks.items()}
    inputs = [item for items in task.task_inputs.values() for item in items]
    return {names[item.id] for item in inputs if isinstance(item, TaskRunResult)}


def test_the_steps_of_a_run_are_task_runs_connected_in_their_order(
    parquetry: Command, client: SyncPrefectClient, write_config: WriteConfig, pets: Path
) -> None:
    splits = {"ratios": {"train": "0.5", "test": "0.5"}, "salt": "graph"}
    parquetry.run_json(write_config(pets, name="graph", splits=splits, write={"shard_rows": "2"}))

    tasks = task_runs(client, "graph", 6)
    shards = {name for name in tasks if name.startswith("build ")}
    assert set(tasks) - shards == {"discover", "plan", "settle", "publish"}
    assert all(" · " in name and name.endswith(("rows", "row")) and "/" in name for name in shards)
    assert before(tasks["plan"], tasks) == {"discover"}
    assert all(before(tasks[name], tasks) == {"plan"} for name in shards)
    assert before(tasks["settle"], tasks) == shards
    assert before(tasks["publish"], tasks) == {"settle"}
    messages = {name: str(task.state.message) for name, task in tasks.items() if task.state is not None}
    assert messages["discover"].startswith("class_folders: 6 images, 2 classes")
    assert messages["publish"].startswith("published graph: version 1, 6 images")


def test_the_step_that_failed_or_refused_is_the_red_one(
    parquetry: Command, client: SyncPrefectClient, write_config: WriteConfig, pets: Path
) -> None:
    (pets / "dog" / "bad.png").write_bytes(b"nothing")
    parquetry.run_json(write_config(pets, name="red", gates={"max_reject_fraction": "1", "min_rows": "7"}), code=1)

    tasks = task_runs(client, "red", 5)
    states = {name.partition(" ")[0]: task.state for name, task in tasks.items()}
    assert {name: state.type.value for name, state in states.items() if state is not None} == {
        "discover": "COMPLETED",
        "plan": "COMPLETED",
        "build": "COMPLETED",
        "settle": "COMPLETED",
        "publish": "FAILED",
    }
    assert states["publish"] is not None
    assert "min_rows" in str(states["publish"].message)


def test_a_gate_that_the_plan_decides_makes_the_plan_red(
    parquetry: Command, client: SyncPrefectClient, write_config: WriteConfig, pets: Path
) -> None:
    (pets / "stray.png").write_bytes((pets / "cat" / "0.png").read_bytes())
    source = {"path": str(pets), "layout": "class_folders"}

    gates = {"min_rows": "100", "max_reject_fraction": "1"}
    parquetry.run_json(write_config(source, name="hopeless", gates=gates), code=1)

    tasks = task_runs(client, "hopeless", 2)
    states = {name: task.state for name, task in tasks.items()}
    assert {name: state.type.value for name, state in states.items() if state is not None} == {
        "discover": "COMPLETED",
        "plan": "FAILED",
    }
    assert "min_rows" in str(states["plan"])
