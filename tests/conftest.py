"""How long properties are searched, briefly in `make test` and longer in `make fuzz`; what all rooms share."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Iterator

import aiohttp
import pytest
from hypothesis import HealthCheck, settings

from tests.object_store import s3_server

slow_ones_too = [HealthCheck.too_slow]  # one whole shard or image an example
settings.register_profile("brief", max_examples=60, deadline=None, suppress_health_check=slow_ones_too)
settings.register_profile("fuzz", max_examples=5_000, deadline=None, suppress_health_check=slow_ones_too)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "brief"))


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of an S3 server, a process of its own; tests share it, each with buckets of its own."""
    with s3_server(tmp_path_factory.mktemp("s3") / "log") as endpoint:
        yield endpoint


def pytest_unconfigure() -> None:
    """Close the sessions of fsspec's clients: fsspec gives each 0.1 s for that, too little on a busy machine."""
    for session in [thing for thing in gc.get_objects() if type(thing) is aiohttp.ClientSession]:
        loop = session._loop
        if not session.closed and loop.is_running():
            asyncio.run_coroutine_threadsafe(session.close(), loop).result(timeout=60)
