"""How a JSON begins, in each of the ways that its records can be read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tasks.config_keys import TableKeys
from tasks.discover.heads.head import MOST_ROWS, SEVERAL, Head
from tasks.discover.heads.text_heads import decoded
from tasks.json_values import Json
from tasks.tables.file_columns import ALIASES, plain_name
from tasks.tables.nested import counted_values, value_at

LINES = (".jsonl", ".ndjson", ".manifest")
_DEEPEST = 3
_MOST_KEYS = 200
_MOST_PARTS = 8
_FEWEST_COLUMNS = 2
_LONGEST_YAML = 1 << 18
_CLASSES = frozenset("classes class class_names names labels label targets y categories".split())
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


def json_value(text: str) -> Json:
    """What the JSON *text* holds; None for what is none."""
    with suppress(ValueError, RecursionError):
        value: Json = json.loads(text)
        return value
    return None


def _yaml_value(text: str) -> Json:
    if len(text) > _LONGEST_YAML:
        return None
    with suppress(YAMLError, ValueError, RecursionError):
        value: Json = YAML(typ="safe", pure=True).load(text)
        return value
    return None


def _json_lines(text: str) -> list[Json]:
    found: list[Json] = []
    for line in text.split("\n"):
        with suppress(ValueError, RecursionError):
            found.append(json.loads(line))
        if len(found) > MOST_ROWS:
            break
    return found


def _of_list(name: str, keys: TableKeys, value: Sequence[Json]) -> list[Head]:
    if value and all(isinstance(item, dict) for item in value):
        return of_records(name, keys, value, True)
    lists = [item for item in value if isinstance(item, list) and item]
    texts = [item for item in value if isinstance(item, str)]
    width = min(map(len, lists)) if len(lists) == len(value) > 0 else int(len(texts) == len(value) > 0)
    cells = (item[:width] for item in lists) if lists else ([item] for item in texts)
    rows = tuple(tuple(map(_text, row)) for row in islice(cells, MOST_ROWS))
    return [Head(name, keys, tuple(map(str, range(width))), rows, (), len(value) <= MOST_ROWS)] if width else []


def _of_object(name: str, value: Mapping[str, Json], at: str = "") -> list[Head]:
    """The tables that an object holds: itself, as a map or as columns, or the lists and maps in it."""
    keys: TableKeys = {"at": at} if at else {}
    for find in (_of_columns, _of_texts, _of_plain, _of_objects):
        if whole := find(name, keys, value):
            return whole
    lists = {str(key): item for key, item in value.items() if isinstance(item, list) and item}
    objects = {str(key): item for key, item in value.items() if isinstance(item, Mapping) and item}
    found = [head for key, part in lists.items() for head in _of_list(name, {"at": _below(at, key)}, part)]
    for key, inner in objects.items() if at.count(".") < _DEEPEST - 1 else ():
        found += _of_object(name, inner, _below(at, key))
    return found


def _of_columns(name: str, keys: TableKeys, value: Mapping[str, Json]) -> list[Head]:
    """*value* as columns that run in parallel; empty where it holds none."""
    if len(value) < _FEWEST_COLUMNS or not (columns := _parallel(value)):
        return []
    rows = tuple(islice(zip(*columns, strict=True), MOST_ROWS))
    made: TableKeys = {**keys, "orient": "columns"}
    return [Head(name, made, tuple(map(str, value)), rows, (), len(columns[0]) <= MOST_ROWS)]


def _of_texts(name: str, keys: TableKeys, value: Mapping[str, Json]) -> list[Head]:
    """*value* as a map of lists of texts, or of places of who knows what; empty where it holds others."""
    lists = {str(key): item for key, item in value.items() if isinstance(item, list) and item}
    if lists and len(lists) == len(value) and all(isinstance(item, str) for part in lists.values() for item in part):
        at = keys.get("at", "")
        called = [key for key in lists if at and key.casefold() in _CLASSES]
        said = [head for key in called for head in _of_list(name, {"at": _below(at, key)}, lists[key])]
        return [_map(name, keys, [(key, _text(item)) for key, part in lists.items() for item in part]), *said]
    is_flat = not any(isinstance(item, Mapping) and item for item in value.values())
    if lists and is_flat and all(isinstance(item, int) for part in lists.values() for item in part):
        return _of_numbers(name, keys, lists)
    return []


def _of_plain(name: str, keys: TableKeys, value: Mapping[str, Json]) -> list[Head]:
    """*value* as a map of texts, numbers and nulls; empty where it holds others."""
    told = [item for item in value.values() if item is not None]
    if not told or not all(isinstance(item, str | int) for item in told):
        return []
    return [_map(name, keys, [(str(key), _text(item)) for key, item in value.items()])]


def _of_objects(name: str, keys: TableKeys, value: Mapping[str, Json]) -> list[Head]:
    """*value* as a map of records, or of what is said of each image, by its name; empty where it holds others."""
    lists = {str(key): item for key, item in value.items() if isinstance(item, list) and item}
    objects = {str(key): item for key, item in value.items() if isinstance(item, Mapping) and item}
    entries: list[object] = []
    if len(objects) == len(value) > 1 and _are_alike(objects):
        entries = [{"0": key, **item} for key, item in objects.items()]
    elif len(value) > _MOST_PARTS and lists and all(isinstance(item, list) for item in value.values()):
        records = [(key, item) for key, part in lists.items() for item in islice(part, MOST_ROWS)]
        held = [{"0": key, **item} for key, item in records if isinstance(item, Mapping)]
        entries = [*held] if len(held) == len(records) else []
    return of_records(name, {**keys, "orient": "map"}, entries, True) if entries else []


def _parallel(value: Mapping[str, Json]) -> list[list[str]]:
    """The columns in *value* that run in parallel, as pandas writes them: objects by row, or lists; else none."""
    columns: list[list[str]] = []
    rows: list[object] = []
    for column in value.values():
        cells = list(column.values()) if isinstance(column, Mapping) else column
        if not isinstance(cells, list) or not cells or any(isinstance(cell, list | dict) for cell in cells):
            return []
        rows.append(list(column) if isinstance(column, Mapping) else len(cells))
        columns.append([_text(cell) for cell in cells])
    is_by_row = isinstance(rows[0], list) and all(map(str.isdecimal, rows[0]))
    is_named = any(plain_name(str(key)) in ALIASES["location"] for key in value)
    has_words = any(len(set(column)) < len(column) for column in columns)  # lists of the files of each class have none
    return columns if all(row == rows[0] for row in rows) and (is_by_row or is_named or has_words) else []


def _of_numbers(name: str, keys: TableKeys, lists: Mapping[str, Sequence[Json]]) -> list[Head]:
    """The table in an object of nothing but *lists* of numbers: one of labels, or places of who knows what."""
    [key, *others] = lists
    if not others and key.casefold() in _CLASSES:
        return _of_list(name, {"at": _below(keys.get("at", ""), key)}, list(map(_text, lists[key])))
    return [_map(name, keys, [(key, "") for key, part in lists.items() for _ in part])]


def _map(name: str, keys: TableKeys, rows: Sequence[tuple[str, str]]) -> Head:
    return Head(name, {**keys, "orient": "map"}, ("0", "1"), tuple(rows[:MOST_ROWS]), (), len(rows) <= MOST_ROWS)


def _are_alike(value: Mapping[str, Mapping[str, Json]]) -> bool:
    """Whether the objects in *value* are records of one kind: most have the keys of the first."""
    items = list(islice(value.values(), MOST_ROWS))
    return (
        sum(1 for item in items if set(item) & set(items[0])) >= len(items) / 2
        and len(set.intersection(*(set(item) for item in items[:20]))) > 0
    )


def _below(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def of_records(name: str, keys: TableKeys, records: Sequence[object], is_whole: bool) -> list[Head]:
    """The table that *records* with keys are; none where they are no objects."""
    looked = [record for record in records[:MOST_ROWS] if isinstance(record, Mapping)]
    if len(looked) < len(records[:MOST_ROWS]) or not looked:
        return []
    names, rows = rows_of(looked)
    return [Head(name, keys, names, rows, (), is_whole and len(records) <= MOST_ROWS, has_boxes=outlines(names))]


def rows_of(records: Sequence[Mapping[str, object]]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The dotted keys of *records*, and for each record their cells."""
    named = dict.fromkeys(key for record in records for key in _deep_keys(record))
    names = tuple(islice(named, _MOST_KEYS))
    return names, tuple(tuple(_cell(record, key) for key in names) for record in records)


def outlines(names: Iterable[str]) -> bool:
    """Whether columns called *names* say where in an image something is."""
    return any(word.lower() in _OUTLINES for name in names for word in re.split(r"[._ ]|(?<=[a-z])(?=[A-Z])", name))


def _deep_keys(record: object, head: str = "") -> Iterator[str]:
    """The dotted keys of all texts and numbers in *record*, through lists too."""
    if head and (counted := counted_values(record)) is not None:
        record = counted
    if isinstance(record, Mapping):
        for key, value in record.items():
            yield from _deep_keys(value, f"{head}{key}.")
    elif isinstance(record, list) and record and isinstance(record[0], dict | list):
        for value in record[:5]:
            yield from _deep_keys(value, head)
    elif head:
        yield head[:-1]


def _cell(record: Mapping[str, object], name: str) -> str:
    value = value_at(record, name)
    if isinstance(value, list):
        return SEVERAL.join(dict.fromkeys(text for text in value if text))
    return value or ""


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
