"""Which columns or keys of a label file hold the location, the label, the split and the id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tasks.discover.by_records.label_files import Column, LabelFileSource
from tasks.errors import LabelFileError
from tasks.records.record_format import RecordFormat, Selector
from tasks.storage import quote_location, redact_url
from tasks.tables.names import ALIASES, Chosen, Role, plain_name, position_of
from tasks.tables.rows import KEPT

GROUP = "\0group"
"""The column of what keeps rows together."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns hold what.

    Attributes:
        location: Where the location or the pixels stand.
        template: Text that the location is filled into; empty without one.
        fills: What fills it.
        label: Where the label stands; None in a file without labels.
        split: Where the split stands, or None.
        id: Where the sample id stands, or None.
        group: Where that stands which keeps rows in one split, or None.
        is_valid: The split column is a yes or no to validation.
        kept: For each column that the shards keep, as the config calls it, where it stands.
    """

    location: Selector
    template: str
    fills: Mapping[str, Selector]
    label: Selector | None
    split: Selector | None
    id: Selector | None
    is_valid: bool = False
    group: Selector | None = None
    kept: Mapping[str, Selector] = field(default_factory=dict)

    @property
    def chosen(self) -> Chosen:
        """The columns of the table that the file is."""
        roles = {"location": self.location, "label": self.label, "split": self.split, "id": self.id, GROUP: self.group}
        columns = {name: place for name, place in roles.items() if place is not None}
        columns |= {f"{KEPT}{name}": place for name, place in self.kept.items()}
        return Chosen(tuple(columns), tuple(columns.values()), {})

    @property
    def used(self) -> set[Selector]:
        """Every column that means something."""
        return {*self.chosen.selectors, *self.fills.values()}

    def form_of(self, form: RecordFormat) -> RecordFormat:
        """*form* with where its records hold their locations."""
        update = {"location": self.location, "template": self.template, "fills": dict(self.fills)}
        return form.model_copy(update=update)


def choose_roles(names: Sequence[str], source: LabelFileSource, *, by_position: bool) -> Roles:
    """Which of the columns *names* hold what; selectors are positions where *by_position*, else the names.

    Raises:
        LabelFileError: A column that is needed is not there, or could be one of several; the columns are listed.
    """
    finder = _Finder(names, source, by_position)
    template = source.location
    location = source.columns.location
    if isinstance(location, str) and "{" in location:
        template, location = location, None
    if template and "{}" not in template:
        fills = {name: finder.named(name) for name in re.findall(r"{([^{}]+)}", template)}
        place = next(iter(fills.values()))
    else:
        place = finder.find("location", location) if not template else finder.find_filled(location)
        fills = {"": place} if template else {}
    label = finder.find_optional("label", source.columns.label)
    if label is None and not source.allow_unlabeled:
        raise finder.missing("label")
    split = finder.find_optional("split", source.columns.split)
    is_valid = split is not None and finder.name_of(split) == "is_valid"
    kept = {column: finder.named(column, "source.keep_columns") for column in source.keep_columns}
    group = finder.find_declared(source.columns.group, "splits.group_by")
    return Roles(place, template, fills, label, split, finder.find_declared(source.columns.id), is_valid, group, kept)


class _Finder:
    def __init__(self, names: Sequence[str], source: LabelFileSource, by_position: bool) -> None:
        self._names = names
        self._plain = [plain_name(name) for name in names]
        self._source = source
        self._by_position = by_position

    def _selector(self, index: int) -> Selector:
        return index if self._by_position else self._names[index]

    def name_of(self, selector: Selector) -> str:
        return self._plain[selector] if isinstance(selector, int) else plain_name(selector)

    def named(self, column: Column, key: str = "source.columns") -> Selector:
        text = str(column)
        for name, names in ((text, self._names), (plain_name(text), self._plain)):
            if names.count(name) > 1:
                raise LabelFileError(
                    f"{redact_url(self._source.path)} has {names.count(name)} columns {text!r}, which `{key}` names. "
                    "Give its position instead, from 0."
                )
            if name in names:
                return self._selector(names.index(name))
        place = position_of(column)
        if place is not None and self._by_position and place < len(self._names):
            return place
        if not self._by_position and "." in text:
            return text
        raise LabelFileError(
            f"{redact_url(self._source.path)} has no column {text!r}, which `{key}` names. {self._there()}"
        )

    def find(self, role: Role, declared: Column | None) -> Selector:
        found = self.find_optional(role, declared)
        if found is None:
            raise self.missing(role)
        return found

    def find_filled(self, declared: Column | None) -> Selector:
        """What fills a template's ``{}``: the location column, else the id column."""
        found = self.find_optional("location", declared)
        return self.find("id", None) if found is None else found

    def find_declared(self, declared: Column | None, key: str = "source.columns") -> Selector | None:
        return None if declared is None else self.named(declared, key)

    def find_optional(self, role: Role, declared: Column | None) -> Selector | None:
        if declared is not None:
            return self.named(declared)
        found = [index for index, name in enumerate(self._plain) if name in ALIASES[role]]
        if role == "label" and "x" in self._plain:
            found = [index for index in found if self._plain[index] != "y"]  # a coordinate
        if len(found) > 1:
            names = ", ".join(repr(self._names[index]) for index in found)
            raise LabelFileError(
                f"{redact_url(self._source.path)}: the {role} could be in the columns {names}. "
                f"Say which: `columns: {{{role}: {self._names[found[0]]}}}`."
            )
        return self._selector(found[0]) if found else None

    def missing(self, role: Role) -> LabelFileError:
        known = ", ".join(ALIASES[role][:6])
        return LabelFileError(
            f"{redact_url(self._source.path)} has no column for the {role} (looked for {known}, …). {self._there()} "
            f"Say which: `columns: {{{role}: …}}` under `source`."
        )

    def _there(self) -> str:
        shown = ", ".join(quote_location(name) or "''" for name in self._names[:30])
        begins = "".join(self._names[:1])
        remark = " Where lines that begin with # are remarks, set `comment: '#'`." if begins[:1] == "#" else ""
        return f"The columns found are: {shown}.{remark}"
