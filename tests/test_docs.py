"""The code blocks of the documentation are such as a reader can use: configs load, commands parse, Python compiles."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main
import typer.models

from flows.cli import app
from flows.config import load_config
from tasks.config_text.yaml_text import parse_yaml

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
WHOLE = "name: x\nsource: {path: x}\noutput: {path: y}\n"


def blocks(language: str) -> list[object]:
    return [
        pytest.param(found, id=f"{page.relative_to(ROOT)}-{number}")
        for page in PAGES
        for number, found in enumerate(re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.DOTALL))
    ]


@pytest.mark.parametrize("block", blocks("yaml"))
def test_a_block_of_yaml_is_a_config_or_a_part_of_one(tmp_path: Path, block: str) -> None:
    given = parse_yaml(block, "block").data
    missing = [line for line in WHOLE.splitlines() if line.partition(":")[0] not in given]
    (tmp_path / "c.yaml").write_text("\n".join([block, *missing]))

    load_config(str(tmp_path / "c.yaml"))


@pytest.mark.parametrize("block", blocks("python"))
def test_a_block_of_python_compiles(block: str) -> None:
    compile(block, "block", "exec")


@pytest.mark.parametrize("block", blocks("console"))
def test_the_commands_of_a_block_are_such_as_there_are(block: str) -> None:
    commands = typer.main.get_command(app)
    assert hasattr(commands, "commands")
    for line in re.findall(r"^\$ parquetry (.*)$", block, re.MULTILINE):
        words = shlex.split(line.replace("…", "x"), comments=True)
        words = words[: words.index(">")] if ">" in words else words
        if not words[0].startswith("-"):
            commands.commands[words[0]].make_context(words[0], words[1:])
