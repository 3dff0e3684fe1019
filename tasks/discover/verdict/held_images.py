"""Parquet, Arrow and TFRecord files that hold images as bytes: which column does, and which is the label."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tasks.config_keys import TableKeys
from tasks.discover.verdict.embedded_tables import EmbeddedTable, speaks_for_labels, table_of
from tasks.discover.verdict.saved_sets import without_caches
from tasks.discover.words.folder_names import is_companion_name
from tasks.discover.words.split_words import SplitWords
from tasks.errors import DatasetError, LayoutError
from tasks.samples import StoreUrl
from tasks.tables.image_tables import HeldColumns, held_columns, is_image_table
from tasks.tables.opening import TableFile, glob_pattern

_MOST_GROUPS = 100
_MOST_OPENED = 200
_SHOWN = 12
_NAMED = frozenset("text name".split())
_NUMBERED = frozenset("label id index".split())


@dataclass(slots=True)
class HeldImages:
    """What was found.

    Attributes:
        tables: The tables that hold images.
        notices: Sentences for the discovery report.
        refused: Why other such files are not read, by the path of one of them.
    """

    tables: list[EmbeddedTable] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def held_images(root: StoreUrl, paths: Iterable[str], words: SplitWords) -> HeldImages:
    """The tables among *paths* that hold images as bytes; files whose names differ by numbers alone are one.

    Raises:
        LayoutError: One is damaged while others are not, or is not to be read as it lies.
    """
    every = list(paths)
    files = [path for path in every if is_image_table(TableFile(root, path).bare_name)]
    kept, notices = without_caches(root, files, every)
    groups = _groups(kept)
    found = HeldImages(notices=notices)
    if len(groups) > _MOST_GROUPS:
        said = f"{len(groups):,} tables of other names each are too many to look into: name some in `source.tables`."
        found.refused[kept[0]] = said
        return found
    damaged = {members[0]: said for members in groups if (said := _look(root, members, files, words, found))}
    if damaged and found.tables:
        raise LayoutError(f"{next(iter(damaged.values()))} `ignore` leaves it out, if the others are enough.")
    found.refused = damaged | found.refused
    found.tables = [_with_names(table, set(every)) for table in found.tables]
    return found


def _groups(paths: Sequence[str]) -> list[list[str]]:
    """*paths* by folders, and by what is no number in their names."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        groups[_pattern(path)].append(path)
    return list(groups.values())


def _pattern(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{re.sub(r'[0-9]+', '*', name)}"


def _keys(members: list[str], files: Sequence[str]) -> TableKeys:
    """What names *members* in `source.tables`, and none of the other *files*."""
    if len(members) == 1:
        return {"file": members[0]}
    pattern = _pattern(members[0])
    meant, own = glob_pattern(pattern), set(members)
    others = [f"!{path}" for path in files if path not in own and meant.match(path)]
    return {"files": [pattern, *others] if others else pattern}


def _look(root: StoreUrl, members: list[str], files: Sequence[str], words: SplitWords, found: HeldImages) -> str:
    """Add the table that *members*, some of all *files*, are, or why they are none; return what is damaged of them."""
    step = max(1, -(-len(members) // _MOST_OPENED))
    try:
        held = {path: held_columns(TableFile(root, path)) for path in {*members[::step], members[-1]}}
    except DatasetError as error:
        return str(error)
    first = held[members[0]]
    other = next((path for path in members if path in held and _differs(held[path], first)), "")
    images = _images(first)
    if other:
        found.refused[members[0]] = f"{members[0]} and {other} are called alike and hold other columns."
    elif len(images) != 1:
        found.refused[members[0]] = _no_images(members[0], first, images)
    else:
        found.tables.append(_table(_keys(members, files), members, first, images[0], words))
    return ""


def _differs(one: HeldColumns, other: HeldColumns) -> bool:
    return one.images != other.images or set(one.labels) != set(other.labels)


def _images(held: HeldColumns) -> list[str]:
    """The columns that hold images which are no masks of others."""
    return [name for name in held.images if not is_companion_name(name)] or list(held.images)


def _no_images(path: str, held: HeldColumns, images: Sequence[str]) -> str:
    if images:
        return f"{path} holds images in several columns, {', '.join(images)}: say in `source.tables` which counts."
    shown = ", ".join(held.names[:_SHOWN]) + (", …" if len(held.names) > _SHOWN else "")
    why = f"; {held.wrong}" if held.wrong else ""
    return f"{path} holds images in none of its columns ({shown}){why}."


def _table(keys: TableKeys, members: list[str], held: HeldColumns, image: str, words: SplitWords) -> EmbeddedTable:
    rest = [name for name in held.names if name != image]
    labels = [name for name in rest if speaks_for_labels(name) and name in held.labels]
    made = table_of(tuple(members), keys, {image: "location"}, labels, words, is_only=len(rest) == 1)
    label = made.label or _named_one([name for name in labels if speaks_for_labels(name) == 3], held)
    return replace(made, label=label, numbered=label in held.numbered)


def _named_one(exact: Sequence[str], held: HeldColumns) -> str:
    """Of a class's number and its name, ``image/class/label`` and ``image/class/text``, the name; empty for others."""
    numbers = [name for name in exact if name in held.numbered]
    names = [name for name in exact if name not in held.numbered]
    if len(numbers) != 1 or len(names) != 1:
        return ""
    (above, _, number), (beside, _, name) = (one[0].rpartition("/") for one in (numbers, names))
    return names[0] if above and above == beside and number in _NUMBERED and name in _NAMED else ""


def _with_names(table: EmbeddedTable, beside: set[str]) -> EmbeddedTable:
    """*table* with the file that names the numbers of its label, as TFDS writes it beside the records."""
    folder, slash, _ = table.paths[0].rpartition("/")
    path = f"{folder}{slash}{table.label}.labels.txt"
    if not table.numbered or path not in beside:
        return table
    names: TableKeys = {
        "file": path,
        "columns": {"0": "label", "record.index": "class"},
        "delimiter": "line",
    }
    return replace(table, columns={**table.columns, table.label: "class"}, more=(names,))
