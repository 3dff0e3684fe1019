"""Indented JSON is what the standard library makes of the same value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.json_values import indented_json

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
KEYS = st.text() | st.integers() | st.booleans() | st.none()
VALUES = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=25
)


@given(VALUES)
def test_it_is_what_json_makes(value: Any) -> None:
    assert indented_json(value) == json.dumps(value, ensure_ascii=False, indent=1)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"a": [], "b": {}}, id="empty within"),
        pytest.param({"a": {"b": {"c": [1, {"d": ", \n: "}]}}, "é": ()}, id="deep"),
        pytest.param([[], [[]], ({"a": 1},), 1.5, "x"], id="lists and tuples"),
        pytest.param({7: {2: 3}, None: [4], True: {"x": [5]}}, id="keys that are no text"),
    ],
)
def test_of_shapes_that_are_seldom_drawn(value: Any) -> None:
    assert indented_json(value) == json.dumps(value, ensure_ascii=False, indent=1)


def test_what_json_cannot_hold_is_refused_as_it_refuses_it() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        indented_json({"a": [object()]})
