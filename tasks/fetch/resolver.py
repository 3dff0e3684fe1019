"""The addresses of a name, less those that may not be dialled."""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from tasks.fetch.addresses import AddressPolicy, ForbiddenAddressError


class GuardedResolver(AbstractResolver):
    """Resolves names, and gives only addresses that the policy permits: these are the ones that are dialled."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The permitted addresses of *host*; `ForbiddenAddressError` where there are only others."""
        found = await self._resolver.resolve(host, port, family)
        permitted = [result for result in found if self._policy.permits(host, port, result["host"])]
        if not permitted:
            raise ForbiddenAddressError(f"{host} leads to a private address") if found else OSError("no address")
        return permitted

    async def close(self) -> None:
        """Nothing is held."""
