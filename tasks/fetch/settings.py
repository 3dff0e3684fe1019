"""The `fetch` section: how bytes are fetched, and from where they may come."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ByteSize, Field

from tasks.step_config import Duration, StepConfig

_HOST = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+")


def _host_or_port(text: str) -> str:
    if _HOST.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a host: write HOST or HOST:PORT, as in images.intranet:8080")
    return text


class FetchSettings(StepConfig):
    """How bytes are fetched; the bounds are those of one machine, shared by its shards.

    Attributes:
        concurrency: How many requests run at once.
        per_host: How many of them go to one host.
        attempt_timeout_s: How many seconds one attempt may take.
        deadline_s: How many seconds all attempts at one image may take together.
        retries: How often an image is asked for again after a failure that may pass. While a whole host is in trouble,
            these attempts are spread over `deadline_s`.
        retry_wait_s: Seconds before the second attempt. Each later wait is twice as long as the one before.
        retry_max_wait_s: The longest wait, unless the server asks for a longer one.
        max_bytes: The largest image file that is read.
        bytes_in_flight: How many bytes may be fetched and not yet decoded.
        allow_hosts: Hosts on loopback or private addresses that label files may name, as ``HOST`` or ``HOST:PORT``.
        max_age: How long an image counts as unchanged (``12h``, ``7d``) whose server sends neither ETag nor
            Last-Modified. Without it, such an image is fetched at every run.
        on_fetch_error: What happens to a published image that cannot be fetched any more: ``keep_last`` keeps what is
            published, ``reject`` leaves it out.
        max_stale_days: After how many days an image that is only kept like that is left out; never where this is not
            set.
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
