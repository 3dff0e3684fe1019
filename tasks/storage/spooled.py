"""Local files as a person names them: what can be read only once is read once and kept, devices are refused."""

from __future__ import annotations

import os
import select
import stat
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from tasks.errors import ConfigError

_WRITER_S = 10.0  # for somebody to open the other end of a pipe
_SILENCE_S = 120.0  # of somebody who has it open
_BUFFER = 1 << 20
_KEPT: dict[tuple[int, int], BinaryIO] = {}
_LOCK = threading.Lock()


def open_local(path: str | Path) -> BinaryIO:
    """The file at *path*, open for reading.

    What comes out of a pipe is read once, into a temporary file that lasts as long as this process; it is opened again
    and again.

    Raises:
        ConfigError: It is a device or a socket, or a pipe that nobody writes to: these are not waited for.
        OSError: It is not there, a folder, or cannot be read.
    """
    found = Path(path).stat()
    if stat.S_ISFIFO(found.st_mode):
        with _LOCK:
            kept = _KEPT.get((found.st_dev, found.st_ino))
            if kept is None:
                kept = _KEPT[found.st_dev, found.st_ino] = _spooled(str(path))
        return Path(f"/dev/fd/{kept.fileno()}").open("rb", buffering=_BUFFER)
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        kind = "a socket" if stat.S_ISSOCK(found.st_mode) else "a device"
        raise ConfigError(f"{path} is {kind}, not a file. Name a file or a pipe.")
    return Path(path).open("rb", buffering=_BUFFER)


def is_read_once(path: str | Path) -> bool:
    """Whether *path* is a pipe, which another process could not read again."""
    with suppress(OSError):
        return stat.S_ISFIFO(Path(path).stat().st_mode)
    return False


def _spooled(path: str) -> BinaryIO:
    """All that comes out of the pipe *path*, in a temporary file without a name."""
    pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        kept = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - it lasts as long as the process
        while data := _next(pipe, path, begun=kept.tell() > 0):
            kept.write(data)
        kept.flush()
    finally:
        os.close(pipe)
    return kept


def _next(pipe: int, path: str, *, begun: bool) -> bytes:
    """What comes next; nothing at the end."""
    ready = select.poll()
    ready.register(pipe, select.POLLIN)
    last = time.monotonic() + _SILENCE_S
    writer = time.monotonic() + _WRITER_S
    while True:
        came = ready.poll(100)
        try:
            data = os.read(pipe, 1 << 20)
        except BlockingIOError:
            writer = last  # somebody has it open
            data = None
        if data or (data is not None and (begun or came)):
            return data
        if time.monotonic() > writer:
            raise ConfigError(f"{path} is a pipe, and nobody writes to it. Start what writes to it, or name a file.")
