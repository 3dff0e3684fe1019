"""What is imported is declared, and what is declared is used."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OWN = {"flows", "tasks", "tests", "benchmarks", "parquetry", "_typeshed"}  # the last is there for type checkers alone
NAMES = {
    "pillow": "PIL",
    "python-dateutil": "dateutil",
    "ruamel-yaml": "ruamel",
    "markdown-it-py": "markdown_it",
    "pylance": "lance",
    "pytest-xdist": "xdist",
}
"""Distributions whose import has another name than theirs."""

NOT_IMPORTED = {
    "fastapi": "bounds what prefect takes",
    "sqlalchemy": "bounds what prefect takes",
    "tzdata": "the zones that zoneinfo reads",
    "gcsfs": "fsspec opens gs:// with it",
    "adlfs": "fsspec opens az:// with it",
    "s3fs": "fsspec opens s3:// with it",
    "pillow-heif": "tasks/image_formats.py names it",
    "pillow-jxl-plugin": "tasks/image_formats.py names it",
    "mypy": "a command",
    "ruff": "a command",
    "hatchling": "builds the package",
    "pytest-cov": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "moto": "started as a server",
}


ELSEWHERE = {"coverage", "daft", "img2dataset", "litdata", "mutmut", "streaming", "webdataset"}
"""What benchmarks/peers and benchmarks/mutation run in environments of their own."""


def imported(folders: Iterable[str]) -> set[str]:
    return {name for folder in folders for name in imported_in(folder)} - OWN - set(sys.stdlib_module_names)


@cache
def imported_in(folder: str) -> frozenset[str]:
    found: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    return frozenset(found)


def modules(requirements: Iterable[str]) -> set[str]:
    names = {re.split(r"[^A-Za-z0-9-]", item)[0].lower() for item in requirements}
    return {NAMES.get(name, name.replace("-", "_")) for name in names if not name.startswith("types-")}


def test_what_the_product_imports_is_declared() -> None:
    extras = [item for name, items in PROJECT["optional-dependencies"].items() if name != "dev" for item in items]

    assert imported(["flows", "tasks"]) - modules([*PROJECT["dependencies"], *extras]) == set()


def test_what_tests_and_benchmarks_import_is_declared() -> None:
    groups = PROJECT["optional-dependencies"].values()
    declared = modules([*PROJECT["dependencies"], *(item for items in groups for item in items)])

    assert imported(["tests", "benchmarks"]) - declared - ELSEWHERE - {"torch"} == set()


def test_what_is_declared_is_used() -> None:
    used = imported(["flows", "tasks", "tests", "benchmarks"]) | {name.replace("-", "_") for name in NOT_IMPORTED}
    groups = PROJECT["optional-dependencies"].values()

    unused = modules([*PROJECT["dependencies"], *(item for items in groups for item in items)]) - used
    assert unused - {"xdist"} == set()
