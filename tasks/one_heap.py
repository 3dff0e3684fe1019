"""The memory of the command's own process, as its C library keeps it."""

from __future__ import annotations

from contextlib import suppress

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def share_one_heap() -> None:
    """Have all threads of this process take memory from one heap, where its C library can be told so.

    By itself glibc gives each thread a heap of its own, and what one of them has done with no other can use: images
    that were read are paid for by page faults again and again. Python allocates under its lock, so that threads hardly
    wait for each other at one heap. It counts for threads that begin from now on.
    """
    import ctypes  # noqa: PLC0415 - only a run needs it

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
