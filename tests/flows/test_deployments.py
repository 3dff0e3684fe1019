"""`parquetry deploy`: one deployment a config, made once and changed with it; what people did by hand stays."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events.actions import RunDeployment
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.callables import parameter_schema

from flows.cli import main

if TYPE_CHECKING:
    from tests.flows.conftest import Command

POOL = "nightly"


@pytest.fixture
def client(prefect_server: tuple[Path, str]) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: prefect_server[1]}), get_client(sync_client=True) as client:
        for pool in client.read_work_pools():
            client.delete_work_pool(pool.name)
        for found in client.read_deployments():
            client.delete_deployment(found.id)
        yield client


@pytest.fixture
def pool(client: SyncPrefectClient) -> str:
    """A process pool with a worker that is alive, as far as the server knows."""
    client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
    client.send_worker_heartbeat(POOL, "w1", heartbeat_interval_seconds=30)
    return POOL


def write(folder: Path, name: str = "pets", **schedule: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    section = {"cron": "0 2 * * *", "work_pool": POOL, **schedule}
    content = {"name": name, "source": {"path": "x"}, "output": {"path": "y"}, "schedule": section}
    path.write_text(json.dumps(content))
    return path


def read(client: SyncPrefectClient, name: str = "pets") -> DeploymentResponse:
    return client.read_deployment_by_name(f"refresh-dataset/{name}")


class Here:
    """The command in this process, where Prefect is imported once; tests of mistakes run it as a process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: str | Path, code: int = 0) -> Printed:
        self._monkeypatch.setattr("sys.argv", ["parquetry", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = Printed(*self._capsys.readouterr())
        assert ended.value.code == code, printed
        return printed


class Printed(NamedTuple):
    stdout: str
    stderr: str


@pytest.fixture
def here(
    client: SyncPrefectClient, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Here:
    _ = client
    monkeypatch.chdir(tmp_path)
    return Here(capsys, monkeypatch)


def deploy(here: Here, *arguments: str | Path, code: int = 0) -> dict[str, tuple[str, str]]:
    """What `deploy` says of each dataset: its action and detail."""
    lines = [json.loads(line) for line in here("deploy", "--json", *arguments, code=code).stdout.splitlines()]
    return {line["name"]: (line["action"], line["detail"]) for line in lines}


def test_a_config_becomes_a_deployment_that_holds_its_place_and_nothing_of_it(
    here: Here, client: SyncPrefectClient, pool: str, tmp_path: Path
) -> None:
    path = write(
        tmp_path / "configs", timezone="Europe/Berlin", tags=["vision"], work_queue="low", collision_strategy="enqueue",
        job_variables={"env": {"AWS_PROFILE": "pets"}},
    )  # fmt: skip

    said = here("deploy", os.path.relpath(path, tmp_path)).stdout

    following = r"next at \d{4}-\d\d-\d\d 02:00"
    assert re.fullmatch(rf"created pets: 0 2 \* \* \* \(Europe/Berlin\), {following} on {pool}\n", said)
    made = read(client)
    assert made.parameters == {"config": str(path)}
    assert [(item.schedule.cron, item.schedule.timezone, item.active) for item in made.schedules] == [  # type: ignore[union-attr]
        ("0 2 * * *", "Europe/Berlin", True)
    ]
    assert made.tags == ["parquetry", "vision"]
    assert (made.work_pool_name, made.work_queue_name) == (pool, "low")
    assert made.job_variables == {"env": {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30", "AWS_PROFILE": "pets"}}
    assert made.global_concurrency_limit is not None
    assert made.global_concurrency_limit.limit == 1
    assert made.concurrency_options is not None
    assert made.concurrency_options.collision_strategy == "ENQUEUE"


@pytest.mark.usefixtures("pool")
def test_verifying_and_pruning_are_deployed_beside_the_refresh_and_go_with_their_keys(
    here: Here, client: SyncPrefectClient, tmp_path: Path
) -> None:
    duties: dict[str, Any] = {"verify": {"cron": "0 4 * * *", "parts": 3}, "prune": {"interval": "7d"}}
    path = write(tmp_path / "configs", **duties)

    assert {name: action for name, (action, _) in deploy(here, path).items()} == {
        "pets": "created",
        "pets (verify)": "created",
        "pets (prune)": "created",
    }
    verify = client.read_deployment_by_name("verify-dataset/pets")
    assert verify.parameters == {"config": str(path), "parts": 3}
    assert verify.entrypoint == "parquetry.verify_dataset"
    assert client.read_deployment_by_name("prune-dataset/pets").schedules[0].schedule.interval.days == 7  # type: ignore[union-attr]
    assert {action for action, _ in deploy(here, path).values()} == {"left_alone"}

    write(tmp_path / "configs", prune=duties["prune"])
    assert deploy(here, path)["pets (verify)"] == ("pruned", "its config no longer asks for it")
    path.unlink()
    gone = deploy(here, "--prune", path.parent)
    assert {name: action for name, (action, _) in gone.items()} == {"pets": "pruned", "pets (prune)": "pruned"}


def later(root: str, version: int, files: list[str], more: int = 0) -> None:
    """A flow of somebody else's."""


def needing(root: str, model: str) -> None:
    """One that needs what nobody gives it."""


def make_deployment(client: SyncPrefectClient, work: Callable[..., None]) -> None:
    schema = parameter_schema(work).model_dump(mode="json", exclude_unset=True)
    client.create_deployment(client.create_flow_from_name(work.__name__), "x", parameter_openapi_schema=schema)


@pytest.mark.usefixtures("pool")
def test_what_follows_a_dataset_is_an_automation_that_goes_with_its_key(
    here: Here, client: SyncPrefectClient, tmp_path: Path
) -> None:
    make_deployment(client, later)
    make_deployment(client, needing)

    missing = here("deploy", write(tmp_path, then="train/x"), code=2).stderr
    lacking = here("deploy", write(tmp_path, then="needing/x"), code=2).stderr
    made = deploy(here, write(tmp_path, then="later/x"))
    (there,) = client.read_automations_by_name("parquetry: after pets")
    again = deploy(here, write(tmp_path, then="later/x"))
    gone = deploy(here, write(tmp_path))

    assert "schedule.then: the server has no deployment 'train/x'" in missing
    assert "needs the parameters model" in lacking
    assert made["pets (then)"] == ("created", "Starts later/x for each version of pets that is published.")
    (action,) = there.actions
    assert isinstance(action, RunDeployment)
    assert set(action.parameters or {}) == {"root", "version", "files"}
    assert again["pets (then)"][0] == "left_alone"
    assert gone["pets (then)"] == ("pruned", "its config no longer asks for it")
    assert client.read_automations_by_name("parquetry: after pets") == []


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param({}, id="cron"),
        pytest.param({"cron": None, "interval": "6h", "timezone": "Europe/Berlin"}, id="interval"),
        pytest.param({"cron": None, "rrule": "FREQ=DAILY;BYHOUR=2"}, id="rule"),
    ],
)
def test_deploying_again_leaves_alone_what_is_as_it_should_be(
    here: Here, client: SyncPrefectClient, tmp_path: Path, schedule: dict[str, Any]
) -> None:
    path = write(tmp_path / "configs", **schedule)
    assert deploy(here, path)["pets"][0] == "created"
    before = read(client)

    assert deploy(here, path)["pets"] == ("left_alone", "")

    assert read(client).updated == before.updated


@pytest.mark.usefixtures("pool")
def test_what_was_done_by_hand_stays_and_what_the_config_says_anew_counts(
    here: Here, client: SyncPrefectClient, tmp_path: Path
) -> None:
    path = write(tmp_path / "configs")
    deploy(here, path)
    made = read(client)
    client.pause_deployment(made.id)
    client.update_deployment_schedule(made.id, made.schedules[0].id, active=False)
    assert deploy(here, path)["pets"][0] == "left_alone"

    write(tmp_path / "configs", cron="0 3 * * *")
    assert deploy(here, path)["pets"] == ("changed", "schedule")

    made = read(client)
    assert made.paused
    assert [item.active for item in made.schedules] == [False]
    assert made.schedules[0].schedule.cron == "0 3 * * *"  # type: ignore[union-attr]

    write(tmp_path / "configs", cron="0 3 * * *", paused=True)
    deploy(here, path)
    write(tmp_path / "configs", cron="0 3 * * *")
    deploy(here, path)
    assert not read(client).paused


@pytest.mark.usefixtures("pool")
def test_pruning_removes_what_the_folder_deployed_and_no_longer_holds_and_nothing_else(
    here: Here, client: SyncPrefectClient, tmp_path: Path
) -> None:
    paths = [write(tmp_path / "configs", name) for name in ("kept", "gone", "unscheduled", "broken")]
    beside = write(tmp_path / "configs-of-others", "beside")
    deploy(here, *paths, beside)
    client.create_deployment(read(client, "kept").flow_id, "by-hand", parameters={"config": str(paths[1])})
    beside.unlink()
    paths[1].unlink()
    paths[2].write_text(json.dumps({"name": "unscheduled", "source": {"path": "x"}, "output": {"path": "y"}}))
    paths[3].write_text("name: [")

    said = deploy(here, "--prune", tmp_path / "configs")

    assert {name: action for name, (action, _) in said.items()} == {
        "gone": "pruned",
        "unscheduled": "pruned",
        "broken": "left_alone",
    }
    assert sorted(found.name for found in client.read_deployments()) == ["beside", "broken", "by-hand", "kept"]
    result = here("deploy", "--prune", tmp_path / "unmounted", code=2)
    assert "unmounted: no such folder" in result.stderr


@pytest.mark.usefixtures("pool")
def test_a_config_that_moved_is_followed_and_a_second_one_of_its_name_is_refused(
    here: Here, client: SyncPrefectClient, tmp_path: Path
) -> None:
    first = write(tmp_path / "a")
    deploy(here, first)
    second = write(tmp_path / "b")

    refused = here("deploy", second, code=2).stderr
    assert f"{first} is deployed as 'pets' and is still there" in refused
    assert "--replace" in refused
    assert read(client).parameters == {"config": str(first)}

    first.unlink()
    assert deploy(here, second)["pets"] == ("changed", f"config: was {first}, labels, flow")
    assert read(client).parameters == {"config": str(second)}
    write(tmp_path / "a")
    assert deploy(here, "--replace", first)["pets"][0] == "changed"


def test_one_wrong_config_does_not_keep_the_others_from_being_deployed(here: Here, pool: str, tmp_path: Path) -> None:
    good, bad = write(tmp_path, "good"), write(tmp_path, "bad", cron="often")
    nowhere, plain = write(tmp_path, "nowhere", work_pool="nigthly"), tmp_path / "plain.yaml"
    plain.write_text(json.dumps({"name": "plain", "source": {"path": "x"}, "output": {"path": "y"}}))

    result = here("deploy", good, bad, nowhere, plain, code=2)

    assert result.stdout.startswith("skipped plain: no `schedule` section\ncreated good: 0 2 * * * (UTC), next at ")
    assert result.stdout.endswith(f" on {pool}\n")
    assert f"{bad}:1: schedule.cron: is not a cron" in result.stderr
    assert "the server has no work pool 'nigthly'; there are nightly" in result.stderr
    assert "prefect work-pool create nigthly --type process" in result.stderr


def test_a_pool_without_a_worker_or_paused_is_a_warning_with_the_command_that_helps(
    here: Here, client: SyncPrefectClient, tmp_path: Path
) -> None:
    client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))

    result = here("deploy", write(tmp_path))

    assert result.stdout.startswith("created pets")
    assert f"prefect worker start --pool {POOL}" in result.stderr
    client.update_work_pool(POOL, WorkPoolUpdate(is_paused=True))
    assert f"prefect work-pool resume {POOL}" in here("deploy", tmp_path / "pets.yaml").stderr


def test_a_pool_of_containers_needs_an_image_that_holds_parquetry(
    here: Here, client: SyncPrefectClient, tmp_path: Path
) -> None:
    image = {"type": "string", "default": "prefecthq/prefect:3-latest"}
    template = {"job_configuration": {"image": "{{ image }}", "env": "{{ env }}"}}
    template["variables"] = {"type": "object", "properties": {"image": image, "env": {"type": "object"}}}  # type: ignore[dict-item]
    client.create_work_pool(WorkPoolCreate(name=POOL, type="docker", base_job_template=template))
    client.send_worker_heartbeat(POOL, "w1", heartbeat_interval_seconds=30)

    refused = here("deploy", write(tmp_path), code=2).stderr

    assert "'nightly' is of the type docker" in refused
    assert "job_variables: {image: …}" in refused
    named = write(tmp_path, job_variables={"image": "registry.local/parquetry:1"})
    assert deploy(here, named)["pets"][0] == "created"
    assert read(client).job_variables["image"] == "registry.local/parquetry:1"


def test_without_a_server_the_command_that_starts_one_is_named(serverless_parquetry: Command, tmp_path: Path) -> None:
    assert "No Prefect server is set" in serverless_parquetry("deploy", write(tmp_path), code=2).stderr


class _OldServer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'"2.20.3"' if self.path.endswith("version") else b"true"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def old_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _OldServer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_server_of_another_version_is_named_with_both_versions(serverless_parquetry: Command, tmp_path: Path) -> None:
    with old_server() as url:
        message = serverless_parquetry.with_environment(PREFECT_API_URL=url)("deploy", write(tmp_path), code=2).stderr

    assert "is of version 2.20.3, and this command of 3." in message
    assert "prefect server start" in message
