"""TFRecord and RecordIO files as other programs write them, byte by byte: nothing that reads them is used."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

Value = bytes | str | int | float | list[bytes] | list[str] | list[int] | list[float]
Row = Mapping[str, Value]


def crc32c(data: bytes) -> int:
    """CRC-32C bit by bit, as RFC 3720 defines it."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def masked_crc(data: bytes) -> bytes:
    code = crc32c(data)
    return struct.pack("<I", ((code >> 15 | code << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def framed(data: bytes) -> bytes:
    """*data* as one record."""
    size = struct.pack("<Q", len(data))
    return size + masked_crc(size) + data + masked_crc(data)


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def run(field: int, data: bytes) -> bytes:
    """A field of bytes."""
    return varint(field << 3 | 2) + varint(len(data)) + data


def feature(value: Value) -> bytes:
    values = value if isinstance(value, list) else [value]
    if all(isinstance(one, int) for one in values):
        return run(3, run(1, b"".join(varint(one) for one in values if isinstance(one, int))))
    if all(isinstance(one, float) for one in values):
        return run(2, run(1, struct.pack(f"<{len(values)}f", *values)))
    texts = (one.encode() if isinstance(one, str) else one for one in values if isinstance(one, bytes | str))
    return run(1, b"".join(run(1, text) for text in texts))


def example(row: Row) -> bytes:
    """A `tf.train.Example` of the features *row*."""
    return run(1, b"".join(run(1, run(1, name.encode()) + run(2, feature(value))) for name, value in row.items()))


def write_tfrecords(path: Path, rows: Iterable[Row], *, packed: bool = False) -> Path:
    """A file of *rows*, compressed by gzip where it is *packed*."""
    data = b"".join(framed(example(row)) for row in rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


MARK = struct.pack("<I", 0xCED7230A)


def recordio(data: bytes) -> bytes:
    """*data* as one record of RecordIO, parted where the mark of a beginning stands in it."""
    parts = data.split(MARK)
    kinds = [0] if len(parts) == 1 else [1, *[2] * (len(parts) - 2), 3]
    return b"".join(
        MARK + struct.pack("<I", kind << 29 | len(part)) + part + bytes(-len(part) % 4)
        for kind, part in zip(kinds, parts, strict=True)
    )


def labelled(image: bytes, label: float | list[float], number: int) -> bytes:
    """*image* behind the header that MXNet gives it."""
    labels = label if isinstance(label, list) else []
    head = struct.pack("<IfQQ", len(labels), 0.0 if isinstance(label, list) else label, number, 0)
    return head + struct.pack(f"<{len(labels)}f", *labels) + image
