"""Keeps pandas out of a command that makes no use of it."""

from __future__ import annotations

import sys


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
