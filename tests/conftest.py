"""How long properties are searched, briefly in `make test` and longer in `make fuzz`; how a process of tests ends."""

from __future__ import annotations

import asyncio
import gc
import os

import aiohttp
from hypothesis import HealthCheck, settings

slow_ones_too = [HealthCheck.too_slow]  # one whole shard or image an example
settings.register_profile("brief", max_examples=60, deadline=None, suppress_health_check=slow_ones_too)
settings.register_profile("fuzz", max_examples=5_000, deadline=None, suppress_health_check=slow_ones_too)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "brief"))


def pytest_unconfigure() -> None:
    """Close the sessions of fsspec's clients: fsspec gives each 0.1 s for that, too little on a busy machine."""
    for session in [thing for thing in gc.get_objects() if type(thing) is aiohttp.ClientSession]:
        loop = session._loop
        if not session.closed and loop.is_running():
            asyncio.run_coroutine_threadsafe(session.close(), loop).result(timeout=60)
