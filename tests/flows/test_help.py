"""The command line explains itself: help in groups with examples, version, completion, and configs to begin with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.main

from flows.cli import app
from flows.commands.help_pages import KEEP, LOOK, MAKE, SCHEDULE
from tasks import __version__

if TYPE_CHECKING:
    from tests.flows.conftest import Command

COMMANDS = [command for part in (app, *(group.typer_instance for group in app.registered_groups)) for command in
            (part.registered_commands if part is not None else ())]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.callback.__name__)
def test_each_command_stands_in_a_group_and_has_an_example_that_can_be_read(command: typer.models.CommandInfo) -> None:
    assert command.callback is not None
    name = command.callback.__name__
    example = str(command.epilog).partition(": parquetry ")[2].split()

    assert command.rich_help_panel in {MAKE, LOOK, KEEP, SCHEDULE}
    assert example[0] == name
    made = typer.main.get_command(app)
    assert hasattr(made, "commands")
    made.commands[name].make_context(name, example[1:])


def test_help_says_groups_exit_codes_and_where_to_begin(offline_parquetry: Command) -> None:
    text = " ".join(offline_parquetry("--help").stdout.split())

    assert all(group in text for group in (MAKE, LOOK, KEEP, SCHEDULE))
    assert "129, 130, 143" in text
    assert "parquetry init PHOTOS OUTPUT" in text


def test_the_version_is_that_of_the_code(offline_parquetry: Command) -> None:
    assert offline_parquetry("--version").stdout == f"parquetry {__version__}\n"


def test_a_shell_can_complete_commands(offline_parquetry: Command) -> None:
    words = {"_PARQUETRY_COMPLETE": "complete_bash", "COMP_WORDS": "parquetry ver", "COMP_CWORD": "1"}

    assert offline_parquetry.with_environment(**words)().stdout.split() == ["versions", "verify"]


def test_init_writes_a_config_that_can_be_moved_with_its_images(
    offline_parquetry: Command, pets: Path, tmp_path: Path
) -> None:
    (tmp_path / "configs").mkdir()

    said = offline_parquetry("init", "pets", "published/pets", "--output", "configs/pets.yaml").stdout
    text = (tmp_path / "configs" / "pets.yaml").read_text()

    assert said == "wrote configs/pets.yaml; next: parquetry plan configs/pets.yaml\n"
    assert "\n  path: ../pets\n" in text
    assert "\n  path: ../published/pets\n" in text
    assert text.endswith("\n# Next: parquetry plan configs/pets.yaml, then: parquetry run configs/pets.yaml\n")
    schema = re.match(r"# yaml-language-server: \$schema=(.+)\n", text)
    assert schema is not None
    assert Path(schema[1]).is_file()
    assert "is in order" in offline_parquetry("check", "configs/pets.yaml").stdout
    assert (
        "is there already"
        in offline_parquetry("init", "pets", "published/pets", "--output", "configs/pets.yaml", code=2).stderr
    )
    assert offline_parquetry("plan", "configs/pets.yaml").stdout.startswith("plan of pets")
    assert pets.is_dir()
    (tmp_path / "published" / "pets").mkdir(parents=True)
    (tmp_path / "published" / "pets" / "notes.txt").write_text("mine")
    said = "configs/pets.yaml:13: output_not_empty: "
    assert said in offline_parquetry("check", "configs/pets.yaml", code=2).stderr
    assert "output_not_empty: " in offline_parquetry("init", "pets", "published/pets", code=2).stderr
    assert "is the source itself" in offline_parquetry("init", "pets", "pets", code=2).stderr
    assert "lies inside the source" in offline_parquetry("init", "pets", "pets/out", code=2).stderr


def test_what_was_typed_as_a_whole_path_stays_one(offline_parquetry: Command, pets: Path, tmp_path: Path) -> None:
    text = offline_parquetry("init", pets, tmp_path / "out").stdout

    assert f"\n  path: {pets}\n" in text


def test_in_a_pipe_no_line_is_cut_or_padded(offline_parquetry: Command, tmp_path: Path) -> None:
    deep = tmp_path / "photos" / "a-folder-with-a-name-that-is-rather-long-" / "x"
    for label in ("cat" * 20, "dog" * 20):
        (deep / label).mkdir(parents=True)
        (deep / label / f"{'0' * 60}.png").write_bytes(b"x")

    page = offline_parquetry.with_environment(COLUMNS="40")("discover", deep).stdout

    assert re.search(rf"{'cat' * 20}/{'0' * 60}\.png +{'cat' * 20} +its path\n", page)
    assert [line for line in page.splitlines() if line != line.rstrip()] == []


def test_a_mistake_shows_the_line_that_it_names_but_no_secret(offline_parquetry: Command, tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("name: pets\nsource: {path: x}\noutput: {path: y}\nresize: {mode: croop}\nsecrt_token: abc\n")

    shown = offline_parquetry("check", config, code=2).stderr

    assert "\n     4 | resize: {mode: croop}\n" in shown
    assert "c.yaml:5: secrt_token: unknown key" in shown
    assert "abc" not in shown


def test_a_missing_config_or_source_names_what_is_there(offline_parquetry: Command, pets: Path, tmp_path: Path) -> None:
    (tmp_path / "pets.yaml").write_text("name: pets\nsource:\n  path: b/../no/pets\noutput: {path: y}\nimage: 1\n")

    assert f"Did you mean {tmp_path / 'pets.yaml'}?" in offline_parquetry("check", tmp_path / "pets.yml", code=2).stderr
    assert "did you mean `resize`" in offline_parquetry("check", "pets.yaml", code=2).stderr
    (tmp_path / "pets.yaml").write_text((tmp_path / "pets.yaml").read_text().replace("image: 1\n", ""))
    shown = offline_parquetry("plan", "pets.yaml", code=2).stderr
    assert f"pets.yaml:3: There is no folder {tmp_path}/no/pets; the nearest" in shown
    given = offline_parquetry("plan", "pets.yaml", "--set", "source.path=gone", code=2).stderr
    assert f"error: --set source.path: There is no folder {tmp_path}/gone; the nearest" in given
    assert pets.is_dir()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.callback.__name__)
def test_help_shows_the_names_of_arguments_and_no_types_of_python(
    command: typer.models.CommandInfo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.callback is not None
    name = command.callback.__name__
    made = typer.main.get_command(app)
    assert hasattr(made, "commands")
    shown = made.commands[name].get_help(made.commands[name].make_context(name, [], resilient_parsing=True))
    text = f"{shown}{capsys.readouterr().out}"

    assert f"Usage: {name} [OPTIONS]" in text
    assert re.findall(r"\{[A-Z]+\}|<\w+(?:\[\w+\])?>", text) == []
