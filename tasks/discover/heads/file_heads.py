"""Tables that are many files, one for each image: annotations beside images, or in folders that mirror theirs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tasks.config_keys import TableKeys
from tasks.discover.heads.box_lines import words_of_boxes
from tasks.discover.heads.file_places import Placing, placing_of
from tasks.discover.heads.head import STEM, Head
from tasks.discover.heads.json_heads import json_value, outlines, rows_of
from tasks.discover.heads.named_files import NamedFiles
from tasks.discover.heads.text_heads import decoded
from tasks.discover.heads.xml_heads import xml_root
from tasks.errors import DatasetError
from tasks.samples import StoreUrl
from tasks.tables.opening import TableFile, glob_pattern
from tasks.tables.xml_tables import cells_of

SUFFIXES = (".json", ".xml", ".xmp", ".txt", ".cls")
_FEWEST = 2
_MOST_OPENED = 1000
_MOST_OPENED_REMOTE = 64
_MOST_BYTES = 1 << 23
_LONGEST = 1 << 20
_MOST_LEFT_OUT = 20
_IN_FOLDER = 0.5
_FEWEST_UNNAMED = 4
_IMAGE_NAME = re.compile(r"^[^\x1f]*\.[A-Za-z0-9]{2,5}$")
_BOX = re.compile(r"\d+(\s+[\d.eE+-]+){4,}\s*")


@dataclass(slots=True)
class _Group:
    """Files of one suffix that lie as the images do which they are about."""

    suffix: str
    placing: Placing | None
    paths: list[str] = field(default_factory=list)
    is_named: bool = True


def file_heads(root: StoreUrl, paths: Sequence[str], named: NamedFiles) -> tuple[list[Head], set[str]]:
    """The tables that are many of *paths* each, one file for each image, and the files that they are made of."""
    heads, taken = [], set()
    for group in _groups(paths, named):
        files = _patterns(group, paths)
        head = _head(root, group, files, named) if files else None
        if head is not None and (group.is_named or _is_of_one_image_each(head)):
            heads.append(head)
            taken.update(group.paths)
    return heads, taken


def candidates(paths: Sequence[str]) -> list[str]:
    """Those of *paths* that may be one of many files, one for each image."""
    count = Counter(path[path.rfind(".") :] for path in paths)
    return [path for path in paths if count[suffix := path[path.rfind(".") :]] >= _FEWEST and _is_known(suffix)]


def _is_known(suffix: str) -> bool:
    return suffix.lower() in SUFFIXES


def stem_said(path: str) -> str:
    """The name of the file at *path* without its last suffix."""
    return path.rpartition("/")[2].rpartition(".")[0]


def _groups(paths: Sequence[str], named: NamedFiles) -> list[_Group]:
    folders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path in candidates(paths):
        folders[path.rpartition("/")[0], path[path.rfind(".") :]].append(path)
    groups: dict[tuple[str, object], _Group] = {}
    found: list[_Group] = []
    for (folder, suffix), files in sorted(folders.items()):
        mine = [path for path in files if named.named(stem_said(path))]
        if len(mine) < max(_IN_FOLDER * len(files), 1):
            if suffix.lower() in {".json", ".xml"} and len(files) >= _FEWEST_UNNAMED:
                found.append(_Group(suffix, None, files, is_named=False))
            continue
        placing = placing_of(folder, [(stem_said(path), named.named(stem_said(path))) for path in mine])
        key = (suffix, placing.kind if placing is not None else folder)
        groups.setdefault(key, _Group(suffix, placing)).paths += mine
    return [*(group for group in groups.values() if len(group.paths) >= _FEWEST), *found]


def _patterns(group: _Group, paths: Sequence[str]) -> list[str]:
    """The patterns that mean the files of *group* and no other of *paths*; empty where there are none."""
    folders = sorted({path.rpartition("/")[0] for path in group.paths})
    suffix = group.suffix
    found = _one_pattern(folders) + f"*{suffix}"
    own = set(group.paths)
    matches = glob_pattern(found)
    others = [path for path in paths if path not in own and path.endswith(suffix) and matches.match(path)]
    if len(others) > _MOST_LEFT_OUT and 1 < len(folders) <= _MOST_LEFT_OUT:
        several = [f"{folder}/*{suffix}" for folder in folders]
        others = [path for path in others if path.rpartition("/")[0] in folders]
        return [*several, *(f"!{path}" for path in others)] if len(others) <= _MOST_LEFT_OUT else []
    return [found, *(f"!{path}" for path in others)] if len(others) <= _MOST_LEFT_OUT else []


def _one_pattern(folders: Sequence[str]) -> str:
    """The pattern of the folders that begin and end as all *folders* do, with a slash behind."""
    parts = [folder.split("/") if folder else [] for folder in folders]
    head = _common(parts)
    if len(folders) == 1:
        return "".join(f"{part}/" for part in head)
    tail = _common([names[len(head) :][::-1] for names in parts])[::-1]
    return "".join(f"{part}/" for part in [*head, "**", *tail])


def _common(parts: Sequence[Sequence[str]]) -> list[str]:
    """What all of *parts* begin with."""
    alike = [len(set(names)) == 1 for names in zip(*parts, strict=False)]
    return list(parts[0][: alike.index(False) if False in alike else len(alike)])


def _head(root: StoreUrl, group: _Group, files: list[str], named: NamedFiles) -> Head | None:
    most = _MOST_OPENED if root.is_local else _MOST_OPENED_REMOTE
    step = max(1, -(-len(group.paths) // most))
    texts = list(_texts(root, sorted(group.paths)[::step]))
    keys: TableKeys = {"files": files if len(files) > 1 else files[0]}
    made = _of_lines(texts, keys) if group.suffix.lower() in {".txt", ".cls"} else _of_objects(texts, keys, group)
    if made is None:
        return None
    is_whole = step == 1 and len(texts) == len(group.paths)
    head = replace(made, path=files[0], is_whole=is_whole, count=len(group.paths))
    return replace(head, placed=group.placing.placed(head.members, group.suffix, named) if group.placing else None)


def _is_of_one_image_each(head: Head) -> bool:
    """Whether a column of *head* could name another image in each file."""
    columns = [head.column(name) for name in head.names if name != STEM]
    return any(len(set(cells)) == len(cells) and all(map(_IMAGE_NAME.search, cells)) for cells in columns)


def _texts(root: StoreUrl, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    left = _MOST_BYTES
    for path in paths:
        try:
            with TableFile(root, path).opened() as opened:
                data = opened.read(_LONGEST + 1)
        except (DatasetError, OSError, EOFError, ValueError):
            continue
        left -= len(data)
        if len(data) <= _LONGEST:
            yield path, data
        if left < 0:
            return


def _of_objects(texts: Sequence[tuple[str, bytes]], keys: TableKeys, group: _Group) -> Head | None:
    records: list[Mapping[str, object]] = []
    members: list[str] = []
    for path, data in texts:
        for record in _records(data, group.suffix.lower()):
            records.append(record)
            members.append(path)
    if len(set(members)) < _FEWEST:
        return None
    names, rows = rows_of(records)
    names = (*names, STEM)
    stems = map(stem_said, members)
    cells = tuple((*row, stem) for row, stem in zip(rows, stems, strict=True))
    return Head("", keys, names, cells, members=tuple(members), has_boxes=outlines(names))


def _records(data: bytes, suffix: str) -> list[Mapping[str, object]]:
    if suffix in {".xml", ".xmp"}:
        root = xml_root(data)
        return [] if root is None else [cells_of(root)]
    value = json_value(decoded(data))
    if isinstance(value, list):
        return [item for item in value if isinstance(item, Mapping)]
    return [value] if isinstance(value, Mapping) else []


def _of_lines(texts: Sequence[tuple[str, bytes]], keys: TableKeys) -> Head | None:
    """Text files: one box a line, behind the number of its class; or nothing but a class a line."""
    lines = {path: [line.strip() for line in decoded(data).splitlines() if line.strip()] for path, data in texts}
    every = [line for several in lines.values() for line in several]
    if not every:
        return None
    has_boxes = all(_BOX.fullmatch(line) for line in every)
    if not has_boxes and (words := words_of_boxes(lines)) is not None:
        rows = tuple(("\x1f".join(dict.fromkeys(said)), stem_said(path)) for path, said in words.said.items())
        names = (str(words.column), STEM)
        return Head("", {**keys, **words.keys}, names, rows, members=tuple(lines), has_boxes=True)
    if not has_boxes and max(map(len, every)) > 100:
        return None
    firsts = {path: dict.fromkeys(line.split()[0] if has_boxes else line for line in lines[path]) for path in lines}
    rows = tuple(("\x1f".join(first), stem_said(path)) for path, first in firsts.items())
    keys = {**keys, "delimiter": "blank" if has_boxes else "line"}
    return Head("", keys, ("0", STEM), rows, members=tuple(lines), has_boxes=has_boxes)
