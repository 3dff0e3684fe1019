"""Incidents on a real server: cancelled, killed, not there at all; what is published stays, and somebody is told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from PIL import Image
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.flows.duty import alive, decoders_below, is_worked, kill, running, runs_of, state_of, until, worker

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

pytestmark = pytest.mark.faults
ROOT = Path(__file__).parents[2]


@pytest.fixture
def client(prefect_server: tuple[Path, str]) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: prefect_server[1]}), get_client(sync_client=True) as client:
        for found in client.read_deployments():
            client.delete_deployment(found.id)
        yield client


@pytest.fixture
def slow(write_config: WriteConfig, pets: Path) -> Path:
    """A dataset of which a version is out, and whose next run takes a while: 1,500 images of two megapixels."""
    _ = pets
    return write_config(
        pets,
        name="slow",
        schedule={"interval": "9d", "work_pool": "incidents"},
        write={"pixels": "png", "shard_rows": "50"},
        gates={"max_delete_fraction": "1"},
        run={"shards_in_hand": "1"},
    )


def grow(pets: Path) -> None:
    Image.effect_noise((1600, 1200), 60).save(pets / "cat" / "large.png")
    for number in range(1500):
        os.link(pets / "cat" / "large.png", pets / "cat" / f"large-{number}.png")


def shrink(pets: Path) -> None:
    for path in (pets / "cat").glob("large-1*.png"):
        path.unlink()
    for path in (pets / "cat").glob("large-[2-9][0-9]*.png"):
        path.unlink()


def start(client: SyncPrefectClient, keeper: psutil.Process) -> tuple[FlowRun, list[psutil.Process]]:
    """A run of `slow`, and its processes once images are decoded."""
    deployment = client.read_deployment_by_name("refresh-dataset/slow")
    run = client.create_flow_run_from_deployment(deployment.id)
    processes = until(lambda: decoders_below(keeper))
    return run, processes


def versions(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out-slow" / "commits").iterdir())


@contextmanager
def serving(parquetry: Command, config: Path, log: Path) -> Iterator[psutil.Process]:
    command = [sys.executable, "-P", "-m", "flows.cli", "serve", str(config)]
    with running(command, {**parquetry.environment, "PREFECT_RUNNER_POLL_FREQUENCY": "1"}, log) as process:
        until(lambda: "serving slow" in log.read_text() or not process.is_running())
        assert "serving slow" in log.read_text()
        yield process


@pytest.mark.parametrize("kept_by", ["worker", "serve"])
def test_a_cancelled_run_is_gone_with_its_processes(  # noqa: PLR0917 - fixtures are arguments
    parquetry: Command, client: SyncPrefectClient, slow: Path, pets: Path, tmp_path: Path, kept_by: str
) -> None:
    parquetry.run_json(slow)
    grow(pets)
    log = tmp_path / "keeper.log"
    keeping: AbstractContextManager[psutil.Process] = (
        worker("incidents", parquetry.environment, log) if kept_by == "worker" else serving(parquetry, slow, log)
    )
    with keeping as keeper:
        if kept_by == "worker":
            until(lambda: is_worked(client, "incidents"))
            parquetry("deploy", slow)
        run, processes = start(client, keeper)

        cancel = [sys.executable, "-P", "-m", "prefect", "flow-run", "cancel", str(run.id)]
        subprocess.run(cancel, env=dict(parquetry.environment), check=True, capture_output=True)
        psutil.wait_procs(processes, timeout=20)

        assert alive(processes) == []
        until(lambda: state_of(client, run) == "Cancelled")
    assert versions(tmp_path) == ["000001.json"]


def test_a_killed_run_is_shown_as_crashed_and_the_next_one_finishes_its_work(
    parquetry: Command, client: SyncPrefectClient, slow: Path, pets: Path, tmp_path: Path
) -> None:
    parquetry.run_json(slow)
    grow(pets)
    assert "created parquetry: dead runs become Crashed" in parquetry("automations").stdout
    assert "left alone parquetry: dead runs become Crashed" in parquetry("automations").stdout
    with worker("incidents", parquetry.environment, tmp_path / "first.log") as keeper:
        until(lambda: is_worked(client, "incidents"))
        parquetry("deploy", slow)
        run, processes = start(client, keeper)
        for process in keeper.children():
            kill(process)
        psutil.wait_procs(processes, timeout=15)
        assert alive(processes) == []
        until(lambda: state_of(client, run) == "Crashed")

        run, processes = start(client, keeper)
        kill(keeper)
        for process in processes:
            kill(process)
        until(lambda: state_of(client, run) == "Crashed", 120)

    assert versions(tmp_path) == ["000001.json"]
    shrink(pets)
    with worker("incidents", parquetry.environment, tmp_path / "second.log"):
        deployment = client.read_deployment_by_name("refresh-dataset/slow")
        last = client.create_flow_run_from_deployment(deployment.id)
        until(lambda: state_of(client, last) == "Published", 240)
    assert versions(tmp_path) == ["000001.json", "000002.json"]
    assert list((tmp_path / "out-slow" / "runs").iterdir()) == []


class _Inbox(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def inbox() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A listener for alerts: its address, and what it got."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Inbox)
    got: list[dict[str, Any]] = []
    server.got = got  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/S3CRET", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_alerts_tell_of_runs_that_were_refused_or_did_not_happen(
    parquetry: Command, write_config: WriteConfig, pets: Path
) -> None:
    (pets / "dog" / 'bad"name.png').write_bytes(b"nothing")
    config = write_config(pets, schedule={"cron": "0 2 * * *"}, gates={"max_reject_fraction": "0.1"})
    with inbox() as (url, got):

        def said(text: str) -> str | None:
            return next((item["text"] for item in got if text in item["text"]), None)

        made = parquetry("automations", config, "--webhook", url, "--within", "10s").stdout.splitlines()
        assert {line.partition(" parquetry: ")[2] for line in made} == {
            "dead runs become Crashed",
            "failed",
            "refused",
            "pets did not happen",
        }
        parquetry("run", config, code=1)
        assert f"parquetry run {config} --accept max_reject_fraction" in until(lambda: said("refused pets"))
        assert "neither published nor found unchanged" in until(lambda: said("pets did not happen"))

        again = parquetry("automations", config, "--webhook", url, "--within", "10s", "--json").stdout.splitlines()
        assert {json.loads(line)["action"] for line in again} == {"left_alone"}
        assert "removed parquetry: failed" in parquetry("automations", "--remove").stdout
    assert url not in "".join(made)


def test_a_failed_run_is_told_of(
    parquetry: Command, client: SyncPrefectClient, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    config = write_config(pets, name="lost", schedule={"interval": "9d", "work_pool": "incidents"})
    with inbox() as (url, got), worker("incidents", parquetry.environment, tmp_path / "worker.log"):
        until(lambda: is_worked(client, "incidents"))
        parquetry("automations", "--webhook", url)
        parquetry("deploy", config)
        config.unlink()
        client.create_flow_run_from_deployment(client.read_deployment_by_name("refresh-dataset/lost").id)

        told = until(lambda: next((item["text"] for item in got if "lost.yaml" in item["text"]), None))
        parquetry("automations", "--remove")

    assert told.startswith("refresh lost: Failed: failed lost: ")
    assert "no such config file" in told
    assert len(runs_of(client, "lost")) >= 1


def test_serve_is_stopped_in_order(parquetry: Command, client: SyncPrefectClient, slow: Path, tmp_path: Path) -> None:
    with serving(parquetry, slow, tmp_path / "serve.log") as process:
        assert not client.read_deployment_by_name("refresh-dataset/slow").paused
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)

    assert client.read_deployment_by_name("refresh-dataset/slow").paused


def test_the_plain_prefect_way_works(parquetry: Command, client: SyncPrefectClient, tmp_path: Path) -> None:
    copy = tmp_path / "repository"
    shutil.copytree(ROOT / "configs", copy / "configs")
    shutil.copy(ROOT / "prefect.yaml", copy)
    parquetry("demo", copy / "demo")
    with worker("nightly", parquetry.environment, tmp_path / "worker.log"):
        until(lambda: is_worked(client, "nightly"))
        command = [sys.executable, "-P", "-m", "prefect", "--no-prompt", "deploy", "--all"]
        environment = {**parquetry.environment, "PWD": str(copy)}
        subprocess.run(command, cwd=copy, env=environment, check=True, capture_output=True)
        deployment = client.read_deployment_by_name("refresh-dataset/shapes-csv")
        run = client.create_flow_run_from_deployment(deployment.id)

        until(lambda: state_of(client, run) == "Published")
    assert (copy / "demo" / "published" / "shapes-csv" / "commits" / "000001.json").is_file()
