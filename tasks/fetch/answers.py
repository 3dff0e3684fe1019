"""What a server's answer means: take it, try again, or give up, and with which reason."""

from __future__ import annotations

import email.utils
import random
import re
import time
from typing import TYPE_CHECKING, NamedTuple

from tasks.fetch.settings import FetchSettings
from tasks.reasons import Reason

if TYPE_CHECKING:
    from multidict import CIMultiDictProxy

_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524})
_SLOWING = frozenset({429, 503})
_SPREAD = 0.27
"""Of the time that is left, so much is spent on waiting for a host: 16 of 60 seconds, 12 at least."""
_WHOLE = frozenset({200, 203})
"""Answers with a whole body, from where it belongs or by way of a proxy."""
_PACKED = frozenset({"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd", "dcb", "dcz", "exi"})
"""Content codings that pack. Stores give others, such as `aws-chunked`, as they were once told."""


class FetchFailure(Exception):  # noqa: N818 - an outcome of one attempt, not an error of the program
    """One attempt that brought no bytes: the arguments are reason, detail, whether to try again, and when at first.

    Attributes:
        reason: One of the fetch stage's.
        detail: For a person; never a query string or a credential.
        is_transient: Whether another attempt may go better.
        wait_s: How long the server asks to wait; None where it does not say.
        slows: Whether the server says that it is asked too much.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str,
        *,
        is_transient: bool,
        wait_s: float | None = None,
        slows: bool = False,
    ) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail[:200]
        self.is_transient = is_transient
        self.wait_s = wait_s
        self.slows = slows

    def as_final(self) -> FetchFailure:
        """The same, after which no attempt follows."""
        return FetchFailure(self.reason, self.detail, is_transient=False)


class Body(NamedTuple):
    """What a source gave.

    Attributes:
        data: All bytes.
        fingerprint: What it says of them: size and time, ETag, generation.
        is_unchanged: They are those of the fingerprint that was known, and were not sent again.
    """

    data: bytes
    fingerprint: str
    is_unchanged: bool = False


def refuse_status(status: int, headers: CIMultiDictProxy[str]) -> None:
    """Raise `FetchFailure` unless *status* is that of a whole body."""
    if status in _WHOLE:
        _refuse_coding(headers)
        return
    if status in {404, 410}:
        raise FetchFailure(Reason.NOT_FOUND, f"the server answered {status}", is_transient=False)
    if status in {401, 403, 407, 451}:
        raise FetchFailure(Reason.FORBIDDEN, f"the server answered {status}", is_transient=False)
    is_transient = status in _TRANSIENT
    wait_s = retry_after_s(headers.get("Retry-After", "")) if is_transient else None
    raise FetchFailure(
        Reason.HTTP_ERROR,
        f"the server answered {status}",
        is_transient=is_transient,
        wait_s=wait_s,
        slows=status in _SLOWING,
    )


def _refuse_coding(headers: CIMultiDictProxy[str]) -> None:
    """Raise `FetchFailure` where the body is packed; other words there are of no coding, and say nothing of it."""
    codings = {word.strip().lower() for word in headers.get("Content-Encoding", "").split(",")}
    if packed := codings & _PACKED:
        detail = f"the server sent the coding {min(packed)!r}, which was not asked for"
        raise FetchFailure(Reason.HTTP_ERROR, detail, is_transient=False)


def retry_after_s(text: str) -> float | None:
    """The seconds that a Retry-After header asks for (RFC 9110, 10.2.3); None where it says nothing."""
    if re.fullmatch(r"\s*[0-9]+\s*", text, re.ASCII):
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def web_fingerprint(headers: CIMultiDictProxy[str]) -> str:
    """What an answer says of its body: its ETag, else when it was last modified and its length; else nothing."""
    if etag := headers.get("ETag"):
        return etag
    modified = headers.get("Last-Modified")
    return f"{modified} {headers.get('Content-Length', '')}".strip() if modified else ""


def conditions(fingerprint: str) -> dict[str, str]:
    """Headers that ask for a body only if it is no longer that of *fingerprint* (RFC 9110, 13.1); none without one."""
    if fingerprint.startswith(('"', "W/")):
        return {"If-None-Match": fingerprint}
    date = fingerprint.partition(" GMT")[0]
    return {"If-Modified-Since": f"{date} GMT"} if date != fingerprint else {}


def backoff_s(attempt: int, settings: FetchSettings) -> float:
    """Seconds to wait after failed attempt *attempt*, from 1: doubled each time up to the longest; a part is random."""
    longest = min(settings.retry_wait_s * 2.0 ** (attempt - 1), settings.retry_max_wait_s)
    return longest * _jitter()


def spread_s(attempt: int, left_s: float, settings: FetchSettings) -> float:
    """The same while a whole host is in trouble: so long that the attempts that are left reach into *left_s* seconds.

    So a server that restarts costs no image, however few attempts there are.
    """
    further = max(settings.retries - attempt + 1, 1)
    longest = _SPREAD * left_s / (2.0**further - 1)
    return max(backoff_s(attempt, settings), min(longest, settings.retry_max_wait_s) * _jitter())


def _jitter() -> float:
    return 0.75 + random.random() / 4  # noqa: S311 - no secret


def private_address(detail: str) -> FetchFailure:
    """Why an address is not dialled."""
    detail = f"{detail}; `fetch.allow_hosts` can allow it"
    return FetchFailure(Reason.PRIVATE_ADDRESS, detail, is_transient=False)
