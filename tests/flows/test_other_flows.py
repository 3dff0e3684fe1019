"""What is run beside refreshes: verifying and pruning; and a refresh as a part of somebody else's flow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas import State
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.prune_dataset import prune_dataset
from flows.refresh_dataset import refresh_dataset
from flows.verify_dataset import verify_dataset
from tests.flows.conftest import ROOT, Command, WriteConfig

pytestmark = pytest.mark.usefixtures("server")


@pytest.fixture
def server(prefect_server: tuple[Path, str]) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: prefect_server[1]}):
        yield


def facts(state: State[Any]) -> dict[str, Any]:
    return dict(state.result())


def end(state: State[Any]) -> tuple[str, str]:
    return str(state.name), str(state.message)


def test_verifying_reads_a_part_of_the_files_and_names_what_is_damaged(write_config: WriteConfig, pets: Path) -> None:
    config = str(write_config(pets, name="watched"))
    refresh_dataset(config)
    root = Path(config).parent / "out-watched"

    assert end(verify_dataset(config, parts=1, return_state=True))[0] == "Verified"
    shard = next((root / "versions" / "000001" / "data").glob("*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)

    name, message = end(verify_dataset(config, parts=1, return_state=True))
    assert name == "Damaged"
    assert "has other bytes than were written" in message
    assert shard.name in message


def test_verifying_reads_all_files_in_as_many_days_as_there_are_parts(write_config: WriteConfig, pets: Path) -> None:
    config = str(write_config(pets, name="parts", write={"shard_rows": "1"}))
    refresh_dataset(config)

    read = [facts(verify_dataset(config, parts=3, part=part, return_state=True))["files"] for part in (1, 2, 3)]

    assert sum(read) == facts(verify_dataset(config, parts=1, return_state=True))["files"]
    assert min(read) > 0


def test_pruning_deletes_what_no_kept_version_needs(write_config: WriteConfig, pets: Path) -> None:
    output = {"path": str(pets.parent / "out-pruned"), "keep_versions": "1", "grace_days": "0"}
    config = str(write_config(pets, name="pruned", output=output))
    refresh_dataset(config)

    assert facts(prune_dataset(config, return_state=True))["files"] == 0
    assert end(verify_dataset(config, parts=1, return_state=True))[0] == "Verified"


def test_without_a_version_the_sentence_says_so(write_config: WriteConfig, pets: Path) -> None:
    config = str(write_config(pets, name="none"))

    name, message = end(verify_dataset(config, return_state=True))

    assert name == "Failed"
    assert "There is no folder" in message
    assert "Name the output of a published dataset." in message

    (pets.parent / "out-none").mkdir()
    assert "holds no version" in end(verify_dataset(config, return_state=True))[1]


_THEIRS = """
import asyncio, sys

from prefect import flow


from flows.refresh_dataset import refresh_dataset


@flow
def outer(config):
    return dict(refresh_dataset(config))


@flow
async def later(config):
    return dict(refresh_dataset(config))


print(outer(sys.argv[1])["outcome"], asyncio.run(later(sys.argv[1]))["outcome"])
loaded = flow.from_source(sys.argv[2], "flows/refresh_dataset.py:refresh_dataset")
print(loaded(sys.argv[1])["outcome"])
"""


def test_a_refresh_is_a_part_of_flows_of_another_project(
    parquetry: Command, write_config: WriteConfig, pets: Path, tmp_path: Path
) -> None:
    config = write_config(pets, name="inner")
    theirs = tmp_path / "theirs.py"
    theirs.write_text(_THEIRS, encoding="utf-8")
    command = [sys.executable, "-P", str(theirs), str(config), str(ROOT)]

    done = subprocess.run(command, env=dict(parquetry.environment), capture_output=True, text=True, check=False)

    assert done.stdout.split() == ["published", "unchanged", "unchanged"], done.stderr[-2000:]
