"""MATLAB files as the JSON that says the same, so that their labels are read as those of a JSON file.

A variable is a key. A structure is an object, and an array of structures a list of objects; a cell array is a list; a
matrix of characters is a text, or a list of its rows; numbers are one number, a list, or a list of rows. True and false
stay so, whole numbers lose their point, and what is no number is null, as are numbers in more than two axes or of more
than 64 MB, sparse matrices, objects and functions, which are no labels.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

import numpy as np
import numpy.typing as npt

from tasks.errors import LabelFileError
from tasks.records.mat_files import CELL, CHAR, NUMBERS, STORED, STRUCT, Matrix, MatStream, variables

_MOST_BYTES = 1 << 26
_DEEPEST = 30
_FLAT = 2
_TEXTS = {4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
"""How characters are written, by the type of their element; else a byte each."""
_ORDERED = ("utf-16", "utf-32")


def mat_as_json(file: BinaryIO, name: str) -> BinaryIO:
    """What the MATLAB *file*, called *name*, holds as JSON, made while it is read.

    Raises:
        LabelFileError: While it is read: it is no such file, of version 7.3, or damaged.
    """
    return cast("BinaryIO", io.BufferedReader(_Made(_document(file), name)))


def _document(file: BinaryIO) -> Iterator[bytes]:
    yield b"{"
    for number, (matrix, stream) in enumerate(variables(file)):
        yield f"{',' if number else ''}{json.dumps(matrix.name)}:".encode()
        yield from _values(stream, matrix, 0)
        stream.finish()
    yield b"}"


def _values(stream: MatStream, matrix: Matrix, depth: int) -> Iterator[bytes]:
    """What *matrix* holds, which *stream* stands behind the beginning of; the stream then stands at its end."""
    if depth > _DEEPEST:
        raise LabelFileError(f"variables lie more than {_DEEPEST} deep in each other.")
    if matrix.kind == CHAR:
        yield _dumped(_texts(stream, matrix))
    elif matrix.kind == CELL:
        yield from _listed(_inner(stream, depth) for _ in range(matrix.count))
    elif matrix.kind == STRUCT:
        yield from _structures(stream, matrix, depth)
    elif matrix.kind in NUMBERS:
        yield _dumped(_numbers(stream, matrix))
    else:
        yield b"null"
    stream.skip_to(matrix.end)


def _inner(stream: MatStream, depth: int) -> Iterator[bytes]:
    """The next matrix in another one."""
    matrix = stream.matrix()
    if matrix is None:
        yield b"null"
    else:
        yield from _values(stream, matrix, depth + 1)


def _structures(stream: MatStream, matrix: Matrix, depth: int) -> Iterator[bytes]:
    longest = stream.number()
    told = stream.told()[1]
    if not longest:
        raise LabelFileError(f"the names of the fields of {matrix.name} have no length. Get it anew.")
    fields = [
        told[at : at + longest].partition(b"\0")[0].decode("utf-8", "replace") for at in range(0, len(told), longest)
    ]
    each = (_object(stream, fields, depth) for _ in range(matrix.count))
    if matrix.count == 1:
        yield from next(each)
    else:  # without fields nothing stands there for any, however many they are said to be
        yield from _listed(each if fields else ())


def _object(stream: MatStream, fields: list[str], depth: int) -> Iterator[bytes]:
    yield b"{"
    for number, name in enumerate(fields):
        yield f"{',' if number else ''}{json.dumps(name)}:".encode()
        yield from _inner(stream, depth)
    yield b"}"


def _listed(each: Iterable[Iterator[bytes]]) -> Iterator[bytes]:
    yield b"["
    for number, chunks in enumerate(each):
        if number:
            yield b","
        yield from chunks
    yield b"]"


def _texts(stream: MatStream, matrix: Matrix) -> object:
    """The characters of *matrix* as a text, or, where they stand in several rows, as a list of these."""
    kind, size, filling = stream.tag()
    if size > _MOST_BYTES:
        return None
    data = stream.read(size)
    stream.read(filling)
    order = "le" if stream.order == "<" else "be"
    encoding = _TEXTS.get(kind, "latin-1")
    text = data.decode(f"{encoding}-{order}" if encoding in _ORDERED else encoding, "replace")
    rows = matrix.shape[0] if matrix.shape else 1
    if rows <= 1 or len(matrix.shape) > _FLAT or len(text) != matrix.count:
        return text
    return [text[row::rows].rstrip() for row in range(rows)]


def _numbers(stream: MatStream, matrix: Matrix) -> object:
    """The numbers of *matrix*: one, a list, or a list of rows; None where they are too many, or in too many axes."""
    kind, size, _ = stream.tag()
    is_short = size <= _MOST_BYTES and len(matrix.shape) <= _FLAT
    if kind not in STORED or not is_short or matrix.is_complex:
        return None
    found = np.frombuffer(stream.read(size), f"{stream.order}{STORED[kind]}")
    if len(found) != matrix.count:
        raise LabelFileError(f"{matrix.name or 'a variable'} has {len(found):,} numbers in place of {matrix.count:,}.")
    said = _said(found, is_logical=matrix.is_logical)
    if matrix.count == 1:
        return said[0]
    if min(matrix.shape, default=0) <= 1:
        return said
    rows = matrix.shape[0]
    return [said[row::rows] for row in range(rows)]


def _said(numbers: npt.NDArray[np.generic], *, is_logical: bool) -> list[object]:
    """*numbers* as JSON has them."""
    if is_logical:
        return [bool(value) for value in numbers.tolist()]
    if numbers.dtype.kind != "f":
        return list(numbers.tolist())
    return [_whole(value) if math.isfinite(value) else None for value in numbers.tolist()]


def _whole(value: float) -> float:
    return int(value) if value.is_integer() else value


def _dumped(value: object) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


class _Made(io.RawIOBase):
    """Bytes that are made while they are read."""

    def __init__(self, chunks: Iterator[bytes], name: str) -> None:
        super().__init__()
        self._chunks = chunks
        self._name = name
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # of any buffer, in the stubs
        while not self._left:
            try:
                chunk = next(self._chunks, None)
            except LabelFileError as error:
                raise LabelFileError(f"{self._name}: {error}") from None
            if chunk is None:
                return 0
            self._left = chunk
        data, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)
