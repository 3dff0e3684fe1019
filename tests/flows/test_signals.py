"""A run that is told to stop: it ends in time, leaves nothing behind, and the published version is as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A source that takes a while: 150 images of two megapixels, most of them links to one."""
    folder = tmp_path / "many" / "cat"
    folder.mkdir(parents=True)
    Image.effect_noise((1600, 1200), 60).save(folder / "0.png")
    for number in range(1, 150):
        os.link(folder / "0.png", folder / f"{number}.png")
    return tmp_path / "many"


@pytest.fixture
def _not_ignored() -> Iterator[None]:
    """What starts here does not ignore a closed terminal, although the tests may: under `nohup` they do."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_not_ignored")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_with_its_processes(
    parquetry: Command, write_config: WriteConfig, many: Path, tmp_path: Path, number: signal.Signals
) -> None:
    config = write_config({"path": str(many), "layout": "class_folders"}, write={"pixels": "png"})
    command = [sys.executable, "-P", "-m", "parquetry", "run", "--json", str(config)]
    run = subprocess.Popen(
        command, env=dict(parquetry.environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process = psutil.Process(run.pid)
    while not (children := process.children(recursive=True)):
        assert run.poll() is None

    run.send_signal(number)
    output, errors = run.communicate(timeout=60)

    assert run.returncode == 128 + number
    assert "Traceback" not in output + errors
    assert output or "what is published is as it was" in errors
    assert not psutil.wait_procs(children, timeout=15)[1]
    assert not (tmp_path / "out-pets" / "commits").exists()
    if not output:  # on a busy machine it was ended before it could end in order: the next run sweeps
        parquetry("run", config)
    assert not any((tmp_path / "out-pets" / "runs").glob("*"))


def test_a_run_that_is_stopped_goes_on_where_it_was(parquetry: Command, write_config: WriteConfig, many: Path) -> None:
    config = write_config({"path": str(many), "layout": "class_folders"})
    command = [sys.executable, "-P", "-m", "parquetry", "run", "--json", str(config)]
    run = subprocess.Popen(command, env=dict(parquetry.environment), stdout=subprocess.PIPE, text=True)
    process = psutil.Process(run.pid)
    try:
        while not process.children():
            assert run.poll() is None
        for _ in range(20):
            process.suspend()
            while process.status() != psutil.STATUS_STOPPED:
                assert run.poll() is None
            process.resume()
        output, _ = run.communicate(timeout=120)
    finally:
        run.kill()

    assert run.returncode == 0
    assert json.loads(output)["outcome"] == "published"


def is_building(runs: Path) -> bool:
    """Whether a run below *runs* has its plan; the folder may come and go meanwhile."""
    with suppress(FileNotFoundError):
        return any(runs.glob("*/outcomes")) or any(runs.glob("*/plan.arrow"))
    return False


def test_a_killed_run_takes_its_decoders_with_it_and_the_next_one_sweeps(
    parquetry: Command, write_config: WriteConfig, many: Path, tmp_path: Path
) -> None:
    config = write_config({"path": str(many), "layout": "class_folders"}, write={"pixels": "png"})
    command = [sys.executable, "-P", "-m", "parquetry", "run", "--json", str(config)]
    left = tmp_path / "out-pets" / "runs"
    with subprocess.Popen(command, env=dict(parquetry.environment), stdout=subprocess.DEVNULL) as run:
        process = psutil.Process(run.pid)
        while not is_building(left) or not process.children():
            assert run.poll() is None
        children = process.children(recursive=True)
        run.kill()

    assert not psutil.wait_procs(children, timeout=15)[1]
    assert any(left.iterdir())
    config.write_text(
        json.dumps(
            json.loads(config.read_text()) | {"source": {"path": str(tmp_path / "pets"), "layout": "class_folders"}}
        )
    )
    (tmp_path / "pets" / "cat").mkdir(parents=True)
    Image.new("RGB", (9, 9)).save(tmp_path / "pets" / "cat" / "1.png")
    parquetry.run_json(config)
    assert not any((tmp_path / "out-pets" / "runs").glob("*"))
