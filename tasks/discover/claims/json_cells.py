"""Cells that each hold JSON: the texts within them that could be the label, and the patterns that find them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tasks.discover.claims.column_roles import part_alike
from tasks.json_values import Json

_SOME = 0.9
_TEXT = r'(?P<label>(?:[^"\\]|\\.)*)'


class TextWithin(NamedTuple):
    """A text in the JSON of each cell.

    Attributes:
        key: The key that it stands under.
        pattern: The regular expression that finds it.
        values: For each cell the text; empty without one.
    """

    key: str
    pattern: str
    values: list[str]


def texts_within(cells: Sequence[str]) -> list[TextWithin]:
    """The texts that stand in nearly all of *cells*, JSON all of them, where a pattern finds each; else none."""
    if not cells or not all(cell.startswith(("{", "[")) for cell in cells):
        return []
    try:
        told = [dict(_texts(json.loads(cell))) for cell in cells]
    except (ValueError, RecursionError):
        return []
    found: list[TextWithin] = []
    for path in dict.fromkeys(path for one in told for path in one):
        values = [one.get(path, "") for one in told]
        is_most = sum(map(bool, values)) >= _SOME * len(values)
        is_new = not any(part_alike(values, other.values) for other in found)
        if is_most and is_new and (pattern := _pattern(path, values, cells)):
            found.append(TextWithin(path[-1], pattern, values))
    return found


def _texts(value: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The texts in *value* with the keys that lead to them, through lists of one element."""
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield from _texts(held, (*path, key))
    elif isinstance(value, list) and len(value) == 1:
        yield from _texts(value[0], path)
    elif isinstance(value, str) and path:
        yield path, value


def _pattern(path: Sequence[str], values: Sequence[str], cells: Sequence[str]) -> str:
    """The pattern that finds *values* in *cells*: by the last key of *path*, or by that below the one above it."""
    keys = [f'"{re.escape(key)}"' for key in path]
    own = rf"{keys[-1]}\s*:\s*\[?\s*" + f'"{_TEXT}"'
    above = [rf"{key}\s*:\s*\[?\s*{{[^{{}}]*?{own}" for key in keys[-2:-1]]
    for pattern in (own, *above):
        matches = [re.search(pattern, cell) for cell in cells]
        if [match["label"] if match else "" for match in matches] == list(values):
            return pattern
    return ""
