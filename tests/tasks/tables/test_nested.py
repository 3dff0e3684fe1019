"""What stands deep inside a record, and how many rows it makes."""

from __future__ import annotations

import pytest

from tasks.tables.nested import UnevenError, Value, exploded, keys_of, value_at

RECORD = {
    "file": "1.jpg",
    "size": {"w": 3, "of.it": 4},
    "a.b": "whole",
    "a": {"b": "nested"},
    "boxes": [{"kind": "cat", "parts": [{"n": 1}, {"n": 2}]}, {"kind": "dog", "parts": [{"n": 3}]}],
    "tags": ["x", None, ["y", "z"]],
    "none": None,
    "empty": [],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("file", "1.jpg"),
        ("size.w", "3"),
        ("size.of.it", "4"),
        ("a.b", "whole"),
        ("size", None),
        ("none", None),
        ("nothing", None),
        ("file.nothing", None),
        ("boxes.kind", ["cat", "dog"]),
        ("boxes.parts.n", ["1", "2", "3"]),
        ("boxes.1.kind", "dog"),
        ("boxes.1.parts.0.n", "3"),
        ("boxes.2.kind", None),
        ("boxes.0.parts.n", ["1", "2"]),
        ("tags", ["x", None, "y", "z"]),
        ("tags.0", "x"),
        ("tags.3", None),
        ("tags.²", [None] * 4),
        ("empty", []),
        ("boxes", [None, None]),
    ],
)
def test_a_dotted_path_leads_through_objects_and_lists(path: str, value: Value) -> None:
    assert value_at(RECORD, path) == value


@pytest.mark.parametrize(
    ("values", "rows"),
    [
        (["a", None], [["a", None]]),
        (["a", ["x", "y"]], [["a", "x"], ["a", "y"]]),
        ([["p", "q"], ["x", "y"]], [["p", "x"], ["q", "y"]]),
        ([["p"], ["x", "y"], []], [["p", "x", None], ["p", "y", None]]),
        (["a", []], [["a", None]]),
        (["a", ["x"]], [["a", "x"]]),
        (["a", ["x"], []], [["a", "x", None]]),
        ([], [[]]),
    ],
)
def test_a_record_is_as_many_rows_as_its_lists_are_long(values: list[Value], rows: list[list[str | None]]) -> None:
    assert list(exploded(values)) == rows


def test_lists_of_several_lengths_are_no_rows() -> None:
    with pytest.raises(UnevenError, match=r"^has lists of 2 and 3 elements where one row needs one$"):
        list(exploded([["a"] * 3, "b", ["c"] * 2, []]))


def test_the_keys_of_a_record_are_those_of_its_values() -> None:
    assert list(keys_of({"a": 1, "b": {"c": {"d": 2}, "e": []}, "f": {}})) == ["a", "b.c.d", "b.e", "f"]
    assert list(keys_of([1])) == []
