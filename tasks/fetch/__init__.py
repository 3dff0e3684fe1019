"""Bytes from anywhere: one way in, with retries, limits, politeness and an address policy."""

from __future__ import annotations

from tasks.fetch.ahead import FetchAhead
from tasks.fetch.fetched import Fetched
from tasks.fetch.fetcher import Fetcher, shared_fetcher, trusted_hosts
from tasks.fetch.kept import Purpose
from tasks.fetch.settings import FetchSettings

__all__ = ["FetchAhead", "FetchSettings", "Fetched", "Fetcher", "Purpose", "shared_fetcher", "trusted_hosts"]
