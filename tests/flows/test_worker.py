"""A night as Prefect lives it: a real server, a process pool, a worker; what its UI is given to show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    LogFilter,
    LogFilterFlowRunId,
    TaskRunFilter,
    TaskRunFilterFlowRunId,
)
from prefect.client.schemas.objects import FlowRun
from prefect.events.filters import EventFilter, EventNameFilter
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.flows.duty import is_worked, runs_of, state_of, until, worker

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


@pytest.fixture
def client(prefect_server: tuple[Path, str]) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: prefect_server[1]}), get_client(sync_client=True) as client:
        yield client


def artifacts_of(client: SyncPrefectClient, run: FlowRun) -> dict[str, Any]:
    """The artifacts of *run*: key to data."""
    chosen = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]))
    return {str(found.key): found.data for found in client.read_artifacts(artifact_filter=chosen)}


def lines_of(client: SyncPrefectClient, run: FlowRun) -> list[str]:
    """What *run* logged, as far as the server has it."""
    chosen = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id]))
    return [line.message for line in client.read_logs(log_filter=chosen, limit=200)]


def events_of(client: SyncPrefectClient, name: str) -> list[dict[str, Any]]:
    """The payloads of the events *name* that the server has."""
    page = client.read_events(filter=EventFilter(event=EventNameFilter(name=[name])), limit=50)
    return [event.payload for event in page.events]


def manual(client: SyncPrefectClient, name: str, **parameters: Any) -> FlowRun:
    """A run of a deployment that somebody asks for, at its end."""
    deployment = client.read_deployment_by_name(f"refresh-dataset/{name}")
    run = client.create_flow_run_from_deployment(deployment.id, parameters=parameters)

    def ended() -> FlowRun | None:
        now = client.read_flow_run(run.id)
        return now if now.state is not None and now.state.is_final() else None

    return until(ended)


TRAIN = """
import json
import pyarrow.parquet as pq
from pathlib import Path
from prefect import flow

@flow
def train(files: list[str], version: int, manifest_sha256: str, root: str):
    tables = [pq.read_table(file, columns=["label_name"]) for file in files]
    labels = [label for table in tables for label in table["label_name"].to_pylist()]
    known = {"version": version, "manifest_sha256": manifest_sha256, "root": root, "labels": sorted(labels)}
    made = Path(__file__).with_name("half.json")
    made.write_text(json.dumps(known))
    made.rename(made.with_name("trained.json"))
"""


def test_what_follows_a_dataset_is_started_with_the_files_of_the_version_and_reads_them(
    parquetry: Command, client: SyncPrefectClient, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
    config = write_config(pets, name="led", schedule={"interval": "9d", "work_pool": "led", "then": "train/nightly"})
    with worker("led", parquetry.environment, tmp_path / "worker.log"):
        until(lambda: is_worked(client, "led"))
        train: Any = flow.from_source(source=str(tmp_path), entrypoint="train.py:train")
        train.deploy("nightly", work_pool_name="led", build=False, push=False, print_next_steps=False)
        parquetry("deploy", config)
        parquetry("run", config)
        until((tmp_path / "trained.json").exists)

    trained = json.loads((tmp_path / "trained.json").read_text())
    commit = json.loads((tmp_path / "out-led" / "commits" / "000001.json").read_bytes())
    assert trained == {
        "version": 1,
        "manifest_sha256": commit["manifest_sha256"],
        "root": str(tmp_path / "out-led"),
        "labels": sorted(path.parent.name for path in pets.glob("*/*.png")),
    }


def test_a_scheduled_run_fires_and_is_shown(
    parquetry: Command, client: SyncPrefectClient, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    (pets / "cat" / "bad|name.png").write_bytes(b"nothing")
    schedule = {"interval": "10s", "work_pool": "duty", "tags": ["vision"]}
    config = write_config(pets, name="duty", schedule=schedule, gates={"max_reject_fraction": "0.5"})
    with worker("duty", parquetry.environment, tmp_path / "worker.log"):
        until(lambda: is_worked(client, "duty"))
        parquetry("deploy", config)
        found = until(lambda: [run for run in runs_of(client, "duty") if state_of(client, run) == "Published"])[0]

    scheduled = client.read_flow_run(found.id)
    assert scheduled.auto_scheduled
    assert scheduled.name == "refresh duty"
    assert {"parquetry", "vision"} <= set(scheduled.tags)
    assert scheduled.parameters == {"config": str(config)}
    of_the_run = TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[scheduled.id]))
    names = {task.name for task in client.read_task_runs(task_run_filter=of_the_run)}
    assert names >= {"discover", "plan", "settle", "publish"}
    made = artifacts_of(client, scheduled)
    assert {"progress-duty", "rejects-duty", "report-duty", "summary-duty"} == set(made)
    assert made["progress-duty"] == 100.0
    left_out = json.loads(made["rejects-duty"])
    assert [(row["image"], row["reason"]) for row in left_out] == [("cat/bad|name.png", "not_an_image")]
    assert left_out[0]["detail"]
    assert str(tmp_path / "out-duty" / "reports") in made["report-duty"]
    assert until(lambda: "duty" in [event["dataset"] for event in events_of(client, "parquetry.published")])


@pytest.mark.faults
def test_runs_by_hand_end_in_states_of_our_names_and_one_line_says_why(
    parquetry: Command, client: SyncPrefectClient, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    (pets / "dog" / "bad.png").write_bytes(b"nothing")
    schedule = {"interval": "9d", "work_pool": "hand"}
    gates = {"max_reject_fraction": "0.1"}
    config = write_config(pets, name="hand", schedule=schedule, gates=gates)
    where = tmp_path / "out-hand"
    with worker("hand", parquetry.environment, tmp_path / "worker.log"):
        until(lambda: is_worked(client, "hand"))
        parquetry("deploy", config)
        refused = manual(client, "hand")
        published = manual(client, "hand", accept=["max_reject_fraction"])
        (pets / "dog" / "worse.png").write_bytes(b"nothing")
        accepted = manual(client, "hand", accept=["max_reject_fraction"])
        config.rename(tmp_path / "moved.yaml")
        failed = manual(client, "hand")

    assert refused.state is not None
    assert (refused.state.type.value, refused.state.name) == ("FAILED", "Refused")
    line = str(refused.state.message)
    assert line.startswith(f"refused hand at {where}: max_reject_fraction: ")
    assert f"`parquetry run {config} --accept max_reject_fraction`" in line
    assert """prefect deployment run 'refresh-dataset/hand' -p 'accept=["max_reject_fraction"]'""" in line
    assert until(lambda: [text for text in lines_of(client, refused) if text == line]) == [line]
    assert until(lambda: line in [event["reason"] for event in events_of(client, "parquetry.refused")])
    assert [run.state.name for run in (published, accepted) if run.state is not None] == ["Published", "Published"]
    drift = artifacts_of(client, accepted)["drift-hand"]
    assert "| gate crossed, and accepted |" in drift
    assert failed.state is not None
    assert (failed.state.type.value, failed.state.name) == ("FAILED", "Failed")
    said = str(failed.state.message)
    assert said.startswith(f"failed hand: {config}: no such config file. Did you mean {tmp_path / 'moved.yaml'}? ")
    assert "If it moved: `parquetry deploy" in said
    assert "Traceback" not in (tmp_path / "worker.log").read_text()
