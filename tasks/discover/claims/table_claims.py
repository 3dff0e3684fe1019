"""What tables beside the images claim: a label for each image, or a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from tasks.discover.claims.class_names import names_for
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import SUBMISSION, Family
from tasks.discover.heads.head import Head
from tasks.discover.proposals import Keys
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords
from tasks.label_kinds import number_of

Entries = list[Keys]
_ALL = 0.95


@dataclass(slots=True)
class SplitClaim:
    """A split for each of some images.

    Attributes:
        entries: The tables that say it, each with the columns `location` and `split`, or with one split.
        by_file: For each image its split.
        names: What the tables call the splits.
        says: Where it stands.
    """

    entries: Entries
    by_file: dict[str, str]
    names: dict[str, str]
    says: str


@dataclass(slots=True)
class LabelClaim:
    """Labels for some images.

    Attributes:
        entries: The tables that say it.
        column: What it is in the tables.
        by_file: For each image its labels.
        says: Where it stands.
        is_sure: Whether the column is the label without doubt.
        splits: The splits that the same tables say; None where they say none.
        has_boxes: Whether the tables outline what is in an image, file by file.
    """

    entries: Entries
    column: LabelColumn
    by_file: dict[str, tuple[str, ...]]
    says: str
    is_sure: bool
    splits: SplitClaim | None = None
    has_boxes: bool = False

    @property
    def is_many(self) -> bool:
        """Whether images have several labels, or none."""
        counts = {len(labels) for labels in self.by_file.values()}
        is_a_set = self.has_boxes or bool(self.column.one_hot)
        return self.column.is_many or max(counts, default=0) > 1 or (is_a_set and 0 in counts)

    @property
    def names_several(self) -> bool:
        """Whether it names more than one class."""
        return len({label for labels in self.by_file.values() for label in labels}) > 1

    @property
    def has_bare(self) -> bool:
        """Whether images that it names have no label."""
        return not self.column.one_hot and not all(self.by_file.values())

    @property
    def is_one_box(self) -> bool:
        """Whether boxes could give an image several labels, and give each just one."""
        return self.has_boxes and not self.is_many


@dataclass(slots=True)
class Claims:
    """All that tables claim.

    Attributes:
        labels: Each claim of labels.
        splits: Each claim of splits.
        numbers: Columns that hold a number to predict, with the tables that name them.
        folds: Tables that part the same images in several ways.
        is_whole: Whether all tables were read to their ends.
    """

    labels: list[LabelClaim] = field(default_factory=list)
    splits: list[SplitClaim] = field(default_factory=list)
    numbers: list[tuple[str, Entries]] = field(default_factory=list)
    folds: list[str] = field(default_factory=list)
    is_whole: bool = True


def find_claims(families: Sequence[Family], others: Sequence[Head], words: SplitWords) -> Claims:
    """What *families*, the tables that name images, claim by themselves and through *others*."""
    claims = Claims(is_whole=all(view.head.is_whole for family in families for view in family.views))
    others = [*others, *_lists_of_classes(families)]
    for family in families:
        if family.has_folds:
            claims.folds.append(", ".join(view.head.path for view in family.views[:4]))
        elif not any(SUBMISSION & set(tokens(view.head.path)) for view in family.views):
            _own_claims(family, others, words, claims)
    return claims


def _lists_of_classes(families: Sequence[Family]) -> list[Head]:
    """Lists within JSON files that may give classes their names, although their numbers are like some file's name."""
    found = [view.head for family in families for view in family.views if "at" in view.head.keys]
    return [head for head in found if "columns" not in head.keys]


def _own_claims(family: Family, others: Sequence[Head], words: SplitWords, claims: Claims) -> None:
    roles = family.roles
    split = split_claim(family, words)
    if split:
        claims.splits.append(split)
    for known in roles.labels:
        is_box = bool(family.has_boxes and family.views[0].head.members and known.is_numeric)
        column = replace(known, from_zero=True) if is_box else known
        by_file = labels_by_file(family.files, column.values)
        entries, named = [], None
        for view in family.views:
            named = names_for(column, by_file, [o for o in others if o.path == view.head.path] or others)
            entries.append(_entry(view, _label_roles(column, view, split, named is not None), column, family))
        is_sure = roles.one_label is known and not (_is_code(column, family) and named is None)
        is_sure = is_sure and not (column.separator and names_for(replace(column, separator=""), by_file, others))
        is_sure = is_sure and not (_is_several_rows(column, by_file) and _flag_of(family))
        claim = LabelClaim(entries, column, by_file, _says(family, column), is_sure, split, family.has_boxes)
        if _is_several_rows(column, by_file) and (flag := _flag_of(family)):
            claims.labels.append(with_names(_where(flag, claim, family), named))
        claims.labels.append(with_names(claim, named))
    for name in roles.numbers:
        entries = [_entry(view, {view.location: "location", name: "label"}, None, family) for view in family.views]
        claims.numbers.append((name, entries))


def _is_code(column: LabelColumn, family: Family) -> bool:
    """Whether the labels are numbers that JSON's own lists of classes, or those of boxes, give names to."""
    view = family.views[0]
    if view.head.has_boxes and view.head.members and column.is_numeric:
        return True
    last = column.name.rpartition(".")[2]
    return "columns" not in view.head.keys and view.head.path.endswith("json") and last.endswith("_id")


def _is_several_rows(column: LabelColumn, by_file: Mapping[str, tuple[str, ...]]) -> bool:
    return not column.is_many and any(len(labels) > 1 for labels in by_file.values())


def _flag_of(family: Family) -> str:
    """The column of ones and zeros that could say of each row whether it holds; empty without one."""
    names = family.views[0].head.names
    return next((name for name in names if {number_of(cell) for cell in family.column(name)} == {0.0, 1.0}), "")


def _where(flag: str, claim: LabelClaim, family: Family) -> LabelClaim:
    """*claim* by those rows alone whose column *flag* is 1; images without such a row have no label."""
    rows = [cell for file, cell in zip(family.files, family.column(flag), strict=True) if file]
    values = [labels if number_of(cell) else () for cell, labels in zip(rows, claim.column.values, strict=True)]
    ones = sorted({cell.strip() for cell in rows if number_of(cell)})
    column = replace(claim.column, values=tuple(values), is_many=True)
    entries = [{**entry, "where": {flag: ones}} for entry in claim.entries]
    says = f"{claim.says}, where {flag} is {' or '.join(ones)}"
    return replace(claim, entries=entries, column=column, by_file=labels_by_file(family.files, values), says=says)


def _says(family: Family, column: LabelColumn) -> str:
    paths = list(dict.fromkeys(view.head.path for view in family.views))
    shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    if family.has_boxes:
        return f"the class of what is outlined in {shown} is the label"
    return said_of(column, shown)


def said_of(column: LabelColumn, shown: str) -> str:
    """That *column* of the tables *shown* is the label, as half a sentence."""
    if column.one_hot:
        return f"the columns {', '.join(column.one_hot[:4])} … of {shown} are classes"
    name = f"column {int(column.name) + 1}" if column.name.isdigit() else f"the column {column.name}"
    return f"{name} of {shown} is the label"


def _label_roles(column: LabelColumn, view: View, split: SplitClaim | None, has_names: bool) -> dict[str, str]:
    roles = {view.location: "location"}
    if not column.one_hot:
        roles[column.name] = "class" if has_names else "label"
    if split is not None and (own := split.entries[0].get("columns")) is not None:
        roles |= _named_roles(own, view.head.names, "split")
    return roles


def _named_roles(columns: Any, names: Sequence[str], role: str) -> dict[str, str]:
    given = columns if isinstance(columns, dict) else dict(zip(names, columns, strict=False))
    return {own: name for own, name in given.items() if name == role}


def _entry(view: View, roles: dict[str, str], column: LabelColumn | None, family: Family) -> Keys:
    made = view.settings(roles)
    if column is not None and column.one_hot:
        made["one_hot"] = column.one_hot_key
        if all(map(str.isdigit, cast("Iterable[str]", made["columns"]))):
            made["header"] = True  # the first line names the classes, although the location is told by its position
    if family.file_splits:
        made["split"] = view.split
    return made


def labels_by_file(files: Sequence[str], values: Sequence[Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """For each image the labels of all its rows."""
    found: dict[str, tuple[str, ...]] = {}
    rows = [file for file in files if file]
    for file, labels in zip(rows, values, strict=True):
        found[file] = tuple(dict.fromkeys((*found.get(file, ()), *labels)))
    return found


def split_claim(family: Family, words: SplitWords) -> SplitClaim | None:
    """What the tables of *family* say of splits, in a column or by their names; None where they say nothing."""
    says = ", ".join(dict.fromkeys(view.head.path for view in family.views))
    return _column_claim(family, words, says) if family.roles.split else _name_claim(family, says)


def _column_claim(family: Family, words: SplitWords, says: str) -> SplitClaim | None:
    roles = family.roles
    by_file: dict[str, set[str]] = defaultdict(set)
    for file, cell in zip(family.files, family.column(roles.split), strict=True):
        if file and cell.strip():
            by_file[file].add(roles.split_names[cell.strip()])
    if any(len(splits) > 1 for splits in by_file.values()):
        return None
    entries = [view.settings({view.location: "location", roles.split: "split"}) for view in family.views]
    names = {value: split for value, split in roles.split_names.items() if words.split_of(value) != split}
    return SplitClaim(entries, {file: min(splits) for file, splits in by_file.items()}, names, says)


def _name_claim(family: Family, says: str) -> SplitClaim | None:
    if family.file_splits:
        entries = [{**view.settings({view.location: "location"}), "split": view.split} for view in family.views]
        told: dict[str, str] = {}
        for view in family.views:
            for file in set(view.files) - {""}:
                if told.setdefault(file, view.split) != view.split:
                    return None
        return SplitClaim(entries, told, {}, says)
    return None


def with_names(claim: LabelClaim, named: tuple[Keys, dict[str, str]] | None) -> LabelClaim:
    """*claim* with the names of its classes for their numbers, and the table that gives them."""
    if named is None:
        return claim
    entry, names = named
    by_file = {file: tuple(names.get(label, label) for label in labels) for file, labels in claim.by_file.items()}
    return replace(claim, entries=[*claim.entries, entry], by_file=by_file)


def paths_of(entry: Mapping[str, Any]) -> list[str]:
    """The files that an entry of `tables` names, or their patterns."""
    files = entry.get("files", ())
    return [entry["file"]] if "file" in entry else [files] if isinstance(files, str) else list(files)
