"""A process that ends amid its work on local files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tasks.storage import LocalStore


@contextmanager
def stopped_after(operations: int) -> Iterator[None]:
    """What runs meanwhile is interrupted at the write or deletion that follows so many others."""
    left = operations

    def counted(name: str) -> Any:
        made = getattr(LocalStore, name)

        def stop(*args: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return made(*args)

        return stop

    with pytest.MonkeyPatch.context() as patch:
        for name in ("replace", "adopt", "delete"):
            patch.setattr(LocalStore, name, counted(name))
        yield
