"""Tables that are files of framed records, TFRecords or RecordIO: a row for each, a column for each named value."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import BinaryIO

import numpy as np

from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.records.examples import picture_of
from tasks.records.framed_files import framed_kind
from tasks.records.record_format import EmbeddedSettings, RecordFormat
from tasks.records.text_window import decompressed
from tasks.records.tfrecords import Example, ExampleError, Frame, Values, begins_a_record
from tasks.tables.building import RowBuilder, TableBuilder
from tasks.tables.frame_tables import cell_of
from tasks.tables.names import Chosen, ColumnChoice
from tasks.tables.nested import UnevenError, Value, exploded
from tasks.tables.of_files import known_of, of_record
from tasks.tables.opening import TableFile
from tasks.tables.rows import PIXELS, STAMP, problem_text
from tasks.tables.settings import TableSettings, is_virtual

_GZIP = b"\x1f\x8b\x08"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_LOOKED_AT = 32


def read_framed(file: TableFile, settings: TableSettings, into: TableBuilder) -> None:
    """The rows of a file of framed records, front to back; of images only their places and what their bytes come to.

    Raises:
        LabelFileError: It cannot be read, or lacks a feature that is asked for.
    """
    examples = first_examples(file)
    names = _feature_names(file, settings, examples)
    chosen = ColumnChoice(settings, into.kept, file.name, names, by_position=False).choose()
    place = chosen.selectors[chosen.names.index("location")] if "location" in chosen.names else ""
    image = str(place) if place and holds_bytes(examples, str(place)) else ""
    form = RecordFormat(
        kind=framed_kind(file.bare_name).name,
        location=image,
        compression=compression_in(file) or "",
        embedded=into.embedded,
    )
    builder = into.open(file.name, chosen.names, chosen.one_hot, form if image else None)
    rows = _Rows(file, chosen, image, into.embedded, builder)
    with opened_records(file) as opened:
        for frame in framed_kind(file.bare_name).frames(opened, file.name):
            rows.add(frame)


def compression_in(file: TableFile) -> str:
    """The compression of *file*: what its name tells, or gzip where only its bytes do; empty for none.

    Raises:
        LabelFileError: It is compressed by zlib, which is not read.
    """
    if file.compression:
        return file.compression
    with file.opened() as opened:
        head = opened.read(12)
    if framed_kind(file.bare_name).name != "tfrecord" or begins_a_record(head):
        return ""
    if head.startswith(_GZIP):
        return "gzip"
    if head.startswith(_ZLIB):
        raise LabelFileError(
            f"{file.name} is compressed by zlib, which is not read: write it anew without, or with gzip."
        )
    return ""


@contextmanager
def opened_records(file: TableFile) -> Iterator[BinaryIO]:
    """*file*, decompressed, open for reading."""
    packed = "" if file.compression else compression_in(file)
    with file.opened() as opened:
        try:
            yield decompressed(opened, packed)
        except (OSError, EOFError) as error:
            raise LabelFileError(f"{file.name} cannot be read: {str(error)[:150]}. Get it anew.") from None


def first_examples(file: TableFile) -> list[Example]:
    """The first records of *file* that can be read.

    Raises:
        LabelFileError: None of them can.
    """
    problem, found, kind = "it has no record", [], framed_kind(file.bare_name)
    with opened_records(file) as opened:
        for frame in islice(kind.frames(opened, file.name), _LOOKED_AT):
            try:
                found.append(kind.values(frame))
            except ExampleError as error:
                problem = f"record {frame.number:,}, at byte {frame.offset:,}, {error}"
    if not found:
        raise LabelFileError(f"{file.name} holds no rows: {problem}.")
    return found


def count_records(file: TableFile) -> int:
    """How many records *file* has."""
    with opened_records(file) as opened:
        return sum(1 for _ in framed_kind(file.bare_name).frames(opened, file.name))


def _feature_names(file: TableFile, settings: TableSettings, examples: list[Example]) -> list[str]:
    """The features of *examples*, the first records, and of all where *settings* name others."""
    found = {name for example in examples for name in example}
    asked = {own for own in settings.declared if not is_virtual(own)}
    if asked - found:
        kind = framed_kind(file.bare_name)
        with opened_records(file) as opened:
            for frame in kind.frames(opened, file.name):
                with suppress(ExampleError):
                    found |= kind.values(frame).keys()
    return sorted(found)


def holds_bytes(examples: list[Example], name: str) -> bool:
    """Whether the feature *name* holds bytes that are not a line of text; no image is one."""
    values = (value for example in examples for value in example.get(name, []))
    first = next((value for value in values if isinstance(value, bytes) and value), b"")
    return bool(first) and not _is_line(first)


def _is_line(value: bytes) -> bool:
    try:
        return value.decode().isprintable()
    except UnicodeDecodeError:
        return False


class _Rows:
    """Adds the records of one file to a table."""

    def __init__(
        self, file: TableFile, chosen: Chosen, image: str, embedded: EmbeddedSettings, builder: RowBuilder
    ) -> None:
        self._file = file
        self._kind = framed_kind(file.bare_name)
        self._selectors = [str(selector) for selector in chosen.selectors]
        self._known = known_of(file, chosen.selectors)
        self._image = image
        self._embedded = embedded
        self._builder = builder

    def add(self, frame: Frame) -> None:
        """Rows for one record; one that cannot be read is told with its place."""
        try:
            example = self._kind.values(frame)
            values = [self._value(frame, example, name) for name in self._selectors]
            rows = list(exploded(values))
        except (ExampleError, UnevenError) as error:
            where = f"record {frame.number:,}, at byte {frame.offset:,}, {error}"
            self._builder.refuse(frame.number, Reason.BAD_ROW, where)
            return
        place = (frame.offset, frame.length) if self._image else (-1, -1)
        problem = self._problem(example)
        for row in rows:
            self._builder.add(row, frame.number, *place, problem)

    def _value(self, frame: Frame, example: Example, name: str) -> Value:
        if is_virtual(name):
            return of_record(name, frame.number - 1, self._known)
        values = example.get(name, [])
        if name == self._image:
            print_ = hashlib.sha256(b"".join(value for value in values if isinstance(value, bytes))).hexdigest()[:16]
            return f"{PIXELS}{self._file.name}#{frame.number}{STAMP}{print_}" if values else None
        return _cells(values, name)

    def _problem(self, example: Example) -> str | None:
        """What is wrong with the record's image; None where nothing is, or it has none."""
        if not self._image:
            return None
        try:
            picture_of(example, self._image, self._embedded)
        except ExampleError as error:
            return problem_text(Reason.EMBEDDED_BAD_VALUE, str(error))
        return None


def _cells(values: Values, name: str) -> Value:
    """The values of the feature *name* as text: None for none, a list for several."""
    texts = [_cell(value, name) for value in values]
    return texts if len(texts) > 1 else texts[0] if texts else None


def _cell(value: bytes | float, name: str) -> str | None:
    if isinstance(value, float):
        return cell_of(float(str(np.float32(value))))  # 0.1 in 32 bits is 0.1
    try:
        return cell_of(value)
    except TypeError:
        raise ExampleError(f"holds bytes that are no text in {name!r}") from None
