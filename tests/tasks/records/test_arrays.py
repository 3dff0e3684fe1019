"""Pixels that are written as a run of numbers."""

from __future__ import annotations

import json

import pytest

from tasks.records.arrays import array_text, square_shape
from tasks.records.record_format import template_parts


@pytest.mark.parametrize(("count", "shape"), [(784, (28, 28)), (1, (1, 1)), (0, ()), (2, ()), (783, ())])
def test_numbers_make_a_square_or_no_shape(count: int, shape: tuple[int, ...]) -> None:
    assert square_shape(count) == shape


@pytest.mark.parametrize(
    ("count", "shape", "nested"),
    [
        pytest.param(4, (), [[0, 1], [2, 3]], id="a square"),
        pytest.param(6, (2, 3), [[0, 1, 2], [3, 4, 5]], id="two rows of three"),
        pytest.param(4, (2, 1, 2), [[[0, 1]], [[2, 3]]], id="with channels"),
        pytest.param(2, (2,), [0, 1], id="one row"),
        pytest.param(3, (), [[0, 1, 2], []], id="no square: ragged, so that it is refused"),
        pytest.param(3, (2, 2), [[0, 1, 2], []], id="another count: ragged"),
        pytest.param(0, (), [[], []], id="none: ragged"),
    ],
)
def test_numbers_become_the_text_of_an_array(count: int, shape: tuple[int, ...], nested: object) -> None:
    assert json.loads(array_text([str(number) for number in range(count)], shape)) == nested


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("a/{}.jpg", [("a/", None), ("", ""), (".jpg", None)]),
        ("{id}{x}", [("", "id"), ("{x}", None)]),
        ("{{id}}", [("{", None), ("", "id"), ("}", None)]),
        ("plain", [("plain", None)]),
        ("", []),
    ],
)
def test_a_template_is_its_texts_and_the_names_that_are_filled_in(
    template: str, parts: list[tuple[str, str | None]]
) -> None:
    assert list(template_parts(template, {"": 0, "id": 1})) == parts
