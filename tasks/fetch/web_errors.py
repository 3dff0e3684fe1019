"""What an error of an http connection says of the image that was asked for."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import aiohttp

from tasks.fetch.addresses import ForbiddenAddressError
from tasks.fetch.answers import FetchFailure, private_address
from tasks.reasons import Reason

_ERRORS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Reason, str, bool], ...] = (
    (aiohttp.ClientConnectorDNSError, Reason.DNS, "its host has no address", True),
    ((aiohttp.ClientSSLError, ssl.SSLError), Reason.TLS, "its certificate or encryption is not accepted", False),
    (aiohttp.ClientPayloadError, Reason.SHORT_BODY, "ended before its whole length", True),
    (aiohttp.ConnectionTimeoutError, Reason.UNREACHABLE, "no connection: its host is silent", True),
    (aiohttp.ClientConnectorError, Reason.UNREACHABLE, "no connection", True),
    ((aiohttp.InvalidURL, ValueError), Reason.BAD_SCHEME, "is not a valid address", False),
    (aiohttp.ClientResponseError, Reason.HTTP_ERROR, "the answer is not HTTP", True),
    (aiohttp.ServerDisconnectedError, Reason.HTTP_ERROR, "closed the connection without an answer", True),
    (Exception, Reason.HTTP_ERROR, "the connection broke", True),
)
"""What an error of the connection says of an image, and whether it may pass; the first that fits counts."""


def failure_of(error: Exception) -> FetchFailure:
    """What *error*, of the connection, says of an image."""
    if any(isinstance(cause, ForbiddenAddressError) for cause in _causes(error)):
        return private_address("its host leads to a private address")
    _, reason, detail, passes = next(entry for entry in _ERRORS if isinstance(error, entry[0]))
    said = error.strerror if isinstance(error, OSError) and reason in {Reason.UNREACHABLE, Reason.HTTP_ERROR} else ""
    return FetchFailure(reason, f"{detail}: {said}" if said else detail, is_transient=passes)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
