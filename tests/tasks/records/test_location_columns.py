"""The locations of many records at once are those of each alone, with and without a template."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tasks.records import location_text
from tasks.records.csv_blocks import RecordBlock, read_csv_blocks
from tasks.records.json_blocks import JsonBlock, Pace
from tasks.records.json_reader import read_json_blocks
from tasks.records.location_columns import locations_of
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow, utf8_chunks

TEMPLATES: list[dict[str, Any]] = [
    {},
    {"template": "img/{}.jpg", "fills": {"": "file"}},
    {"template": "{kind}/{file}_{kind}", "fills": {"file": "file", "kind": "kind"}},
]


def window(text: str) -> TextWindow:
    return TextWindow(utf8_chunks(io.BytesIO(text.encode()), "utf-8"))


@pytest.mark.parametrize("keys", TEMPLATES, ids=["plain", "around one", "of two"])
def test_the_locations_of_a_block_of_objects_are_those_of_each(keys: dict[str, Any]) -> None:
    form = RecordFormat(kind="json", location="file", **keys)
    text = json.dumps([{"file": str(number), "kind": "cat"} for number in range(20)])

    [block] = read_json_blocks(window(text), form, "", Pace())

    assert isinstance(block, JsonBlock)
    assert locations_of(block, form).to_pylist() == [location_text(cells, form) for cells in block.cells]
    assert locations_of(block, form)[3].as_py() == ["3", "img/3.jpg", "cat/3_cat"][TEMPLATES.index(keys)]


@pytest.mark.parametrize("keys", TEMPLATES, ids=["plain", "around one", "of two"])
def test_the_locations_of_a_block_of_rows_are_those_of_each(keys: dict[str, Any]) -> None:
    places = {name: ["file", "kind"].index(name or "file") for name in ("", "file", "kind")}
    fills = {name: places[name] for name in keys.get("fills", {})}
    form = RecordFormat(kind="csv", width=2, location=0, template=keys.get("template", ""), fills=fills)
    text = "".join(f"{number},cat\n" for number in range(20))

    [block] = read_csv_blocks(window(text), form)

    assert isinstance(block, RecordBlock)
    rows = [[str(number), "cat"] for number in range(20)]
    assert locations_of(block, form).to_pylist() == [location_text(row, form) for row in rows]
