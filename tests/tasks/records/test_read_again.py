"""One record alone, read again from its bytes: an address, a path, or pixels, as its format says."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.records import cell_text, read_location
from tasks.records.record_format import RecordFormat


@pytest.mark.parametrize(
    ("data", "keys", "location"),
    [
        pytest.param(b"1.jpg,cat", {"width": 2, "location": 0}, "1.jpg", id="a cell"),
        pytest.param(b"cat,1.jpg", {"width": 2, "location": 1}, "1.jpg", id="another cell"),
        pytest.param(b"7,cat", {"width": 2, "location": 0, "template": "{}_{b}.jpg", "fills": {"": 0, "b": 1}},
                     "7_cat.jpg", id="two cells in a template"),
        pytest.param(b"7", {"width": 1, "location": 0, "template": "{}_{b}.jpg", "fills": {"": 0, "b": 3}},
                     "7_.jpg", id="a cell that is not there"),
        pytest.param(b"cat,1,2,3,4", {"width": 5, "pixels": (1, 2, 3, 4)}, "[[1,2],[3,4]]", id="cells of pixels"),
        pytest.param(b"cat,1 2 3 4 5 6", {"width": 2, "pixels": (1,), "shape": (2, 3)}, "[[1,2,3],[4,5,6]]",
                     id="a cell of pixels"),
        pytest.param(b'{"a": {"b": "1.jpg"}}', {"kind": "json", "location": "a.b"}, "1.jpg", id="a key"),
        pytest.param(b'{"a": 3}', {"kind": "json", "location": "b"}, "", id="a key that is not there"),
        pytest.param(b'"1.jpg": "cat"', {"kind": "json", "map_value": "value", "location": "key"}, "1.jpg",
                     id="an entry of a map"),
        pytest.param(b'{"p": "9 8 7 6", "n": null}', {"kind": "json", "pixels": ("p", "n")}, "[[9,8],[7,6]]",
                     id="a key of pixels"),
    ],
)  # fmt: skip
def test_a_record_leads_where_it_led(data: bytes, keys: dict[str, Any], location: str) -> None:
    assert read_location(data, RecordFormat.model_validate({"kind": "csv", **keys})) == location


def test_a_position_behind_the_last_cell_holds_nothing() -> None:
    assert [cell_text(["a", "b"], place) for place in (0, 1, 2)] == ["a", "b", None]
    assert [cell_text({"a": "1", "2": 3}, key) for key in ("a", 2, "b")] == ["1", "3", None]
