"""Many objects of a JSON file at once, wherever they are strict JSON; the rest is left to be read one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.arrow_columns import Column
from tasks.records.json_columns import FlatRows, read_flat_lines
from tasks.records.json_text import STRICT_READING, JsonCells, lookup, text_of
from tasks.records.record import Record
from tasks.records.record_format import Selector
from tasks.records.text_window import TextWindow

_SMALLEST, _LARGEST = 1 << 13, 1 << 20
_FEWEST, _MOST_SINGLE = 16, 1 << 10
_MOST_VAIN = 3  # blocks that are tried as columns and are none
_IN_ARRAY = re.compile(r"[ \t\n\r]*,[ \t\n\r]*(?=\{)")
_IN_LINES = re.compile(r"[ \t\n\r]*(?=\{)")
_DECODER = json.JSONDecoder(**STRICT_READING)


@dataclass(frozen=True, slots=True)
class JsonBlock:
    """Records that follow one another.

    Attributes:
        cells: The objects.
        lines: The line on which each begins, from 1.
        offsets: Its first byte in the decompressed file, as UTF-8.
        lengths: Its bytes.
    """

    cells: Sequence[JsonCells]
    lines: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    def record(self, index: int) -> Record:
        """One of them alone."""
        return Record(int(self.offsets[index]), int(self.lengths[index]), int(self.lines[index]), self.cells[index])

    def flat(self, selector: Selector) -> pa.ChunkedArray | None:
        """What each holds under *selector*, as text, where they are columns: texts as they are written, and numbers."""
        column = self.cells.columns.get(str(selector)) if isinstance(self.cells, FlatRows) else None
        return column if column is None else column.cast(pa.string())

    def column(self, selector: Selector) -> Column:
        """The text of what each holds under *selector*; empty where that has none."""
        flat = self.flat(selector)
        if flat is not None:
            return flat
        key = str(selector)
        return pa.array([text_of(lookup(cells, key)) or "" for cells in self.cells], pa.string())


class Pace:
    """When it is worth trying to read a block, and how large a part of the text."""

    def __init__(self) -> None:
        self._size = _SMALLEST
        self._single = _FEWEST
        self._left = 0
        self._vain = 0

    def take(self, window: TextWindow, *, in_array: bool) -> JsonBlock | None:
        """The strict objects from the window's position on; None where there are few, or it is too early to try again.

        The window then stands behind the last of them.
        """
        if self._left:
            self._left -= 1
            return None
        block, is_whole = self._take_flat(window) if not in_array else (None, False)
        if block is None:
            block, is_whole = _take(window, self._size, in_array=in_array)
        self._size = min(2 * self._size, _LARGEST) if is_whole else _SMALLEST
        if block is None:
            self._left, self._single = self._single, min(2 * self._single, _MOST_SINGLE)
        else:
            self._single = _FEWEST
        return block

    def _take_flat(self, window: TextWindow) -> tuple[JsonBlock | None, bool]:
        """The next lines as columns, where all of them can be; a file where they never can is soon not asked again."""
        if self._vain >= _MOST_VAIN:
            return None, False
        region = _next_region(window, self._size, b"\n")
        if window.ended and len(window.text) - window.position <= self._size:
            region = window.text[window.position :]
        found = read_flat_lines(region)
        if found is None or len(found[0]) < _FEWEST:
            self._vain += 1
            return None, False
        cells, starts, ends = found
        lines = window.line + np.arange(len(starts))
        block = JsonBlock(cells, lines, window.at + starts, ends - starts)
        window.skip_lines(window.position + int(ends[-1]), len(starts) - 1)
        self._vain = 0
        return block, True


def _next_region(window: TextWindow, size: int, last: bytes) -> bytes:
    """The next *size* bytes, up to where *last* occurs in them last."""
    while len(window.text) - window.position < size and not window.ended:
        window.grow()
    return window.text[window.position : window.text.rfind(last, window.position, window.position + size) + 1]


def _take(window: TextWindow, size: int, *, in_array: bool) -> tuple[JsonBlock | None, bool]:
    """The strict objects of the next *size* bytes, and whether these are nothing else."""
    region = _next_region(window, size, b"}")
    try:
        text = region.decode("utf-8")
    except UnicodeDecodeError:
        return None, False
    spans, cells = _scanned(text, _IN_ARRAY if in_array else _IN_LINES)
    if len(cells) < _FEWEST:
        return None, False
    bounds = np.array(spans, dtype=np.int64).reshape(-1, 2)
    if len(text) < len(region):
        firsts = np.flatnonzero((np.frombuffer(region, np.uint8) & 0xC0) != 0x80)
        bounds = np.append(firsts, len(region))[bounds]
    newlines = np.flatnonzero(np.frombuffer(region, np.uint8) == 10)
    starts, ends = bounds[:, 0], bounds[:, 1]
    lines = window.line + np.searchsorted(newlines, starts)
    block = JsonBlock(cells, lines, window.at + starts, ends - starts)
    last = int(ends[-1])
    window.skip_lines(window.position + last, int(np.searchsorted(newlines, last)))
    return block, last == len(region)


def _scanned(text: str, between: re.Pattern[str]) -> tuple[list[tuple[int, int]], list[JsonCells]]:
    """Where each of the strict objects is that *text* begins with, and what it holds."""
    spans: list[tuple[int, int]] = []
    cells: list[JsonCells] = []
    position = 0
    halves = "\\ud" in text or "\\uD" in text
    try:
        while True:
            value, end = _DECODER.raw_decode(text, position)
            if halves:
                json.dumps(value, ensure_ascii=False).encode()
            spans.append((position, end))
            cells.append(value)
            following = between.match(text, end)
            if following is None:
                break
            position = following.end()
    except (ValueError, RecursionError):  # whatever it is, it is told of the record alone
        pass
    return spans, cells
