"""The `fetch` section: how bytes are fetched, and from where they may come."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ByteSize, Field

from tasks.step_config import Duration, StepConfig

_HOST = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+")


def _host_or_port(text: str) -> str:
    if _HOST.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no host: write HOST or HOST:PORT, as in images.intranet:8080")
    return text


class FetchSettings(StepConfig):
    """How bytes are fetched; the bounds are those of one machine, shared by its shards.

    Attributes:
        concurrency: Requests at once.
        per_host: Requests at once to one host.
        attempt_timeout_s: Seconds for one attempt.
        deadline_s: Seconds for all attempts at one image together.
        retries: Further attempts at what fails for a passing reason, spread over `deadline_s` while the whole host
            is in trouble.
        retry_wait_s: Seconds before the first further attempt; each later one waits twice as long as the one before.
        retry_max_wait_s: No wait is longer, unless the server asks for it.
        max_bytes: An image file may have so many bytes.
        bytes_in_flight: So many bytes may be fetched and not yet decoded.
        allow_hosts: ``HOST`` or ``HOST:PORT`` on loopback or private addresses that label files may name.
        max_age: For so long (``12h``, ``7d``) an image is not fetched again whose server sends neither ETag nor
            Last-Modified; without it, it is fetched every time.
        on_fetch_error: What becomes of a row that is there when its image cannot be fetched: ``keep_last`` keeps its
            last good bytes, ``reject`` leaves it out.
        max_stale_days: Rows kept like that are left out after so many days; never where this is not set.
    """

    concurrency: int = Field(default=32, ge=1, le=1024)
    per_host: int = Field(default=8, ge=1, le=1024)
    attempt_timeout_s: float = Field(default=30, gt=0)
    deadline_s: float = Field(default=60, gt=0)
    retries: int = Field(default=4, ge=0, le=20)
    retry_wait_s: float = Field(default=0.25, gt=0, le=60)
    retry_max_wait_s: float = Field(default=15, gt=0, le=600)
    max_bytes: Annotated[ByteSize, Field(gt=0)] = ByteSize(64 << 20)
    bytes_in_flight: Annotated[ByteSize, Field(gt=0)] = ByteSize(256 << 20)
    allow_hosts: tuple[Annotated[str, AfterValidator(_host_or_port)], ...] = ()
    max_age: Duration | None = None
    on_fetch_error: Literal["keep_last", "reject"] = "keep_last"
    max_stale_days: float | None = Field(default=None, ge=0)
