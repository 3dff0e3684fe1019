"""The heap of the command's process: one for all of its threads, as glibc itself tells."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import ctypes, threading
from tasks.one_heap import share_one_heap
if {shares}:
    share_one_heap()
kept = []
threads = [threading.Thread(target=lambda: kept.append(bytes(100_000))) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


def heaps(*, shares: bool) -> int:
    """How many heaps there are after three threads took memory."""
    script = SCRIPT.format(shares=shares)
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True)
    return done.stderr.count("Arena ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives each thread a heap of its own")
def test_threads_share_one_heap() -> None:
    assert heaps(shares=False) > 1, "as it would be"
    assert heaps(shares=True) == 1
