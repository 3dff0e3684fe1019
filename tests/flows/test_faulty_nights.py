"""Nights that are killed, or meet an error, at their k-th file operation; k = 1, 2, … until none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

HERE = Path(__file__).parent


@pytest.fixture
def fast(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a loop syncs ten thousand times."""
    memory = Path("/dev/shm")  # noqa: S108 - only a folder in it is used
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as made:
        yield Path(made)


@pytest.fixture
def changed(serverless_parquetry: Command, write_config: WriteConfig, tmp_path: Path) -> Path:
    """The config of an output with a version, whose source has changed since in every way that a night can meet."""
    pets = tmp_path / "pets"
    for number, label in enumerate(["cat", "dog"]):
        (pets / label).mkdir(parents=True)
        for index in range(8):
            image = Image.new("RGB", (20 + index, 16), (90 * number + 7 * index, 40, 200))
            image.save(pets / label / f"{index}.png")
    (pets / "cat" / "bad.png").write_bytes(b"no image")
    gates = {"max_reject_fraction": "0.5", "max_delete_fraction": "0.5"}
    source = {"path": str(pets), "layout": "class_folders"}
    config = write_config(source, write={"shard_rows": "5"}, gates=gates)
    assert script(serverless_parquetry, config)["outcome"] == "published"
    Image.new("RGB", (30, 30), (1, 2, 3)).save(pets / "dog" / "new.png")
    Image.new("RGB", (31, 30), (9, 2, 3)).save(pets / "cat" / "1.png")
    (pets / "cat" / "2.png").unlink()
    (pets / "dog" / "bad.png").write_bytes(b"no image either")
    os.utime(pets / "cat" / "3.png")
    (pets / "fox").mkdir()
    Image.new("RGB", (31, 30), (9, 200, 3)).save(pets / "fox" / "1.png")
    return config


def script(command: Command, *arguments: object) -> dict[str, Any]:
    line = [sys.executable, "-P", str(HERE / "faulty_nights.py"), *map(str, arguments)]
    done = subprocess.run(
        line,
        env={**command.environment, "PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("fault", "step"), [("kill", 23), ("ENOSPC-for-good", 29)])
def test_a_night_that_goes_wrong_leaves_the_old_version_or_the_new_one(
    serverless_parquetry: Command, changed: Path, fast: Path, fault: str, step: int
) -> None:
    found = script(serverless_parquetry, changed, fast / "loop", fault, step)

    assert found["findings"] == []
    assert found["ends"]["killed" if fault == "kill" else "failed"] > 2


@pytest.mark.faults
@pytest.mark.parametrize("fault", ["kill", "EIO-once", "EIO-for-good", "ENOSPC-once", "ENOSPC-for-good"])
def test_wherever_a_night_goes_wrong_the_next_one_makes_the_same_rows(
    serverless_parquetry: Command, changed: Path, fast: Path, fault: str
) -> None:
    found = script(serverless_parquetry, changed, fast / "loop", fault, 1)

    assert found["findings"] == []
    assert sum(found["ends"].values()) > 60
