"""RecordIO files, as MXNet writes them: framed records, each of a header with labels and the bytes of an image."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from tasks.errors import LabelFileError
from tasks.records.record import MAX_RECORD_BYTES
from tasks.records.tfrecords import Example, ExampleError, Frame

_MAGIC = b"\x0a\x23\xd7\xce"
_HEAD = struct.Struct("<4sI")
_HEADER = struct.Struct("<IfQQ")
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
_BITS = 29
_CHUNK = 1 << 20
_WHOLE_BELOW = 1 << 24
"""Whole numbers below it are exact in 32 bits of a float."""


def read_recordio_frames(file: BinaryIO, name: str) -> Iterator[Frame]:
    """The records of *file*, called *name*, front to back; no more than one of them is held.

    Raises:
        LabelFileError: It is cut off, or the beginning of a record is damaged, so that nothing behind it can be found.
    """
    offset, number = 0, 1
    while (frame := _frame(file, name, number, offset)) is not None:
        yield frame
        offset, number = offset + frame.length, number + 1


def recordio_data_of(record: bytes) -> bytes:
    """What is in *record*, the bytes of one with its framing.

    Raises:
        ExampleError: It is none.
    """
    try:
        frame = _frame(io.BytesIO(record), "it", 1, 0)
    except LabelFileError:
        frame = None
    if frame is None or frame.problem or frame.length != len(record):
        raise ExampleError("is no record")
    return frame.data


def parse_recordio(data: bytes) -> Example:
    """The columns ``image``, ``label`` and ``id`` of the record that *data* are.

    Raises:
        ExampleError: It is too short for its header.
    """
    if len(data) < _HEADER.size:
        raise ExampleError("is too short for the header of a labelled image")
    count, label, number, _ = _HEADER.unpack_from(data)
    end = _HEADER.size + 4 * count
    if end > len(data):
        raise ExampleError(f"says that it has {count:,} labels, and is too short for them")
    labels = struct.unpack_from(f"<{count}f", data, _HEADER.size) if count else (label,)
    is_whole = all(one.is_integer() and abs(one) < _WHOLE_BELOW for one in labels)
    image = data[end:]
    return {
        "image": [image] if image else [],
        "label": [int(one) for one in labels] if is_whole else list(labels),
        "id": [number],
    }


def _frame(file: BinaryIO, name: str, number: int, offset: int) -> Frame | None:
    """The next record; None at the end. Where its data held the mark of a record's beginning, it stands in parts."""
    parts: list[bytes] = []
    length, size, kind = 0, 0, _FIRST
    while kind in {_FIRST, _MIDDLE}:
        head = _read(file, _HEAD.size)
        if not head and not length:
            return None
        kind, count = _told_by(head, name, number, offset, is_first=not length)
        length += len(head) + count + -count % 4
        size += count + len(_MAGIC) * bool(parts)
        data = _taken(file, count + -count % 4, keep=size <= MAX_RECORD_BYTES)
        if data is None:
            raise _cut_off(name, number, offset)
        parts.append(data[:count])
    if size > MAX_RECORD_BYTES:
        return Frame(number, offset, length, b"", f"holds {size:,} bytes, more than {MAX_RECORD_BYTES:,}")
    return Frame(number, offset, length, _MAGIC.join(parts))


def _told_by(head: bytes, name: str, number: int, offset: int, *, is_first: bool) -> tuple[int, int]:
    """Which part of a record begins with *head*, and how many bytes it has."""
    if len(head) < _HEAD.size:
        raise _cut_off(name, number, offset)
    magic, told = _HEAD.unpack(head)
    kind, count = told >> _BITS, told & (1 << _BITS) - 1
    if magic != _MAGIC or kind not in ({_WHOLE, _FIRST} if is_first else {_MIDDLE, _LAST}):
        what = "it is no RecordIO file, or damaged" if number == 1 else "the file is damaged there"
        raise LabelFileError(
            f"{name}, record {number:,}, at byte {offset:,}: a record does not begin so, and {what}. Get it anew."
        )
    return kind, count


def _taken(file: BinaryIO, count: int, *, keep: bool) -> bytes | None:
    """The next *count* bytes, or none where they are not to be kept; None where the file ends before."""
    if keep:
        data = _read(file, count)
        return data if len(data) == count else None
    while count > 0:
        read = len(file.read(min(count, _CHUNK)))
        if not read:
            return None
        count -= read
    return b""


def _read(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    while len(data) < count and (more := file.read(count - len(data))):
        data += more
    return data


def _cut_off(name: str, number: int, offset: int) -> LabelFileError:
    return LabelFileError(f"{name}, record {number:,}, at byte {offset:,}: the file is cut off in it. Get it anew.")
