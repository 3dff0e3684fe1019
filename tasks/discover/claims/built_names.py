"""What tables claim that name no image in one cell, but whose columns together make up the images' names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import LabelClaim, labels_by_file
from tasks.discover.claims.column_roles import roles_of
from tasks.discover.claims.table_claims import said_of
from tasks.discover.claims.table_views import SUBMISSION
from tasks.discover.heads.head import Head
from tasks.discover.listing.listing import Listing
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords
from tasks.tables.names import fields_of

_FEWEST = 6
_ALL = 0.95
_HALF = 0.5
_TWO = 2
_LOOKED_AT = 24
_MOST_PATHS = 8
_MOST_SHORT = 64
"""So many paths are looked at where the longest cell of a row is one character, which is in many."""
_MOST_TEMPLATES = 40
_LEAST = 2
_TRIED = 3
_PRIVATE = 0xE000


def built_claims(listing: Listing, others: Iterable[Head], words: SplitWords) -> list[LabelClaim]:
    """What those of *others*, tables that name no image, say of images whose paths are made of several of their cells.

    None of it is sure: the reading is for a person to choose.
    """
    found = []
    for head in others:
        is_plain = not (head.members or head.placed or head.line_form or "at" in head.keys)
        if (
            is_plain
            and len(head.names) > _TWO
            and len(head.rows) >= _FEWEST
            and not SUBMISSION & set(tokens(head.path))
        ):
            found += _of_table(listing, head, words)
    return found


def _of_table(listing: Listing, head: Head, words: SplitWords) -> list[LabelClaim]:
    paths = listing.files["path"].combine_chunks()
    for template in _templates(head, paths):
        files = [_filled(template, dict(zip(head.names, row, strict=True))) for row in head.rows]
        there = pc.is_in(pa.array(files, pa.string()), paths).to_pylist()
        named = [file if is_there else "" for file, is_there in zip(files, there, strict=True)]
        hits = set(named) - {""}
        if (
            sum(there) < _ALL * len(files)
            or len(hits) < sum(there)
            or (head.is_whole and len(hits) < _HALF * len(paths))
        ):
            continue
        return list(_claims(head, template, named, words))
    return []


def _claims(head: Head, template: str, named: Sequence[str], words: SplitWords) -> Iterator[LabelClaim]:
    used = sorted({*fields_of(template)})
    rows = [place for place, file in enumerate(named) if file]
    columns = {name: [head.column(name)[place].strip() for place in rows] for name in head.names if name not in used}
    for column in roles_of(columns, len(rows), head.said, words).labels:
        entry: TableKeys = head.table({name: name for name in used} if column.one_hot else {column.name: "label"})
        entry["location"] = template
        if column.one_hot:
            entry["one_hot"] = column.one_hot_key
        says = f"{said_of(column, head.path)}, whose columns {', '.join(used)} make up the images' names"
        yield LabelClaim([entry], column, labels_by_file(named, column.values), says, is_sure=False)


def _templates(head: Head, paths: pa.Array) -> list[str]:
    """The ways to write paths of images by several columns of *head*, those of the most columns first."""
    found: dict[str, int] = {}
    for row in head.rows[:_LOOKED_AT]:
        cells = {
            name: cell.strip() for name, cell in zip(head.names, row, strict=True) if cell.strip() and "{" not in name
        }
        for path in _holding(paths, cells.values()):
            template, count = _written(path, cells)
            if count >= _TWO:
                found[template] = count
    return sorted(found, key=lambda template: -found[template])[:_MOST_TEMPLATES]


def _holding(paths: pa.Array, cells: Iterable[str]) -> list[str]:
    """Some of *paths* that hold the longest of *cells*; the next where none does, as that may be a label."""
    for cell in sorted(dict.fromkeys(cells), key=len, reverse=True)[:_TRIED]:
        found = paths.filter(pc.match_substring(paths, cell))
        if len(found):
            most = _MOST_PATHS if len(cell) >= _LEAST else _MOST_SHORT
            return [str(path) for path in found.slice(0, most).to_pylist()]
    return []


def _written(path: str, cells: Mapping[str, str]) -> tuple[str, int]:
    """*path* with each of *cells* that is a word or a number of it as that column, and how many columns these are."""
    if "{" in path or "}" in path:
        return path, 0
    values = list(cells.values())
    alone = [name for name, cell in cells.items() if values.count(cell) == 1]
    marks = {chr(_PRIVATE + place): name for place, name in enumerate(alone)}
    for mark, name in sorted(marks.items(), key=lambda item: -len(cells[item[1]])):
        before, behind = (_like(cells[name][at]) for at in (0, -1))
        path = re.sub(f"(?<!{before}){re.escape(cells[name])}(?!{behind})", mark, path)
    there = [mark for mark in marks if mark in path]
    for mark in there:
        path = path.replace(mark, f"{{{marks[mark]}}}")
    return path, len(there)


def _like(char: str) -> str:
    """What may not stand beside *char*, so that both are not of one word or number."""
    return "[0-9]" if char.isdigit() else r"[^\W\d_]" if char.isalpha() else "(?!)"


def _filled(template: str, cells: Mapping[str, str]) -> str:
    return re.sub(r"{([^{}]*)}", lambda found: cells[found[1]].strip(), template)
