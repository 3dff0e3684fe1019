"""How a JSON begins, in each of the ways that its records can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tasks.discover.heads.head import MOST_ROWS, SEVERAL, Head
from tasks.discover.heads.text_heads import decoded
from tasks.tables.nested import value_at

LINES = (".jsonl", ".ndjson", ".manifest")
_DEEPEST = 3
_MOST_KEYS = 200
_LONGEST_YAML = 1 << 18
_OUTLINES = frozenset(
    "bbox bboxes bndbox box boxes polygon polygons points coordinates polyline segmentation xmin rectangle rle "
    "vertices cuboid".split()
)


def json_heads(name: str, suffix: str, data: bytes, is_whole: bool) -> list[Head]:
    """The tables in *data*, with which the JSON or YAML file *name* begins."""
    text = decoded(data)
    if suffix in LINES or re.match(r"\s*\{[^\n]*\}\s*\n\s*\{", text[:65536]):
        return of_records(name, {}, _json_lines(text), is_whole)
    if not is_whole:
        return []
    value = json_value(text) if suffix == ".json" else _yaml_value(text)
    if isinstance(value, list):
        return _of_list(name, {}, value)
    return _of_object(name, value) if isinstance(value, dict) else []


def json_value(text: str) -> Any:
    """What the JSON *text* holds; None for what is none."""
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return None


def _yaml_value(text: str) -> Any:
    if len(text) > _LONGEST_YAML:
        return None
    with suppress(YAMLError, ValueError, RecursionError):
        return YAML(typ="safe", pure=True).load(text)
    return None


def _json_lines(text: str) -> list[Any]:
    found = []
    for line in text.split("\n"):
        with suppress(ValueError, RecursionError):
            found.append(json.loads(line))
        if len(found) > MOST_ROWS:
            break
    return found


def _of_list(name: str, keys: Mapping[str, Any], value: Sequence[Any]) -> list[Head]:
    if value and all(isinstance(item, dict) for item in value):
        return of_records(name, keys, value, True)
    is_whole = len(value) <= MOST_ROWS
    if value and all(isinstance(item, list) and item for item in value):
        width = min(map(len, value))
        rows = tuple(tuple(map(_text, item[:width])) for item in islice(value, MOST_ROWS))
        return [Head(name, keys, tuple(map(str, range(width))), rows, (), is_whole)]
    if value and all(isinstance(item, str) for item in value):
        rows = tuple((item,) for item in islice(value, MOST_ROWS))
        return [Head(name, keys, ("0",), rows, (), is_whole)]
    return []


def _of_object(name: str, value: Mapping[Any, Any], at: str = "") -> list[Head]:
    """The tables that an object holds: itself, as a map, or the lists and maps in it."""
    keys = {"at": at} if at else {}
    lists = {str(key): item for key, item in value.items() if isinstance(item, list) and item}
    if lists and len(lists) == len(value) and all(isinstance(item, str) for part in lists.values() for item in part):
        return [_map(name, keys, [(key, item) for key, part in lists.items() for item in part])]
    if lists and all(isinstance(item, int) for part in lists.values() for item in part):
        return [_map(name, keys, [(key, "") for key, part in lists.items() for _ in part])]  # places of who knows what
    if value and all(isinstance(item, str | int) for item in value.values()):
        return [_map(name, keys, [(str(key), _text(item)) for key, item in value.items()])]
    if len(value) > 1 and all(isinstance(item, Mapping) and item for item in value.values()) and _are_alike(value):
        entries = [{"0": str(key), **item} for key, item in value.items()]
        return of_records(name, keys | {"orient": "map"}, entries, True)
    found = [head for key, part in lists.items() for head in _of_list(name, {"at": _below(at, key)}, part)]
    for key, part in value.items():
        if isinstance(part, Mapping) and part and at.count(".") < _DEEPEST - 1:
            found += _of_object(name, part, _below(at, str(key)))
    return found


def _map(name: str, keys: Mapping[str, Any], rows: Sequence[tuple[str, str]]) -> Head:
    return Head(name, {**keys, "orient": "map"}, ("0", "1"), tuple(rows[:MOST_ROWS]), (), len(rows) <= MOST_ROWS)


def _are_alike(value: Mapping[Any, Any]) -> bool:
    """Whether the objects in *value* are records of one kind: most have the keys of the first."""
    items = list(islice(value.values(), MOST_ROWS))
    return (
        sum(1 for item in items if set(item) & set(items[0])) >= len(items) / 2
        and len(set.intersection(*(set(item) for item in items[:20]))) > 0
    )


def _below(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def of_records(name: str, keys: Mapping[str, Any], records: Sequence[Any], is_whole: bool) -> list[Head]:
    """The table that *records* with keys are; none where they are no objects."""
    looked = [record for record in records[:MOST_ROWS] if isinstance(record, Mapping)]
    if len(looked) < len(records[:MOST_ROWS]) or not looked:
        return []
    names, rows = rows_of(looked)
    return [Head(name, keys, names, rows, (), is_whole and len(records) <= MOST_ROWS, has_boxes=outlines(names))]


def rows_of(records: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The dotted keys of *records*, and for each record their cells."""
    named = dict.fromkeys(key for record in records for key in _deep_keys(record))
    names = tuple(islice(named, _MOST_KEYS))
    return names, tuple(tuple(_cell(record, key) for key in names) for record in records)


def outlines(names: Iterable[str]) -> bool:
    """Whether columns called *names* say where in an image something is."""
    return any(_OUTLINES & set(re.split(r"[._ ]|(?<=[a-z])(?=[A-Z])", name.lower())) for name in names)


def _deep_keys(record: Any, head: str = "") -> Iterator[str]:
    """The dotted keys of all texts and numbers in *record*, through lists too."""
    if isinstance(record, Mapping):
        for key, value in record.items():
            yield from _deep_keys(value, f"{head}{key}.")
    elif isinstance(record, list) and record and isinstance(record[0], dict | list):
        for value in record[:5]:
            yield from _deep_keys(value, head)
    elif head:
        yield head[:-1]


def _cell(record: Mapping[str, Any], name: str) -> str:
    value = value_at(record, name)
    if isinstance(value, list):
        return SEVERAL.join(dict.fromkeys(text for text in value if text))
    return value or ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
