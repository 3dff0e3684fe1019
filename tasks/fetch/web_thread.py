"""The thread in which everything is fetched that comes over http(s)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from tasks.fetch.addresses import AddressPolicy
from tasks.fetch.answers import Body
from tasks.fetch.asked import Asked
from tasks.fetch.settings import FetchSettings
from tasks.fetch.web import WebClient

_RESOLVERS = 64  # look-ups of names at once: those that hang are not to hold up the rest

Result = TypeVar("Result")


class WebThread:
    """A client, its event loop, and the thread that the loop runs in."""

    def __init__(self, settings: FetchSettings, policy: AddressPolicy) -> None:
        self._client = WebClient(settings, policy)
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolve"))
        self._thread = threading.Thread(target=self._loop.run_forever, name="fetch-web", daemon=True)
        self._thread.start()

    async def fetch(self, asked: Asked) -> Body:
        """What is asked for; to be awaited by work that was started here."""
        return await self._client.fetch(asked)

    def start(self, work: Coroutine[Any, Any, Result]) -> Future[Result]:
        """Do *work* in the thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Close all connections, and end the thread."""
        self.start(self._client.close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
