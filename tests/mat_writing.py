"""MATLAB files as tests write them: the parts of "MAT-File Format", chapter 1, that hold labels and images."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

_CLASSES = {"f8": 6, "f4": 7, "i1": 8, "u1": 9, "i2": 10, "u2": 11, "i4": 12, "u4": 13, "i8": 14, "u8": 15}
_TYPES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 9, "i8": 12, "u8": 13}
_CELL, _STRUCT, _CHAR, _OPAQUE = 1, 2, 4, 17
_MATRIX, _COMPRESSED, _UTF8 = 14, 15, 16
_LOGICAL = 0x02

Value = object
"""An array of NumPy, a text, a number, None for an empty matrix, a list as a cell array, a mapping as a structure, and
`Structs` for an array of these."""


@dataclass(frozen=True)
class Structs:
    """An array of structures of the same fields."""

    rows: Sequence[Mapping[str, Value]]


@dataclass(frozen=True)
class Mat:
    """Writes files in one form.

    Attributes:
        order: Of bytes, ``<`` or ``>``.
        is_packed: Whether each variable is compressed.
        is_small: Whether what has four bytes or less stands in its tag, as MATLAB writes it.
    """

    order: Literal["<", ">"] = "<"
    is_packed: bool = False
    is_small: bool = True

    def file(self, **held: Value) -> bytes:
        """A file of the variables *held*."""
        begin = b"MATLAB 5.0 MAT-file".ljust(124) + (b"\x00\x01IM" if self.order == "<" else b"\x01\x00MI")
        parts = [self.matrix(value, name) for name, value in held.items()]
        if self.is_packed:
            packed = [zlib.compress(part) for part in parts]
            parts = [struct.pack(f"{self.order}II", _COMPRESSED, len(part)) + part for part in packed]
        return begin + b"".join(parts)

    def table(self, name: str) -> bytes:
        """A variable that is a table of MATLAB's own, which nobody else can read."""
        parts = [self.element(6, struct.pack(f"{self.order}II", _OPAQUE, 0))]
        parts += [self.element(1, text) for text in (name.encode(), b"MCOS", b"table")]
        data = b"".join([*parts, self.matrix(np.arange(6, dtype=np.uint32)[:, None])])
        return struct.pack(f"{self.order}II", _MATRIX, len(data)) + data

    def matrix(self, value: Value, name: str = "") -> bytes:
        """The matrix that *value* is."""
        if value is None:
            return struct.pack(f"{self.order}II", _MATRIX, 0)
        kind, shape, body = self._body(value)
        flags = kind | (_LOGICAL << 8 if isinstance(value, np.ndarray) and value.dtype == bool else 0)
        head = self.element(6, struct.pack(f"{self.order}II", flags, 0))
        head += self.element(5, struct.pack(f"{self.order}{len(shape)}i", *shape))
        data = head + self.element(1, name.encode()) + body
        return struct.pack(f"{self.order}II", _MATRIX, len(data)) + data

    def element(self, kind: int, data: bytes) -> bytes:
        """An element of the type *kind*."""
        if self.is_small and 0 < len(data) <= 4:
            return struct.pack(f"{self.order}I", len(data) << 16 | kind) + data.ljust(4, b"\0")
        return struct.pack(f"{self.order}II", kind, len(data)) + data + bytes(-len(data) % 8)

    def _body(self, value: Value) -> tuple[int, tuple[int, ...], bytes]:
        if isinstance(value, str):
            return _CHAR, (1, len(value)), self.element(_UTF8, value.encode())
        if isinstance(value, Mapping):
            return _STRUCT, (1, 1), self._structs([value])
        if isinstance(value, Structs):
            return _STRUCT, (1, len(value.rows)), self._structs(value.rows)
        if isinstance(value, list):
            return _CELL, (1, len(value)), b"".join(map(self.matrix, value))
        return self._numbers(np.asarray(value))

    def _structs(self, rows: Sequence[Mapping[str, Value]]) -> bytes:
        names = list(rows[0]) if rows else ["field"]
        length = max(len(name.encode()) for name in names) + 1
        told = b"".join(name.encode().ljust(length, b"\0") for name in names)
        head = self.element(5, struct.pack(f"{self.order}i", length)) + self.element(1, told)
        return head + b"".join(self.matrix(row[name]) for row in rows for name in names)

    def _numbers(self, values: npt.NDArray[np.generic]) -> tuple[int, tuple[int, ...], bytes]:
        held = values.astype("u1") if values.dtype == bool else values
        kind = held.dtype.str[1:]
        shape = held.shape if held.ndim > 1 else (1, held.size)
        data = held.astype(held.dtype.newbyteorder(self.order)).tobytes("F")
        return _CLASSES[kind], shape, self.element(_TYPES[kind], data)
