"""The list of broken forms that nothing can notice speaks of code that is there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks.mutation.as_good import AsGood, all_as_good

ROOT = Path(__file__).parents[1]


def functions(path: Path) -> dict[str, list[str]]:
    source = path.read_text(encoding="utf-8")
    lines = [line.strip() for line in source.splitlines()]
    found = {}
    for node in ast.parse(source).body:
        within = node.body if isinstance(node, ast.ClassDef) else [node]
        front = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for one in within:
            if isinstance(one, ast.FunctionDef):
                found[front + one.name] = lines[one.lineno - 1 : one.end_lineno]
    return found


@pytest.mark.parametrize("form", all_as_good(), ids=lambda form: f"{form.path}: {form.function}")
def test_a_form_that_is_as_good_changes_lines_of_its_function_and_says_why(form: AsGood) -> None:
    lines = functions(ROOT / form.path)[form.function]

    assert any(change.startswith("+") for change in form.changes)
    assert [change[1:] for change in form.changes if change.startswith("-") and change[1:] not in lines] == []
    assert form.reason
