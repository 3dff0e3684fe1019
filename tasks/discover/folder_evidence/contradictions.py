"""Files beside images that name them and say something else than their folders do."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.config_keys import splits_named
from tasks.discover.folder_evidence.folder_choice import FolderChoice
from tasks.discover.heads.heads import JSON, PLAIN_TEXT
from tasks.discover.heads.named_files import is_end
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.discover.settings import SourceSettings
from tasks.discover.words.folder_names import tokens
from tasks.discover.words.split_words import SplitWords
from tasks.storage import redact_url
from tasks.storage.archive_store import beginning_of

ALONE = "the folders alone are right"
"""What the proposal says that nothing beside the images counts."""
_SUFFIXES = (*PLAIN_TEXT, *JSON)
_MOST_FILES = 40
_HEAD = 1 << 16
_LINES = 200
_CELLS = re.compile(r'"([^"\n]*)"|([^\s,;|"]+)')
_CELLS_WITH_BLANKS = re.compile(r'"([^"\n]*)"|([^\t,;|"]+)')
_ARRAYS = (".mat", ".pkl", ".pickle", ".npz", ".npy")
_AGREES = 0.99
_FEWEST = 3
_OF_LINES = 0.5
_OF_JSON = 0.2
_END = 8
_SIGNS = re.compile(r"[ _.-]")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that names an image: its cells without that name, and the folders that it can be in."""

    cells: tuple[str, ...]
    folders: tuple[int, ...]

    def folder_in(self, split: str, choice: FolderChoice) -> int:
        """The folder it is in: one of *split* where it can be."""
        return next((number for number in self.folders if choice.splits[number] == split), self.folders[0])


def refuse_contradictions(
    choice: FolderChoice,
    source: SourceSettings,
    words: SplitWords,
    understood: Container[str] = (),
    proposals: Sequence[Proposal] = (),
) -> None:
    """Raise where a file beside the images of *choice* gives them other classes or splits than their folders.

    Raises:
        UnsettledLayoutError: There is such a file; the folders alone are the last of *proposals*.
    """
    if told := _unreadable(choice):
        raise _contradicted(choice, source, told, proposals)
    files = [path for path in choice.listing.beside if path.lower().endswith(_SUFFIXES)]
    files = [path for path in files if path not in understood][:_MOST_FILES]
    if not files:
        return
    heads = {path: next(_head_lines(source, path)) for path in files}
    known = _folders_of(choice, {_stem(cell) for lines in heads.values() for cells in lines for cell in cells})
    ends = _ends_named(choice, {_name(cell) for lines in heads.values() for cells in lines for cell in cells})
    for path, lines in heads.items():
        if what := _contradiction(path, lines, known, choice, words) or _by_ends(lines, ends):
            raise _contradicted(choice, source, f"{path} {what}", proposals)


def folders_alone(choice: FolderChoice) -> Proposal:
    """That *choice* is right, whatever lies beside the images."""
    return Proposal(ALONE, {"source": {"layout": choice.layout, **choice.keys}, **splits_named(choice.split_names)})


def _contradicted(
    choice: FolderChoice, source: SourceSettings, what: str, proposals: Sequence[Proposal]
) -> UnsettledLayoutError:
    return UnsettledLayoutError.of(
        "ambiguous_layout",
        f"{redact_url(source.path)}: {what}. Nothing is published that a file beside the images may contradict. Name "
        "that file in `source.path`, or say that the folders alone are right:",
        [*proposals, folders_alone(choice)],
    )


def _unreadable(choice: FolderChoice) -> str:
    """What lies beside numbered folders in a file of arrays, and may say what they show; else empty."""
    names = {name for label in choice.labels for name in label}
    stored = [path for path in choice.listing.beside if path.lower().endswith(_ARRAYS)]
    if not stored or not names or not all(map(str.isdecimal, names)):
        return ""
    return f"the folders are numbered, and {stored[0]} may say what their images show"


def name_images(source: SourceSettings, beside: Iterable[str], paths: pa.ChunkedArray) -> list[str]:
    """Those of the files *beside* that name images of *paths*."""
    files = [path for path in beside if path.lower().endswith(_SUFFIXES)][:_MOST_FILES]
    heads = [(path, lines) for path in files for lines in _head_lines(source, path)]
    stems = _stems_of(paths)
    asked = {_stem(cell) for _, lines in heads for cells in lines for cell in cells}
    known = set(stems.filter(pc.is_in(stems, pa.array(sorted(asked), pa.string()))).to_pylist())
    naming = (
        path
        for path, lines in heads
        if sum(1 for cells in lines if any(_stem(cell) in known for cell in cells)) >= min(_FEWEST, len(paths))
    )
    return list(dict.fromkeys(naming))


def _stems_of(paths: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return pc.replace_substring_regex(pc.replace_substring_regex(paths, r"^.*/", ""), r"\.[^.]*$", "")


def _head_lines(source: SourceSettings, path: str) -> Iterator[list[tuple[str, ...]]]:
    """The cells of the first lines of the file at *path* below the source: between blanks too, and between marks alone.

    The second way is left out where it gives the same cells as the first.
    """
    text = beginning_of(source.place, path, _HEAD).decode("utf-8", "replace")
    if path.lower().endswith(".json"):
        text = re.sub(r"[{}\[\]]", "\n", text.replace("\n", " "))
    lines = (text.split("\n")[:-1] if len(text) >= _HEAD else text.split("\n"))[:_LINES]
    first = _parted(lines, _CELLS)
    yield first
    if (other := _parted(lines, _CELLS_WITH_BLANKS)) != first:
        yield other


def _parted(lines: Iterable[str], cell: re.Pattern[str]) -> list[tuple[str, ...]]:
    parted = (tuple(told for a, b in cell.findall(line) if (told := (a or b).strip())) for line in lines)
    return [cells for cells in parted if cells]


def _by_ends(lines: Sequence[tuple[str, ...]], ends: Container[str]) -> str:
    """What a file says whose lines name images by the ends of their names, of which *ends* are there."""
    named = sum(1 for cells in lines if any(_name(cell) in ends for cell in cells))
    is_many = named >= max(_FEWEST, _OF_LINES * len(lines))
    return "names the images by the ends of their names, and may say what they show" if is_many else ""


def _ends_named(choice: FolderChoice, cells: Iterable[str]) -> set[str]:
    """Those of *cells* that are the end of an image's name behind a sign: ``1_a.jpg`` of ``face.0.1_a.jpg``."""
    asked = {cell for cell in cells if len(cell) >= _END and "." in cell}
    paths = choice.listing.files["path"]
    short = pc.utf8_slice_codeunits(paths, -_END)
    wanted = pa.array(sorted({cell[-_END:] for cell in asked}), pa.string())
    found: set[str] = set()
    for path in paths.filter(pc.is_in(short, wanted)).to_pylist() if asked else ():
        name = _name(path)
        found |= {name[match.end() :] for match in _SIGNS.finditer(name)} & asked
    return found


def _name(cell: str) -> str:
    return cell.replace("\\", "/").rpartition("/")[2]


def _stem(cell: str) -> str:
    name = _name(cell)
    stem, dot, end = name.rpartition(".")
    return stem if dot and end.isalnum() and not end.isdigit() else name


def _folders_of(choice: FolderChoice, stems: set[str]) -> dict[str, list[tuple[str, int]]]:
    """For each of *stems* the images of that name: path and folder."""
    paths = choice.listing.files["path"].combine_chunks()
    names = _stems_of(paths)
    hits = pc.is_in(names, pa.array(sorted(stems), pa.string()))
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    numbers = choice.listing.folder_numbers[np.asarray(hits)]
    for path, name, number in zip(paths.filter(hits).to_pylist(), names.filter(hits).to_pylist(), numbers, strict=True):
        found[name].append((path, int(number)))
    return found


def _contradiction(
    path: str,
    lines: Sequence[tuple[str, ...]],
    known: dict[str, list[tuple[str, int]]],
    choice: FolderChoice,
    words: SplitWords,
) -> str:
    """What the file at *path* says of images that their folders do not; empty where nothing."""
    named = [line for cells in lines if (line := _naming(cells, known)) is not None]
    has_splits = any(choice.splits)
    file_splits = {split for token in tokens(path.rpartition("/")[2]) if (split := words.split_of(token))}
    share = _OF_JSON if path.lower().endswith(".json") else _OF_LINES
    if len(named) < _FEWEST or len(named) < share * len(lines):
        is_list = len(lines) >= max(choice.listing.count / 10, _FEWEST) and all(len(cells) <= 3 for cells in lines[:50])
        return "may say which images are in which split" if file_splits and not has_splits and is_list else ""
    split = next(iter(file_splits), "")
    named = [replace(line, folders=(line.folder_in(split, choice),)) for line in named]
    splits = {choice.splits[line.folders[0]] for line in named}
    if file_splits and splits != file_splits:
        return "lists images of a split that the folders do not name"
    if any(_is_other_split(column, named, choice, words) for column in _columns(named)):
        return "says which images are in which split, and the folders do not"
    return _other_label(named, choice)


def _naming(cells: tuple[str, ...], known: dict[str, list[tuple[str, int]]]) -> _Line | None:
    """The line *cells*, where one of them names an image."""
    for place, cell in enumerate(cells):
        if len(cell) < 2 and "." not in cell:
            continue
        plain = cell.replace("\\", "/").lstrip("./")
        folders = tuple(folder for path, folder in known.get(_stem(cell), ()) if is_end(plain, path))
        if folders:
            return _Line(cells[:place] + cells[place + 1 :], folders)
    return None


def _columns(named: Sequence[_Line]) -> Iterable[list[str]]:
    width = min(len(line.cells) for line in named)
    return ([line.cells[place] for line in named] for place in range(width))


def _is_other_split(column: Sequence[str], named: Sequence[_Line], choice: FolderChoice, words: SplitWords) -> bool:
    splits = [words.split_of(cell) for cell in column]
    if not all(splits):
        return False
    agree = sum(split == choice.splits[line.folders[0]] for split, line in zip(splits, named, strict=True))
    return agree < _AGREES * len(named)


def _other_label(named: Sequence[_Line], choice: FolderChoice) -> str:
    """What a column says that repeats its values and goes with no class; empty where one column goes with them."""
    columns = list(_columns(named))
    labels = ["/".join(choice.labels[line.folders[0]]) for line in named]
    telling = [column for column in columns if 1 < len(set(column)) <= len(column) / 2]
    if not telling or len(set(labels)) < 2:
        return ""
    if any(_goes_with(column, labels) for column in telling):
        return ""
    return "names most images and says something of them that their folders do not"


def _goes_with(column: Sequence[str], labels: Sequence[str]) -> bool:
    """Whether each value of *column* has one label, or each label one value, and is its number or its name."""
    pairs = set(zip(column, labels, strict=True))
    if len(pairs) not in {len(set(column)), len(set(labels))} or len(set(column)) < 2:
        return False
    return all(_is_number(value) or _is_name(value, label) for value, label in pairs)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isdecimal()


def _is_name(value: str, label: str) -> bool:
    """Whether *value* and *label* are one name, or one is a part of the other."""
    short, long = sorted(("".join(tokens(value)), "".join(tokens(label))), key=len)
    return bool(short) and short in long
