"""What makes files and their names survive a power loss."""

from __future__ import annotations

import ctypes
import errno
import os
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

_PATIENCE_S = 10.0
_LONGEST_WAIT_S = 0.05
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


def attempts() -> Iterator[int]:
    """Numbers from 0 for attempts at what another process may spoil each time, until 10 s have passed.

    Between two it waits for a random time that grows to 50 ms, so that two processes do not keep in step.
    """
    deadline = time.monotonic() + _PATIENCE_S
    number = 0
    while number == 0 or time.monotonic() < deadline:
        yield number
        time.sleep(random.uniform(0, min(_LONGEST_WAIT_S, 0.001 * number)))  # noqa: S311 - no secret
        number += 1


def sync_file(file: IO[bytes]) -> None:
    """Make what was written to *file* survive a power loss."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* survive a power loss."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def give_name(file: Path, name: Path) -> None:
    """Give *file* the name *name*, atomically and only if nothing has it; its old one may go.

    A disk without hard links, as memory cards and some network shares are, renames it instead, without replacing.

    Raises:
        FileExistsError: Something has the name.
        OSError: The disk can do neither.
    """
    try:
        os.link(file, name)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _rename_to_new(file, name)


def _rename_to_new(file: Path, name: Path) -> None:
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    here, no_replace = -100, 1  # AT_FDCWD, RENAME_NOREPLACE
    if rename is not None:
        if rename(here, os.fsencode(file), here, os.fsencode(name), no_replace) == 0:
            return
        if (code := ctypes.get_errno()) == errno.EEXIST:
            raise FileExistsError(code, os.strerror(code), str(name))
    raise OSError(
        "The disk has neither hard links nor a way to rename without replacing, so two runs could overwrite each "
        "other: put `output.path` on another disk, or on an object store"
    )


def make_folder(folder: Path) -> None:
    """Make *folder* and its parents, each of them synced; also while another process removes them as it found them."""
    for _ in attempts():
        if folder.is_dir():
            return
        with suppress(FileNotFoundError):
            if not folder.parent.exists():
                make_folder(folder.parent)
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)
