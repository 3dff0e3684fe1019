"""Tables that hold the images themselves as text: pixels in the columns of a CSV."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.config_keys import TableKeys
from tasks.discover.heads.head import Head
from tasks.discover.heads.heads import read_heads
from tasks.discover.words.column_words import strength_of
from tasks.discover.words.split_words import SplitWords
from tasks.records.arrays import square_shape
from tasks.samples import StoreUrl
from tasks.tables.file_columns import plain_name
from tasks.tables.image_tables import count_rows as rows_in
from tasks.tables.image_tables import is_image_table
from tasks.tables.opening import TableFile

_CSV = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_SPLITS = frozenset("usage split splits subset set partition".split())
_BLOCK = 1 << 20
_FEWEST_PIXELS = 16


@dataclass(frozen=True, slots=True)
class EmbeddedTable:
    """One table that holds images.

    Attributes:
        paths: Its files.
        keys: What names it and its images in `source.tables`.
        columns: Of them those that have a role already.
        labels: Columns that could be the label.
        label: The one that is it without doubt; empty where none is.
        split: What the name of its file says of all its rows; empty where nothing.
        more: Further entries of `source.tables`, in which its labels stand.
        is_array: Whether its columns are arrays, of which each split has its own.
        numbered: Whether its label is a number that nothing in the file names.
    """

    paths: tuple[str, ...]
    keys: TableKeys
    columns: dict[str, str]
    labels: tuple[str, ...]
    label: str
    split: str
    more: tuple[TableKeys, ...] = ()
    is_array: bool = False
    numbered: bool = False

    def entries(self, label: str, *, with_split: bool) -> list[TableKeys]:
        """It in `source.tables`, with the column *label* as the label."""
        columns = dict(self.columns) if self.more else {**self.columns, label: "label"}
        own: TableKeys = {**self.keys, "columns": columns}
        if with_split:
            own["split"] = self.split
        return [own, *self.more]


def embedded_tables(root: StoreUrl, paths: Iterable[str], words: SplitWords) -> list[EmbeddedTable]:
    """The tables among *paths* that hold images as text."""
    csvs = [path for path in paths if path.lower().endswith(_CSV)]
    found = []
    for ways in read_heads(root, csvs).readings:
        heads = [head.with_header(not all(map(str.isdecimal, head.first))) for head in ways]
        found += [table for head in heads if (table := _of_head(head, words))][:1]
    return found


def _of_head(head: Head, words: SplitWords) -> EmbeddedTable | None:
    pixels = _pixel_names(head)
    if not pixels:
        return None
    named = pixels[0] if len(pixels) == 1 else _glob(pixels, head.names)
    if not named:
        return None
    left = [name for name in head.names if name not in pixels]
    splits = [name for name in left if plain_name(name) in _SPLITS and _says_splits(head.column(name), words)]
    columns = {splits[0]: "split"} if len(splits) == 1 else {}
    labels = [name for name in left if name not in columns and strength_of(name)]
    rest = [name for name in left if name not in columns]
    keys: TableKeys = {"file": head.path, **head.keys, "pixels": named}
    return table_of((head.path,), keys, columns, labels, words, is_only=len(rest) == 1)


def table_of(  # noqa: PLR0913, PLR0917 - the parts of one value
    paths: tuple[str, ...],
    keys: TableKeys,
    columns: dict[str, str],
    labels: Sequence[str],
    words: SplitWords,
    is_only: bool,
) -> EmbeddedTable:
    """The table at *paths*, whose label is the one of *labels* that is called so, or that is the only column."""
    exact = [name for name in labels if speaks_for_labels(name) == 3]
    sure = exact if exact or not is_only else list(labels)
    folder, _, name = paths[0].rpartition("/")
    part = words.part_of(name.partition(".")[0])
    split = part.split if part else words.split_of(folder.rpartition("/")[2])
    return EmbeddedTable(paths, keys, columns, tuple(labels), sure[0] if len(sure) == 1 else "", split)


def speaks_for_labels(name: str) -> int:
    """How much the name of a column speaks for labels, as `strength_of` has it; in TFRecords slashes are its dots."""
    return strength_of(name.replace("/", "."))


def _says_splits(cells: Sequence[str], words: SplitWords) -> bool:
    return bool(cells) and all(words.part_of(cell) for cell in cells)


def _pixel_names(head: Head) -> list[str]:
    """The columns that hold pixels: one of many numbers, or many of one number that make a square."""
    if not head.rows:
        return []
    for name in head.names:
        counts = {len(cell.split()) if _are_pixels(cell.split()) else 0 for cell in head.column(name)}
        if len(counts) == 1 and min(counts) >= _FEWEST_PIXELS and square_shape(min(counts)):
            return [name]
    alike: dict[str, list[str]] = defaultdict(list)
    for name in head.names:
        alike[re.sub(r"\d+", "#", name)].append(name)
    names = max(alike.values(), key=len)
    if all(map(str.isdecimal, names)):  # no line names them: all but the first, which is the label
        names = names[1:] if names[:1] == ["0"] and not square_shape(len(names)) else []
    is_square = len(names) >= _FEWEST_PIXELS and square_shape(len(names))
    return names if is_square and all(_are_pixels(head.column(name)) for name in names) else []


def _are_pixels(cells: Sequence[str]) -> bool:
    return all(cell.isascii() and cell.isdecimal() and len(cell) <= 3 and int(cell) <= 255 for cell in cells)


def _glob(names: Sequence[str], every: Sequence[str]) -> str:
    """A pattern that *names* match alone; empty where there is none."""
    pattern = "[1-9]*" if names[0].isdecimal() else re.sub(r"\d+", "*", names[0])
    return pattern if pattern.strip("*") and set(fnmatch.filter(every, pattern)) == set(names) else ""


def count_rows(file: TableFile) -> int:
    """How many rows *file*, a table that holds images, has."""
    if is_image_table(file.bare_name):
        return rows_in(file)
    with file.opened() as opened:
        lines = sum(block.count(b"\n") for block in iter(lambda: opened.read(_BLOCK), b""))
    return max(lines - 1, 0)
