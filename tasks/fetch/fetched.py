"""What fetching an image came to: its bytes, or why there are none."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from tasks.fetch.answers import Body, FetchFailure
from tasks.reasons import Reason
from tasks.samples import Rejection


class Fetched(NamedTuple):
    """What fetching one sample came to.

    Attributes:
        data: The bytes; empty where there is a rejection.
        content_sha256: Of `data`, in hexadecimal.
        fingerprint: What the source said of the bytes as they were read.
        is_array: Whether `data` is a ``.npy`` file.
        attempts: How many times they were asked for.
        rejection: Why there are none, or None.
        is_unchanged: The source says that they are as they were; then there are none either.
        size: How many bytes came.
    """

    data: bytes
    content_sha256: str
    fingerprint: str
    is_array: bool = False
    attempts: int = 1
    rejection: Rejection | None = None
    is_unchanged: bool = False
    size: int = 0

    def without_bytes(self) -> Fetched:
        """The same, the bytes left out; one is made of each image."""
        return Fetched(b"", *self[1:])


def fetched_body(body: Body, attempts: int, *, is_array: bool = False) -> Fetched:
    """What *body* is, which came after so many *attempts*."""
    if body.is_unchanged:
        return Fetched(b"", "", body.fingerprint, attempts=attempts, is_unchanged=True)
    if not body.data:
        empty = Rejection(Reason.EMPTY_FILE, "has no bytes", attempts)
        return Fetched(b"", "", body.fingerprint, attempts=attempts, rejection=empty)
    return Fetched(
        body.data, hashlib.sha256(body.data).hexdigest(), body.fingerprint, is_array, attempts, size=len(body.data)
    )


def not_fetched(failure: FetchFailure, attempts: int) -> Fetched:
    """That nothing came but a *failure*, after so many *attempts*."""
    return Fetched(b"", "", "", attempts=attempts, rejection=Rejection(failure.reason, failure.detail, attempts))
