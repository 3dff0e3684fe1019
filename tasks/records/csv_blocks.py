"""Many records of a CSV at once, as columns, wherever they are written plainly; the rest one by one."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from tasks.records.arrow_texts import may_have_blanks_around
from tasks.records.csv_reader import read_csv
from tasks.records.record import Record
from tasks.records.record_format import RecordFormat, Selector
from tasks.records.text_window import TextWindow

_SMALLEST, _LARGEST = 1 << 13, 1 << 22
_FEWEST = 16  # records that a block is worth it for
_BLANK_LINE = re.compile(rb"^[ \t\r]*$", re.MULTILINE)
_LONE_RETURN = re.compile(rb"\r(?!\n)")


@dataclass(frozen=True, slots=True)
class RecordBlock:
    """Records that follow one another, each on one line.

    Attributes:
        columns: The cells, column by column, without quotes and surrounding blanks.
        lines: The line of each, from 1.
        offsets: Its first byte in the decompressed file, as UTF-8.
        lengths: Its bytes, without the line's end.
    """

    columns: tuple[pa.ChunkedArray, ...]
    lines: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]

    def column(self, selector: Selector) -> pa.ChunkedArray:
        """The cells of one column."""
        return self.columns[int(selector)]

    def record(self, index: int) -> Record:
        """One of them alone."""
        cells = [column[index].as_py() for column in self.columns]
        return Record(int(self.offsets[index]), int(self.lengths[index]), int(self.lines[index]), cells)


def read_csv_blocks(window: TextWindow, form: RecordFormat, comment: str = "") -> Iterator[Record | RecordBlock]:
    """Each record of the text, as `read_csv` gives them, in blocks where that comes to the same.

    Raises:
        LabelFileError: The text is not UTF-8.
    """
    size = _SMALLEST
    while True:
        block, is_whole = _take_block(window, form, comment, size)
        if block is not None:
            yield block
        size = min(2 * size, _LARGEST) if is_whole else _SMALLEST
        if is_whole:
            continue
        single = 0
        for record in islice(read_csv(window, form, comment), _FEWEST):
            single += 1
            yield record
        if not single:
            return


def _take_block(window: TextWindow, form: RecordFormat, comment: str, size: int) -> tuple[RecordBlock | None, bool]:
    """The plain records at the window's position, as far as *size* bytes go, and whether they are all plain."""
    if form.width < 2:
        return None, False  # a blank line would be a record
    while len(window.text) - window.position < size and not window.ended:
        window.grow()
    start = window.position
    end = window.text.rfind(b"\n", start, start + size) + 1
    if end <= start:
        return None, False
    region = window.text[start:end]
    plain, quote = _plain_part(region, form, comment)
    ends = np.flatnonzero(np.frombuffer(plain, np.uint8) == 10)
    if not quote:
        ends = ends[: _conforming(plain, ends, form)]
    columns = _columns(plain[: ends[-1] + 1], form, quote) if len(ends) >= _FEWEST else None
    if columns is None or any(len(column) != len(ends) for column in columns):
        return None, False
    starts = np.concatenate([[0], ends[:-1] + 1])
    codes = np.frombuffer(plain, np.uint8)
    lengths = ends - starts - (codes[ends - 1] == 13)
    lines = window.line + np.arange(len(ends))
    block = RecordBlock(columns, lines, window.at + starts, lengths)
    window.skip_lines(start + int(ends[-1]) + 1, len(ends))
    return block, int(ends[-1]) + 1 == len(region)


def _plain_part(region: bytes, form: RecordFormat, comment: str) -> tuple[bytes, str]:
    """The lines that *region* begins with whose cells need no more than splitting; and what some are quoted by."""
    end = len(region)
    if comment and (found := region.find(comment.encode())) >= 0:
        end = _line_start(region, found)
    if form.delimiter == "\t" and (blank := _BLANK_LINE.search(region, 0, end)) is not None:
        end = blank.start()
    if b"\r" in region and (lone := _LONE_RETURN.search(region, 0, end)) is not None:
        end = _line_start(region, lone.start())
    if any(mark in region for mark in (b'"', b"'", b"[")):
        markup, *quoted = _patterns(form.delimiter.encode(), form.width)
        found_markup = markup.search(region, 0, end)
        if found_markup is not None:
            sign = region[found_markup.end() - 1 : found_markup.end()].decode()
            lines = quoted["\"'".index(sign)].match(region, 0, end) if sign in {'"', "'"} else None
            before = _line_start(region, found_markup.end() - 1)
            if lines is not None and (sign == '"' or lines.end() > before):
                return region[: lines.end()], sign
            end = before
    return region[:end], ""


def _line_start(region: bytes, position: int) -> int:
    return region.rfind(b"\n", 0, position) + 1


@functools.cache
def _patterns(delimiter: bytes, width: int) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
    """Where a cell begins with markup; lines of cells that are quoted as a whole, or not at all, by each of two signs.

    A cell in single quotes holds none of its own, no backslash and no delimiter; blanks may stand around it. Blanks
    just within quotes belong to a cell: such lines are left to be read one by one.
    """
    mark = re.escape(delimiter)
    plain = rb"(?![ \t]*['\[\"])[^\"\r\n%s]*+" % mark
    double = rb"(?:\"(?![ \t])[^\"\\\r\n]*+(?<![ \t])\"|%s)" % plain
    single = rb"(?:[ \t]*+'(?![ \t])[^'\\\r\n%s]*+(?<![ \t])'[ \t]*+(?=%s|\r?\n)|%s)" % (mark, mark, plain)
    lines = [rb"(?:%s(?:%s%s){%d}\r?\n)*+" % (cell, mark, cell, width - 1) for cell in (double, single)]
    return re.compile(rb"(?:\A|\n|%s)[ \t]*['\"\[]" % mark), re.compile(lines[0]), re.compile(lines[1])


def _conforming(plain: bytes, ends: npt.NDArray[np.int64], form: RecordFormat) -> int:
    """How many lines have as many cells as they should, before the first that has not."""
    codes = np.frombuffer(plain, np.uint8)
    delimiters = np.flatnonzero(codes == ord(form.delimiter))
    counts = np.diff(np.searchsorted(delimiters, ends), prepend=0)
    wrong = np.flatnonzero(counts != form.width - 1)
    return int(wrong[0]) if wrong.size else len(ends)


def _columns(plain: bytes, form: RecordFormat, quote: str) -> tuple[pa.ChunkedArray, ...] | None:
    names = [str(index) for index in range(form.width)]
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(plain),
            pa.csv.ReadOptions(use_threads=False, block_size=len(plain) + 1, column_names=names),
            pa.csv.ParseOptions(
                delimiter=form.delimiter, quote_char='"' if quote == '"' else False, ignore_empty_lines=False
            ),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:  # not UTF-8: one by one, the line can be named
        return None
    bare = [pc.utf8_trim(one, " \t\r") if may_have_blanks_around(one) else one for one in table.columns]
    return tuple(map(_unquoted, bare) if quote == "'" else bare)


def _unquoted(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """*column* without the single quotes around its cells."""
    return pc.replace_substring_regex(column, r"(?s)^'(.*)'$", r"\1")
