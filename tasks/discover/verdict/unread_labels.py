"""Tables beside class folders that have labels for something that is no image's name: they may say what images show."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.discover.claims.table_views import SUBMISSION
from tasks.discover.heads.head import Head
from tasks.discover.words.column_words import strength_of
from tasks.discover.words.folder_names import tokens

_CERTAIN = 3
_FEWEST = 6
_SHARE = 0.5


def unread_labels(others: Iterable[Head]) -> str:
    """What speaks against folders: one of *others*, which name no image, whose column of labels repeats its values."""
    for head in others:
        if head.members or SUBMISSION & set(tokens(head.path)) or len(head.rows) < _FEWEST:
            continue
        for name in head.names:
            values = {cell.strip() for cell in head.column(name)} - {""}
            is_label = not name.isdigit() and strength_of(name) == _CERTAIN
            if is_label and 1 < len(values) <= _SHARE * len(head.rows):
                return f"{head.path} names no image, and its column {name} may say what some show"
    return ""
