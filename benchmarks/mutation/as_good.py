"""The broken forms that are as good as what they stand for, with the reason, as ``as_good.txt`` has them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LIST = Path(__file__).with_name("as_good.txt")


@dataclass(frozen=True, slots=True)
class AsGood:
    """A form that nothing can notice.

    Attributes:
        path: The file of its function, relative to the project's folder.
        function: The function, such as ``split_for`` or ``Plan.read``.
        changes: The lines that it takes out and puts in, after a ``-`` or ``+``, without their indents.
        reason: Why nothing can notice it.
    """

    path: str
    function: str
    changes: tuple[str, ...]
    reason: str


def why_as_good(path: Path, function: str, difference: str) -> str:
    """Why nothing can notice the *difference* in *function*; nothing where the list does not have it."""
    key = (path.as_posix(), function, _changes(difference.splitlines()))
    return next((one.reason for one in all_as_good() if (one.path, one.function, one.changes) == key), "")


@cache
def all_as_good() -> tuple[AsGood, ...]:
    """What the list has."""
    blocks = [block.splitlines() for block in _LIST.read_text("utf-8").strip().split("\n\n")]
    return tuple(_read(lines) for lines in blocks if not lines[0].startswith("#"))


def _read(lines: list[str]) -> AsGood:
    path, _, function = lines[0].partition(": ")
    reason = " ".join(line for line in lines[1:] if line[0] not in "-+")
    return AsGood(path, function, _changes(lines[1:]), reason)


def _changes(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line[0] + line[1:].strip() for line in lines if line[:1] in {"-", "+"})
