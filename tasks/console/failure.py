"""What a command that was asked for JSON says when it fails: one object, on standard output."""

from __future__ import annotations

import re
from typing import TypedDict

_PLACE = re.compile(
    r"(?P<file>(?:(?!: ).)+?\.(?:ya?ml|json))(?::(?P<line>\d+)(?::\d+)?)?: "  # of a config
    r"|(?P<table>(?:(?!: ).)+\.\w+), lines? (?P<row>\d+)"  # of a label file or table
)
_KEY = re.compile(r"(?P<key>[a-z]\w*(?:\.\w+)*): ")
_OVERRIDE = re.compile(r"--set (?P<key>[^\s:]+): ")


class Failure(TypedDict):
    """Why a command gave no answer.

    Attributes:
        error: The same words as on standard error; of several mistakes each has its line.
        exit_code: What the command ends with.
        file: The file that the first mistake is in; null where it is in none, or nobody knows.
        line: Its line there, from 1; null likewise.
        key: The key of the config that is wrong, such as ``resize.mode``; null likewise.
    """

    error: str
    exit_code: int
    file: str | None
    line: int | None
    key: str | None


def failure_of(message: str, exit_code: int) -> Failure:
    """*message* with the place that it begins with taken apart, as in ``pets.yaml:4: resize.mode: …``."""
    first = message.partition("\n")[0]
    place = _PLACE.match(first)
    key = _KEY.match(first, place.end()) if place and place["file"] else _OVERRIDE.match(first)
    line = (place["line"] or place["row"]) if place else None
    return {
        "error": message,
        "exit_code": exit_code,
        "file": (place["file"] or place["table"]) if place else None,
        "line": int(line) if line else None,
        "key": key["key"] if key else None,
    }
