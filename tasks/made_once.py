"""What one process has one of, however many threads ask for it at once."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, TypeVar, TypeVarTuple, Unpack

A = TypeVarTuple("A")
T = TypeVar("T")


def made_once(make: Callable[[Unpack[A]], T]) -> Callable[[Unpack[A]], T]:
    """*make*, called once for the same arguments; `functools.cache` calls it twice where two threads ask at once."""
    kept: dict[tuple[Any, ...], T] = {}
    making = threading.Lock()

    @functools.wraps(make)
    def made(*arguments: *A) -> T:
        with making:
            if arguments not in kept:
                kept[arguments] = make(*arguments)
            return kept[arguments]

    return made
