"""The columns or keys of one label file by its own names: which are understood, and where a record holds them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from tasks.errors import LabelFileError
from tasks.records.record_format import Selector
from tasks.storage import quote_location

Role = Literal["location", "label", "split", "id"]

ALIASES: Mapping[Role, Sequence[str]] = {
    "location": (
        "location path file filename file_name filepath file_path image image_path image_file image_name image_url "
        "img img_path imgpath image_location url uri src source image_uri pixels"
    ).split(),
    "label": "label class category target label_name class_name classname species y tag category_name".split(),
    "split": "split subset set partition fold_name is_valid".split(),
    "id": "id sample_id".split(),
}
"""Names of columns and keys that are understood, in lower case, with ``_`` for blanks and hyphens."""


def plain_name(name: str) -> str:
    """A column's name as `ALIASES` has it."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def position_of(column: str | int) -> int | None:
    """The position that *column* is, written with ASCII digits; None for a name."""
    text = str(column)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class FileColumns:
    """The columns that a label file has.

    Args:
        file: What messages call it.
        names: Its own names; of a file without any the positions.
        by_position: Whether a record is a list of cells, else an object.
    """

    def __init__(self, file: str, names: Sequence[str], *, by_position: bool) -> None:
        self.file = file
        self.names = list(names)
        self.plain = [plain_name(name) for name in names]
        self.by_position = by_position

    def at(self, place: int) -> Selector:
        """Where a record holds the column at that *place*."""
        return place if self.by_position else self.names[place]

    def called(self, role: Role) -> list[int]:
        """The places of those whose names say that they hold the *role*; beside an ``x``, ``y`` is no label."""
        found = [place for place, name in enumerate(self.plain) if name in ALIASES[role]]
        return [place for place in found if role != "label" or self.plain[place] != "y" or "x" not in self.plain]

    def named(self, name: str | int, key: str) -> Selector:
        """Where a record holds the column that the config calls *name*, under *key*.

        Raises:
            LabelFileError: There is none, or several are called so.
        """
        text = str(name)
        for wanted, names in ((text, self.names), (plain_name(text), self.plain)):
            if names.count(wanted) > 1:
                raise LabelFileError(
                    f"{self.file} has {names.count(wanted)} columns {text!r}, which `{key}` names. Give its position "
                    "instead, from 0."
                )
            if wanted in names:
                return self.at(names.index(wanted))
        place = position_of(text)
        if place is not None and self.by_position and place < len(self.names):
            return place
        if not self.by_position and "." in text:
            return text
        raise LabelFileError(f"{self.file} has no column {text!r}, which `{key}` names. {self.there()}")

    def several(self, role: Role, places: Sequence[int], how: str) -> LabelFileError:
        """That the *role* could be in several columns, and *how* to say which."""
        shown = ", ".join(self.sayable(place, repr) for place in places)
        return LabelFileError(f"{self.file}: the {role} could be in the columns {shown}. Say which: `{how}`.")

    def sayable(self, place: int, shown: Callable[[str], str] = str) -> str:
        """What the config may call the column at that *place*: its name, as *shown*, or its position."""
        name = self.names[place]
        return shown(name) if self.names.count(name) == 1 else str(place)

    def there(self) -> str:
        """A sentence on what the columns are."""
        shown = ", ".join(quote_location(name) or "''" for name in self.names[:30])
        is_remark = self.names[:1] and self.names[0][:1] == "#"
        remark = " Where lines that begin with # are remarks, set `comment: '#'`." if is_remark else ""
        return f"The columns found are: {shown}.{remark}"
