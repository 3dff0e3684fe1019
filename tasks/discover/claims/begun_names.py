"""What tables claim that call several images by what their names begin with: patients or cases, ``7_left.jpg``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tasks.config_keys import TableKeys
from tasks.discover.claims.affixed_names import CALLED, called_by, plain_tables, ways_with_header
from tasks.discover.claims.claim import LabelClaim, labels_by_file
from tasks.discover.claims.column_roles import LabelColumn, roles_of
from tasks.discover.claims.table_claims import said_of
from tasks.discover.heads.head import Head
from tasks.discover.listing.listing import Listing
from tasks.discover.words.split_words import SplitWords

_FEWEST = 6
_ALL = 0.95
_MOST_COLUMNS = 3
_SIGNS = "_. -"


def begun_claims(listing: Listing, others: Iterable[Head], words: SplitWords) -> list[LabelClaim]:
    """What those of *others*, tables that name no image, say of images whose names begin with one of their cells.

    None of it is sure: the reading is for a person to choose.
    """
    found = []
    for head in plain_tables(others):
        if len(head.names) > 1:
            found += _of_table(listing, head, words)
    return found


def _of_table(listing: Listing, head: Head, words: SplitWords) -> list[LabelClaim]:
    for way in ways_with_header(head):
        for key in way.names[:_MOST_COLUMNS]:
            cells = [cell.strip() for cell in way.column(key)]
            files = _files(listing, cells, is_whole=way.is_whole)
            if not files:
                continue
            columns = {name: [cell.strip() for cell in way.column(name)] for name in way.names if name != key}
            labels = roles_of(columns, len(cells), way.said, words).labels
            return [_claim(way, key, column, files, cells) for column in labels or _only_one(columns)]
    return []


def _only_one(columns: Mapping[str, Sequence[str]]) -> list[LabelColumn]:
    """The only one of *columns*, where it has a cell in each row and one of them again; else none."""
    names = list(columns)
    cells = columns[names[0]] if len(names) == 1 else ()
    is_label = all(cells) and 1 < len(set(cells)) < len(cells)
    return [LabelColumn(names[0], 1, tuple((cell,) for cell in cells))] if is_label else []


def _files(listing: Listing, cells: Sequence[str], *, is_whole: bool) -> dict[str, list[str]]:
    """For each of *cells* the images whose names begin with it and a sign; empty where these are not nearly all."""
    depths = {sum(map(cell.count, _SIGNS)) for cell in cells}
    if len(set(cells)) < max(_FEWEST, len(cells)) or "" in cells or len(depths) > 1:
        return {}
    paths, asked = listing.files["path"], set(cells)
    begun = called_by(_pattern(depths.pop()), paths)
    found: dict[str, list[str]] = {}
    for path, cell in zip(paths.to_pylist(), begun, strict=True):
        if cell is not None and cell in asked:
            found.setdefault(cell, []).append(path)
    count = sum(map(len, found.values()))
    is_all = count >= _ALL * len(paths) and (not is_whole or len(found) >= _ALL * len(cells))
    return found if is_all and count > len(found) else {}


def _pattern(signs: int) -> str:
    """The pattern over paths of images whose names begin with something that has so many *signs*, and one more."""
    return rf"(^|/)(?P<{CALLED}>[^/{_SIGNS}]+(?:[{_SIGNS}][^/{_SIGNS}]+){{{signs}}})[{_SIGNS}][^/]*\.[^./]+$"


def _claim(head: Head, key: str, column: LabelColumn, files: dict[str, list[str]], cells: Sequence[str]) -> LabelClaim:
    told = [(path, labels) for cell, labels in zip(cells, column.values, strict=True) for path in files.get(cell, ())]
    roles = {key: CALLED} | ({} if column.one_hot else {column.name: "label"})
    table: TableKeys = head.table(roles)
    if column.one_hot:
        table["one_hot"] = column.one_hot_key
    listed: TableKeys = {"listing": "**", "pattern": _pattern(sum(map(cells[0].count, _SIGNS)))}
    says = f"{said_of(column, head.path)}, whose column {key} is what the images' names begin with"
    by_file = labels_by_file([path for path, _ in told], [labels for _, labels in told])
    return LabelClaim([listed, table], column, by_file, says, is_sure=False)
