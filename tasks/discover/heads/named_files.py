"""Which images the cells of tables name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.listing.listing import Listing
from tasks.discover.words.folder_names import is_companion_name
from tasks.image_formats import IMAGE_EXTENSIONS, ORIGINAL_EXTENSIONS
from tasks.redaction import is_web

_SUFFIXES = frozenset(suffix.removeprefix(".") for suffix in IMAGE_EXTENSIONS)


def stem_of(cell: str) -> str:
    """The name that *cell* ends in, without an extension."""
    name = cell.replace("\\", "/").rpartition("/")[2]
    stem, dot, end = name.rpartition(".")
    return stem if dot and end.isalnum() and not end.isdigit() else name


def _stems(cell: str) -> set[str]:
    """What *cell* could be the stem of: without what looks like an extension, and with it; as in an address, too."""
    cell = _without_query(cell)
    found = {stem_of(cell), cell.replace("\\", "/").rpartition("/")[2]}
    return found | {unquote(stem).rpartition("/")[2] for stem in found if "%" in stem}


def _without_query(cell: str) -> str:
    """*cell*, of an address what stands before its query."""
    return cell.partition("?")[0].partition("#")[0] if is_web(cell) else cell


def is_end(cell: str, path: str) -> bool:
    """Whether *cell* names the file at *path*: as its end, with or without extension, or with a foreign root."""
    stem = path.rpartition(".")[0]
    return f"/{path}".endswith(f"/{cell}") or f"/{stem}".endswith(f"/{cell}") or f"/{cell}".endswith(f"/{path}")


class NamedFiles:
    """The images that some cells may name.

    Args:
        listing: The source's.
        cells: All cells that will be asked for.
    """

    def __init__(self, listing: Listing, cells: Iterable[str]) -> None:
        paths = listing.files["path"].combine_chunks()
        names = pc.replace_substring_regex(pc.replace_substring_regex(paths, r"^.*/", ""), r"\.[^.]*$", "")
        wanted = {stem for cell in cells for stem in _stems(cell.strip()) if 0 < len(stem) < 300}
        hits = pc.is_in(names, pa.array(sorted(wanted), pa.string()))
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for path, name in zip(paths.filter(hits).to_pylist(), names.filter(hits).to_pylist(), strict=True):
            self._by_stem[name].append(path)
        self.tails: frozenset[str] = frozenset()
        self._paths, self._names, self._wanted = paths, names, wanted
        self._by_folded: dict[str, list[str]] | None = None

    def named(self, cell: str) -> Sequence[str]:
        """The images that *cell* names: by the end of their path, by that of its own, by name or by stem."""
        plain = _without_query(cell.strip()).replace("\\", "/")
        while plain.startswith(("./", "/")):
            plain = plain.removeprefix("./").removeprefix("/")
        there = [path for stem in _stems(plain) for path in self._by_stem.get(stem, ())]
        if not there and "%" not in plain and plain.rpartition(".")[2].lower() in _SUFFIXES:
            there = self._in_another_case(plain)
            return there if len(there) == 1 else []
        found = [path for path in there if is_end(plain, path)]
        found = found or _longest_ends(plain, there) or _one_name(plain, there)
        quoted = unquote(plain) if "%" in plain and not found else plain
        return found if quoted == plain else self.named(quoted)

    def _in_another_case(self, cell: str) -> list[str]:
        """The images whose names are that of *cell* but for its case."""
        if self._by_folded is None:
            self._by_folded = defaultdict(list)
            wanted = pa.array(sorted({stem.lower() for stem in self._wanted}), pa.string())
            for path in self._paths.filter(pc.is_in(pc.utf8_lower(self._names), wanted)).to_pylist():
                self._by_folded[path.rpartition("/")[2].lower()].append(path)
        folded = cell.lower()
        there = self._by_folded.get(folded.rpartition("/")[2], [])
        return [path for path in there if is_end(folded, path.lower())] or there

    def made_of(self, cell: str) -> Sequence[str]:
        """The images of the stem of *cell*, which has the suffix of another format, or of what they were made of."""
        head, dot, suffix = cell.strip().rpartition(".")
        if not dot or f".{suffix.lower()}" not in IMAGE_EXTENSIONS | ORIGINAL_EXTENSIONS:
            return []
        return [path for path in self.named(head) if not is_companion_name(path.rpartition("/")[0])]


def _one_name(cell: str, paths: Sequence[str]) -> list[str]:
    """The one of *paths* whose whole name stands at the end of *cell*, an address or a path of another machine."""
    name = cell.rpartition("/")[2]
    found = [path for path in paths if path.rpartition("/")[2] == name]
    return found if "/" in cell and len(found) == 1 else []


def _longest_ends(cell: str, paths: Sequence[str]) -> list[str]:
    """Those of *paths* that share the most folders at the end with *cell*, at least one: another machine's path."""
    if "/" not in cell:
        return []
    mine = cell.rpartition("/")[0].split("/")[::-1]
    shared: dict[int, list[str]] = defaultdict(list)
    for path in paths:
        other = path.rpartition("/")[0].split("/")[::-1]
        count = next((at for at, (a, b) in enumerate(zip(mine, other, strict=False)) if a != b), len(other))
        shared[min(count, len(mine), len(other))].append(path)
    most = max(shared, default=0)
    return shared[most] if most else []
