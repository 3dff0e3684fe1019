"""JSON: what may stand in a document, and its text as people can read it.

The text is what `json.dumps` makes with an indent, by its encoder in C, which knows of none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeAlias, TypeGuard

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A value that has a text in JSON."""

JsonObject: TypeAlias = "Mapping[str, Json]"
"""A document, or an object in one, whose names are those of somebody else's format."""


def indented_json(value: object, depth: int = 0) -> str:
    """*value*, byte for byte as `json.dumps(value, ensure_ascii=False, indent=1)` has it, many times as fast.

    What holds no further values, which is nearly all there is, goes to the encoder at once: what parts its items is
    their indent, which is the same for all of them.
    """
    if not _holds(value):
        return _encoder(0).encode(value)
    start, end = "\n" + " " * (depth + 1), "\n" + " " * depth
    if not any(map(_holds, value.values() if isinstance(value, dict) else value)):
        text = _encoder(depth + 1).encode(value)
        return f"{text[0]}{start}{text[1:-1]}{end}{text[-1]}"
    if isinstance(value, dict):
        items = [f"{_key(key)}: {indented_json(item, depth + 1)}" for key, item in value.items()]
        return f"{{{start}{f',{start}'.join(items)}{end}}}"
    return f"[{start}{f',{start}'.join(indented_json(item, depth + 1) for item in value)}{end}]"


def _holds(value: object) -> TypeGuard[dict[object, object] | list[object] | tuple[object, ...]]:
    """Whether *value* has items, each of which gets a line."""
    return isinstance(value, dict | list | tuple) and bool(value)


def _key(key: object) -> str:
    """*key* as the encoder writes it, whatever it is."""
    return _encoder(0).encode({key: 0})[1 : -len(": 0}")]


@cache
def _encoder(depth: int) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, separators=(",\n" + " " * depth, ": "))
