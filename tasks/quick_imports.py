"""Importing much at once for less: without the garbage collector, and without what others import but nothing uses.

This is for a command, whose process does nothing else, before it imports them.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import Loader
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


@contextmanager
def collector_aside() -> Iterator[None]:
    """Have the garbage collector rest meanwhile, and never look through what is there at the end.

    Importing makes hundreds of thousands of objects that stay; the collector would go through them again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def defer(names: AbstractSet[str], missing: AbstractSet[str] = frozenset()) -> None:
    """From now on, have the modules *names* read only once something is asked of them, and those *missing* not found.

    Args:
        names: Of modules that others import and this process does not use.
        missing: Of modules that others do without where they are not installed.
    """
    finder = _Finder(names, missing)
    if finder not in sys.meta_path:
        sys.meta_path.insert(0, finder)


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds what is deferred, and nothing else."""

    names: AbstractSet[str]
    missing: AbstractSet[str]

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        """As any finder does."""
        if name in self.missing:
            raise ImportError(name)
        spec = PathFinder.find_spec(name, path, target) if name in self.names else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Deferring(spec.loader)
        return spec


def leave_pandas_aside() -> None:
    """Have Arrow look for pandas only once a table is to become a DataFrame.

    It imports pandas with the first list that it makes an array of, to see whether that list is a Series: a fifth of
    what a small run costs, and nothing here makes Series. This is for the command alone. Where a flow is part of
    somebody else's program, Arrow must know their Series, so nothing is done there, nor where pandas is there already.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa  # noqa: PLC0415 - what starts threads is imported once signals are seen to

    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([None])
    finally:
        sys.meta_path.remove(finder)


class _NoPandas:
    """A finder that says that there is no pandas."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Nothing of any other name."""
        _ = path, target
        if name == "pandas":
            raise ImportError(name)


class _Deferring(Loader):
    """In the place of a module's loader until the module is made, which has its own loader then."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As its own loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Read nothing yet."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__class__ = _Deferred


class _Deferred(ModuleType):
    """A module that is read when it is asked for what every module has not.

    `importlib.util.LazyLoader` reads at any question, and Prefect, looking for a flow's source, asks every module for
    its file.
    """

    def __getattr__(self, name: str) -> Any:
        with _READING:
            if self.__name__ in _UNDER_WAY:
                raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} yet")
            if type(self) is _Deferred:
                _read(self)
        return getattr(self, name)


_READING = threading.RLock()
_UNDER_WAY: set[str] = set()


def _read(module: ModuleType) -> None:
    _UNDER_WAY.add(module.__name__)
    try:
        module.__loader__.exec_module(module)  # type: ignore[union-attr]
    finally:
        _UNDER_WAY.discard(module.__name__)
    module.__class__ = ModuleType
