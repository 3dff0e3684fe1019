"""A plugin of pytest that writes down what each test takes that passes, and what was imported in the end."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

FOLDER = "MUTATION_REACH"
"""The variable that says in which folder each process of the tests writes a file."""
_seconds: dict[str, float] = {}
_failed: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note what a test takes of a processor, which is the same however busy the machine is."""
    begun = time.process_time()
    try:
        return (yield)
    finally:
        _seconds[item.nodeid] = time.process_time() - begun


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note what fails."""
    if report.failed:
        _failed.add(report.nodeid)


def pytest_sessionfinish() -> None:
    """Write it down."""
    passed = {test: took for test, took in _seconds.items() if test not in _failed}
    place = Path(os.environ[FOLDER], f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.json")
    place.write_text(json.dumps({"seconds": passed, "modules": sorted(sys.modules)}), "utf-8")
