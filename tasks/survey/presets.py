"""The configs for well-known formats, which `init --preset` writes for a source of its own."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from tasks.errors import ConfigError
from tasks.survey.starting import Target, name_of, value_of

_FOLDERS = (Path(__file__).parents[1] / "presets", Path(__file__).parents[2] / "configs" / "presets")
"""Where they lie in an installed package, and in a checkout."""


def preset_config(preset: str, target: Target) -> str:
    """The config of *preset* for the source and the output of *target*, which runs as it is.

    Raises:
        ConfigError: There is no such preset.
    """
    files = {path.stem: path for folder in _FOLDERS for path in sorted(folder.glob("*.yaml"))}
    if preset not in files:
        near = get_close_matches(preset, files, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ConfigError(f"--preset {preset}: there is none of that name.{hint} There are {', '.join(sorted(files))}.")
    lines = [line for line in files[preset].read_text("utf-8").splitlines() if not _is_about_the_file(line)]
    places = {"source": target.placed(target.source), "output": target.placed(target.output)}
    section = ""
    for at, line in enumerate(lines):
        section = line.partition(":")[0] if re.match(r"[a-z]", line) else section
        if section in places and re.match(r"  path:", line):
            lines[at] = f"  path: {value_of(places[section])}"
        if line.startswith("name:"):
            lines[at] = f"name: {value_of(name_of(target.source))}"
    return "\n".join([*target.head, *lines, *target.tail, ""])


def _is_about_the_file(line: str) -> bool:
    return line.startswith(("# yaml-language-server", "# parquetry init"))
