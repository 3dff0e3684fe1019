"""MATLAB files: as JSON they say what they said, whoever wrote them; damaged ones say nothing."""

from __future__ import annotations

import base64
import io
import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import LabelFileError
from tasks.records.array_files import arrays_in, image_rows, labels_of
from tasks.records.mat_files import objects_in
from tasks.records.mat_text import mat_as_json
from tests.mat_writing import Mat, Structs

FORMS = [Mat(), Mat(">"), Mat(is_packed=True), Mat(">", is_packed=True), Mat(is_small=False)]
BY_SCIPY = base64.b64decode(
    "TUFUTEFCIDUuMCBNQVQtZmlsZSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"
    "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAABSU0PAAAAlQAAAHic42NgYAhgYmBgA9IcQAxkggErlM8IFQPR3ECc"
    "mJeXX5JYkpmfVwxVxwLWC5KXAOIKQ5BocUZiUSpDWl5ibipDck5icTEDH1DUgAFhDw8We2AYZq46kAbps0DSx0ZAHydUHAIe2KPrZ8GinxVJvw"
    "CUn6iXVZBOsf0MDuT4m5Fie7+Q5W+Q2sN7IB6nzP4P9gDzlhi0DwAAAD0AAAB4nONjYGBYAMRsQMwBxIwMEMCKxGeC0iCxvMTc1GIgzQfEBkj6"
    "WLDoY0YyTwDIS04sIUtfSn46AwAEagZEDwAAAIAAAAB4nE3O6QqCQBSG4c82Lc1cSm21Tb2Fbsegf/4IvH9wBt+gDw7PLOcME0r6OtLC6JkKNW"
    "bO3lypQdvTte9P10uBWb+c8dxmglOc/b0jZm1c9HCJK/QxwDX+/rXBCGNMMMUt7jDDHAvc4wGPeMIzXrDEK97wjg98YoU1NjgA8cIGnA8AAAAs"
    "AAAAeJzjY2BgsABiNiDmAGIWBghghfIZoWxGoEx5flGKAJSfkZqTkw+kAUVkBFYPAAAAOwAAAHic42NgYEgAYjYg5oDSIMAK5TMBMTMQMzKwMK"
    "QXZaZwAtkGDDDwwR5CCzhABaC0CJTmgNISDgDwOwUsDwAAACkAAAB4nONjYGAwAGI2IOYAYk4mBjBghfIZgZgJTDMzVKYWA9lMYDEAIdkBwg=="
)


def read(data: bytes) -> Any:
    return json.load(mat_as_json(io.BytesIO(data), "a.mat"))


def test_what_another_program_wrote_is_read() -> None:
    assert read(BY_SCIPY) == {
        "annotations": [
            {"x1": 39, "share": 0.5, "fname": "a.jpg", "class": 2},
            {"x1": 1, "share": 1.25, "fname": "ü.jpg", "class": 1},
        ],
        "names": ["cat", "dog"],
        "labels": list(range(1, 40)),
        "word": "hello",
        "grid": [[1, 2, 3], [4, 5, 6]],
        "yes": [True, False],
    }


@pytest.mark.parametrize("form", FORMS)
def test_each_kind_of_variable_is_the_json_that_says_the_same(form: Mat) -> None:
    held = {
        "one": np.float64(3.0),
        "half": np.float32(0.5),
        "none": np.array([1.0, np.nan, np.inf]),
        "many": np.arange(300, dtype=np.int16)[:, None],
        "grid": np.array([[1, 2, 3], [4, 5, 6]], np.uint8),
        "deep": np.zeros((2, 2, 2)),
        "yes": np.array([True, False]),
        "text": "Füße, 猫",
        "cells": ["cat", ["dog", None], np.float64(2)],
        "record": {"name": "a.jpg", "class": np.uint8(4)},
        "records": Structs([{"name": "a.jpg", "at": {"x": np.float64(1)}}, {"name": "b.jpg", "at": None}]),
        "empty": Structs([]),
        "nothing": np.zeros((0, 0)),
    }

    assert read(form.file(**held)) == {
        "one": 3,
        "half": 0.5,
        "none": [1, None, None],
        "many": list(range(300)),
        "grid": [[1, 2, 3], [4, 5, 6]],
        "deep": None,
        "yes": [True, False],
        "text": "Füße, 猫",
        "cells": ["cat", ["dog", None], 2],
        "record": {"name": "a.jpg", "class": 4},
        "records": [{"name": "a.jpg", "at": {"x": 1}}, {"name": "b.jpg", "at": None}],
        "empty": [],
        "nothing": [],
    }


@pytest.mark.parametrize("form", FORMS)
def test_objects_of_matlabs_own_are_told_and_say_nothing(form: Mat) -> None:
    plain = Mat(form.order, is_small=form.is_small)
    whole = plain.file(before="x") + plain.table("labels") + plain.file(behind="y")[128:]

    assert objects_in(io.BytesIO(whole)) == ["labels"]
    assert read(whole) == {"before": "x", "labels": None, "behind": "y"}


VALUES = st.recursive(
    st.text(max_size=9) | st.integers(-(2**31), 2**31 - 1),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3, min_size=1)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("xyz", min_size=1, max_size=5), VALUES, max_size=4), st.sampled_from(FORMS))
def test_whatever_is_written_is_read(held: dict[str, Any], form: Mat) -> None:
    assert read(form.file(**held)) == held


@pytest.mark.parametrize("form", [Mat(), Mat(is_packed=True)])
def test_a_file_that_is_cut_off_says_nothing_wrong(form: Mat) -> None:
    begin = form.file(word="hello")
    whole = form.file(word="hello", rows=Structs([{"name": "a.jpg", "label": np.float64(n)} for n in range(5)]))

    for size in range(len(whole)):
        if size == 128:
            assert read(whole[:size]) == {}
        elif size == len(begin):
            assert read(whole[:size]) == {"word": "hello"}
        else:
            with pytest.raises(LabelFileError, match=r"^a\.mat: "):
                read(whole[:size])


def test_a_changed_byte_of_a_compressed_variable_is_noticed() -> None:
    whole = Mat(is_packed=True).file(labels=np.arange(200, dtype=np.uint8))

    for place in range(136, len(whole)):
        with pytest.raises(LabelFileError, match=r"^a\.mat: "):
            read(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM", r"version 7\.3, which is HDF5 .* '-v7'"),
        (b"\x89HDF\r\n\x1a\n".ljust(128), r"version 7\.3, which is HDF5"),
        (b"x" * 128, "does not begin as MATLAB files"),
        (b"", "does not begin as MATLAB files"),
    ],
)
def test_other_versions_are_refused_with_the_way_out(begin: bytes, said: str) -> None:
    with pytest.raises(LabelFileError, match=said):
        read(begin)


def test_variables_that_lie_too_deep_in_each_other_are_refused() -> None:
    value: object = "x"
    for _ in range(200):
        value = [value]

    with pytest.raises(LabelFileError, match="deep in each other"):
        read(Mat().file(held=value))


def test_structures_that_are_said_to_be_many_and_hold_nothing_are_none() -> None:
    form = Mat(is_small=False)
    head = form.element(6, struct.pack("<II", 2, 0)) + form.element(5, struct.pack("<ii", 1 << 15, 1 << 15))
    body = head + form.element(1, b"rows") + form.element(5, struct.pack("<i", 8)) + form.element(1, b"")

    assert read(form.file() + struct.pack("<II", 14, len(body)) + body) == {"rows": []}


@pytest.mark.parametrize("form", FORMS)
def test_the_last_axis_of_an_array_counts_its_images(form: Mat) -> None:
    pictures = np.random.default_rng(3).integers(0, 256, (4, 5, 3, 7), np.uint8)
    deep = np.random.default_rng(4).integers(0, 65536, (4, 5, 2), np.uint16)
    held = io.BytesIO(form.file(word="x", X=pictures, y=np.arange(7.0)[:, None], deep=deep, shares=np.zeros((4, 5, 3))))

    shapes = arrays_in(held, "train.mat")
    held.seek(0)
    rows = list(image_rows(held, "train.mat"))

    assert {name: shape.shape for name, shape in shapes.items()} == {"X": (7, 4, 5, 3), "y": (7,), "deep": (2, 4, 5)}
    assert [name for name, shape in shapes.items() if shape.holds_images] == ["X", "deep"]
    assert labels_of(held, "train.mat", "y") == [str(number) for number in range(7)]
    assert len(rows) == 9
    assert all(np.array_equal(row, pictures[..., number]) for number, row in enumerate(rows[:7]))
    assert all(np.array_equal(row, deep[..., number]) for number, row in enumerate(rows[7:]))


def test_damaged_images_are_noticed_at_their_end() -> None:
    whole = Mat(is_packed=True).file(X=np.zeros((8, 8, 40), np.uint8))
    damaged = io.BytesIO(whole[:-1] + bytes([whole[-1] ^ 1]))

    with pytest.raises(LabelFileError, match=r"^x\.mat: a variable is damaged"):
        list(image_rows(damaged, "x.mat"))
