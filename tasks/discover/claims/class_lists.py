"""Lists of images that are each about one class: `cat_train.txt`, `dog_train.txt`, with or without ones and zeros."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tasks.config_keys import TableKeys
from tasks.discover.claims.claim import Entries, LabelClaim, SplitClaim
from tasks.discover.claims.column_roles import LabelColumn
from tasks.discover.heads.named_files import NamedFiles
from tasks.discover.listing.listing import Listing
from tasks.discover.words.split_words import SplitWords
from tasks.errors import DatasetError
from tasks.samples import StoreUrl
from tasks.tables.opening import TableFile

_NAME = re.compile(r"(?P<class>.+?)[_-](?P<split>[A-Za-z]+)$")
_FLAGS = frozenset({"-1", "0", "1", "+1"})
_YES = ["1", "+1"]
_HEAD = 1 << 20
_MOST = 2000
_BUDGET = 1 << 26


@dataclass(slots=True)
class _List:
    """One list: of which class and split it is, and what it holds."""

    path: str
    label: str
    split: str
    images: list[str] = field(default_factory=list)
    has_flags: bool = False


def class_list_claim(root: StoreUrl, listing: Listing, words: SplitWords) -> LabelClaim | None:
    """What lists say that are each about one class; None where there are none, or they do not name the images."""
    groups: dict[str, list[_List]] = defaultdict(list)
    for path in listing.beside:
        folder, _, name = path.rpartition("/")
        found = _NAME.match(name.removesuffix(".txt")) if name.endswith(".txt") else None
        if found and (split := words.split_of(found["split"])):
            groups[folder].append(_List(path, found["class"], split))
    for lists in groups.values():
        if len({one.label for one in lists}) > 1 and (claim := _claim(root, listing, lists)):
            return claim
    return None


def _claim(root: StoreUrl, listing: Listing, lists: list[_List]) -> LabelClaim | None:
    splits: dict[str, set[str]] = defaultdict(set)
    for one in lists:
        splits[one.label].add(one.split)
    is_even = len(set(map(frozenset, splits.values()))) == 1 and len(lists) == sum(map(len, splits.values()))
    if not is_even or len(lists) > _MOST or not _read(root, listing, lists):
        return None
    by_file: dict[str, tuple[str, ...]] = {}
    told: dict[str, str] = {}
    for one in lists:
        for image in one.images:
            by_file[image] = (*by_file.get(image, ()), one.label)
            if told.setdefault(image, one.split) != one.split:
                return None
    entries = _entries(lists)
    shown = ", ".join(str(entry["files"]) for entry in entries)
    column = LabelColumn("file.stem", 3, tuple(by_file.values()), is_many=any(len(one) > 1 for one in by_file.values()))
    split = SplitClaim(entries, told, {}, shown)
    return LabelClaim(entries, column, by_file, f"each of {shown} lists a class", is_sure=True, splits=split)


def _read(root: StoreUrl, listing: Listing, lists: Sequence[_List]) -> bool:
    """Whether all of *lists* name images and nothing else; what they name is noted."""
    rows: dict[str, list[list[str]]] = {}
    budget = _BUDGET
    for one in lists:
        data = _head(root, one.path)
        budget -= len(data)
        rows[one.path] = [line.split() for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
        if len(data) == _HEAD or not rows[one.path] or budget < 0:
            return False
    named = NamedFiles(listing, (cells[0] for lines in rows.values() for cells in lines))
    return all(_fill(one, rows[one.path], named) for one in lists) and len({one.has_flags for one in lists}) == 1


def _fill(one: _List, lines: Sequence[Sequence[str]], named: NamedFiles) -> bool:
    widths = {len(cells) for cells in lines}
    one.has_flags = widths == {2}
    if widths - {1, 2} or len(widths) > 1 or (one.has_flags and not {cells[1] for cells in lines} <= _FLAGS):
        return False
    for cells in lines:
        hits = named.named(cells[0])
        if len(hits) != 1:
            return False
        if not one.has_flags or cells[1] in _YES:
            one.images.append(hits[0])
    return True


def _head(root: StoreUrl, path: str) -> bytes:
    try:
        with TableFile(root, path).opened() as file:
            return file.read(_HEAD)
    except DatasetError:
        return b""


def _entries(lists: Sequence[_List]) -> Entries:
    """One table for the lists of each split."""
    ends: Mapping[str, str] = {one.path[one.path.rindex(one.label) + len(one.label) :]: one.split for one in lists}
    folder = lists[0].path.rpartition("/")[0]
    made: Entries = []
    for end, split in sorted(ends.items(), key=lambda item: ("train", "validation", "test").index(item[1])):
        columns = {"0": "location", "file.stem": "list"}
        entry: TableKeys = {"files": f"{folder}/*{end}".removeprefix("/"), "delimiter": "blank"}
        if lists[0].has_flags:
            columns["1"] = "holds"
            entry["where"] = {"holds": _YES}
        stem = end.removesuffix(".txt")
        pattern = {"list": f"^(?P<label>.+){re.escape(stem)}$"}
        made.append({**entry, "columns": columns, "pattern": pattern, "split": split})
    return made
