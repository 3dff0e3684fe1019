"""The line of a config that a message names, to be shown below it."""

from __future__ import annotations

import re
from pathlib import Path

from tasks.redaction import is_hidden_key, redact_text

_PLACE = re.compile(r"(?P<file>.+?\.(?:ya?ml|json)):(?P<line>[0-9]+)(?::[0-9]+)?: ")
_KEY = re.compile(r"[\w.]+(?=[\"']?\s*:)")
_MOST_BYTES = 256 * 1024
_MOST_SHOWN = 120


def line_named(message: str) -> str:
    """``     3 | resize: {mode: croop}`` and a line break, where *message* begins with ``pets.yaml:3: ``; else nothing.

    Lines that may hold a secret are not shown: those with such a key, and the options of stores.
    """
    found = _PLACE.match(message)
    if found is None or "options" in message:
        return ""
    lines = _lines(Path(found["file"]))
    number = int(found["line"])
    text = lines[number - 1].rstrip() if number <= len(lines) else ""
    if not text.strip() or any(is_hidden_key(key) for key in _KEY.findall(text)):
        return ""
    shown = "".join(char if char.isprintable() else " " for char in redact_text(text))
    return f"{number:6} | {shown[:_MOST_SHOWN]}\n"


def _lines(path: Path) -> list[str]:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return []
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
