"""What a run says is so, whatever becomes of its requests to Prefect's server and of the server's answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faulty_proxy import Proxy, proxy

if TYPE_CHECKING:
    from tests.flows.conftest import Command, WriteConfig

ONCE = ("cut after", "500 before")
FOR_GOOD = ("cut before", "500 before")
EARLY = ("/admin/version", "/csrf-token")
"""Where nothing answers from these on, the server is waited for, which has its own tests."""


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
        ways = [*((fault, False) for fault in ONCE), *((fault, True) for fault in FOR_GOOD)]
        for number, path in enumerate(asked):
            for fault, is_for_good in ways if not any(name in path for name in EARLY) else ways[:2]:
                name = f"{number}-{fault.replace(' ', '-')}-{'for-good' if is_for_good else 'once'}"
                spoil(between, number, fault, is_for_good=is_for_good)
                ended = through("run", "--json", write_config(pets, name), code=None)
                said = [json.loads(line)["outcome"] for line in ended.stdout.splitlines()]
                is_there = any((tmp_path / f"out-{name}").glob("commits/*.json"))
                if said != ["published" if is_there else "failed"] or "defect" in ended.stdout + ended.stderr:
                    false.append(f"{name} {path}: {ended.stdout} {ended.stderr}")

    assert any(path.endswith("/set_state") for path in asked)
    assert not false
