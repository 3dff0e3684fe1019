"""How one table beside the images begins: rows with named columns, and the keys by which a table reads them so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tasks.config_keys import Columns, TableKeys

SEVERAL = "\x1f"
"""What stands between the values of one cell that holds several."""
MOST_ROWS = 2000
STEM = "file.stem"


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the images lie that files are about.

    Attributes:
        keys: What a table needs so that it finds them by the files' own places.
        files: For each row its image; empty for none.
    """

    keys: TableKeys
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
        surplus: The place of the column that takes what a line has too much; None where no line has.
        line_form: The pattern of a whole line, with ``{}`` where the group of each column begins; empty where a mark
            parts all lines alike.
    """

    path: str
    keys: TableKeys
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first: tuple[str, ...] = ()
    is_whole: bool = True
    members: tuple[str, ...] = ()
    has_boxes: bool = False
    count: int = 0
    placed: Placed | None = None
    surplus: int | None = None
    line_form: str = ""

    def column(self, name: str) -> list[str]:
        """The cells of one column."""
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    @property
    def said(self) -> str:
        """The words that its file's name and place say of all its rows; many files say nothing in common."""
        return "" if self.members else f"{self.path} {self.part}"

    @property
    def part(self) -> str:
        """What a file of several tables calls this one: where its records stand, or its sheet; empty for the one."""
        return self.keys.get("at", "") or self.keys.get("sheet", "")

    def table(self, roles: Mapping[str, str], more: TableKeys | None = None) -> TableKeys:
        """The entry of `source.tables` by which its columns, by its own names, have *roles*.

        Args:
            roles: For each column that counts what it is called.
            more: Further keys.
        """
        made: TableKeys = {**self.keys} if "files" in self.keys else {"file": self.path, **self.keys}
        if self.line_form:
            groups = (f"(?P<{role}>" if (role := roles.get(name)) else "(?:" for name in self.names)
            return {**made, "pattern": {"line": self.line_form.format(*groups)}, "columns": ["line"]}
        if self.surplus is not None:
            name = self.names[self.surplus]
            roles = {**roles, name: roles.get(name) or ("rest" if name.isdigit() else name)}
            made["surplus"] = roles[name]
        return {**made, **(more or {}), "columns": _columns_of(self.names, roles)}

    def with_header(self, has_header: bool) -> Head:
        """The same with its first line as the names of its columns, or as a row."""
        if not self.first:
            return self
        if not has_header:
            return replace(self, rows=(self.first, *self.rows), first=())
        keys = self.keys.copy()
        given = [name.strip() for name in self.first]
        names = tuple(name if name and given.count(name) == 1 else str(place) for place, name in enumerate(given))
        if self.line_form:
            keys["skip"] = keys.get("skip", 0) + 1
        elif all(map(str.isdecimal, names)):
            keys["header"] = True  # its columns are named by position
        return replace(self, keys=keys, names=names, first=())


def _columns_of(names: Sequence[str], roles: Mapping[str, str]) -> Columns:
    """*roles* as the `columns` of a table: a list where the table has positions, without a gap at its beginning."""
    if any(name != str(place) for place, name in enumerate(names)) or not all(map(str.isdecimal, roles)):
        return dict(roles)
    last = max(int(name) for name in roles)
    return [roles.get(str(place), "") for place in range(last + 1)]
