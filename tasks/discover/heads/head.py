"""How one table beside the images begins: rows with named columns, and the keys by which a table reads them so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tasks.discover.proposals import Keys

SEVERAL = "\x1f"
"""What stands between the values of one cell that holds several."""
MOST_ROWS = 2000
STEM = "file.stem"
LAST_BLANK = "\0last"
"""A key of lines of two cells, of which the last blank parts the one, a path that holds blanks, from the other."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the images lie that files are about.

    Attributes:
        keys: What a table needs so that it finds them by the files' own places.
        files: For each row its image; empty for none.
    """

    keys: Mapping[str, Any]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """How a table begins.

    Attributes:
        path: Its file's, below the source; of many files that are one table a pattern.
        keys: What a table needs besides `file` and `columns`; of many files `files` is one of them.
        names: Its columns: their names, or positions where the file gives none.
        rows: Their cells; several values of one cell stand apart by `SEVERAL`.
        first: The first line, where that may be a header or a row; empty where it is known.
        is_whole: Whether there are no more rows.
        members: For each row the file that it stands in, where the table is many files of one image each.
        has_boxes: Whether its records outline what is in an image, so that it may have several labels.
        count: How many files there are, where it is many.
        placed: Where their images lie as seen from them, where one rule says it for all.
    """

    path: str
    keys: Mapping[str, Any]
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first: tuple[str, ...] = ()
    is_whole: bool = True
    members: tuple[str, ...] = ()
    has_boxes: bool = False
    count: int = 0
    placed: Placed | None = None

    def column(self, name: str) -> list[str]:
        """The cells of one column."""
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    @property
    def said(self) -> str:
        """The words that its file's name and place say of all its rows; many files say nothing in common."""
        return "" if self.members else f"{self.path} {self.keys.get('at', '')}"

    @property
    def entry(self) -> Keys:
        """How `source.tables` begins to name it."""
        return self.entry_of(self.keys)

    def entry_of(self, keys: Mapping[str, Any]) -> dict[str, Any]:
        """The same with other *keys*."""
        return {**keys} if "files" in keys else {"file": self.path, **keys}

    def with_header(self, has_header: bool) -> Head:
        """The same with its first line as the names of its columns, or as a row."""
        if not self.first:
            return self
        if not has_header:
            return replace(self, rows=(self.first, *self.rows), first=())
        keys = dict(self.keys)
        given = [name.strip() for name in self.first]
        names = tuple(name if name and given.count(name) == 1 else str(place) for place, name in enumerate(given))
        if all(map(str.isdecimal, names)):
            keys["header"] = True  # its columns are named by position
        return replace(self, keys=keys, names=names, first=())
