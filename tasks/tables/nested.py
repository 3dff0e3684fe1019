"""Values deep inside a record: dotted keys, through lists too, and one row for each element of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tasks.records.json_text import text_of

Value = str | None | list[str | None]


class UnevenError(ValueError):
    """Lists that should run in parallel have not the same length."""


def value_at(record: Any, path: str) -> Value:
    """What *record* holds at the dotted *path*, as text; a list where the way leads through lists."""
    if isinstance(record, Mapping) and path in record:
        return _texts(record[path])
    found = _walk(record, path.split("."))
    return _texts(found)


def _walk(value: Any, keys: Sequence[str]) -> Any:
    for place, key in enumerate(keys):
        if isinstance(value, Mapping) and key not in value and (counted := counted_values(value)) is not None:
            return _walk(counted, keys[place:])
        if isinstance(value, Mapping):
            joined = ".".join(keys[place:])
            if joined in value:
                return value[joined]
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal():
            value = value[int(key)] if int(key) < len(value) else None
        elif isinstance(value, list):
            return [_walk(item, keys[place:]) for item in value]
        else:
            return None
    return value


def counted_values(value: object) -> list[Any] | None:
    """The objects in *value*, where its keys count them from 0, as some tools write lists; None where it is none."""
    if not isinstance(value, Mapping) or not value or list(value) != list(map(str, range(len(value)))):
        return None
    return list(value.values()) if all(isinstance(item, Mapping) for item in value.values()) else None


def _texts(value: Any) -> Value:
    if isinstance(value, list):
        return [text for item in value for text in _flat(_texts(item))]
    return text_of(value)


def _flat(value: Value) -> list[str | None]:
    return value if isinstance(value, list) else [value]


def exploded(values: Sequence[Value]) -> Iterator[list[str | None]]:
    """The rows that *values* are: one, or as many as their lists are long.

    Raises:
        UnevenError: Lists of several elements differ in length.
    """
    lengths = {len(value) for value in values if isinstance(value, list)}
    if not lengths:
        yield [value for value in values if not isinstance(value, list)]
        return
    several = lengths - {0, 1} or {max(lengths)}  # one element goes for all rows, and none is nothing
    if len(several) > 1:
        raise UnevenError(f"has lists of {' and '.join(map(str, sorted(several)))} elements where one row needs one")
    count = several.pop()
    for place in range(max(count, 1)):
        yield [_element(value, place) for value in values]


def _element(value: Value, place: int) -> str | None:
    if not isinstance(value, list):
        return value
    if len(value) == 1:
        return value[0]
    return value[place] if value else None


def keys_of(record: Any, head: str = "") -> Iterator[str]:
    """The dotted keys of all values in *record* that are no objects."""
    if not isinstance(record, Mapping):
        return
    for key, value in record.items():
        if isinstance(value, Mapping) and value:
            yield from keys_of(value, f"{head}{key}.")
        else:
            yield f"{head}{key}"
