"""What a command says, a line at a time: answers on standard output, all else on standard error."""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from typing import Any

from tasks.config_text.excerpts import line_named
from tasks.wording import plain

_PROPOSED = re.compile(r"If .*:$")


def print_json(value: Any) -> None:
    """Print *value* as one line of JSON."""
    is_unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    print_line(json.dumps(value, ensure_ascii=not is_unicode))


def print_line(text: str) -> None:
    """Print one line, to be read at once; control characters in it do nothing."""
    sys.stdout.write(f"{plain(text)}\n")
    sys.stdout.flush()


def print_error(message: str) -> None:
    """Print what went wrong, each mistake by itself with the line that it names; proposals stay as they are."""
    lines = plain(message).split("\n")
    first = next((place for place, line in enumerate(lines) if place and _PROPOSED.match(line)), len(lines))
    for place, line in enumerate(lines):
        is_mistake = bool(line) and not line[0].isspace() and place < first
        sys.stderr.write(f"{_folded(f'error: {line}')}\n{line_named(line)}" if is_mistake else f"{line}\n")


def _folded(line: str) -> str:
    """*line*, broken between words where a terminal would break it anywhere."""
    if not sys.stderr.isatty():
        return line
    width = max(40, shutil.get_terminal_size().columns)
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False, subsequent_indent="  ")


def print_warning(message: str) -> None:
    """Print what is not as it should be, although what was asked for is done."""
    sys.stderr.write(f"warning: {plain(message)}\n")


def print_note(message: str) -> None:
    """Print what a person should know, and that keeps nothing from going on."""
    sys.stderr.write(f"note: {plain(message)}\n")
