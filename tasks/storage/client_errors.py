"""What stores' clients raise, in the terms of the operating system: absent, or not to be had for a reason in words."""

from __future__ import annotations

import io
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from tasks.errors import DatasetError, LayoutError
from tasks.redaction import redact_text, redact_url
from tasks.samples import StoreUrl

_UNKNOWN_OPTION = re.compile(r"unexpected keyword argument ('[^']{1,60}')")
_ABSENT = frozenset({404, 410})
"""Statuses of HTTP that say that there is nothing."""


@contextmanager
def plain_errors() -> Iterator[None]:
    """Let nothing but an `OSError` in words, an `ImportError` or one of ours come out of a store's client.

    Raises:
        FileNotFoundError: The store says that there is no such thing. Clients call it the same where the store did not
            answer, or refused; that is another `OSError` here.
        OSError: It cannot be had.
    """
    try:
        yield
    except FileNotFoundError as error:
        if (cause := error.__cause__) is not None and is_trouble(cause):
            raise OSError(words_of(cause)) from error
        raise
    except OSError as error:
        if error.errno is None or error.errno > 0:
            raise
        raise OSError(words_of(error)) from error
    except (ImportError, DatasetError):
        raise
    except Exception as error:
        raise OSError(words_of(error)) from error


def is_trouble(cause: BaseException) -> bool:
    """Whether *cause*, of what a client calls absent, says anything else."""
    if isinstance(cause, FileNotFoundError):
        return cause.__cause__ is not None and is_trouble(cause.__cause__)
    said = str(cause)
    return getattr(cause, "status", None) not in _ABSENT and not said.startswith("550") and "Not Found" not in said


def not_listed(root: StoreUrl, error: OSError) -> LayoutError:
    """What to say where *root*, or a folder below it, could not be listed."""
    reason = os.strerror(error.errno) if error.errno else str(error)[:200]
    place = error.filename if root.is_local and error.filename else redact_url(root.url)
    return LayoutError(f"{place} cannot be listed: {reason}. Check `source.path`.")


def words_of(error: BaseException) -> str:
    """What *error* says, for a person, without what is secret in it."""
    if isinstance(error, socket.gaierror) or isinstance(getattr(error, "os_error", None), socket.gaierror):
        return "the name of its host is not known"
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return f"its server answers {status} {getattr(error, 'message', '')}".rstrip()
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    said = " ".join(str(error).split())
    if isinstance(error, TypeError) and (unknown := _UNKNOWN_OPTION.search(said)):
        return f"`storage_options` has {unknown[1]}, which its client does not know"
    return redact_text(f"{type(error).__name__}: {said}" if said else type(error).__name__)[:200]


class _PlainReader(io.RawIOBase):
    """A file of a store's client; what goes wrong while it is read is an `OSError` in words, too."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        with plain_errors():
            return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override] # typeshed asks for any buffer
        with plain_errors():
            data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        with plain_errors():
            return self._file.read()

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def plainly_read(file: BinaryIO) -> BinaryIO:
    """*file*, of a store's client, any error of reading in words."""
    return cast("BinaryIO", io.BufferedReader(_PlainReader(file)))
