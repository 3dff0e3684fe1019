"""TFRecord files: framed records, each held against its checksums, and the `tf.train.Example` that one is."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tasks.errors import LabelFileError
from tasks.records.record import MAX_RECORD_BYTES

_HEAD = struct.Struct("<QI")
_TAIL = struct.Struct("<I")
FRAMING = _HEAD.size + _TAIL.size
"""How many bytes of a record are around its data."""
_CHUNK = 1 << 20
_VARINT, _EIGHT, _RUN, _FOUR = 0, 1, 2, 5
_MOST_DIGITS = 10
_INT64 = 1 << 63
_UINT32 = 0xFFFFFFFF
_MASK = 0xA282EAD8
Values = list[bytes] | list[int] | list[float]
Example = dict[str, Values]
"""The features of one record by their names; none has no values of two types."""


class ExampleError(ValueError):
    """Bytes that are no `tf.train.Example`; says why, as half a sentence."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One record as it lies in its file.

    Attributes:
        number: Which one it is, from 1.
        offset: Its first byte, of its length, in the decompressed file.
        length: Its bytes with the framing.
        data: What is in it; empty where there is a problem.
        problem: What is wrong with it; empty where nothing is.
    """

    number: int
    offset: int
    length: int
    data: bytes
    problem: str = ""


def read_frames(file: BinaryIO, name: str) -> Iterator[Frame]:
    """The records of *file*, called *name*, front to back; no more than one of them is held.

    Raises:
        LabelFileError: It is cut off, or the length of a record is damaged, so that nothing behind it can be found.
    """
    offset, number = 0, 1
    while head := _read(file, _HEAD.size):
        size = _size_in(head, name, number, offset)
        length = size + FRAMING
        if size > MAX_RECORD_BYTES:
            _skip(file, length - len(head), name, number, offset)
            yield Frame(number, offset, length, b"", f"holds {size:,} bytes, more than {MAX_RECORD_BYTES:,}")
        else:
            body = _read(file, length - len(head))
            if len(body) < length - len(head):
                raise _cut_off(name, number, offset)
            yield _frame(number, offset, length, body)
        offset, number = offset + length, number + 1


def begins_a_record(head: bytes) -> bool:
    """Whether *head*, the first twelve bytes, are a length and the checksum of it."""
    return len(head) == _HEAD.size and checksum(head[:8]) == _HEAD.unpack(head)[1]


def data_of(record: bytes) -> bytes:
    """What is in *record*, the bytes of one with its framing.

    Raises:
        ExampleError: Its checksums do not hold.
    """
    if len(record) < FRAMING or _HEAD.unpack_from(record)[0] != len(record) - FRAMING:
        raise ExampleError("is no record")
    frame = _frame(1, 0, len(record), record[_HEAD.size :])
    if frame.problem:
        raise ExampleError(frame.problem)
    return frame.data


def checksum(data: bytes) -> int:
    """The CRC-32C of *data* as TFRecords write it: turned and moved, since checksums of checksums say little."""
    from google_crc32c import value  # noqa: PLC0415 - most runs read no such file

    code: int = value(data)
    return ((code >> 15 | code << 17) + _MASK) & _UINT32


def _frame(number: int, offset: int, length: int, body: bytes) -> Frame:
    data = body[: -_TAIL.size]
    if checksum(data) == _TAIL.unpack_from(body, len(data))[0]:
        return Frame(number, offset, length, data)
    return Frame(number, offset, length, b"", "is damaged: the checksum of its data does not hold")


def _size_in(head: bytes, name: str, number: int, offset: int) -> int:
    if len(head) < _HEAD.size:
        raise _cut_off(name, number, offset)
    if not begins_a_record(head):
        what = "it is no TFRecord file, or damaged" if number == 1 else "the file is damaged there"
        raise LabelFileError(
            f"{name}, record {number:,}, at byte {offset:,}: the checksum of its length does not hold, so that "
            f"{what}. Get it anew."
        )
    return int(_HEAD.unpack(head)[0])


def _read(file: BinaryIO, count: int) -> bytes:
    """The next *count* bytes, fewer at the end alone: a decompressed stream may give less at once."""
    data = file.read(count)
    while len(data) < count and (more := file.read(count - len(data))):
        data += more
    return data


def _skip(file: BinaryIO, count: int, name: str, number: int, offset: int) -> None:
    while count > 0:
        read = len(file.read(min(count, _CHUNK)))
        if not read:
            raise _cut_off(name, number, offset)
        count -= read


def _cut_off(name: str, number: int, offset: int) -> LabelFileError:
    return LabelFileError(f"{name}, record {number:,}, at byte {offset:,}: the file is cut off in it. Get it anew.")


def parse_example(data: bytes) -> Example:
    """The features of the `tf.train.Example` that *data* are.

    Raises:
        ExampleError: They are none.
    """
    found: Example = {}
    for number, span in _parts(data, (0, len(data))):
        if number == 2 and isinstance(span, tuple):
            raise ExampleError("is a tf.train.SequenceExample")
        if number != 1 or not isinstance(span, tuple):
            raise ExampleError("is no tf.train.Example")
        for _, entry in _parts(data, span):
            if isinstance(entry, tuple):
                _add_feature(data, entry, found)
    return found


def _add_feature(data: bytes, entry: tuple[int, int], found: Example) -> None:
    name, values = "", None
    for number, span in _parts(data, entry):
        if number == 1 and isinstance(span, tuple):
            try:
                name = data[span[0] : span[1]].decode()
            except UnicodeDecodeError:
                raise ExampleError("has a feature whose name is no text") from None
        elif number == 2 and isinstance(span, tuple):
            values = _feature(data, span)
    if name:
        found[name] = [] if values is None else values


def _feature(data: bytes, span: tuple[int, int]) -> Values:
    """The values of one feature; of several lists the last one counts, as protobuf has it."""
    found: Values = []
    for kind, held in _parts(data, span):
        if isinstance(held, tuple):
            found = _list(data, kind, held)
    return found


def _list(data: bytes, kind: int, span: tuple[int, int]) -> Values:
    held = [item for number, item in _parts(data, span) if number == 1]
    match kind:
        case 1:
            return [data[item[0] : item[1]] for item in held if isinstance(item, tuple)]
        case 2:
            return [number for item in held for number in _floats(data, item)]
        case 3:
            return [number for item in held for number in _integers(data, item)]
    raise ExampleError("has a feature of a type that is not known")


def _floats(data: bytes, item: tuple[int, int] | int) -> tuple[float, ...]:
    """32-bit floats, packed or one by itself: its four bytes are a run, too."""
    if not isinstance(item, tuple) or (item[1] - item[0]) % 4:
        raise ExampleError("has floats that are none")
    return struct.unpack_from(f"<{(item[1] - item[0]) // 4}f", data, item[0])


def _integers(data: bytes, item: tuple[int, int] | int) -> Iterator[int]:
    """Whole numbers with a sign, packed or one by itself."""
    if not isinstance(item, tuple):
        yield _signed(item)
        return
    at, end = item
    while at < end:
        value, at = _varint(data, at, end)
        yield _signed(value)


def _signed(value: int) -> int:
    return value - 2 * _INT64 if value >= _INT64 else value


def _parts(data: bytes, span: tuple[int, int]) -> Iterator[tuple[int, tuple[int, int] | int]]:
    """The fields of the message that stands at *span*: their numbers, and where their bytes are, or a whole number."""
    at, end = span
    while at < end:
        key, at = _varint(data, at, end)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at, end)
            yield key >> 3, value
            continue
        if kind not in {_EIGHT, _RUN, _FOUR} or not key >> 3:
            raise ExampleError("is no tf.train.Example")
        size, at = _varint(data, at, end) if kind == _RUN else (8 if kind == _EIGHT else 4, at)
        if size > end - at:
            raise ExampleError("is no tf.train.Example")
        yield key >> 3, (at, at + size)
        at += size


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The number that begins at *at*, seven bits a byte, and where it ends."""
    value = 0
    for digit in range(_MOST_DIGITS):
        if at + digit >= end:
            break
        byte = data[at + digit]
        value |= (byte & 127) << 7 * digit
        if byte < 128:
            return value & (2 * _INT64 - 1), at + digit + 1
    raise ExampleError("is no tf.train.Example")
