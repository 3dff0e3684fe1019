"""What decides what is published, and the tests that lie beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Room:
    """Code that answers one question.

    Attributes:
        files: Its files, as a pattern below the project's folder.
        beside: The folders and files of its own tests.
    """

    files: str
    beside: tuple[str, ...]

    def paths(self) -> Iterator[Path]:
        """Its files, relative to the project's folder, which is the working directory."""
        return iter(sorted(Path().glob(self.files)))


ROOMS = {
    "plan": Room("tasks/plan/*.py", ("tests/tasks/plan",)),
    "labels": Room("tasks/labels/*.py", ("tests/tasks/labels",)),
    "splits": Room("tasks/splits.py", ("tests/tasks/test_splits.py",)),
    "retention": Room("tasks/publish/retention.py", ("tests/tasks/publish/test_retention.py",)),
    "records": Room("tasks/records/*.py", ("tests/tasks/records",)),
    "tables": Room("tasks/tables/*.py", ("tests/tasks/tables", "tests/tasks/discover")),
    "discover": Room("tasks/discover/**/*.py", ("tests/tasks/discover",)),
}
