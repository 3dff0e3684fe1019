"""Files of arrays that hold images, and the arrays that hold their labels: in one NumPy archive, or two IDX files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tasks.config_keys import TableKeys
from tasks.discover.verdict.embedded_tables import EmbeddedTable
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords
from tasks.errors import DatasetError
from tasks.records.array_files import ARCHIVES, ONLY, ArrayShape, arrays_in, is_array_file
from tasks.samples import StoreUrl
from tasks.tables.opening import TableFile

_IMAGES = frozenset("images image imgs img x data pictures".split())
_LABELS = frozenset("labels label lbls y targets target classes class".split())
_MOST_FILES = 40
_TEST = "t10k"
"""What MNIST and its kin call the files of their 10,000 images for testing."""


def embedded_arrays(root: StoreUrl, paths: Iterable[str], words: SplitWords) -> list[EmbeddedTable]:
    """The arrays of images in files among *paths*, each with that of its labels where there is one."""
    files = [file for path in paths if is_array_file((file := TableFile(root, path)).arrays_name)][:_MOST_FILES]
    shapes = {file.name: held for file in files if (held := _shapes(file))}
    archives = [path for path in shapes if path.lower().endswith(ARCHIVES)]
    found = [table for path in archives for table in _of_archive(path, shapes[path], words)]
    single = {path: held[ONLY] for path, held in shapes.items() if path not in archives}
    return found + [_of_pair(path, single, words) for path, shape in single.items() if shape.holds_images]


def _shapes(file: TableFile) -> dict[str, ArrayShape]:
    try:
        with file.opened_for_arrays() as opened:
            return arrays_in(opened, file.arrays_name)
    except (DatasetError, OSError, EOFError, ValueError):
        return {}


def _rest(name: str, known: frozenset[str]) -> tuple[str, ...] | None:
    """The words of *name* besides the one of *known* that it has; None without one."""
    words = tokens(name)
    return tuple(word for word in words if word not in known) if known & set(words) else None


def _split_of(said: str, words: SplitWords) -> str:
    part = words.part_of(said)
    return part.split if part is not None else "test" if said.casefold().startswith(_TEST) else ""


def _of_archive(path: str, shapes: dict[str, ArrayShape], words: SplitWords) -> list[EmbeddedTable]:
    found = []
    for name in (name for name, shape in shapes.items() if shape.holds_images):
        rest = _rest(name, _IMAGES)
        labels = tuple(
            other
            for other, shape in shapes.items()
            if shape.holds_labels and shape.shape[0] == shapes[name].shape[0] and rest == _rest(other, _LABELS)
        )
        label = labels[0] if len(labels) == 1 and rest is not None else ""
        split = _split_of(name, words) or _split_of(path.rpartition("/")[2].rpartition(".")[0], words)
        found.append(EmbeddedTable((path,), {"file": path}, {name: "location"}, labels, label, split, is_array=True))
    return found


def _of_pair(path: str, shapes: dict[str, ArrayShape], words: SplitWords) -> EmbeddedTable:
    """The images of the file at *path*, with the labels of the one that is called like it: ``train-labels…``."""
    folder, _, name = path.rpartition("/")
    rest = _said(name, _IMAGES)
    others = [
        other
        for other, shape in shapes.items()
        if shape.holds_labels
        and shape.shape[0] == shapes[path].shape[0]
        and other.rpartition("/")[0] == folder
        and rest is not None
        and _said(other.rpartition("/")[2], _LABELS) == rest
    ]
    keys, columns = _told(path, _IMAGES, {ONLY: "location", "record.index": "row"}, "of")
    if len(others) != 1:
        return EmbeddedTable((path,), keys, columns, (), "", _split_of(name, words), is_array=True)
    labels, own = _told(others[0], _LABELS, {ONLY: "label", "record.index": "row"}, "called")
    labels["columns"] = own
    split = _split_of(name, words)
    return EmbeddedTable((path,), keys, columns, (others[0],), others[0], split, more=(labels,), is_array=True)


def _said(name: str, known: frozenset[str]) -> Sequence[str] | None:
    """What *name* says besides that it holds images, or labels, and in which format."""
    return _rest(re.sub(r"(?i)[-.]idx\d.*$|\..*$", "", name), known)


def _told(path: str, known: frozenset[str], columns: dict[str, str], name: str) -> tuple[TableKeys, dict[str, str]]:
    """The keys and *columns* of the table at *path*, which has what its name begins with as a column to join by."""
    called = path.rpartition("/")[2]
    word = next((found[0] for found in re.finditer(r"[A-Za-z]+", called) if found[0].casefold() in known), "")
    before = called.partition(word)[0] if word else ""
    if not before:
        return {"file": path}, columns
    pattern = {name: f"^(?P<part>{re.escape(before)})"}
    return {"file": path, "pattern": pattern}, columns | {"file.name": name}
