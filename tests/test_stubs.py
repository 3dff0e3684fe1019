"""The stubs of pyarrow speak of what is there: a name that pyarrow has not would be believed by the type checker."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

STUBS = Path(__file__).parents[1] / "stubs"
MODULES = sorted((STUBS / "pyarrow").glob("*.pyi"))


def named(path: Path) -> Iterator[tuple[str, str]]:
    """Each function and class of a stub, and each method of these."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, ""
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name, ""
            yield from ((node.name, item.name) for item in node.body if isinstance(item, ast.FunctionDef))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_what_a_stub_names_is_there(path: Path) -> None:
    module = importlib.import_module("pyarrow" if path.stem == "__init__" else f"pyarrow.{path.stem}")

    for name, method in named(path):
        if "__getattr__" not in {name, method}:
            found = getattr(module, name)
            assert not method or hasattr(found, method), f"pyarrow.{path.stem} has no {name}.{method}"
