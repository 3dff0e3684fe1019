"""Runs of one dataset at the same time, runs that sleep, and runs that are killed, through the whole command."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from PIL import Image

from tasks.publish.audit import verify_version
from tasks.publish.history import list_versions
from tasks.publish.versions import version_files
from tasks.samples import StoreUrl
from tasks.storage import LocalStore

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig


def start(command: Command, config: Path, *options: str) -> subprocess.Popen[str]:
    line = [sys.executable, "-P", "-m", "parquetry", "run", "--json", str(config), *options]
    return subprocess.Popen(
        line, env=dict(command.environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def end(run: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    """Exit code, outcome and standard error."""
    output, errors = run.communicate(timeout=300)
    assert "Traceback" not in output + errors
    return run.returncode, json.loads(output) if output.strip() else {}, errors


def add(pets: Path, name: str) -> None:
    Image.new("RGB", (20, 20), (len(name), sum(name.encode()) % 200, 3)).save(pets / "dog" / f"{name}.png")


def check(root: Path) -> list[int]:
    """The versions, each of them whole."""
    store = LocalStore(StoreUrl(str(root)))
    versions = list_versions(store)
    for version in versions:
        assert verify_version(store, version).problems == ()
    return versions


def race(command: Command, config: Path, root: Path) -> None:
    before = len(list_versions(LocalStore(StoreUrl(str(root)))))
    ended = [end(run) for run in [start(command, config) for _ in range(2)]]
    outcomes = sorted(outcome["outcome"] for _, outcome, _ in ended)
    assert outcomes in (["published", "refused"], ["published", "unchanged"])
    assert len(check(root)) == before + 1
    for code, outcome, _ in ended:
        assert code == (1 if outcome["outcome"] == "refused" else 0)
        if outcome["outcome"] == "refused":
            assert f"superseded: version {before + 1} was published at" in outcome["reason"]


def test_of_two_runs_that_start_together_one_publishes_and_the_other_says_why_not(
    parquetry: Command, config: Path, tmp_path: Path
) -> None:
    race(parquetry, config, tmp_path / "out-pets")


@pytest.mark.faults
def test_two_runs_together_night_after_night(parquetry: Command, config: Path, pets: Path, tmp_path: Path) -> None:
    for number in range(8):
        add(pets, f"new{number}")
        race(parquetry, config, tmp_path / "out-pets")


@contextmanager
def frozen(command: Command, config: Path, root: Path, after_s: float) -> Iterator[subprocess.Popen[str]]:
    """A run that is stopped a while after it began to work, and goes on at the end."""
    run = start(command, config)
    while not any(path.is_dir() and "probe" not in path.name for path in root.glob("runs/*")):
        assert run.poll() is None
        time.sleep(0.01)
    time.sleep(after_s)  # what is tested is any moment
    run.send_signal(signal.SIGSTOP)
    yield run
    run.send_signal(signal.SIGCONT)


def sleep_through(command: Command, config: Path, pets: Path, after_s: float) -> None:
    root = config.parent / "out-pets"
    before = len(list_versions(LocalStore(StoreUrl(str(root)))))
    with frozen(command, config, root, after_s) as slept:
        add(pets, f"meanwhile{before}")
        (other,) = command.run_json(config)
        newest = (root / "latest.json").read_bytes()
        state = (root / "state.parquet").read_bytes() if (root / "state.parquet").exists() else b""
    code, outcome, _ = end(slept)

    assert other["outcome"] == "published"
    if not outcome:  # it was stopped after its own commit, or before it began
        return
    assert (code, outcome["outcome"]) in ((1, "refused"), (0, "published"), (0, "unchanged"))
    if outcome["outcome"] == "refused":
        assert "superseded: version" in outcome["reason"]
    assert (root / "latest.json").read_bytes() == newest
    assert ((root / "state.parquet").read_bytes() if state else b"") == state
    assert check(root)[-1] == other["version"]
    assert list((root / "runs").iterdir()) == []


def test_a_run_that_slept_while_another_published_leaves_everything_to_it(
    parquetry: Command, config: Path, pets: Path
) -> None:
    parquetry.run_json(config)
    add(pets, "new")

    sleep_through(parquetry, config, pets, 0.0)


@pytest.mark.faults
def test_runs_that_sleep_at_any_moment_replace_nothing_newer(parquetry: Command, config: Path, pets: Path) -> None:
    chance = random.Random(8)
    parquetry.run_json(config)
    for number in range(6):
        add(pets, f"new{number}")
        sleep_through(parquetry, config, pets, chance.uniform(0, 0.6))


class Reader(threading.Thread):
    """Looks at an output again and again, as a training job does."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.findings: list[str] = []
        self.looks = 0
        self._root = root
        self._ended = threading.Event()

    def run(self) -> None:
        store = LocalStore(StoreUrl(str(self._root)))
        while not self._ended.wait(0.02):
            try:
                version = list_versions(store)[-1]
                problems = verify_version(store, version).problems
                latest = json.loads((self._root / "latest.json").read_bytes())
                missing = [file for file in latest["files"] if not (self._root / file["path"]).exists()]
                missing += [file for file in version_files(store, None) if not Path(file).exists()]
                self.findings += [str(found) for found in (problems, missing) if found]
            except Exception as error:  # noqa: BLE001 - any is a finding
                self.findings.append(repr(error))
            self.looks += 1

    def stop(self) -> None:
        self._ended.set()
        self.join()


@pytest.mark.faults
def test_whenever_a_run_is_ended_readers_see_a_whole_version_and_nothing_is_left(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    chance = random.Random(6)
    config = write_config(pets, write={"shard_rows": "4"})
    root = tmp_path / "out-pets"
    parquetry.run_json(config)
    reader = Reader(root)
    reader.start()
    try:
        for number in range(12):
            add(pets, f"new{number}")
            run = start(parquetry, config)
            process = psutil.Process(run.pid)
            time.sleep(chance.uniform(0.5, 4))  # what is tested is any moment
            children = process.children(recursive=True) if run.poll() is None else []
            run.send_signal((signal.SIGKILL, signal.SIGTERM, signal.SIGINT)[number % 3])
            output, errors = run.communicate(timeout=120)
            assert "Traceback" not in output + errors
            assert not psutil.wait_procs(children, timeout=15)[1]
    finally:
        reader.stop()
    (after,) = parquetry.run_json(config)

    assert reader.findings == []
    assert reader.looks > 50
    assert after["outcome"] in {"published", "unchanged"}
    assert after["written"] == 6 + 12
    assert list((root / "runs").iterdir()) == []
    check(root)
    size = sum(path.stat().st_size for path in (root / "_shards").iterdir())
    parquetry("prune", root, "--yes", "--keep-versions", "1", "--grace-days", "0")
    named = sum(path.stat().st_size for path in (root / "_shards").iterdir())
    assert named <= size
    assert os.listdir(root / "versions") == [f"{after['version']:06}"]  # noqa: PTH208
