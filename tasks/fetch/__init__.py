"""Bytes from anywhere: one way in, with retries, limits, politeness and an address policy.

`tasks.fetch.fetcher` is that way. It is imported by who fetches: a night without changes fetches nothing, and need not
wait for its web client.
"""

from __future__ import annotations

from tasks.fetch.fetched import Fetched
from tasks.fetch.settings import FetchSettings

__all__ = ["FetchSettings", "Fetched"]
