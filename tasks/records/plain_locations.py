"""Which locations of a label file say plainly where an image is: seen whole columns at a time.

What a pattern here lets pass means the same as what `classify_location` would make of it; whatever it does not is left
to that function.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow.compute as pc

from tasks.arrow_columns import Bools, Column, bools, whole
from tasks.records.embedded import BASE64_SHORTEST

_PART = r"[^\x00-\x1f\x7f\\/:%~\[.\x{EF80}-\x{EFFF}][^\x00-\x1f\x7f\\/:%\x{EF80}-\x{EFFF}]*"
_PATH = rf"^(?:{_PART}/)*{_PART}$"
_WEB = r"^https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,3})?/[^\x00-\x20\x7f\\?#@:\x{EF80}-\x{EFFF}]*$"
_ORIGIN = re.compile(rb"https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,3})?/")
_CONTROLS = bytes(range(0x20)) + b"\x7f\xee"
"""And what begins the characters that stand for bytes which are no text, and others that are rare."""
_NOT_IN_ADDRESSES = _CONTROLS + b" \\?#@"
_NOT_IN_PATHS = _CONTROLS + b"\\:%~["
_LONGEST = 1000
_AT_ONCE = 1 << 16


def plain_kinds(locations: Column) -> tuple[Bools, Bools]:
    """Which of *locations* are addresses on the web that are their own identity, and which are plain relative paths.

    Both for certain, and as `classify_location` has it; many of either kind are neither here. Patterns are seldom used.
    """
    if len(locations) > _AT_ONCE:
        several = [plain_kinds(locations.slice(at, _AT_ONCE)) for at in range(0, len(locations), _AT_ONCE)]
        webs, paths = zip(*several, strict=True)
        return np.concatenate(webs), np.concatenate(paths)
    texts = _Texts(locations)
    short = _is_short(locations, texts)
    none = np.zeros(len(locations), dtype=bool)
    if texts.are_of_one_origin():
        return short, none
    named = short & ~bools(pc.utf8_is_space(locations))
    if texts.are_plain_paths():
        return none, named
    return short & bools(pc.match_substring_regex(locations, _WEB)), named & bools(_is_path(locations))


class _Texts:
    """Texts as the bytes that they are, one behind the other: what is nowhere in these is in none of them."""

    def __init__(self, column: Column) -> None:
        joined = whole(column)
        offsets, data = joined.buffers()[1:]
        self._column = joined
        self._ends = np.frombuffer(offsets, np.int32)[joined.offset : joined.offset + len(joined) + 1]
        first, last = (int(self._ends[0]), int(self._ends[-1])) if len(joined) else (0, 0)
        self._bytes = b"" if data is None else bytes(memoryview(data)[first:last])
        self._lengths = np.diff(self._ends)

    @property
    def longest(self) -> int:
        """Of the longest of them, in bytes."""
        return int(self._lengths.max(initial=0))

    def are_of_one_origin(self) -> bool:
        """Whether each is what `_WEB` lets pass, and all are of the host of the first; not all that are, are found."""
        origin = _ORIGIN.match(self._bytes)
        if origin is None or self._has_any(_NOT_IN_ADDRESSES):
            return False
        colons = origin[0].count(b":") * len(self._column)
        return self._bytes.count(b":") == colons and bool(
            pc.all(pc.starts_with(self._column, origin[0].decode("ascii"))).as_py()
        )

    def are_plain_paths(self) -> bool:
        """Whether each is what `_is_path` lets pass; not all that are, are found."""
        if not self._bytes or self._lengths.min() == 0 or self.longest >= BASE64_SHORTEST:
            return False
        if self._has_any(_NOT_IN_PATHS) or b"//" in self._bytes or b"/." in self._bytes:
            return False
        codes, ends = np.frombuffer(self._bytes, np.uint8), self._ends - self._ends[0]
        starts = codes[ends[:-1]]
        return not bool(np.any((starts == 0x2F) | (starts == 0x2E)) or np.any(codes[ends[1:] - 1] == 0x2F))

    def _has_any(self, marks: bytes) -> bool:
        return len(self._bytes.translate(None, marks)) < len(self._bytes)


def _is_path(locations: Column) -> Column:
    """Whether each is a plain relative path; a long one without a dot could be pixels in base64."""
    is_plain = pc.match_substring_regex(locations, _PATH)
    return pc.and_(
        is_plain, pc.or_(pc.less(pc.utf8_length(locations), BASE64_SHORTEST), pc.match_substring(locations, "."))
    )


def _is_short(locations: Column, texts: _Texts) -> Bools:
    """Which of *locations* have fewer than `_LONGEST` characters."""
    if texts.longest < _LONGEST:
        return np.ones(len(locations), dtype=bool)
    return bools(pc.less(pc.utf8_length(locations), _LONGEST))
