"""Which file of the listing each location of a table names: by its path, its path's end, its name, or its stem."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.records.locations import normalise_path
from tasks.tables.settings import Find

_CAREFUL: tuple[Find, ...] = ("path", "end", "stem")
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/*")
_SLASHES = re.compile(r"[\\/]+")
Places = npt.NDArray[np.int64]
Key = tuple[str, str]
"""The folder of a label file, and a location in it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the locations of one table name.

    Attributes:
        places: For each its file's place in the listing; -1 where it names none.
        mode: How they name files.
    """

    places: Places
    mode: Find


class FileFinder:
    """Finds files of one source.

    Args:
        paths: Of the files.
        extensions: Suffixes of images, which a stem goes without.
    """

    def __init__(self, paths: pa.Array, extensions: frozenset[str]) -> None:
        self._paths = paths
        self._extensions = extensions

    def find(self, texts: pa.Array, folders: pa.Array, base: str | None, find: Find, table: str) -> Found:
        """The files that *texts* name.

        Args:
            texts: The locations.
            folders: For each the folder of its label file, relative to the source.
            base: The folder that all are relative to, and that files must lie in; None where the config gives none.
            find: How they name files.
            table: What messages call the table.

        Raises:
            LabelFileError: One names two files.
        """
        encoded = pc.dictionary_encode(pc.binary_join_element_wise(folders, texts, "\0"))
        keys = [text.partition("\0")[::2] for text in encoded.dictionary.to_pylist()]
        if find == "auto":
            found = self._auto(keys, base, table)
        else:
            found = Found(np.array(self._by(find, keys, base, table), dtype=np.int64), find)
        return replace(found, places=found.places[encoded.indices.to_numpy()])

    def _auto(self, keys: Sequence[Key], base: str | None, table: str) -> Found:
        """The first way that names a file for each location, else the one that names the most.

        By its name alone a file is found only where no other way finds one, and no two locations mean the same.
        """
        best, most = Found(np.full(len(keys), -1, dtype=np.int64), "path"), 0
        for mode in _CAREFUL:
            try:
                places = np.array(self._by(mode, keys, base, table), dtype=np.int64)
            except LabelFileError:
                if not most:
                    raise
                continue
            if (count := int((places >= 0).sum())) > most:
                best, most = Found(places, mode), count
            if count == len(keys):
                break
        if most or not keys:
            return best
        places = np.array(self._by("name", keys, base, table), dtype=np.int64)
        named = places[places >= 0]
        return Found(places, "name") if len(np.unique(named)) == len(named) else best

    def _by(self, mode: Find, keys: Sequence[Key], base: str | None, table: str) -> Sequence[int]:
        if mode == "path":
            return self._by_path(keys, base)
        index = self._index(mode, base)
        names = [index.names_of(text) for _, text in keys]
        for dropped in range(_shared_parts(names) + 1):
            places = [
                self._one(index.find(parts[dropped:]), key, table) for parts, key in zip(names, keys, strict=True)
            ]
            if any(place >= 0 for place in places):
                return places
        return [-1] * len(keys)

    def _one(self, found: list[int], key: Key, table: str) -> int:
        folder, text = key
        if len(found) > 1:
            found = [place for place in found if self._lies_in(place, folder)] or found
        if len(found) > 1:
            shown = " and ".join(repr(self._paths[place].as_py()) for place in found[:2])
            raise LabelFileError(
                f"{table}: the location {text[:100]!r} names {len(found)} files, {shown}. Set `base` to the folder "
                "that is meant, or a `location` template that tells them apart."
            )
        return found[0] if found else -1

    def _lies_in(self, place: int, folder: str) -> bool:
        path: str = self._paths[place].as_py()
        return not folder or path.startswith(f"{folder}/")

    def _by_path(self, keys: Sequence[Key], base: str | None) -> list[int]:
        """Below the base; without one below the label file's folder, else below the source's path."""
        heads = [folder if base is None else base for folder, _ in keys]
        whole = [f"{head}/{text}" if head else text for head, (_, text) in zip(heads, keys, strict=True)]
        below = [normalise_path(path) or "" for path in whole]
        found = self._exactly(below)
        if base is None and (found < 0).any():
            top = self._exactly([normalise_path(text) or "" for _, text in keys])
            found = np.where(found >= 0, found, top)
        if (found < 0).any():
            spelled = [self._composed.get(unicodedata.normalize("NFC", path), -1) for path in below]
            found = np.where(found >= 0, found, np.array(spelled, dtype=np.int64))
        return [int(place) for place in found]

    def _exactly(self, paths: Sequence[str]) -> Places:
        index = pc.index_in(pa.array(paths, pa.string()), value_set=self._paths)
        return np.asarray(pc.fill_null(index, -1).to_numpy(zero_copy_only=False), dtype=np.int64)

    @cached_property
    def _composed(self) -> Mapping[str, int]:
        """For each path that is not ASCII, in Unicode's form C, its place; without those that two files share."""
        found: dict[str, list[int]] = defaultdict(list)
        places = np.flatnonzero(~np.asarray(pc.string_is_ascii(self._paths).to_numpy(zero_copy_only=False), dtype=bool))
        for place in places.tolist():
            found[unicodedata.normalize("NFC", self._paths[place].as_py())].append(place)
        return {name: held[0] for name, held in found.items() if len(held) == 1}

    def _index(self, mode: Find, base: str | None) -> _Ends:
        key = (mode, base or "")
        if key not in self._indexes:
            head = f"{base}/" if base else ""
            places = np.arange(len(self._paths))
            if head:
                places = np.flatnonzero(pc.starts_with(self._paths, head).to_numpy(zero_copy_only=False))
            paths = self._paths.take(pa.array(places)).to_pylist()
            self._indexes[key] = _Ends(paths, places.tolist(), mode, self._extensions)
        return self._indexes[key]

    @cached_property
    def _indexes(self) -> dict[tuple[Find, str], _Ends]:
        return {}


def _shared_parts(names: Sequence[tuple[str, ...]]) -> int:
    """With how many folders all of *names* begin: those of the machine that they were written on; no split's."""
    columns = zip(*(name[:-1] for name in names), strict=False) if len(names) > 1 else ()
    words = SplitWords({})
    return sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1 and not words.split_of(parts[0]), columns))


class _Ends:
    """Paths by their last part, to be compared from their ends."""

    def __init__(self, paths: Sequence[str], places: Sequence[int], mode: Find, extensions: frozenset[str]) -> None:
        self._mode = mode
        self._extensions = extensions
        self._held: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
        for path, place in zip(paths, places, strict=True):
            parts = unicodedata.normalize("NFC", path if mode != "stem" else self._bare(path)).split("/")
            self._held[parts[-1]].append((tuple(parts), place))

    def _bare(self, path: str) -> str:
        head, dot, suffix = path.rpartition(".")
        return head if dot and f".{suffix.lower()}" in self._extensions else path

    def names_of(self, text: str) -> tuple[str, ...]:
        """The parts of the location *text*, without a scheme, a drive, and what leads nowhere."""
        text = _SCHEME.sub("", unicodedata.normalize("NFC", text.strip()))
        parts = [part for part in _SLASHES.split(text) if part not in {"", ".", ".."}]
        if parts and self._mode == "stem":
            parts[-1] = self._bare(parts[-1])
        return tuple(parts[-1:] if self._mode == "name" else parts)

    def find(self, names: tuple[str, ...]) -> list[int]:
        """The files that *names* mean: those of whose paths they are the end; else those that they end in."""
        held = self._held.get(names[-1], []) if names else []
        if self._mode == "name":
            return [place for _, place in held]
        ends = [(parts, place) for parts, place in held if parts[-len(names) :] == names]
        if ends:
            whole = [place for parts, place in ends if len(parts) == len(names)]
            return whole or [place for _, place in ends]
        inside = [(len(parts), place) for parts, place in held if names[-len(parts) :] == parts]
        longest = max((length for length, _ in inside), default=0)
        return [place for length, place in inside if length == longest]
