"""What a command imports: what the work at hand needs, and none of what is heavy besides."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.flows.conftest import Command

HEAVY = frozenset(
    "PIL adlfs aiohttp boto3 botocore coolname.impl dask datasets distributed fastapi fastapi.applications gcsfs httpx "
    "httpx._main jinja2 jsonschema.validators moto numpy openpyxl pandas polars prefect prefect_dask requests s3fs "
    "sqlalchemy tasks.discover tasks.fetch.web tasks.images.pool".split()
)
SCRIPT = f"""
import json, sys
from contextlib import suppress
from flows.cli import main
for line in json.loads(sys.argv[1]):
    sys.argv[1:] = line
    with suppress(SystemExit):
        main()
    sys.stderr.write("\\n" + json.dumps(sorted({set(HEAVY)!r} & set(sys.modules))) + "\\n")
"""


def imported(command: Command, *lines: Sequence[str | Path]) -> list[set[str]]:
    """The heavy modules that are there at the end of each command; all are run in one interpreter of their own."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, json.dumps([[str(word) for word in line] for line in lines])],
        cwd=command.folder,
        env=command.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [set(json.loads(line)) for line in done.stderr.splitlines() if line.startswith("[")]


def test_a_run_of_local_images_imports_nothing_of_the_web_of_stores_and_of_clusters(
    parquetry: Command, config: Path
) -> None:
    of_prefect = {"fastapi", "httpx", "prefect"}
    always = {"PIL", "numpy", "tasks.discover", "tasks.images.pool"} | of_prefect

    (publishing,) = imported(parquetry, ["run", "--json", config])
    (unchanged,) = imported(parquetry, ["run", "--json", config])
    assert publishing <= always | {"jinja2"}
    assert unchanged <= always, "no page is made"


def test_a_command_that_looks_imports_what_it_looks_with(offline_parquetry: Command, config: Path) -> None:
    lines: list[list[str | Path]] = [["--help"], ["discover", "pets"], ["check", config], ["plan", config]]

    for_help, for_discover, for_check, for_plan = imported(offline_parquetry, *lines)

    assert for_help == set()
    assert for_discover <= {"PIL", "numpy", "tasks.discover"}
    assert for_check <= {"PIL", "numpy", "tasks.discover", "tasks.images.pool"}
    assert for_plan <= {"PIL", "numpy", "tasks.discover", "tasks.images.pool"}


def test_a_command_that_reads_an_output_imports_nothing_of_sources(parquetry: Command, config: Path) -> None:
    parquetry.run_json(config)
    lines = [
        ["files", "out-pets"],
        ["versions", "out-pets"],
        ["explain", "out-pets", "cat/0.png"],
        ["verify", "out-pets"],
    ]

    for_files, for_versions, for_explain, for_verify = imported(parquetry, *lines)

    assert for_files | for_versions <= {"PIL", "numpy"}
    assert for_explain | for_verify <= {"PIL", "numpy", "tasks.images.pool"}
