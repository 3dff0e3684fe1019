"""Paths by their last parts: which of them a location means that is the end of one, or ends in one."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from tasks.image_formats import ORIGINAL_EXTENSIONS
from tasks.redaction import is_web
from tasks.tables.settings import Find

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/*")
_SLASHES = re.compile(r"[\\/]+")


def without_suffix(path: str, extensions: frozenset[str]) -> str:
    """*path* without its suffix, where that is one of *extensions*."""
    head, dot, suffix = path.rpartition(".")
    return head if dot and f".{suffix.lower()}" in extensions else path


def stems_of(paths: pa.Array) -> pa.Array:
    """The names of *paths* without suffixes."""
    return pc.replace_substring_regex(pc.replace_substring_regex(paths, r"^.*[\\/]", ""), r"\.[^.]*$", "")


class PathEnds:
    """Paths by their last part, to be compared from their ends."""

    def __init__(self, paths: Sequence[str], places: Sequence[int], mode: Find, extensions: frozenset[str]) -> None:
        self._mode = mode
        self._extensions = extensions
        self._held: dict[str, list[tuple[tuple[str, ...], int]]] = defaultdict(list)
        for path, place in zip(paths, places, strict=True):
            parts = unicodedata.normalize("NFC", path if mode != "stem" else self._bare(path)).split("/")
            self._held[parts[-1]].append((tuple(parts), place))

    def _bare(self, path: str) -> str:
        return without_suffix(path, self._extensions)

    def names_of(self, text: str) -> tuple[str, ...]:
        """The parts of the location *text*, without a scheme, a drive, and what leads nowhere."""
        text = unicodedata.normalize("NFC", text.strip())
        if is_web(text):
            text = unquote(text.partition("?")[0].partition("#")[0])
        text = _SCHEME.sub("", text)
        parts = [part for part in _SLASHES.split(text) if part not in {"", ".", ".."}]
        if parts and self._mode == "stem":
            parts[-1] = self._bare(parts[-1])
        return tuple(parts[-1:] if self._mode == "name" else parts)

    def find(self, names: tuple[str, ...]) -> list[int]:
        """The files that *names* mean, or, by their stems, what those were made of: ``7.wav`` is ``7.png``."""
        found = self._find(names)
        if found or not names or self._mode != "stem":
            return found
        bare = without_suffix(names[-1], ORIGINAL_EXTENSIONS)
        return self._find((*names[:-1], bare)) if bare != names[-1] else []

    def _find(self, names: tuple[str, ...]) -> list[int]:
        """Those of whose paths *names* are the end; else those that they end in."""
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
