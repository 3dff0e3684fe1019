from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import pytest
from PIL import Image

from flows.scheduling.server import shared_server
from tests.flows.preloaded import Preloaded

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Command:
    """The `parquetry` command, run as a process of its own."""

    environment: Mapping[str, str]
    folder: Path
    preloaded: Preloaded | None = None

    def __call__(self, *arguments: str | Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        words = [str(argument) for argument in arguments]
        if self.preloaded is not None and self.preloaded.takes(self.environment):
            result = self.preloaded.run(words, self.folder, self.environment)
        else:
            command = [sys.executable, "-P", "-m", "flows.cli", *words]
            result = subprocess.run(
                command, cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=900, check=False
            )
        assert code is None or result.returncode == code, f"exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        assert "Traceback" not in result.stdout + result.stderr
        return result

    def run_json(self, *arguments: str | Path, code: int = 0) -> list[dict[str, Any]]:
        result = self("run", "--json", *arguments, code=code)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def with_environment(self, **extra: str) -> Command:
        return replace(self, environment={**self.environment, **extra})

    def fresh(self) -> Command:
        """Each call starts an interpreter of its own."""
        return replace(self, preloaded=None)


def _environment(home: Path, **extra: str) -> dict[str, str]:
    """This environment without what steers Prefect or holds keys; our modules are compiled once, not for each call."""
    left_out = ("PREFECT_", "AWS_", "PYTEST_", "PYTHONDONTWRITEBYTECODE")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(left_out)}
    paths = {"PREFECT_HOME": str(home), "PYTHONPATH": str(ROOT), "HOME": str(home), "COLUMNS": "120"}
    return {**inherited, **paths, **extra}


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """One Prefect server for all tests that run flows: its home and its API URL."""
    home = tmp_path_factory.mktemp("prefect")
    with shared_server(home) as api_url:
        yield home, api_url


@pytest.fixture(scope="session")
def preloaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preloaded]:
    """The process whose forks are commands."""
    with tempfile.TemporaryDirectory() as folder:  # the path of a socket must be short
        process = Preloaded(Path(folder), _environment(tmp_path_factory.mktemp("home")))
        yield process
        process.close()


@pytest.fixture(scope="session")
def environment_of_runs(prefect_server: tuple[Path, str], preloaded: Preloaded) -> Mapping[str, str]:
    """That of commands which have the tests' server."""
    home, api_url = prefect_server
    preloaded.runs = _environment(home, PREFECT_API_URL=api_url)
    return preloaded.runs


@pytest.fixture
def parquetry(environment_of_runs: Mapping[str, str], preloaded: Preloaded, tmp_path: Path) -> Command:
    return Command(environment_of_runs, tmp_path, preloaded)


@pytest.fixture
def offline_parquetry(tmp_path: Path, preloaded: Preloaded) -> Command:
    """The command where Prefect cannot even be imported: what it does, it does without."""
    blocked = tmp_path / "blocked" / "prefect"
    blocked.mkdir(parents=True)
    (blocked / "__init__.py").write_text("raise ImportError('prefect was imported')")
    environment = _environment(tmp_path / "home")
    environment["PYTHONPATH"] = os.pathsep.join([str(blocked.parent), str(ROOT)])
    return Command(environment, tmp_path, preloaded)


@pytest.fixture
def serverless_parquetry(tmp_path: Path, preloaded: Preloaded) -> Command:
    """The command with a Prefect home of its own, empty, and no server."""
    return Command(_environment(tmp_path / "home"), tmp_path, preloaded)


@pytest.fixture
def data() -> Path:
    if not DATA.is_dir():
        pytest.skip("the shared photographs are not beside this checkout")
    return DATA


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A source of two class folders, three images each."""
    root = tmp_path / "pets"
    for number, label in enumerate(["cat", "dog"]):
        for index in range(3):
            path = root / label / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20 + index, 16), (90 * number + 30 * index, 40, 200)).save(path)
    return root


class WriteConfig(Protocol):
    """Writes a config that publishes to ``out-<name>`` beside it."""

    def __call__(self, source: object, name: str = "pets", **sections: object) -> Path: ...


@pytest.fixture
def write_config(tmp_path: Path) -> WriteConfig:
    def write(source: object, name: str = "pets", **sections: object) -> Path:
        content = {
            "name": name,
            "source": source if isinstance(source, dict | list) else {"path": str(source)},
            "resize": {"size": [16, 16]},
            "output": {"path": str(tmp_path / f"out-{name}")},
            **sections,
        }
        path = tmp_path / f"{name}.yaml"
        path.write_text(json.dumps(content))
        return path

    return write


@pytest.fixture
def config(write_config: WriteConfig, pets: Path) -> Path:
    return write_config(pets)
