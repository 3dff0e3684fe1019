"""What makes files and their names survive a power loss."""

from __future__ import annotations

import ctypes
import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import IO

_ATTEMPTS = 20
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


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
    for _ in range(_ATTEMPTS):
        if folder.is_dir():
            return
        with suppress(FileNotFoundError):
            if not folder.parent.exists():
                make_folder(folder.parent)
            folder.mkdir(exist_ok=True)
            sync_folder(folder.parent)
