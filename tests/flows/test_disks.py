"""Disks that are full or cannot be written, and what is synced in which order."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from tasks.publish.audit import verify_version
from tasks.samples import StoreUrl
from tasks.storage import LocalStore

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

Mount = Callable[[str], Path]


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a small file system in memory, with the options that are given."""
    made: list[Path] = []

    def mount_one(options: str) -> Path:
        place = tmp_path / f"disk{len(made)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        with suppress(OSError):
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                made.append(place)
                return place
        pytest.skip("file systems cannot be mounted here")

    yield mount_one
    for place in made:
        subprocess.run(["umount", str(place)], check=True)  # noqa: S607 - from the path


def noise(folder: Path, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.effect_noise((128, 128), 60 + number).save(folder / f"{number}.png")


@pytest.mark.parametrize(
    "megabytes", [1, pytest.param(2, marks=pytest.mark.faults), pytest.param(4, marks=pytest.mark.faults)]
)
def test_a_full_disk_is_told_the_old_version_stays_and_the_run_goes_on_once_there_is_room(
    parquetry: Command, write_config: WriteConfig, tmp_path: Path, mount: Mount, megabytes: int
) -> None:
    disk = mount(f"size={megabytes}m")
    noise(tmp_path / "noise" / "cat", 20)
    write = {"pixels": "png", "shard_rows": "20"}
    output = {"path": str(disk / "out")}
    source = {"path": str(tmp_path / "noise"), "layout": "class_folders"}
    config = write_config(source, write=write, resize={"size": [128, 128]}, output=output)
    parquetry.run_json(config)
    noise(tmp_path / "noise" / "dog", 400)

    (outcome,) = parquetry.run_json(config, code=1)

    assert outcome["outcome"] == "failed"
    assert "No space left on device" in outcome["reason"]
    store = LocalStore(StoreUrl(str(disk / "out")))
    found = verify_version(store, None)
    assert (found.version, found.problems) == (1, ())
    assert list((disk / "out" / "runs").iterdir()) == []
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)  # noqa: S607 - from the path
    (after,) = parquetry.run_json(config)
    assert (after["outcome"], after["written"]) == ("published", 420)
    assert after["images_decoded"] < 400 or megabytes == 1  # finished shards were adopted


def test_an_output_that_cannot_be_written_is_found_before_the_work(
    offline_parquetry: Command, config: Path, mount: Mount
) -> None:
    disk = mount("size=1m")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)  # noqa: S607 - from the path

    message = offline_parquetry("run", config, "--set", f"output.path={disk}/out", code=2).stderr

    assert "cannot be written" in message
    assert "Read-only file system" in message


@pytest.mark.faults
def test_everything_is_synced_before_the_commit_can_be_seen(
    parquetry: Command, config: Path, pets: Path, tmp_path: Path
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    parquetry.run_json(config)
    Image.new("RGB", (20, 20), (1, 2, 3)).save(pets / "dog" / "new.png")
    log = tmp_path / "trace"
    calls = "trace=openat,fsync,fdatasync,link,linkat,rename,renameat,renameat2,mkdir"
    command = ["strace", "-f", "-y", "-qq", "-o", str(log), "-e", calls, sys.executable, "-P", "-m", "flows.cli", "run"]
    traced = subprocess.run([*command, str(config)], env=dict(parquetry.environment), capture_output=True, check=False)
    if traced.returncode:
        pytest.skip(f"strace is not allowed here: {traced.stderr.decode()[:100]}")

    root = tmp_path / "out-pets"
    lines = log.read_text(errors="replace").splitlines()
    (commit,) = [number for number, line in enumerate(lines) if "link" in line and "commits/000002.json" in line]
    before = lines[:commit]
    version = json.loads((root / "commits" / "000002.json").read_text())
    manifest = json.loads((root / version["manifest"]).read_text())
    files = [*manifest["shards"], manifest["report"], {"path": version["manifest"]}]
    new = [file["path"] for file in files if any(f'{file["path"]}"' in line and "rename" in line for line in before)]
    assert len(new) >= 3
    for path in new:
        (renamed,) = [number for number, line in enumerate(before) if f'{path}"' in line and "rename" in line]
        source = re.findall(r'"([^"]+)"', before[renamed])[0]
        assert any(f"<{source}>" in line and "fsync" in line for line in before[:renamed]), f"{path} is not synced"
        folder = os.path.dirname(root / path)  # noqa: PTH120 - as strace prints it
        assert any(f"<{folder}>" in line and "fsync" in line for line in before[renamed:]), f"{folder} is not synced"
    after = lines[commit:]
    assert any(f"<{root / 'commits'}>" in line and "fsync" in line for line in after)


def test_the_number_of_workers_changes_no_byte(parquetry: Command, write_config: WriteConfig, tmp_path: Path) -> None:
    for label in ("cat", "dog"):
        noise(tmp_path / "noise" / label, 40)
    digests = []
    for number, run in enumerate(
        ({"image_processes": "1", "shards_in_hand": "1"}, {"image_processes": "3", "shards_in_hand": "4"})
    ):
        config = write_config(
            tmp_path / "noise", write={"shard_rows": "9"}, run=run, output={"path": str(tmp_path / f"out{number}")}
        )
        parquetry.run_json(config)
        files = json.loads((tmp_path / f"out{number}" / "latest.json").read_text())["files"]
        digests.append([(file["path"], file["sha256"], file["rows"]) for file in files])

    assert digests[0] == digests[1]
    assert len(digests[0]) > 8
