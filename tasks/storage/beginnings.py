"""How files of a store begin, remembered while a source is looked at: what was read once is not asked for again."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import BinaryIO

from tasks.samples import StoreUrl

_MOST_OF_ONE = 264 << 10
_MOST_OF_ALL = 32 << 20


@dataclass(slots=True)
class _Beginning:
    """How one file begins.

    Attributes:
        data: As far as it is known.
        is_all: Whether the file ends there.
    """

    data: bytes = b""
    is_all: bool = False


@dataclass(slots=True)
class _Known:
    """What is known of the files that were read."""

    begin: dict[tuple[str, str], _Beginning] = field(default_factory=dict)
    held: int = 0

    def add(self, kept: _Beginning, at: int, data: bytes) -> None:
        """Note that *data* stands at byte *at* of the file of *kept*; no bytes are its end."""
        if at != len(kept.data) or kept.is_all:
            return
        if not data:
            kept.is_all = True
        elif at + len(data) <= _MOST_OF_ONE and self.held + len(data) <= _MOST_OF_ALL:
            kept.data += data
            self.held += len(data)


_KNOWN: ContextVar[_Known | None] = ContextVar("known", default=None)


@contextmanager
def remembered_beginnings() -> Iterator[None]:
    """While this lasts, how files of stores begin is remembered: at most 264 KiB of one, 32 MiB of all."""
    if _KNOWN.get() is not None:
        yield
        return
    token = _KNOWN.set(_Known())
    try:
        yield
    finally:
        _KNOWN.reset(token)


def opened_once(place: StoreUrl, open_file: Callable[[], BinaryIO]) -> BinaryIO:
    """The file at *place*, as *open_file* opens it; where its beginning is remembered, only once that is not enough."""
    known = _KNOWN.get()
    if known is None:
        return open_file()
    key = (place.url, repr(sorted(place.options.items())))
    if (kept := known.begin.get(key)) is not None:
        return _BegunFile(known, kept, open_file)
    file = open_file()
    return _BegunFile(known, known.begin.setdefault(key, _Beginning()), open_file, file)


class _BegunFile(io.RawIOBase, BinaryIO):
    """A file of a store that is read from what is remembered of it as far as that goes, and then from the store."""

    def __init__(
        self, known: _Known, kept: _Beginning, open_file: Callable[[], BinaryIO], file: BinaryIO | None = None
    ) -> None:
        self._known, self._kept = known, kept
        self._open, self._file = open_file, file
        self._at = 0

    def _opened(self) -> BinaryIO:
        if self._file is None:
            self._file = self._open()
        return self._file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file is None or self._file.seekable()

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_END:
            end = len(self._kept.data) if self._kept.is_all else self._opened().seek(0, io.SEEK_END)
            self._at = max(end + offset, 0)
        else:
            self._at = max(offset + (self._at if whence == io.SEEK_CUR else 0), 0)
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        there = self._kept.data
        if self._kept.is_all or 0 <= size <= len(there) - self._at:
            data = there[self._at :] if size < 0 else there[self._at : self._at + size]
        else:
            data = self._from_store(size)
        self._at += len(data)
        return data

    def _from_store(self, size: int) -> bytes:
        file = self._opened()
        if 0 < (ahead := self._at - file.tell()) <= _MOST_OF_ONE:
            file.read(ahead)  # not every server lets one begin in the middle
        elif ahead:
            file.seek(self._at)
        data = file.read(size)
        if size:
            self._known.add(self._kept, self._at, data)
            if size < 0 or self._at + len(data) == getattr(file, "size", None):
                self._known.add(self._kept, self._at + len(data), b"")
        return data

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()
