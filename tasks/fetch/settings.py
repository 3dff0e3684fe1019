"""The `fetch` section: how bytes are fetched, and from where they may come."""

from __future__ import annotations

from typing import Annotated

from pydantic import ByteSize, Field

from tasks.step_config import StepConfig


class FetchSettings(StepConfig):
    """How bytes are fetched; the bounds are those of one machine, shared by its shards.

    Attributes:
        concurrency: Requests at once.
        per_host: Requests at once to one host.
        attempt_timeout_s: Seconds for one attempt.
        deadline_s: Seconds for all attempts at one image together.
        retries: Further attempts at what fails for a passing reason.
        max_bytes: An image file may have so many bytes.
        bytes_in_flight: So many bytes may be fetched and not yet decoded.
        allow_hosts: ``HOST`` or ``HOST:PORT`` on loopback or private addresses that label files may name.
    """

    concurrency: int = Field(default=32, ge=1, le=1024)
    per_host: int = Field(default=8, ge=1, le=1024)
    attempt_timeout_s: float = Field(default=30, gt=0)
    deadline_s: float = Field(default=60, gt=0)
    retries: int = Field(default=4, ge=0, le=20)
    max_bytes: Annotated[ByteSize, Field(gt=0)] = ByteSize(64 << 20)
    bytes_in_flight: Annotated[ByteSize, Field(gt=0)] = ByteSize(256 << 20)
    allow_hosts: tuple[str, ...] = ()
