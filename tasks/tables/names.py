"""Names of columns: those that are understood without a config, and those that a table's settings ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tasks.errors import LabelFileError
from tasks.records.record_format import Selector
from tasks.tables.file_columns import ALIASES, FileColumns, plain_name
from tasks.tables.settings import ROLES, TableSettings, is_virtual


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which columns of a file a table takes.

    Attributes:
        names: What they are called from here on.
        selectors: For each where a record holds it: a position, a key, or a name for `is_virtual`.
        one_hot: The columns of which the one that holds 1 is the label, with that label.
        pixels: Where a record holds its pixels.
    """

    names: tuple[str, ...]
    selectors: tuple[Selector, ...]
    one_hot: Mapping[str, str]
    pixels: tuple[Selector, ...] = ()


class ColumnChoice:
    """Which columns a table takes of a file, once its names are known.

    Args:
        settings: The table's.
        kept: Further columns that are kept.
        file: The file's name, for messages.
        available: The file's own names; of a file without any the positions.
        by_position: Whether a record is a list of cells, else an object.
    """

    def __init__(
        self, settings: TableSettings, kept: Iterable[str], file: str, available: Sequence[str], *, by_position: bool
    ) -> None:
        self._settings = settings
        self._kept = list(kept)
        self._columns = FileColumns(file, available, by_position=by_position)

    def choose(self) -> Chosen:
        """The columns.

        Raises:
            LabelFileError: One that is asked for is not there, or could be one of several.
        """
        settings = self._settings
        found: dict[str, Selector] = {}
        for own, name in (settings.declared or self._understood()).items():
            if name in found:
                raise LabelFileError(
                    f"{self._columns.file}: `columns` gives the name {name!r} to two columns. Give another."
                )
            found[name] = self.selector(own, "columns")
        one_hot = self._one_hot(found)
        asked = [*settings.where, *settings.patterns, *settings.numbers, *fields_of(settings.location)]
        for name in dict.fromkeys([*asked, *one_hot, *self._kept]):
            made = name in found or name in {"location", "path"} or any(self._is_group(name))
            if not made and (name not in self._kept or self._has(name)):
                found[name] = self.selector(name, self._key_of(name))
        return Chosen(tuple(found), tuple(found.values()), one_hot, self._pixels())

    def _pixels(self) -> tuple[Selector, ...]:
        if self._settings.pixels and not self._columns.by_position:
            raise LabelFileError(f"{self._columns.file} is not a CSV, and `pixels` names columns of one. Leave it out.")
        named = [own for text in self._settings.pixels for own in self.matching(text)]
        return tuple(self.selector(own, "pixels") for own in named)

    def _is_group(self, name: str) -> Iterable[bool]:
        """Whether each of the table's patterns makes a column called *name*, or the table itself gives it."""
        yield name == "split" and bool(self._settings.split)
        yield name == "label" and bool(self._settings.one_hot)
        for pattern in self._settings.patterns.values():
            yield name in re.compile(pattern).groupindex

    def _key_of(self, name: str) -> str:
        keys = ("where", "numbers", "one_hot")
        return next((key for key in keys if name in getattr(self._settings, key)), "columns")

    def _has(self, name: str) -> bool:
        columns = self._columns
        is_there = name in columns.names or plain_name(name) in columns.plain
        return is_there or (not columns.by_position and "." in name)

    def _is_pixel(self, name: str) -> bool:
        return any(fnmatchcase(name, text) for text in self._settings.pixels)

    def _understood(self) -> dict[str, str]:
        """Every column of the file, those that are understood by the name of what they hold."""
        roles: dict[str, str] = {}
        available, plain = self._columns.names, self._columns.plain
        for role in ALIASES:
            if role in plain:
                roles[available[plain.index(role)]] = role
                continue
            found = [place for place in self._columns.called(role) if not self._is_pixel(available[place])]
            if role == "id" or not found:
                continue
            if len(found) > 1:
                raise self._columns.several(role, found, f"columns: {{{self._columns.sayable(found[0])}: {role}}}")
            roles[available[found[0]]] = role
        named = [own for own in dict.fromkeys(self._columns.names) if own and not self._is_pixel(own)]
        return {own: roles.get(own, own) for own in named}

    def _one_hot(self, found: Mapping[str, Selector]) -> dict[str, str]:
        asked = self._settings.one_hot
        if isinstance(asked, dict):
            return dict(asked)
        if asked == ("others",):
            taken = set(found.values())
            return {own: own for own in self._columns.names if self._own(own) not in taken}
        return {own: label for text in asked for own, label in self.matching(text).items()}

    def _own(self, name: str) -> Selector:
        return self._columns.at(self._columns.names.index(name))

    def matching(self, text: str) -> dict[str, str]:
        """The columns that *text* means, a name or a pattern, with what the ``*`` stands for as their label."""
        if "*" not in text:
            return {text: text}
        head = text.partition("*")[0]
        matches = {own: own.removeprefix(head) for own in self._columns.names if fnmatchcase(own, text)}
        if not matches:
            raise LabelFileError(f"{self._columns.file} has no column like {text!r}. {self._columns.there()}")
        return matches

    def selector(self, own: str, key: str) -> Selector:
        """Where a record holds the column that the config calls *own*."""
        return own if is_virtual(own) else self._columns.named(own, key)


def fields_of(template: str) -> list[str]:
    """The columns that *template* is filled with: those of ``{name}``."""
    return re.findall(r"{([^{}]+)}", template)


def is_role(name: str) -> bool:
    """Whether the column *name* means something, and does not serve to join."""
    return name in ROLES or name.startswith("label.")
