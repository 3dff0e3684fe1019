"""Rows of a table that the table itself takes back, or that one of several readers says: their label is not sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from tasks.discover.claims.claim import Entries, LabelClaim, labels_by_file
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.claims.level_above import with_level_above
from tasks.discover.claims.no_labels import without_nulls
from tasks.discover.claims.numbered_columns import of_numbered_columns
from tasks.discover.claims.questions import by_question
from tasks.discover.claims.table_views import Family
from tasks.discover.heads.head import SEVERAL
from tasks.discover.words.folder_names import tokens
from tasks.label_kinds import number_of

_NO = frozenset(
    "reject rejected ignore ignored skip skipped invalid incorrect wrong wrongly discard discarded drop dropped remove "
    "removed delete deleted trashed retracted withdrawn obsolete "
    "exclude excluded declined unusable mislabeled mislabelled misclassified".split()
)
_YES = frozenset("valid accept accepted approved correct confirmed usable keep kept include included".split())
_TRUE = frozenset("1 true yes y t 1.0".split())
_FALSE = frozenset("0 false no n f 0.0".split())
_READERS = frozenset(
    "annotator annotators rater reader user username worker volunteer labeler labeller reviewer grader coder expert "
    "radiologist rad judge participant observer".split()
)
_DONE = frozenset("completed annotated labeled labelled classified graded rated reviewed answered".split())
_GUESSES = frozenset(
    "inference pred preds predict predicted prediction predictions guess guesses inferred pseudo yhat".split()
)
_MENDED = frozenset("corrected correct correction revised reviewed fixed cleaned relabeled relabelled updated".split())
_MOST_VALUES = 8
_FEW = 0.1
_HALF = 0.5


def rows_in_doubt(claim: LabelClaim, family: Family, *, is_named: bool = False) -> list[LabelClaim]:
    """*claim* without the rows that the tables themselves take back, which makes both unsure; empty where all count.

    It is unsure by itself where each of several readers has a row of an image, where a column that nothing calls a
    label says several things of one, where another column has its words for other images, where a model said it,
    where a label may stand for none, where one stands below several words of a column above it, and where columns of
    the same name are counted.

    Args:
        claim: What one column says.
        family: The tables that say it.
        is_named: Whether another table gives each of its labels a name, so that none of them means none.
    """
    parts = {family.roles.split, *family.roles.split_flags}
    own = {claim.column.name, family.views[0].location, *claim.column.one_hot} | parts
    others = {name: family.column(name) for name in family.views[0].head.names if name not in own}
    finders = (of_numbered_columns, *(() if is_named else (without_nulls,)), with_level_above)
    found = [told for find in finders if (told := find(claim, family)) is not None]
    found += by_question(claim, others, family.files)
    is_several = _is_several_rows(claim.column, claim.by_file)
    if is_several and (flag := _flag_of(family)):
        found.append(_where(flag, claim, family))
    if not family.has_boxes and (kept := _kept_values(others)) is not None:
        found.append(_kept(*kept, claim, family))
    is_vote = bool(is_several and not family.has_boxes and _reader_of(others, family.files)) or _are_lists(
        others, claim
    )
    is_unknown = is_several and claim.column.strength == 1 and not claim.column.name.isdigit()
    if (is_several or is_vote) and not family.has_boxes and (once := _named_once(claim, is_vote=is_vote)) is not None:
        found.append(once)
    is_unsure = is_vote or is_unknown or _is_guess(claim.column.name, family) or _has_rival(others, claim, family.files)
    return found or ([claim] if is_unsure else [])


def _named_once(claim: LabelClaim, *, is_vote: bool) -> LabelClaim | None:
    """*claim* without the images to which rows give several labels, perhaps by mistake; None where too many are.

    Of what several readers say, those may be half of all.
    """
    once = {file: labels for file, labels in claim.by_file.items() if len(labels) < 2}
    if len(claim.by_file) - len(once) > (_HALF if is_vote else _FEW) * len(claim.by_file):
        return None
    says = f"{claim.says}, and images to which its rows give several are left out"
    return replace(claim, by_file=once, column=replace(claim.column, is_many=False), says=says, is_sure=False)


def _is_guess(name: str, family: Family) -> bool:
    """Whether the column *name* says what a model took images for."""
    return bool(_GUESSES & {*tokens(name), *tokens(family.views[0].head.path.rpartition("/")[2])})


def _has_rival(columns: Mapping[str, Sequence[str]], claim: LabelClaim, files: Sequence[str]) -> bool:
    """Whether one of *columns* has words of *claim* alone, and gives some images others: which of them counts?

    Args:
        columns: Cells by name, besides those of the claim.
        claim: What one column says.
        files: For each row its image; empty for none.
    """
    own = {label for labels in claim.by_file.values() for label in labels}
    if claim.is_many or len(own) < 2:
        return False
    for name, cells in columns.items():
        told = [(file, cell.strip()) for file, cell in zip(files, cells, strict=True) if file and cell.strip()]
        words = {cell for _, cell in told}
        is_of_words = not all(number_of(word) is not None for word in words) or bool(_MENDED & set(tokens(name)))
        if words and words <= own and is_of_words and any((cell,) != claim.by_file[file] for file, cell in told):
            return True
    return False


def _kept(name: str, values: Sequence[str], claim: LabelClaim, family: Family) -> LabelClaim:
    """*claim* by those rows alone whose column *name* is one of *values*."""
    rows = [cell.strip() in values for file, cell in zip(family.files, family.column(name), strict=True) if file]
    files = [file for file in family.files if file]
    pairs = [(file, labels) for file, labels, is_kept in zip(files, claim.column.values, rows, strict=True) if is_kept]
    by_file = labels_by_file([file for file, _ in pairs], [labels for _, labels in pairs])
    entries: Entries = [{**entry, "where": {name: list(values)}} for entry in claim.entries]
    says = f"{claim.says}, where {name} is {' or '.join(value or 'empty' for value in values)}"
    return replace(claim, entries=entries, by_file=by_file, says=says, is_sure=False)


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
    entries: Entries = [{**entry, "where": {flag: ones}} for entry in claim.entries]
    says = f"{claim.says}, where {flag} is {' or '.join(ones)}"
    by_file = labels_by_file(family.files, values)
    return replace(claim, entries=entries, column=column, by_file=by_file, says=says, is_sure=False)


def _kept_values(columns: Mapping[str, Sequence[str]]) -> tuple[str, tuple[str, ...]] | None:
    """The column of *columns* that takes rows back, as ``status: rejected``, and its other values; None without one."""
    for name, cells in columns.items():
        values = {cell.strip() for cell in cells}
        gone = _taken_back(name, values)
        if gone and (kept := values - gone):
            return name, tuple(sorted(kept))
    return None


def _taken_back(name: str, values: set[str]) -> set[str]:
    """Those of *values* of the column *name* by which a row does not count."""
    if not 1 < len(values) <= _MOST_VALUES:
        return set()
    folded = {value: value.casefold() for value in values}
    said = set(tokens(name))
    if set(folded.values()) <= _TRUE | _FALSE | {""} and said & (_NO | _YES):
        odd = _TRUE if said & _NO else _FALSE
        return {value for value, text in folded.items() if text in odd}
    return {value for value in values if set(tokens(value)) & _NO}


def _are_lists(columns: Mapping[str, Sequence[str]], claim: LabelClaim) -> bool:
    """Whether one of *columns* lists several readers in the records of an image, and *claim* what each of them says."""
    readers = [cells for name, cells in columns.items() if _is_reader(name) and any(SEVERAL in cell for cell in cells)]
    return bool(readers) and claim.column.is_many and not claim.column.separator and not claim.column.one_hot


def _is_reader(name: str) -> bool:
    """Whether a column called *name* says who read an image: ``annotator``, ``completed_by.email``."""
    said = tokens(name)
    return bool(set(said) & _READERS) or any(one in _DONE and other == "by" for one, other in pairwise(said))


def _reader_of(columns: Mapping[str, Sequence[str]], files: Sequence[str]) -> str:
    """The column of *columns* that says whose row it is, where each reader has one row of an image; empty without one.

    Args:
        columns: Cells by name.
        files: For each row its image; empty for none.
    """
    for name, cells in columns.items():
        pairs = [(file, cell.strip()) for file, cell in zip(files, cells, strict=True) if file]
        is_voted = len(pairs) > len({file for file, _ in pairs}) and len(pairs) == len(set(pairs))
        if is_voted and _is_reader(name):
            return name
    return ""
