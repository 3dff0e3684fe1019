"""How files beside the images begin: rows with named columns, and the keys by which a table reads them so."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from tasks.errors import DatasetError
from tasks.samples import StoreUrl
from tasks.tables.nested import value_at
from tasks.tables.opening import TableFile

TEXT = (".csv", ".tsv", ".tab", ".txt", ".lst", ".data", "")
JSON = (".json", ".jsonl", ".ndjson", ".manifest")
_LINES = (".jsonl", ".ndjson", ".manifest")
_MOST_FILES = 60
_MOST_ALIKE = 32
_TEXT_HEAD = 1 << 18
_JSON_HEAD = 1 << 23
_BUDGET = 1 << 26
_ROWS = 2000
_MARKS = ("\t", ",", ";", "|")
SEVERAL = "\x1f"
"""What stands between the values of one cell that holds several."""


@dataclass(frozen=True, slots=True)
class Head:
    """How a table begins.

    Attributes:
        path: Its file's, below the source.
        keys: What a table needs besides `file` and `columns`.
        names: Its columns: their names, or positions where the file gives none.
        rows: Their cells; several values of one cell stand apart by `SEVERAL`.
        first: The first line, where that may be a header or a row; empty where it is known.
        is_whole: Whether there are no more rows.
    """

    path: str
    keys: Mapping[str, Any]
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first: tuple[str, ...] = ()
    is_whole: bool = True

    def column(self, name: str) -> list[str]:
        """The cells of one column."""
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    @property
    def said(self) -> str:
        """The words that its file's name and place say of all its rows."""
        return f"{self.path} {self.keys.get('at', '')}"

    def with_header(self, has_header: bool) -> Head:
        """The same with its first line as the names of its columns, or as a row."""
        if not self.first:
            return self
        if not has_header:
            return Head(self.path, self.keys, self.names, (self.first, *self.rows), (), self.is_whole)
        keys = dict(self.keys)
        given = [name.strip() for name in self.first]
        names = tuple(name if name and given.count(name) == 1 else str(place) for place, name in enumerate(given))
        if all(map(str.isdecimal, names)):
            keys["header"] = True  # its columns are named by position
        return Head(self.path, keys, names, self.rows, (), self.is_whole)


@dataclass(slots=True)
class Heads:
    """The beginnings of all files beside the images, each in the ways that it could be read.

    Attributes:
        readings: For each file the ways, the likeliest first.
        passed: Files that were not looked into, as there are too many like them.
    """

    readings: list[list[Head]] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)


def read_heads(root: StoreUrl, paths: Iterable[str]) -> Heads:
    """The beginnings of those of *paths* that may be tables, at most 64 MiB of them."""
    found = Heads()
    files = [TableFile(root, path) for path in paths]
    files = [file for file in files if _suffix(file) in TEXT + JSON]
    alike = Counter(map(_kind, files))
    budget = _BUDGET
    for file in sorted(files, key=lambda file: (file.name.count("/"), file.name)):
        if alike[_kind(file)] > _MOST_ALIKE or len(found.readings) >= _MOST_FILES or budget <= 0:
            found.passed.append(file.name)
            continue
        data, is_whole = _begin(file)
        budget -= len(data)
        ways = _json_heads(file, data, is_whole) if _suffix(file) in JSON else _text_heads(file, data, is_whole)
        if ways:
            found.readings.append(ways)
    return found


def _suffix(file: TableFile) -> str:
    name = file.bare_name.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ""


def _kind(file: TableFile) -> str:
    """The same for files that are one of many: of one suffix in one folder, or one in each of many folders."""
    folder = file.name.rpartition("/")[0]
    return f"{folder.rpartition('/')[0] if folder.count('/') else folder}\0{_suffix(file)}"


def _begin(file: TableFile) -> tuple[bytes, bool]:
    most = _JSON_HEAD if _suffix(file) in JSON and _suffix(file) not in _LINES else _TEXT_HEAD
    try:
        with file.opened() as opened:
            data = opened.read(most + 1)
    except (DatasetError, OSError, EOFError, ValueError):
        return b"", True
    return data[:most], len(data) <= most


def _decoded(data: bytes) -> str:
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", "replace")
    if b"\0" in data[:4096]:
        return ""
    return data.decode("utf-8-sig", "replace")


def _text_heads(file: TableFile, data: bytes, is_whole: bool) -> list[Head]:
    text = _decoded(data)
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip()]
    lines = lines if is_whole else lines[:-1]
    is_whole = is_whole and len(lines) <= _ROWS
    keys: dict[str, Any] = {}
    comments = [line for line in lines if line.startswith("#")]
    if comments and len(comments) < len(lines) / 2:
        keys["comment"] = "#"
        lines = [line for line in lines if not line.startswith("#")]
    if len(lines) > 2 and lines[0].strip().isdecimal() and not lines[1].strip().isdecimal():
        keys["skip"] = 1
        lines = lines[1:]
    lines = lines[: _ROWS + 1]
    ways = []
    for split in (_by_mark, _by_blanks, _by_first_blank, _as_list):
        cells, more = split(lines, _suffix(file))
        if cells:
            width = len(cells[-1])
            names = tuple(map(str, range(width)))
            ways.append(Head(file.name, keys | more, names, tuple(map(tuple, cells[1:])), tuple(cells[0]), is_whole))
    return ways


Cells = tuple[list[list[str]], dict[str, Any]]


def _by_mark(lines: Sequence[str], suffix: str) -> Cells:
    for mark in _MARKS:
        try:
            rows = list(csv.reader(lines, delimiter=mark, skipinitialspace=True))
        except csv.Error:  # a cell that is longer than that module takes
            continue
        cells = [[cell.strip() for cell in row] for row in rows]
        width, count = Counter(map(len, cells)).most_common(1)[0] if cells else (0, 0)
        if width > 1 and count >= 0.9 * len(cells) and len(cells[0]) == width:
            more: dict[str, Any] = {}
            is_usual = mark == {".csv": ",", ".tsv": "\t", ".tab": "\t"}.get(suffix)
            if not is_usual:
                more["delimiter"] = "tab" if mark == "\t" else mark
            if count < len(cells) and suffix == ".csv" and any(len(row) > width for row in cells):
                more["surplus"] = len(cells[0]) - 1  # the last column; its name takes the place of its position
            return [row for row in cells if len(row) == width], more
    return [], {}


def _by_blanks(lines: Sequence[str], suffix: str) -> Cells:
    cells = [line.split() for line in lines]
    width = len(cells[-1]) if cells else 0
    if suffix == ".csv" or width < 2 or any(len(row) != width for row in cells[1:]):
        return [], {}
    head = cells[0]
    if len(head) == width - 1:  # names for all columns but that of the images
        return [["", *head], *cells[1:]], {"delimiter": "blank"}
    return (cells, {"delimiter": "blank"}) if len(head) == width else ([], {})


def _by_first_blank(lines: Sequence[str], suffix: str) -> Cells:
    cells = [line.strip().split(None, 1) for line in lines]
    if suffix == ".csv" or not cells or any(len(row) != 2 for row in cells):
        return [], {}
    return cells, {"delimiter": "blank", "surplus": 1}


def _as_list(lines: Sequence[str], _: str) -> Cells:
    return [[line.strip()] for line in lines], {}


def _json_heads(file: TableFile, data: bytes, is_whole: bool) -> list[Head]:
    text = _decoded(data)
    if _suffix(file) in _LINES or re.match(r"\s*\{[^\n]*\}\s*\n\s*\{", text[:65536]):
        return _of_records(file, {}, _json_lines(text), is_whole)
    if not is_whole:
        return []
    with suppress(ValueError, RecursionError):
        value = json.loads(text)
        if isinstance(value, list):
            return _of_list(file, {}, value)
        if isinstance(value, dict):
            return _of_object(file, value)
    return []


def _json_lines(text: str) -> list[Any]:
    found = []
    for line in text.split("\n"):
        with suppress(ValueError, RecursionError):
            found.append(json.loads(line))
        if len(found) > _ROWS:
            break
    return found


def _of_list(file: TableFile, keys: Mapping[str, Any], value: Sequence[Any]) -> list[Head]:
    if value and all(isinstance(item, dict) for item in value):
        return _of_records(file, keys, value, True)
    if value and all(isinstance(item, list) and item for item in value):
        width = min(map(len, value))
        rows = tuple(tuple(map(_text, item[:width])) for item in islice(value, _ROWS))
        return [Head(file.name, keys, tuple(map(str, range(width))), rows, (), len(value) <= _ROWS)]
    if value and all(isinstance(item, str) for item in value):
        rows = tuple((item,) for item in islice(value, _ROWS))
        return [Head(file.name, keys, ("0",), rows, (), len(value) <= _ROWS)]
    return []


def _of_object(file: TableFile, value: Mapping[str, Any]) -> list[Head]:
    parts = {key: item for key, item in value.items() if isinstance(item, list) and item}
    if parts and len(parts) == len(value) and all(isinstance(item, str) for part in parts.values() for item in part):
        rows = tuple((key, item) for key, part in parts.items() for item in part)
        return [Head(file.name, {"orient": "map"}, ("0", "1"), rows[:_ROWS], (), len(rows) <= _ROWS)]
    if value and all(isinstance(item, str | int) for item in value.values()):
        rows = tuple((key, _text(item)) for key, item in value.items())
        return [Head(file.name, {"orient": "map"}, ("0", "1"), rows[:_ROWS], (), len(rows) <= _ROWS)]
    return [head for key, part in parts.items() for head in _of_list(file, {"at": key}, part)]


def _of_records(file: TableFile, keys: Mapping[str, Any], records: Sequence[Any], is_whole: bool) -> list[Head]:
    looked = [record for record in records[:_ROWS] if isinstance(record, dict)]
    if len(looked) < len(records[:_ROWS]) or not looked:
        return []
    names = list(dict.fromkeys(name for record in looked[:50] for name in _deep_keys(record)))[:200]
    rows = tuple(tuple(_cell(record, name) for name in names) for record in looked)
    return [Head(file.name, keys, tuple(names), rows, (), is_whole and len(records) <= _ROWS)]


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
