"""What makes files and their names survive a power loss."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import IO

_ATTEMPTS = 20


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
