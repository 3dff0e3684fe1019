"""What a run says is so, whatever becomes of its requests to Prefect's server and of the server's answers."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faulty_proxy import Proxy, proxy

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

FAULTS = (("cut after", False), ("500 before", False), ("500 before", True))
"""What befalls a request; and whether it befalls all that follow, too."""
EARLY = ("/admin/version", "/csrf-token")
"""Where nothing answers from these on, the server is waited for, which has its own tests."""
STRIDE = int(os.environ.get("FAULT_STRIDE", "3"))
"""1: each fault befalls each request in turn; more: every so many, so that with 3 each request has one."""


def spoil(between: Proxy, wanted: int, fault: str, *, is_for_good: bool) -> None:
    between.seen.clear()
    between.spoils = lambda number, *_: fault if number == wanted or (is_for_good and number > wanted) else ""


@pytest.mark.faults
def test_each_request_to_prefect_goes_wrong_in_turn(
    parquetry: Command, pets: Path, write_config: WriteConfig, tmp_path: Path
) -> None:
    false: list[str] = []
    with proxy(parquetry.environment["PREFECT_API_URL"].removesuffix("/api")) as between:
        through = parquetry.with_environment(PREFECT_API_URL=f"{between.endpoint}/api")
        through.run_json(write_config(pets, "whole"))
        asked = [path for _, path in between.seen]
        for number, path in enumerate(asked):
            for place, (fault, is_for_good) in enumerate(FAULTS):
                if (number + place) % STRIDE or (is_for_good and any(name in path for name in EARLY)):
                    continue
                name = f"{number}-{fault.replace(' ', '-')}-{'for-good' if is_for_good else 'once'}"
                spoil(between, number, fault, is_for_good=is_for_good)
                ended = through("run", "--json", write_config(pets, name), code=None)
                if not is_true(ended, tmp_path / f"out-{name}"):
                    false.append(f"{name} {path}: {ended.stdout} {ended.stderr}")

    assert any(path.endswith("/set_state") for path in asked)
    assert not false


def is_true(ended: subprocess.CompletedProcess[str], output: Path) -> bool:
    """Whether it is said that a version was published where one was, and only there; and nobody is called to blame."""
    said = [json.loads(line)["outcome"] for line in ended.stdout.splitlines()]
    is_there = any(output.glob("commits/*.json"))
    return said == ["published" if is_there else "failed"] and "defect" not in ended.stdout + ended.stderr
