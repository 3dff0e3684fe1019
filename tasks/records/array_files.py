"""Files of arrays that hold images or labels: IDX, as MNIST comes, NumPy's, and MATLAB's; no pickle is loaded.

The first axis counts them, in MATLAB's files the last one, since their numbers stand in Fortran's order: so there, too,
an image is a run of bytes. A vector's numbers are as many rows.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, BinaryIO, Literal, cast

import numpy as np
import numpy.typing as npt

from tasks.errors import LabelFileError
from tasks.records.mat_files import MAT, NUMBERS, STORED, MatStream, Readable, is_mat, variables
from tasks.records.record import MAX_RECORD_BYTES

_IDX = re.compile(r"[-.]idx\d-ubyte$|-ubyte$|\.idx$")
_IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CHANNELS = (1, 3, 4)
_PIXELS = ("u1", "u2")
_MOST_LABELS = 1 << 28
"""Bytes of an array of labels that are read at once."""
ARCHIVES = (".npz", MAT)
"""What names of files end in that hold several arrays."""
ONLY = "0"
"""What the array of a file with one array is called."""


@dataclass(frozen=True, slots=True)
class ArrayShape:
    """What an array's header says.

    Attributes:
        dtype: The type of its elements.
        shape: Its axes; the first counts rows.
        is_by_columns: Whether its elements stand in Fortran's order.
        has_rows_by_columns: Whether those of each row do.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_by_columns: bool = False
    has_rows_by_columns: bool = False

    @property
    def row_bytes(self) -> int:
        """How many bytes a row takes."""
        return self.dtype.itemsize * math.prod(self.shape[1:])

    @property
    def holds_images(self) -> bool:
        """Whether each row is an image: height × width, or these × channels, of whole numbers, of 64 MiB at most."""
        is_flat = len(self.shape) == 3 and min(self.shape[1:]) > 1
        has_channels = len(self.shape) == 4 and self.shape[3] in _CHANNELS
        is_whole = self.dtype in {np.dtype("u1"), np.dtype("<u2"), np.dtype(">u2")}
        is_short = self.row_bytes <= MAX_RECORD_BYTES
        return is_whole and (is_flat or has_channels) and is_short and not self.is_by_columns

    @property
    def holds_labels(self) -> bool:
        """Whether each row is one whole number or text."""
        is_known = self.dtype.kind in "iubUS" or (self.has_rows_by_columns and self.dtype.kind == "f")
        return is_known and math.prod(self.shape[1:]) == 1 and bool(self.shape)


def is_array_file(name: str) -> bool:
    """Whether a file called *name*, without a compression's suffix, holds arrays."""
    lower = name.lower()
    return lower.endswith((*ARCHIVES, ".npy")) or bool(_IDX.search(lower))


def arrays_in(file: BinaryIO, name: str) -> dict[str, ArrayShape]:
    """Each array in *file*, called *name*, and what its header says.

    Raises:
        LabelFileError: It is damaged, or no such file.
    """
    if is_mat(name):
        with _named(name):
            return {member: shape for member, shape, _ in _mat_arrays(file)}
    names = _members(file, name) if name.lower().endswith(".npz") else [ONLY]
    found = {}
    for member in names:
        with _opened(file, name, member) as opened:
            found[member] = _header(opened, name)
    return found


def first_image(shapes: Mapping[str, ArrayShape], member: str) -> int:
    """Of all images in a file whose arrays have *shapes* the number of the first one in *member*, from 0."""
    before = takewhile(lambda name: name != member, shapes)
    return sum(shapes[name].shape[0] for name in before if shapes[name].holds_images)


def image_rows(file: BinaryIO, name: str) -> Iterator[npt.NDArray[Any]]:
    """The images in *file*, called *name*: those of each array that holds some, one after another.

    Raises:
        LabelFileError: It ends too early.
    """
    is_one = not name.lower().endswith(ARCHIVES)
    members = [ONLY] if is_one else [one for one, shape in arrays_in(file, name).items() if shape.holds_images]
    for member in members:
        yield from _rows_of(file, name, member)


def _rows_of(file: BinaryIO, name: str, member: str) -> Iterator[npt.NDArray[Any]]:
    with _read(file, name, member) as (header, opened):
        order: Literal["F", "C"] = "F" if header.has_rows_by_columns else "C"
        for row in range(header.shape[0]):
            data = opened.read(header.row_bytes)
            if len(data) < header.row_bytes:
                raise LabelFileError(f"{name}, row {row + 1}: the file is cut off. Get it anew.")
            yield np.ascontiguousarray(np.frombuffer(data, header.dtype).reshape(header.shape[1:], order=order))


def labels_of(file: BinaryIO, name: str, member: str) -> list[str]:
    """The rows of the array *member* of *file* as texts.

    Raises:
        LabelFileError: It ends too early, or is too long for labels.
    """
    with _read(file, name, member) as (header, opened):
        size = header.row_bytes * header.shape[0]
        data = opened.read(size) if size <= _MOST_LABELS else b""
    if len(data) < size:
        raise LabelFileError(f"{name} is cut off, or its array {member} too long to be labels. Get it anew.")
    values = np.frombuffer(data, header.dtype).tolist()
    return [value.decode("utf-8", "replace") if isinstance(value, bytes) else _text(value) for value in values]


def _text(value: object) -> str:
    """*value*; MATLAB's numbers are fractions unless they were made whole."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _mat_arrays(file: BinaryIO) -> Iterator[tuple[str, ArrayShape, MatStream]]:
    """Each array of numbers in a MATLAB *file*, with what its elements are read from."""
    file.seek(0)
    for matrix, stream in variables(file):
        if matrix.kind not in NUMBERS or matrix.is_complex or not matrix.count:
            continue
        kind, size, _ = stream.tag()
        dtype = np.dtype(f"{stream.order}{STORED.get(kind, 'V1')}")
        is_vector = max(matrix.shape) == matrix.count
        shape = (matrix.count,) if is_vector else (matrix.shape[-1], *matrix.shape[:-1])
        are_pixels = dtype.str[1:] == NUMBERS[matrix.kind] and NUMBERS[matrix.kind] in _PIXELS
        if matrix.count * dtype.itemsize == size and (is_vector or are_pixels):
            yield matrix.name, ArrayShape(dtype, shape, has_rows_by_columns=True), stream


@contextmanager
def _named(name: str) -> Iterator[None]:
    """What is wrong with a MATLAB file meanwhile is said with its *name*."""
    try:
        yield
    except LabelFileError as error:
        raise LabelFileError(f"{name}: {error}") from None


@contextmanager
def _read(file: BinaryIO, name: str, member: str) -> Iterator[tuple[ArrayShape, Readable]]:
    """What the header of the array *member* says, and what its elements are read from."""
    if not is_mat(name):
        with _opened(file, name, member) as opened:
            yield _header(opened, name), opened
        return
    with _named(name):
        found = next(((shape, stream) for called, shape, stream in _mat_arrays(file) if called == member), None)
        if found is None:
            raise LabelFileError(f"there is no array {member}.")
        yield found
        found[1].finish()


def _members(file: BinaryIO, name: str) -> list[str]:
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as packed:
            return [entry.removesuffix(".npy") for entry in packed.namelist() if entry.endswith(".npy")]
    except zipfile.BadZipFile as error:
        raise LabelFileError(f"{name} cannot be read as arrays: {error}. Get it anew.") from None


@contextmanager
def _opened(file: BinaryIO, name: str, member: str) -> Iterator[BinaryIO]:
    if not name.lower().endswith(".npz"):
        yield file
        return
    try:
        with zipfile.ZipFile(file) as packed, packed.open(f"{member}.npy") as opened:
            yield cast("BinaryIO", opened)
    except (zipfile.BadZipFile, KeyError) as error:
        raise LabelFileError(f"{name} has no array {member}, or is damaged: {error}.") from None


def _header(file: BinaryIO, name: str) -> ArrayShape:
    try:
        if name.lower().endswith((".npz", ".npy")):
            version = np.lib.format.read_magic(file)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, is_by_columns, dtype = read(file)
            return ArrayShape(dtype, shape, is_by_columns and len(shape) > 1)
    except (ValueError, EOFError) as error:
        raise LabelFileError(f"{name} cannot be read as an array: {str(error)[:150]}. Get it anew.") from None
    begin = file.read(4)
    axes = begin[3] if len(begin) == 4 else 0
    dims = np.frombuffer((file.read(4 * axes) + bytes(4 * axes))[: 4 * axes], ">u4")
    if begin[:2] != b"\0\0" or not axes or begin[2] not in _IDX_TYPES or not all(dims):
        raise LabelFileError(f"{name} does not begin as IDX files do, or is cut off. Get it anew.")
    return ArrayShape(np.dtype(_IDX_TYPES[begin[2]]), tuple(map(int, dims)))
