"""Files of arrays, as NumPy and the makers of IDX write them: headers, rows, labels, and what is damaged."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tasks.errors import LabelFileError
from tasks.records.array_files import (
    ONLY,
    ArrayShape,
    arrays_in,
    first_image,
    image_rows,
    is_array_file,
    labels_of,
)

PICTURES = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
Array = npt.NDArray[Any]
NO_IDX = "does not begin as IDX files do, or is cut off."


def npy(values: Array, version: tuple[int, int] | None = None) -> io.BytesIO:
    file = io.BytesIO()
    np.lib.format.write_array(file, values, version, allow_pickle=False)
    file.seek(0)
    return file


def npz(**held: Array) -> io.BytesIO:
    file = io.BytesIO()
    np.savez(file, **held)  # type: ignore[arg-type]
    return file


def idx_head(kind: int, *shape: int) -> io.BytesIO:
    return io.BytesIO(bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape))


def idx(kind: int, values: Array) -> io.BytesIO:
    return io.BytesIO(idx_head(kind, *values.shape).getvalue() + values.tobytes())


def cut(file: io.BytesIO, size: int) -> io.BytesIO:
    return io.BytesIO(file.getvalue()[:size])


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("a.npz", True),
        ("A.NPY", True),
        ("train-images-idx3-ubyte", True),
        ("train-images.idx3-ubyte", True),
        ("labels-ubyte", True),
        ("Labels.IDX", True),
        ("a.npz.txt", False),
        ("idx3-ubyte.txt", False),
        ("labelsubyte", False),
        ("a.csv", False),
    ],
)
def test_files_of_arrays_are_known_by_their_names(name: str, is_one: bool) -> None:
    assert is_array_file(name) == is_one


@pytest.mark.parametrize(
    ("dtype", "shape", "by_columns", "images", "labels"),
    [
        pytest.param("u1", (5, 28, 28), False, True, False, id="grey pictures"),
        pytest.param("<u2", (5, 28, 28), False, True, False, id="of 16 bits"),
        pytest.param(">u2", (5, 28, 28), False, True, False, id="the other way round"),
        pytest.param("u1", (5, 28, 28, 3), False, True, False, id="colours"),
        pytest.param("u1", (5, 2, 2, 1), False, True, False, id="one channel"),
        pytest.param("u1", (5, 2, 2), False, True, False, id="the smallest"),
        pytest.param("u1", (5, 28, 28, 2), False, False, False, id="two channels are no picture"),
        pytest.param("u1", (5, 28, 28), True, False, False, id="column by column"),
        pytest.param("f4", (5, 28, 28), False, False, False, id="shares"),
        pytest.param("u1", (5, 28), False, False, False, id="rows of numbers"),
        pytest.param("u1", (5, 28, 1), False, False, False, id="a line is no picture"),
        pytest.param("u1", (5, 1, 28), False, False, False, id="nor is a row"),
        pytest.param("i8", (5,), False, False, True, id="whole numbers"),
        pytest.param("i8", (5, 1), False, False, True, id="one in a row"),
        pytest.param("bool", (5,), False, False, True, id="yes and no"),
        pytest.param("U3", (5,), False, False, True, id="words"),
        pytest.param("S3", (5,), False, False, True, id="bytes"),
        pytest.param("f8", (5,), False, False, False, id="measures are no labels"),
        pytest.param("i8", (5, 2), False, False, False, id="nor are pairs"),
        pytest.param("i8", (), False, False, False, id="nor one number"),
    ],
)
def test_what_an_array_holds_is_told_by_its_header(
    dtype: str, shape: tuple[int, ...], by_columns: bool, images: bool, labels: bool
) -> None:
    header = ArrayShape(np.dtype(dtype), shape, by_columns)

    assert (header.holds_images, header.holds_labels) == (images, labels)


@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
def test_an_array_alone_is_read_row_by_row(version: tuple[int, int]) -> None:
    file = npy(PICTURES, version)

    assert arrays_in(file, "X.NPY") == {ONLY: ArrayShape(np.dtype("u1"), (2, 4, 3))}
    file.seek(0)
    assert [row.tolist() for row in image_rows(file, "X.NPY")] == PICTURES.tolist()


def test_how_elements_stand_matters_only_where_there_are_rows_of_several() -> None:
    assert arrays_in(npy(np.asfortranarray(PICTURES)), "x.npy")[ONLY].is_by_columns
    assert not arrays_in(npy(np.asfortranarray(np.arange(3))), "x.npy")[ONLY].is_by_columns


def test_rows_longer_than_any_image_are_none() -> None:
    assert ArrayShape(np.dtype("u1"), (2, 1 << 13, 1 << 13)).holds_images
    assert not ArrayShape(np.dtype("u1"), (2, (1 << 13) + 1, 1 << 13)).holds_images


def test_the_images_of_an_archive_are_counted_over_all_its_arrays() -> None:
    file = npz(a=PICTURES, names=np.arange(2), b=PICTURES[:1] + 100)
    shapes = arrays_in(file, "x.npz")

    assert list(shapes) == ["a", "names", "b"]
    assert [first_image(shapes, name) for name in shapes] == [0, 2, 2]
    assert [row.tolist() for row in image_rows(file, "x.npz")] == [*PICTURES.tolist(), (PICTURES[0] + 100).tolist()]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (0x08, np.array([[1, 200]], "u1")),
        (0x09, np.array([[1, -2]], "i1")),
        (0x0B, np.array([[1, -300]], ">i2")),
        (0x0C, np.array([[1, -70_000]], ">i4")),
        (0x0D, np.array([[1, 0.5]], ">f4")),
        (0x0E, np.array([[1, 0.1]], ">f8")),
    ],
)
def test_idx_has_six_kinds_of_numbers(kind: int, values: Array) -> None:
    file = idx(kind, values)

    assert arrays_in(file, "x-idx2-ubyte") == {ONLY: ArrayShape(values.dtype, values.shape)}
    file.seek(0)
    assert [row.tolist() for row in image_rows(file, "x-idx2-ubyte")] == values.tolist()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (np.array([[3], [-1]]), ["3", "-1"]),
        (np.array([True, False]), ["True", "False"]),
        (np.array(["cat", "é"]), ["cat", "é"]),
        (np.array([b"cat", b"\xff"]), ["cat", "�"]),
    ],
)
def test_labels_are_texts(values: Array, texts: list[str]) -> None:
    assert labels_of(npy(values), "y.npy", ONLY) == texts
    assert labels_of(npz(x=PICTURES, y=values), "y.npz", "y") == texts


@pytest.mark.parametrize(
    ("file", "name", "said"),
    [
        pytest.param(cut(npz(a=PICTURES), 90), "x.npz", "cannot be read as arrays: ", id="an archive that is cut off"),
        pytest.param(cut(npy(PICTURES), 60), "x.npy", "cannot be read as an array: ", id="a header that is cut off"),
        pytest.param(io.BytesIO(b"no array at all"), "x.npy", "cannot be read as an array: ", id="another file"),
        pytest.param(idx(0x0A, PICTURES), "x.idx", NO_IDX, id="a kind that there is not"),
        pytest.param(io.BytesIO(b"\0\1\x08\1\0\0\0\1"), "x.idx", NO_IDX, id="a second byte that is not zero"),
        pytest.param(io.BytesIO(b"\1\0\x08\1\0\0\0\1"), "x.idx", NO_IDX, id="nor the first"),
        pytest.param(io.BytesIO(b"\0\0\x08\0"), "x.idx", NO_IDX, id="no axes"),
        pytest.param(io.BytesIO(b"\0\0\x08"), "x.idx", NO_IDX, id="three bytes"),
        pytest.param(cut(idx(0x08, PICTURES), 14), "x.idx", NO_IDX, id="axes that are cut off"),
    ],
)
def test_a_damaged_header_is_said_with_the_name_of_its_file(file: io.BytesIO, name: str, said: str) -> None:
    with pytest.raises(LabelFileError) as caught:
        arrays_in(file, name)

    assert str(caught.value).startswith(f"{name} {said}")
    assert str(caught.value).endswith("Get it anew.")


def test_an_archive_that_lacks_an_array_is_said() -> None:
    with pytest.raises(LabelFileError, match=r"^x\.npz has no array b, or is damaged: "):
        labels_of(npz(a=np.arange(2)), "x.npz", "b")


def test_the_row_is_said_at_which_a_file_is_cut_off() -> None:
    with pytest.raises(LabelFileError, match=r"^x\.npy, row 2: the file is cut off\. Get it anew\.$"):
        list(image_rows(cut(npy(PICTURES), 151), "x.npy"))


@pytest.mark.parametrize("data", [cut(idx(0x08, np.arange(9, dtype="u1")), 16), idx_head(0x08, 1 << 24, 17)])
def test_labels_that_are_cut_off_or_too_many_are_no_labels(data: io.BytesIO) -> None:
    with pytest.raises(
        LabelFileError, match=r"^y\.idx is cut off, or its array 0 too long to be labels\. Get it anew\.$"
    ):
        labels_of(data, "y.idx", ONLY)


def test_no_pickle_is_loaded() -> None:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    file.seek(0)

    header = arrays_in(file, "x.npy")[ONLY]

    assert not header.holds_labels
    assert not header.holds_images
