"""What tables beside the images claim: a label for each image, or a split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from tasks.config_keys import Columns, TableKeys
from tasks.discover.claims.claim import Claims, Entries, LabelClaim, SplitClaim, labels_by_file
from tasks.discover.claims.class_names import names_for
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.claims.doubted_rows import rows_in_doubt
from tasks.discover.claims.paired_columns import of_all_columns
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import SUBMISSION, Family
from tasks.discover.heads.head import Head
from tasks.discover.words.column_words import called_column
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords


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
    if parted := split or _flag_splits(family):
        claims.splits.append(parted)
    others = [head for head in others if all(head is not view.head for view in family.views)]
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
        claim = LabelClaim(entries, column, by_file, _says(family, column), is_sure, split, family.has_boxes)
        if doubted := rows_in_doubt(claim, family, is_named=named is not None):
            claim = replace(claim, is_sure=False)
            claims.labels += [with_names(one, named) for one in doubted if one.says != claim.says]
        claims.labels += [with_names(one, named) for one in (*of_all_columns(claim, family), claim)]
    for name in roles.numbers:
        told = {family.roles.split: "split"} if split is not None and family.roles.split else {}
        entries = [
            _entry(view, {view.location: "location", name: "label"} | told, None, family) for view in family.views
        ]
        claims.numbers.append((name, entries, split.names if split is not None else {}))


def _is_code(column: LabelColumn, family: Family) -> bool:
    """Whether the labels are numbers that JSON's own lists of classes, or those of boxes, give names to."""
    view = family.views[0]
    if view.head.has_boxes and view.head.members and column.is_numeric:
        return True
    last = column.name.rpartition(".")[2]
    return "columns" not in view.head.keys and view.head.path.endswith("json") and last.endswith("_id")


def _says(family: Family, column: LabelColumn) -> str:
    paths = list(dict.fromkeys(view.head.path for view in family.views))
    shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    if family.has_boxes:
        return f"the class of what is outlined in {shown} is the label"
    return said_of(column, shown)


def said_of(column: LabelColumn, shown: str) -> str:
    """That *column* of the tables *shown* is the label, as half a sentence."""
    if column.one_hot:
        names = ", ".join(column.one_hot[:4]) + (" …" if len(column.one_hot) > 4 else "")
        return f"the columns {names} of {shown} are classes"
    name = called_column(column.name)
    return f"{name} of {shown} is the label"


def _label_roles(column: LabelColumn, view: View, split: SplitClaim | None, has_names: bool) -> dict[str, str]:
    roles = {view.location: "location"}
    if not column.one_hot:
        roles[column.name] = "class" if has_names else "label"
    if split is not None and (own := split.entries[0].get("columns")) is not None:
        roles |= _named_roles(own, view.head.names, "split")
    return roles


def _named_roles(columns: Columns, names: Sequence[str], role: str) -> dict[str, str]:
    given = columns if isinstance(columns, dict) else dict(zip(names, columns, strict=False))
    return {own: name for own, name in given.items() if name == role}


def _entry(view: View, roles: dict[str, str], column: LabelColumn | None, family: Family) -> TableKeys:
    made = view.settings(roles)
    if column is not None and column.one_hot:
        made["one_hot"] = column.one_hot_key
        if all(map(str.isdigit, made["columns"])):
            made["header"] = True  # the first line names the classes, although the location is told by its position
    if family.file_splits:
        made["split"] = view.split
    return made


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


def _flag_splits(family: Family) -> SplitClaim | None:
    """The splits that columns of ones and zeros say, each of them one; None where there are no such columns."""
    flags = family.roles.split_flags
    if not flags:
        return None
    entries: Entries = [
        {**view.settings({view.location: "location"}), "where": {name: list(yes)}, "split": split}
        for view in family.views
        for name, (split, yes) in flags.items()
    ]
    told = {
        file: split
        for name, (split, yes) in flags.items()
        for file, cell in zip(family.files, family.column(name), strict=True)
        if file and cell.strip() in yes
    }
    says = f"the columns {', '.join(flags)} of {family.views[0].head.path}"
    return SplitClaim(entries, told, {}, says)


def _name_claim(family: Family, says: str) -> SplitClaim | None:
    if family.file_splits:
        entries: Entries = [
            {**view.settings({view.location: "location"}), "split": view.split} for view in family.views
        ]
        told: dict[str, str] = {}
        for view in family.views:
            for file in set(view.files) - {""}:
                if told.setdefault(file, view.split) != view.split:
                    return None
        return SplitClaim(entries, told, {}, says)
    return None


def with_names(claim: LabelClaim, named: tuple[TableKeys, dict[str, str]] | None) -> LabelClaim:
    """*claim* with the names of its classes for their numbers, and the table that gives them."""
    if named is None:
        return claim
    entry, names = named
    by_file = {file: tuple(names.get(label, label) for label in labels) for file, labels in claim.by_file.items()}
    return replace(claim, entries=[*claim.entries, entry], by_file=by_file)
