"""How the files beside the images begin: which of them may be tables, and in what ways each could be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tasks.discover.heads.file_heads import candidates, file_heads, stem_said
from tasks.discover.heads.frame_heads import EXCEL, PARQUET, excel_heads, parquet_heads
from tasks.discover.heads.head import Head
from tasks.discover.heads.json_heads import LINES, json_heads
from tasks.discover.heads.named_files import NamedFiles
from tasks.discover.heads.text_heads import text_heads
from tasks.discover.heads.xml_heads import xml_heads
from tasks.discover.listing.listing import Listing
from tasks.discover.words.folder_names import is_organising, tokens
from tasks.discover.words.split_words import SplitWords
from tasks.errors import DatasetError, LabelFileError
from tasks.samples import StoreUrl
from tasks.tables.opening import TableFile

PLAIN_TEXT = (".csv", ".tsv", ".tab", ".txt", ".lst", ".list", ".data")
"""The ends of names of files that have a row a line."""
TEXT = (*PLAIN_TEXT, ".names", "")
JSON = (".json", ".jsonl", ".ndjson", ".manifest")
LABELS = (".labels",)
"""The ends of names of files that are JSON, or have a row a line."""
YAML = (".yaml", ".yml")
XML = (".xml",)
_MOST_FILES = 60
_MOST_ALIKE = 32
_TEXT_HEAD = 1 << 18
_JSON_HEAD = 1 << 23
_BUDGET = 1 << 26
_LIST_WORDS = frozenset("trainval all list lists index split splits set sets file files filelist ids".split())


@dataclass(slots=True)
class Heads:
    """The beginnings of all files beside the images, each in the ways that it could be read.

    Attributes:
        readings: For each file the ways, the likeliest first.
        passed: Files that were not looked into, as there are too many like them.
        damaged: Sentences on sheets that cannot be read.
    """

    readings: list[list[Head]] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


def read_heads(root: StoreUrl, paths: Iterable[str], listing: Listing | None = None) -> Heads:
    """The beginnings of those of *paths* that may be tables, at most 64 MiB of them.

    Args:
        root: The source's path.
        paths: Relative to it.
        listing: The images, where files of their names may be annotations of one image each.
    """
    found = Heads()
    every = list(paths)
    taken: set[str] = set()
    if listing is not None and (stems := [stem_said(path) for path in candidates(every)]):
        heads, taken = file_heads(root, every, NamedFiles(listing, stems))
        found.readings += [[head] for head in heads]
    files = [TableFile(root, path) for path in every if path not in taken]
    files = [file for file in files if _suffix(file) in TEXT + JSON + YAML + XML + EXCEL + PARQUET + LABELS]
    alike = Counter(map(_kind, files))
    budget = _BUDGET
    for file in sorted(files, key=lambda file: (file.name.count("/"), file.name)):
        is_one_of_many = alike[_kind(file)] > _MOST_ALIKE and not _lists_a_split(file.name)
        if is_one_of_many or len(found.readings) >= _MOST_FILES or budget <= 0:
            found.passed.append(file.name)
            continue
        try:
            ways, read = _ways(file)
        except LabelFileError as error:
            found.damaged.append(str(error))
            continue
        budget -= read
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


def _lists_a_split(path: str) -> bool:
    """Whether the name of a file is nothing but a split's, or what lists are called."""
    words = [token for token in tokens(stem_said(path)) if not token.isdigit()]
    known = SplitWords({}).split_of
    return bool(words) and all(known(word) or word in _LIST_WORDS or is_organising(word) for word in words)


def _ways(file: TableFile) -> tuple[list[Head], int]:
    """The ways in which *file* could be read, and how much of it was."""
    suffix = _suffix(file)
    if suffix in EXCEL + PARQUET:
        return _of_frames(file, suffix), _JSON_HEAD
    is_streamed = suffix in LINES + TEXT
    data, is_whole = _begin(file, _TEXT_HEAD if is_streamed else _JSON_HEAD)
    if suffix in XML:
        return xml_heads(file.name, data, is_whole), len(data)
    if suffix in LABELS and data.lstrip()[:1] in {b"{", b"["}:
        suffix = ".json"
    if suffix in JSON + YAML:
        return json_heads(file.name, suffix, data, is_whole), len(data)
    return text_heads(file.name, suffix, data, is_whole), len(data)


def _of_frames(file: TableFile, suffix: str) -> list[Head]:
    reader: Any = excel_heads if suffix in EXCEL else parquet_heads
    try:
        with file.opened() as opened:
            found: list[Head] = reader(file.name, opened)
            return found
    except LabelFileError:
        raise
    except (DatasetError, OSError, EOFError, ValueError):
        return []


def _begin(file: TableFile, most: int) -> tuple[bytes, bool]:
    try:
        with file.opened() as opened:
            data = opened.read(most + 1)
    except (DatasetError, OSError, EOFError, ValueError):
        return b"", True
    return data[:most], len(data) <= most
