"""Which columns or keys of a label file hold the location, the label, the split and the id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tasks.discover.by_records.label_files import Column, LabelFileSource
from tasks.errors import LabelFileError
from tasks.records.record_format import RecordFormat, Selector
from tasks.storage import redact_url
from tasks.tables.file_columns import ALIASES, FileColumns, Role, plain_name
from tasks.tables.names import Chosen, fields_of
from tasks.tables.rows import KEPT

_KEY = "source.columns"
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
    columns, asked = FileColumns(redact_url(source.path), names, by_position=by_position), source.columns
    place, template, fills = _location(columns, source)
    label = _optional(columns, "label", asked.label)
    if label is None and not source.allow_unlabeled:
        raise _missing(columns, "label")
    split = _optional(columns, "split", asked.split)
    is_valid = split is not None and plain_name(names[split] if isinstance(split, int) else split) == "is_valid"
    kept = {column: columns.named(column, "source.keep_columns") for column in source.keep_columns}
    identity = None if asked.id is None else columns.named(asked.id, _KEY)
    group = None if asked.group is None else columns.named(asked.group, "splits.group_by")
    return Roles(place, template, fills, label, split, identity, is_valid, group, kept)


def _location(columns: FileColumns, source: LabelFileSource) -> tuple[Selector, str, dict[str, Selector]]:
    """Where the location is, its template, and what fills that: without a name the location, else the id."""
    template, declared = source.location, source.columns.location
    if isinstance(declared, str) and "{" in declared:
        template, declared = declared, None
    if template and "{}" not in template:
        fills = {name: columns.named(name, _KEY) for name in fields_of(template)}
        return next(iter(fills.values())), template, fills
    found = _optional(columns, "location", declared)
    found = _optional(columns, "id", None) if found is None and template else found
    if found is None:
        raise _missing(columns, "id" if template else "location")
    return found, template, {"": found} if template else {}


def _optional(columns: FileColumns, role: Role, declared: Column | None) -> Selector | None:
    """Where the *role* is: in the column that is *declared*, else in the one whose name says it."""
    if declared is not None:
        return columns.named(declared, _KEY)
    found = columns.called(role)
    if len(found) > 1:
        raise columns.several(role, found, f"columns: {{{role}: {columns.sayable(found[0])}}}")
    return columns.at(found[0]) if found else None


def _missing(columns: FileColumns, role: Role) -> LabelFileError:
    known = ", ".join(ALIASES[role][:6])
    return LabelFileError(
        f"{columns.file} has no column for the {role} (looked for {known}, …). {columns.there()} Say which: "
        f"`columns: {{{role}: …}}` under `source`."
    )
