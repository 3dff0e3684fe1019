from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from tasks.discover import Source, discover_sources
from tasks.samples import Discovery

Look = Callable[..., Discovery]


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Makes files below a folder; a name that ends in ``/`` is an empty folder."""

    def make(*names: str, root: str = "source") -> Path:
        folder = tmp_path / root
        folder.mkdir(exist_ok=True)
        for name in names:
            path = folder / name
            if name.endswith("/"):
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(b"x")
        return folder

    return make


@pytest.fixture
def look() -> Look:
    """Discovers one source, as its section of a config says."""

    def discover(path: Path, names: Mapping[str, str] | None = None, **keys: Any) -> Discovery:
        source: Source = TypeAdapter(Source).validate_python({"path": str(path), **keys})
        return discover_sources([source], names or {})

    return discover
