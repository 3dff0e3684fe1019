"""What fetching one sample came to."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.samples import Rejection


@dataclass(frozen=True, slots=True)
class Fetched:
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
