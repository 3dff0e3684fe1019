"""What a command imports: what the work at hand needs, and none of what is heavy besides."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.conftest import Command

HEAVY = frozenset(
    "PIL adlfs aiohttp boto3 botocore coolname.impl dask datasets distributed fastapi fastapi.applications gcsfs httpx "
    "httpx._main jinja2 jsonschema.validators moto numpy openpyxl pandas polars prefect prefect_dask requests s3fs "
    "sqlalchemy tasks.discover tasks.fetch.web tasks.images.pool".split()
)
SCRIPT = f"""
import atexit, json, sys
atexit.register(lambda: sys.stderr.write(json.dumps(sorted({set(HEAVY)!r} & set(sys.modules)))))
from flows.cli import main
main()
"""


def imported(command: Command, *arguments: str | Path) -> set[str]:
    """The heavy modules that are there at the end of a command in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, *map(str, arguments)],
        cwd=command.folder,
        env=command.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_a_run_of_local_images_imports_nothing_of_the_web_of_stores_and_of_clusters(
    parquetry: Command, config: Path
) -> None:
    of_prefect = {"fastapi", "httpx", "prefect"}
    always = {"PIL", "numpy", "tasks.discover", "tasks.images.pool"} | of_prefect

    assert imported(parquetry, "run", "--json", config) <= always | {"jinja2"}
    assert imported(parquetry, "run", "--json", config) <= always, "unchanged: no page is made"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param(["--help"], set(), id="help"),
        pytest.param(["check", "pets.yaml"], {"PIL", "numpy", "tasks.discover", "tasks.images.pool"}, id="check"),
        pytest.param(["discover", "pets"], {"PIL", "numpy", "tasks.discover"}, id="discover"),
        pytest.param(["plan", "pets.yaml"], {"PIL", "numpy", "tasks.discover", "tasks.images.pool"}, id="plan"),
    ],
)
def test_a_command_that_looks_imports_what_it_looks_with(
    offline_parquetry: Command, config: Path, arguments: list[str], expected: set[str]
) -> None:
    assert config.name == "pets.yaml"
    assert imported(offline_parquetry, *arguments) <= expected


def test_a_command_that_reads_an_output_imports_nothing_of_sources(parquetry: Command, config: Path) -> None:
    parquetry.run_json(config)
    root = "out-pets"

    assert imported(parquetry, "files", root) <= {"PIL", "numpy"}
    assert imported(parquetry, "versions", root) <= {"PIL", "numpy"}
    assert imported(parquetry, "explain", root, "cat/0.png") <= {"PIL", "numpy", "tasks.images.pool"}
    assert imported(parquetry, "verify", root) <= {"PIL", "numpy", "tasks.images.pool"}
