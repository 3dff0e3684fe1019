"""Which file of the listing each location of a table names: by its path, its path's end, its name, or its stem."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import bools, repeated
from tasks.discover.by_tables.path_ends import PathEnds, stems_of
from tasks.discover.by_tables.plain_ends import is_plain, plain_ends
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.records.locations import normalise_path
from tasks.tables.settings import Find

_CAREFUL: tuple[Find, ...] = ("path", "end", "stem")
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Found:
    """What the locations of one table name.

    Attributes:
        places: For each its file's place in the listing; -1 where it names none.
        mode: How they name files.
    """

    places: Places
    mode: Find


@dataclass(frozen=True, slots=True)
class _Asked:
    """Locations of one table.

    Attributes:
        texts: Each once.
        folders: For each the folder of its label file.
        base: The folder that all are relative to; None where the config gives none.
        place_of: What messages call the row of one of them: ``labels.csv, line 3``.
    """

    texts: pa.Array
    folders: pa.Array
    base: str | None
    place_of: Callable[[int], str]


class FileFinder:
    """Finds files of one source.

    Args:
        paths: Of the files.
        extensions: Suffixes of images, which a stem goes without.

    Attributes:
        in_another_case: For each location that was found by a name of another case the file's path.
    """

    def __init__(self, paths: pa.Array, extensions: frozenset[str]) -> None:
        self.in_another_case: dict[str, str] = {}
        self._paths = paths
        self._extensions = extensions

    def find(
        self, texts: pa.Array, folders: pa.Array, base: str | None, find: Find, place_of: Callable[[int], str]
    ) -> Found:
        """The files that *texts* name.

        Args:
            texts: The locations.
            folders: For each the folder of its label file, relative to the source.
            base: The folder that all are relative to, and that files must lie in; None where the config gives none.
            find: How they name files.
            place_of: What messages call the row of one of them.

        Raises:
            LabelFileError: One names two files.
        """
        asked, codes = _distinct(texts, folders, base, place_of)
        found = self._found(asked, find)
        if not (found.places >= 0).any():
            found = self._found(_unquoted(asked), find)
        if find in {"auto", "end", "stem"} and (found.places < 0).any():
            found = replace(found, places=self._in_another_case(asked, found))
        return replace(found, places=found.places[codes])

    def _in_another_case(self, asked: _Asked, found: Found) -> Places:
        """The places that are *found*, and for locations without one the file that no other names, but for its case."""
        places, left = found.places.copy(), np.flatnonzero(found.places < 0)
        candidates = np.setdiff1d(self._below(asked.base), places[places >= 0])
        texts, paths = (
            pc.utf8_lower(asked.texts.take(pa.array(left))),
            pc.utf8_lower(self._paths.take(pa.array(candidates))),
        )
        is_wanted = pc.is_in(stems_of(paths), value_set=stems_of(texts))
        candidates, paths = candidates[bools(is_wanted)], paths.filter(is_wanted)
        mode: Find = "stem" if found.mode == "stem" else "end"
        index = PathEnds(paths.to_pylist(), candidates.tolist(), mode, self._extensions)
        told = {
            row: index.find(index.names_of(text)) for row, text in zip(left.tolist(), texts.to_pylist(), strict=True)
        }
        counts = Counter(place for several in told.values() for place in several)
        for row, several in told.items():
            if len(several) == 1 and counts[several[0]] == 1:
                places[row] = several[0]
                self.in_another_case[asked.texts[row].as_py()] = self._paths[several[0]].as_py()
        return places

    def _found(self, asked: _Asked, find: Find) -> Found:
        return self._auto(asked) if find == "auto" else Found(self._by(find, asked), find)

    def _auto(self, asked: _Asked) -> Found:
        """The first way that names a file for each location, else the one that names the most.

        By its name alone a file is found only where no other way finds one, and no two locations mean the same.
        """
        best, most = Found(np.full(len(asked.texts), -1, dtype=np.int64), "path"), 0
        for mode in _CAREFUL:
            try:
                places = self._by(mode, asked)
            except LabelFileError:
                if not most:
                    raise
                continue
            if (count := int((places >= 0).sum())) > most:
                best, most = Found(places, mode), count
            if count == len(places):
                break
        if most or not len(asked.texts):
            return best
        places = self._by("name", asked)
        named = places[places >= 0]
        return Found(places, "name") if len(np.unique(named)) == len(named) else best

    def _by(self, mode: Find, asked: _Asked) -> Places:
        if mode == "path":
            return self._by_path(asked)
        candidates = self._below(asked.base)
        places = plain_ends(asked.texts, self._paths.take(pa.array(candidates)), mode, self._extensions)
        places = np.where(places >= 0, candidates[places], places) if len(candidates) else places
        left = np.flatnonzero(places < 0).tolist()
        if not left:
            return places
        index = self._index(mode, asked.base, candidates)
        texts = asked.texts.take(pa.array(left)).to_pylist()
        names = [index.names_of(text) for text in texts]
        found = [index.find(parts) for parts in names]
        dropped = 0
        while len(left) == len(places) and not any(found) and dropped < _shared_parts(names):
            dropped += 1
            found = [index.find(parts[dropped:]) for parts in names]
        for row, text, several in zip(left, texts, found, strict=True):
            places[row] = self._one(several, text, asked, row)
        return places

    def _below(self, base: str | None) -> Places:
        """The places of the files below *base*."""
        if not base:
            return np.arange(len(self._paths))
        return np.flatnonzero(pc.starts_with(self._paths, f"{base}/").to_numpy(zero_copy_only=False))

    def _one(self, found: list[int], text: str, asked: _Asked, row: int) -> int:
        if len(found) > 1:
            folder = asked.folders[row].as_py()
            found = [place for place in found if self._lies_in(place, folder)] or found
        if len(found) > 1:
            shown = " and ".join(repr(self._paths[place].as_py()) for place in found[:2])
            raise LabelFileError(
                f"{asked.place_of(row)}: the location {text[:100]!r} names {len(found)} files, {shown}. Set `base` to "
                "the folder that is meant, or a `location` template that tells them apart."
            )
        return found[0] if found else -1

    def _lies_in(self, place: int, folder: str) -> bool:
        path: str = self._paths[place].as_py()
        return not folder or path.startswith(f"{folder}/")

    def _by_path(self, asked: _Asked) -> Places:
        """Below the base; without one below the label file's folder, else below the source's path."""
        heads = asked.folders if asked.base is None else repeated(asked.base, len(asked.texts))
        whole = pc.if_else(pc.equal(heads, ""), asked.texts, pc.binary_join_element_wise(heads, asked.texts, "/"))
        below = _normalised(whole)
        found = self.exactly(below)
        if asked.base is None and (found < 0).any():
            found = np.where(found >= 0, found, self.exactly(_normalised(asked.texts)))
        return self._in_another_form(below, found)

    def as_written(self, paths: pa.Array) -> Places:
        """For each of *paths* its file's place, also where that is spelled in another form of Unicode; -1 for none."""
        return self._in_another_form(paths, self.exactly(paths))

    def _in_another_form(self, paths: pa.Array, found: Places) -> Places:
        for row in np.flatnonzero(found < 0).tolist() if self._composed else []:
            found[row] = self._composed.get(unicodedata.normalize("NFC", paths[row].as_py()), -1)
        return found

    @cached_property
    def odd(self) -> frozenset[str]:
        """Paths that a cell is not taken for as it stands; object stores have empty names between slashes."""
        return frozenset(self._paths.filter(pc.match_substring_regex(self._paths, r"\\|//|/\./|^~")).to_pylist())

    def exactly(self, paths: pa.Array) -> Places:
        """For each of *paths* its file's place; -1 for none."""
        index = pc.index_in(paths, value_set=self._paths)
        return np.asarray(pc.fill_null(index, -1).to_numpy(zero_copy_only=False), dtype=np.int64).copy()

    @cached_property
    def _composed(self) -> Mapping[str, int]:
        """For each path that is not ASCII, in Unicode's form C, its place; without those that two files share."""
        found: dict[str, list[int]] = defaultdict(list)
        places = np.flatnonzero(~bools(pc.string_is_ascii(self._paths)))
        for place in places.tolist():
            found[unicodedata.normalize("NFC", self._paths[place].as_py())].append(place)
        return {name: held[0] for name, held in found.items() if len(held) == 1}

    def _index(self, mode: Find, base: str | None, candidates: Places) -> PathEnds:
        key = (mode, base or "")
        if key not in self._indexes:
            paths = self._paths.take(pa.array(candidates)).to_pylist()
            self._indexes[key] = PathEnds(paths, candidates.tolist(), mode, self._extensions)
        return self._indexes[key]

    @cached_property
    def _indexes(self) -> dict[tuple[Find, str], PathEnds]:
        return {}


def _unquoted(asked: _Asked) -> _Asked:
    """*asked* with the signs themselves that stand in addresses as ``%20``."""
    return replace(asked, texts=pa.array([unquote(text) for text in asked.texts.to_pylist()], pa.string()))


def _distinct(
    texts: pa.Array, folders: pa.Array, base: str | None, place_of: Callable[[int], str]
) -> tuple[_Asked, Places]:
    """Each pair of location and folder once, and for every row which it is."""
    if len(folders.unique()) > 1:
        encoded = pc.binary_join_element_wise(folders, texts, "\0").dictionary_encode()
        pairs = [text.partition("\0")[::2] for text in encoded.dictionary.to_pylist()]
        held = [pa.array([pair[side] for pair in pairs], pa.string()) for side in (1, 0)]
    else:
        encoded = texts.dictionary_encode()
        held = [encoded.dictionary, pa.repeat(folders[0] if len(folders) else pa.scalar(""), len(encoded.dictionary))]
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return _Asked(held[0], held[1], base, lambda row: place_of(int(np.argmax(codes == row)))), codes


def _normalised(paths: pa.Array) -> pa.Array:
    """*paths* without what leads nowhere; "" for one that leads out."""
    odd = np.flatnonzero(~is_plain(paths))
    if not len(odd):
        return paths
    mask = np.zeros(len(paths), dtype=bool)
    mask[odd] = True
    normal = [normalise_path(path) or "" for path in paths.take(pa.array(odd)).to_pylist()]
    return pc.replace_with_mask(paths, pa.array(mask), pa.array(normal, pa.string()))


def _shared_parts(names: Sequence[tuple[str, ...]]) -> int:
    """With how many folders all of *names* begin: those of the machine that they were written on; no split's."""
    columns = zip(*(name[:-1] for name in names), strict=False) if len(names) > 1 else ()
    words = SplitWords({})
    return sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1 and not words.split_of(parts[0]), columns))
