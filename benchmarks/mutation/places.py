"""What a broken form changes in its function, and where that stands in the project's file."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from functools import cache
from pathlib import Path

from benchmarks.mutation.copies import COPY


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of a file.

    Attributes:
        path: The file, relative to the project's folder.
        lines: Their numbers, of which the first is 1.
    """

    path: Path
    lines: frozenset[int]


def difference(form: str) -> str:
    """What *form* changes in its function, line by line, with a line before and after; from the project's folder."""
    return "\n".join([*unified_diff(*_two(form), n=1, lineterm="")][3:])


def place_of(form: str) -> Place:
    """The statements that *form* changes, in the project's file; the whole function where that is how it is called."""
    path = path_of(form)
    function = _functions(path)[name_of(form)]
    whole, broken = _two(form)
    changes = SequenceMatcher(None, whole, broken, autojunk=False).get_opcodes()
    changed = [
        line for tag, start, stop, *_ in changes if tag != "equal" for line in range(start, max(stop, start + 1))
    ]
    lines = (line for offset in changed for line in _statement(function, function.lineno + offset))
    return Place(path, frozenset(lines))


def path_of(form: str) -> Path:
    """The project's file in which the function of *form* stands."""
    path = Path(form.rpartition(".")[0].replace(".", "/"))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def name_of(form: str) -> str:
    """What the function of *form* is called in its file, such as ``split_for`` or ``Plan.read``."""
    mangled = form.rpartition(".")[2].partition("__mutmut_")[0]
    return mangled[2:] if mangled.startswith("x_") else ".".join(mangled.split("ǁ")[1:])


def _two(form: str) -> tuple[list[str], list[str]]:
    """The lines of the function of *form* as it is, and as *form* has it."""
    mangled = form.rpartition(".")[2]
    names = (f"{mangled.partition('__mutmut_')[0]}__mutmut_orig", mangled)
    whole, broken = (_body(COPY / path_of(form), name, name_of(form).rpartition(".")[2]) for name in names)
    return whole, broken


def _body(path: Path, mangled: str, name: str) -> list[str]:
    """The lines of the function that is called *mangled* in the copy's file, and *name* in these lines."""
    lines = _lines(path)
    first = next(place for place, line in enumerate(lines) if line.lstrip().startswith(f"def {mangled}("))
    block = inspect.getblock(lines[first:])
    return [block[0].replace(mangled, name).rstrip(), *(line.rstrip() for line in block[1:])]


@cache
def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines(keepends=True)


@cache
def _functions(path: Path) -> dict[str, ast.FunctionDef]:
    """The functions and methods of a file of the project, by what they are called in it."""
    found: dict[str, ast.FunctionDef] = {}
    for node in ast.parse(path.read_text("utf-8")).body:
        within = node.body if isinstance(node, ast.ClassDef) else [node]
        front = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        found |= {f"{front}{one.name}": one for one in within if isinstance(one, ast.FunctionDef)}
    return found


def _statement(function: ast.FunctionDef, line: int) -> range:
    """The lines of the innermost statement of *function* around *line*, without those of the statements it holds."""
    within = (node for node in ast.walk(function) if isinstance(node, ast.stmt))
    around = [node for node in within if node.lineno <= line <= (node.end_lineno or line)]
    inner = max(around, key=lambda node: (node.lineno, -(node.end_lineno or 0)), default=function)
    if inner is function and line < function.body[0].lineno:
        return range(function.lineno, (function.end_lineno or line) + 1)
    held: Sequence[ast.stmt] = getattr(inner, "body", ())
    if not held:
        return range(inner.lineno, (inner.end_lineno or line) + 1)
    return range(inner.lineno, held[0].lineno) if line < held[0].lineno else range(line, line + 1)
