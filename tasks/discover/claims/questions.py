"""Answers to several questions that stand in one record: each question's are labels of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tasks.discover.claims.claim import Entries, LabelClaim, labels_by_file
from tasks.discover.heads.head import SEVERAL
from tasks.label_kinds import number_of

_MOST = 4


def by_question(claim: LabelClaim, columns: Mapping[str, Sequence[str]], files: Sequence[str]) -> list[LabelClaim]:
    """*claim* for each of the questions that one of *columns* lists alike in all records, unsure; empty without one.

    Args:
        claim: What a column says, in which the answers of a record stand together.
        columns: Cells by name, besides those of the claim.
        files: For each row its image; empty for none.
    """
    column = claim.column
    if not column.is_many or column.separator or column.one_hot:
        return []
    name, questions = next(((name, said) for name, cells in columns.items() if (said := _questions(cells))), ("", ()))
    if not _MOST >= len(questions) >= max(map(len, column.values), default=0) > 1:
        return []
    found = []
    for place, question in enumerate(questions):
        values = tuple(labels[place : place + 1] if len(labels) == len(questions) else () for labels in column.values)
        by_file = {file: labels for file, labels in labels_by_file(files, values).items() if labels}
        if len(set(by_file.values())) > 1:
            entries: Entries = [{**entry, "where": {name: [question]}} for entry in claim.entries]
            says = f"{claim.says}, where {name} is {question}"
            told = replace(column, values=values, is_many=False)
            found.append(replace(claim, entries=entries, column=told, by_file=by_file, says=says, is_sure=False))
    return found


def _questions(cells: Sequence[str]) -> tuple[str, ...]:
    """The several words that all of *cells* hold alike; none where they differ, or are numbers."""
    [first, *others] = {cell.strip() for cell in cells} or {""}
    words = tuple(first.split(SEVERAL)) if not others and SEVERAL in first else ()
    return () if any(number_of(word) is not None for word in words) else words
