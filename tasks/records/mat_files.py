"""MATLAB files of the versions 5 to 7, read front to back: which variables they hold, and what each begins with.

Source: "MAT-File Format", The MathWorks, chapter 1 (Level 5). Version 7 is version 5 whose variables are compressed;
version 7.3 is HDF5 and is not read. Nothing in such a file is run: objects and functions are passed over.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from tasks.errors import LabelFileError

MAT = ".mat"
"""What names of such files end in."""
CELL, STRUCT, OBJECT, CHAR, SPARSE, FUNCTION, OPAQUE = 1, 2, 3, 4, 5, 16, 17
"""Classes of matrices besides those of numbers."""
NUMBERS = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
"""Classes of matrices of numbers, and what their elements are."""
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""What numbers are written as, which may be less than their class."""
_MATRIX, _COMPRESSED = 14, 15
_HEADER = 128
_OF_HDF5 = (b"MATLAB 7.3", b"\x89HDF")
_LOGICAL, _COMPLEX = 0x02, 0x08
_CHUNK = 1 << 16
_SMALL = 4
_MOST_TOLD = 1 << 16
"""Bytes of names, axes and flags, of which a whole file has no more for one matrix."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """What a matrix begins with.

    Attributes:
        kind: Its class.
        shape: Its axes.
        name: Empty for what lies in another matrix.
        is_logical: Whether its numbers are true and false.
        is_complex: Whether they have imaginary parts, behind all real ones.
        end: Where in its stream the next begins.
    """

    kind: int
    shape: tuple[int, ...]
    name: str
    is_logical: bool
    is_complex: bool
    end: int

    @property
    def count(self) -> int:
        """How many elements it has."""
        return math.prod(self.shape)


class Readable(Protocol):
    """What bytes are read from, front to back."""

    def read(self, size: int, /) -> bytes:
        """At most *size* bytes more; none at the end."""


class MatStream:
    """The elements of a MATLAB file, or of one of its variables, one after another.

    Args:
        file: Read from where it stands.
        order: ``<`` where its numbers begin with their lower bytes, else ``>``.
        held: What has been read of it already.

    Attributes:
        at: How many bytes have been read.
        end: Where its variable ends.
    """

    def __init__(self, file: Readable, order: str, held: bytes = b"") -> None:
        self.order = order
        self.at = self.end = 0
        self._file = file
        self._held = held

    def read(self, size: int) -> bytes:
        """The next *size* bytes.

        Raises:
            LabelFileError: There are fewer.
        """
        parts = [self._held[:size]] if self._held else []
        self._held = self._held[size:]
        left = size - sum(map(len, parts))
        while left and (part := self._file.read(left)):
            parts.append(part)
            left -= len(part)
        if left:
            raise LabelFileError("the file is cut off. Get it anew.")
        self.at += size
        return b"".join(parts)

    def skip_to(self, end: int) -> None:
        """Pass over what lies before *end*."""
        if end < self.at:
            raise LabelFileError("a part of the file is longer than what it lies in. Get it anew.")
        while self.at < end:
            self.read(min(end - self.at, _CHUNK))

    def finish(self) -> None:
        """Pass over what is left of the variable, which tells whether it is as it was written.

        Raises:
            LabelFileError: It is damaged, or cut off.
        """
        self.skip_to(self.end)
        while self._file.read(_CHUNK):
            pass

    def tag(self) -> tuple[int, int, int]:
        """Type and size of the next element, whose bytes come next, and how many bytes come behind those to fill up."""
        begin = self.read(8)
        first, second = struct.unpack(f"{self.order}II", begin)
        if size := first >> 16:  # a small one: its four bytes stood in the tag
            if size > _SMALL:
                raise LabelFileError("a part of the file has a size that it cannot have. Get it anew.")
            self._held = begin[4:] + self._held
            self.at -= _SMALL
            return first & 0xFFFF, size, _SMALL - size
        return first, second, -second % 8

    def told(self) -> tuple[int, bytes]:
        """Type and bytes of the next element, one of those that tell of a matrix."""
        kind, size, filling = self.tag()
        if size > _MOST_TOLD:
            raise LabelFileError("a name or the axes of a variable are longer than any. Get it anew.")
        data = self.read(size)
        self.read(filling)
        return kind, data

    def number(self) -> int:
        """The whole number that the next element begins with."""
        return int.from_bytes(self.told()[1][:4], "little" if self.order == "<" else "big")

    def matrix(self) -> Matrix | None:
        """What the next matrix begins with; None for one without anything.

        Raises:
            LabelFileError: Something else comes next, or it is cut off.
        """
        kind, size, _ = self.tag()
        if kind != _MATRIX:
            raise LabelFileError(f"an element of type {kind} stands where a variable should. Get it anew.")
        end = self.at + size
        if not size:
            return None
        flags = self.number()
        kind, signs = flags & 0xFF, flags >> 8
        if kind in {FUNCTION, OPAQUE}:  # these have no axes, and only the latter a name
            name = self.told()[1].decode("utf-8", "replace") if kind == OPAQUE else ""
            return Matrix(kind, (), name, False, False, end)
        axes = self.told()[1]
        shape = struct.unpack(f"{self.order}{len(axes) // 4}i", axes[: len(axes) // 4 * 4])
        name = self.told()[1].decode("utf-8", "replace")
        if any(axis < 0 for axis in shape):
            raise LabelFileError(f"the variable {name} has an axis below zero. Get it anew.")
        return Matrix(kind, shape, name, bool(signs & _LOGICAL), bool(signs & _COMPLEX), end)


def variables(file: BinaryIO) -> Iterator[tuple[Matrix, MatStream]]:
    """Each variable of *file*, and the stream that stands behind what it begins with.

    As much of the stream as is wanted may be read before the next variable is asked for.

    Raises:
        LabelFileError: It is no such file, or is cut off.
    """
    order = _order_of(file.read(_HEADER))
    while begin := file.read(8):
        if len(begin) < 8:
            raise LabelFileError("the file is cut off. Get it anew.")
        kind, size = struct.unpack(f"{order}II", begin)
        part = _Limited(file, size)
        if kind == _COMPRESSED:
            stream = MatStream(io.BufferedReader(_Inflated(part)), order)
        else:
            stream = MatStream(part, order, begin)
        if kind in {_COMPRESSED, _MATRIX} and (found := stream.matrix()) is not None and found.name:
            stream.end = found.end
            yield found, stream
        while part.read(_CHUNK):
            pass


def is_mat(name: str) -> bool:
    """Whether a file called *name* is MATLAB's."""
    return name.lower().endswith(MAT)


def objects_in(file: BinaryIO) -> list[str]:
    """The names of the variables of *file* that are objects of MATLAB's own: tables, categories, strings in quotes.

    Raises:
        LabelFileError: It is no such file, or is cut off.
    """
    return [matrix.name for matrix, _ in variables(file) if matrix.kind in {OBJECT, OPAQUE}]


def _order_of(head: bytes) -> str:
    """The order of bytes that a file has which begins with *head*."""
    if head.startswith(_OF_HDF5) or head[124:] in {b"\x00\x02IM", b"\x02\x00MI"}:
        raise LabelFileError(
            "it is of MATLAB's version 7.3, which is HDF5 and not read: save it by `save(name, '-v7')` in MATLAB, or "
            "its labels as a CSV."
        )
    if head[124:] in {b"\x00\x01IM", b"\x01\x00MI"}:
        return "<" if head[126:] == b"IM" else ">"
    raise LabelFileError("it does not begin as MATLAB files of the versions 5 to 7 do. Get it anew.")


class _Limited:
    """The next bytes of a file, *left* of them."""

    def __init__(self, file: Readable, left: int) -> None:
        self._file, self._left = file, left

    def read(self, size: int, /) -> bytes:
        data = self._file.read(min(size, self._left))
        self._left -= len(data)
        return data


class _Inflated(io.RawIOBase):
    """What a stream of zlib's unpacks to."""

    def __init__(self, file: Readable) -> None:
        super().__init__()
        self._file = file
        self._zlib = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # of any buffer, in the stubs
        while not self._zlib.eof:
            packed = self._zlib.unconsumed_tail or self._file.read(_CHUNK)
            try:
                data = self._zlib.decompress(packed, len(buffer))
            except zlib.error as error:
                raise LabelFileError(f"a variable is damaged: {error}. Get it anew.") from None
            if not (data or packed or self._zlib.eof):
                raise LabelFileError("the file is cut off. Get it anew.")
            if data:
                buffer[: len(data)] = data
                return len(data)
        return 0
