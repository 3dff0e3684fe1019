"""Several datasets in one command, and several commands at once: each ends as it would alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from PIL import Image

from flows.scheduling.server import shared_server

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-P", "-m", "flows.cli", "run", "--json", *map(str, arguments)]


def test_one_that_fails_stops_no_other_and_the_exit_code_says_so(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    refused = write_config(pets, "refused", gates={"min_rows": "100"})
    broken = write_config(pets, "broken")
    shutil.copytree(pets, tmp_path / "more")
    (tmp_path / "more" / "cat" / "late.png").write_bytes(b"nothing")
    gates = {"max_reject_fraction": "0.5"}
    fine = [write_config(source, name, gates=gates) for name, source in (("a", pets), ("b", tmp_path / "more"))]
    (tmp_path / "out-broken").mkdir()
    (tmp_path / "out-broken" / "commits").mkdir()
    (tmp_path / "out-broken" / "commits" / "000001.json").write_text("{")

    outcomes = parquetry.run_json(refused, tmp_path / "none.yaml", broken, *fine, "--parallel", "3", code=2)

    ends = {outcome["name"]: outcome["outcome"] for outcome in outcomes}
    assert len(outcomes) == 5
    assert (ends["a"], ends["b"], ends["refused"]) == ("published", "published", "refused")
    assert sorted(ends.values()).count("failed") == 2
    assert parquetry.run_json(*fine, "--parallel", "2")[0]["outcome"] == "unchanged"


def test_datasets_of_one_output_take_turns(parquetry: Command, config: Path) -> None:
    outcomes = parquetry.run_json(config, config, config, "--parallel", "3")

    assert sorted(outcome["outcome"] for outcome in outcomes) == ["published", "unchanged", "unchanged"]


def noisy(folder: Path, count: int) -> Path:
    """A source that takes a while: images of two megapixels, most of them links to one."""
    (folder / "cat").mkdir(parents=True)
    Image.effect_noise((1600, 1200), 60).save(folder / "cat" / "0.png")
    for number in range(1, count):
        os.link(folder / "cat" / "0.png", folder / "cat" / f"{number}.png")
    return folder


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_them(
    parquetry: Command, write_config: WriteConfig, tmp_path: Path, number: signal.Signals
) -> None:
    source = noisy(tmp_path / "noisy", 600)
    configs = [
        write_config({"path": str(source), "layout": "class_folders"}, name, write={"pixels": "png"}) for name in "abcd"
    ]
    with subprocess.Popen(
        command(*configs, "--parallel", "3"),
        env=dict(parquetry.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        process = psutil.Process(run.pid)
        while not (children := process.children(recursive=True)):
            assert run.poll() is None
        run.send_signal(number)
        output, errors = run.communicate(timeout=15)

    assert run.returncode == 128 + number
    assert "Traceback" not in output + errors
    assert not psutil.wait_procs(children, timeout=15)[1]
    assert not list(tmp_path.glob("out-*/commits"))
    assert [path for root in tmp_path.glob("out-*/runs") for path in root.iterdir()] == []


@pytest.fixture
def parquetry_with_a_server(serverless_parquetry: Command) -> Iterator[Command]:
    """The command with a Prefect server of its own: one that has automations races with itself for their rows."""
    with shared_server(Path(serverless_parquetry.environment["PREFECT_HOME"])) as api_url:
        yield serverless_parquetry.with_environment(PREFECT_API_URL=api_url)


@pytest.mark.faults
@pytest.mark.parametrize("server", ["parquetry_with_a_server", "serverless_parquetry"])
def test_eight_datasets_four_at_once_five_times_over_with_a_server_and_without(
    request: pytest.FixtureRequest, write_config: WriteConfig, pets: Path, tmp_path: Path, server: str
) -> None:
    environment = dict(request.getfixturevalue(server).environment)
    home = Path(environment["PREFECT_HOME"])
    configs = [write_config(pets, f"set-{number}") for number in range(8)]
    for _ in range(5):
        for root in tmp_path.glob("out-*"):
            shutil.rmtree(root)
        run = subprocess.run(
            command(*configs, "--parallel", "4"),
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        outcomes = [json.loads(line) for line in run.stdout.splitlines()]
        assert [outcome["outcome"] for outcome in outcomes] == ["published"] * 8, run.stdout + run.stderr
        logs = [path.read_text() for path in home.rglob("*.log")]
        assert "locked" not in "".join([run.stdout, run.stderr, *logs])


@pytest.mark.faults
def test_two_runs_that_start_together_on_an_empty_prefect_home_both_publish_ten_times_over(
    serverless_parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    configs = [write_config(pets, name) for name in ("one", "two")]
    for attempt in range(10):
        home = tmp_path / f"home-{attempt}"
        environment = {**serverless_parquetry.environment, "PREFECT_HOME": str(home)}
        for root in tmp_path.glob("out-*"):
            shutil.rmtree(root)
        runs = [
            subprocess.Popen(
                command(config), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
            for config in configs
        ]
        ends = [run.communicate(timeout=200) for run in runs]
        logs = "".join(path.read_text() for path in home.rglob("*.log"))
        assert [json.loads(output)["outcome"] for output, _ in ends] == ["published"] * 2, ends
        assert "locked" not in logs + "".join(errors for _, errors in ends)
        shutil.rmtree(home)
