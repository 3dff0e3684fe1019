"""A command that was asked for JSON answers by JSON when it fails, too, with the exit code that it has without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.flows.test_help import COMMANDS

if TYPE_CHECKING:
    from tests.flows.conftest import Command

WRONG = {
    "plan": ["c.yaml"],
    "discover": ["nowhere"],
    "versions": ["out"],
    "path": ["out"],
    "files": ["out", "3"],
    "diff": ["out", "1", "2"],
    "explain": ["out", "cat"],
    "show": ["out", "cat"],
    "report": ["out"],
    "rollback": ["out", "1"],
    "release": ["out"],
    "pin": ["out", "1"],
    "unpin": ["out", "1"],
    "prune": ["out"],
    "verify": ["out"],
    "export": ["out", "wds", "tars"],
    "purge": ["out", "cat"],
    "deploy": [],
    "automations": ["c.yaml"],
}
"""What each command cannot do where nothing is published and the config is wrong."""
OF_EACH_CONFIG = {"run", "check"}
"""They answer with a line for each config, good or bad."""


def names_with_json() -> set[str]:
    found = set()
    for command in COMMANDS:
        assert command.callback is not None
        if "as_json" in command.callback.__annotations__:
            found.add(command.callback.__name__)
    return found


def test_each_command_that_prints_json_is_tried() -> None:
    assert names_with_json() == WRONG.keys() | OF_EACH_CONFIG


@pytest.mark.parametrize("name", sorted(WRONG))
def test_a_failure_is_json_as_well(offline_parquetry: Command, tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "c.yaml").write_text("name: pets\nsource: {path: x}\noutput: {path: y}\nresize: {mode: croop}\n")

    plain = offline_parquetry(name, *WRONG[name], code=2)
    asked = offline_parquetry(name, *WRONG[name], "--json", code=2)

    said = json.loads(asked.stdout)
    assert list(said) == ["error", "exit_code", "file", "line", "key"]
    assert said["exit_code"] == 2
    assert said["error"].split()[0] in asked.stderr
    assert asked.stderr == plain.stderr
    if name == "plan":
        assert (said["file"], said["line"], said["key"]) == ("c.yaml", 4, "resize.mode")


def test_a_command_line_that_cannot_be_read_is_json_as_well(offline_parquetry: Command) -> None:
    said = json.loads(offline_parquetry("explain", "out", "--json", code=2).stdout)

    assert said["error"] == "Missing argument 'IMAGE'."
