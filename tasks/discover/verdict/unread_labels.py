"""Tables beside class folders that have labels for something that is no image's name: they may say what images show."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.discover.claims.table_views import SUBMISSION
from tasks.discover.heads.head import Head
from tasks.discover.words.column_words import strength_of
from tasks.discover.words.folder_names import tokens

_CERTAIN = 3
_FEWEST = 6
_FEWEST_LINES = 20
_SHARE = 0.5


def unread_labels(others: Iterable[Head], images: int) -> str:
    """What speaks against folders: one of *others*, which name no image, that repeats its labels, or a line an image.

    Args:
        others: The tables.
        images: How many images there are.
    """
    for head in others:
        if head.members or SUBMISSION & set(tokens(head.path)) or len(head.rows) < _FEWEST:
            continue
        for name in head.names:
            values = {cell.strip() for cell in head.column(name)} - {""}
            is_label = not name.isdigit() and strength_of(name) == _CERTAIN
            if is_label and 1 < len(values) <= _SHARE * len(head.rows):
                return f"{head.path} names no image, and its column {name} may say what some show"
            if _is_line_each(head, values, images):
                return f"{head.path} has a line for each image, and may say what they show in their order"
    return ""


def lines_in_order(others: Iterable[Head], images: int) -> list[str]:
    """A sentence for each of *others*, which name no image, that has as many lines as there are *images*.

    Args:
        others: The tables.
        images: How many images there are.
    """
    return [
        f"{head.path} has as many lines as there are images, {images:,}, and names none of them: what it says of them, "
        "if it does, goes by an order that nobody can know; name the images in it."
        for head in others
        if images >= _FEWEST_LINES and head.is_whole and not head.members and "at" not in head.keys
        and len(head.rows) == images
    ]  # fmt: skip


def _is_line_each(head: Head, values: set[str], images: int) -> bool:
    """Whether *head* is a list of *values*, some of them again and again, one for each of *images*."""
    is_list = len(head.names) == 1 and head.is_whole and "at" not in head.keys
    return is_list and len(head.rows) == images >= _FEWEST_LINES and 1 < len(values) <= _SHARE * images
