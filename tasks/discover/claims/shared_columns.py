"""What tables claim that name no image, but share columns with a table that does: the study that an image is of."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import Claims, LabelClaim, labels_by_file
from tasks.discover.claims.column_roles import LabelColumn, roles_of
from tasks.discover.claims.table_claims import said_of, split_claim
from tasks.discover.claims.table_view import View
from tasks.discover.claims.table_views import Family
from tasks.discover.heads.head import Head
from tasks.discover.words.split_words import SplitWords

_ALL = 0.95
_SOME = 0.5
_FEWEST = 2


def shared_claims(family: Family, others: Sequence[Head], words: SplitWords, claims: Claims) -> None:
    """Add to *claims* what those of *others* say that have one row for each value of the columns that they share.

    A table of images and one of studies are joined by ``study_id``, many images to one study.
    """
    if len(family.views) > 1:
        return
    view, own = family.views[0], {column.name for column in family.roles.labels}
    for head in others:
        shared = _shared(view, head)
        if shared and own <= set(shared):
            claims.labels += _claims(family, view, head, shared, words)


def _shared(view: View, head: Head) -> list[str]:
    """The columns of both, whose names say that they are the same; none where a row of *head* is not told by them.

    The lists within JSON files each have an ``id`` of their own.
    """
    if any("at" in one.keys or one.members for one in (head, view.head)):
        return []
    names = [name for name in head.names if name in view.head.names and name != view.location and not name.isdigit()]
    rows = list(zip(*(map(str.strip, head.column(name)) for name in names), strict=True)) if names else []
    return names if len(rows) > _FEWEST and len(set(rows)) == len(rows) else []


def _claims(family: Family, view: View, head: Head, shared: Sequence[str], words: SplitWords) -> list[LabelClaim]:
    """What *head* says of the images of *view*, joined by the columns *shared*: one claim for each possible label."""
    places = {key: place for place, key in enumerate(_keys(head, shared))}
    joined = [(file, places[key]) for file, key in zip(view.files, _keys(view.head, shared), strict=True)
              if file and key in places]  # fmt: skip
    is_whole = head.is_whole and view.head.is_whole
    if len(joined) < (_ALL if is_whole else _SOME) * len(family.named):
        return []
    rest = [name for name in head.names if name not in shared]
    columns = {name: [head.column(name)[place] for _, place in joined] for name in rest}
    roles = roles_of(columns, len({file for file, _ in joined}), head.path, words)
    split = split_claim(family, words)
    told = {family.roles.split: "split"} if split is not None and family.roles.split else {}
    keep = {name: name for name in shared}
    root = view.settings({view.location: "location"} | keep | told)
    files = [file for file, _ in joined]
    return [
        LabelClaim(
            [root, _entry(head, keep, column)],
            column,
            labels_by_file(files, column.values),
            said_of(column, head.path),
            is_sure=column is roles.one_label,
            splits=split,
        )
        for column in roles.labels
    ]


def _entry(head: Head, keep: dict[str, str], column: LabelColumn) -> TableKeys:
    """The entry of *head*, which says the label and has the columns to *keep*."""
    if column.one_hot:
        return {**head.table(keep), "one_hot": column.one_hot_key}
    return head.table(keep | {column.name: "label"})


def _keys(head: Head, shared: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip(*(map(str.strip, head.column(name)) for name in shared), strict=True))
