"""A copy of the project in which each function of a room stands with all its broken forms, to be called by name."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.utils.format_utils import get_mutant_name

COPY = Path("mutants")
_COPIED = ("benchmarks", "configs", "docs", "flows", "stubs", "tasks", "tests")


def copy_project() -> None:
    """Bring the copy up to date, but for the files that hold all broken forms of what they are now."""
    for path in [*Path().glob("*.*"), *(path for top in _COPIED for path in Path(top).rglob("*"))]:
        place = COPY / path
        if not path.is_file() or "__pycache__" in path.parts or _noted(path) is not None:
            continue
        if not place.exists() or place.read_bytes() != path.read_bytes():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, place)
            _names(path).unlink(missing_ok=True)


def broken_forms(paths: Iterable[Path]) -> list[str]:
    """The names of all broken forms of the functions in the files *paths*, which are in the copy then."""
    return [name for path in paths for name in _written(path)]


def _written(path: Path) -> list[str]:
    if (noted := _noted(path)) is not None:
        return noted
    broken = mutate_file_contents(str(path), path.read_text("utf-8"))
    names = [get_mutant_name(path, name) for name in broken.mutant_names]
    (COPY / path).write_text(broken.code, "utf-8")
    _names(path).write_text(json.dumps({_version(path): names}), "utf-8")
    return names


def _noted(path: Path) -> list[str] | None:
    """The names of the forms that the copy of *path* holds; None where it holds none, or those of what it was."""
    if not _names(path).exists():
        return None
    noted: dict[str, list[str]] = json.loads(_names(path).read_text("utf-8"))
    return noted.get(_version(path))


def _version(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _names(path: Path) -> Path:
    """Where the names of the forms are noted that the copy of *path* holds."""
    return COPY / path.with_suffix(".names.json")


def enter_copy() -> None:
    """Work in the copy from now on: what is imported is what lies there, and compiled once."""
    sys.dont_write_bytecode = False
    project = str(Path().resolve())
    os.chdir(COPY)
    sys.path[:] = [str(Path().resolve()), *(path for path in sys.path if path not in {"", project})]
