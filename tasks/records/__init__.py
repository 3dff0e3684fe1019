"""Label files as records: how their bytes are read, where their cells lead, what pixels they hold themselves."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.records.arrays import array_text
from tasks.records.csv_reader import parse_csv_record
from tasks.records.json_reader import parse_json_record
from tasks.records.json_text import JsonCells, lookup, text_of
from tasks.records.record_format import RecordFormat, Selector, template_parts


def cell_text(cells: Sequence[str] | JsonCells, selector: Selector) -> str | None:
    """What a record holds at *selector*, as text; None where it holds nothing."""
    if isinstance(cells, dict):
        return text_of(lookup(cells, str(selector)))
    position = int(selector)
    return cells[position] if position < len(cells) else None


def location_text(cells: Sequence[str] | JsonCells, form: RecordFormat) -> str:
    """The text of a record's location, from its template where there is one; empty where it has none."""
    if not form.template:
        return cell_text(cells, form.location) or ""
    parts = template_parts(form.template, form.fills)
    return "".join(text if name is None else cell_text(cells, form.fills[name]) or "" for text, name in parts)


def read_location(data: bytes, form: RecordFormat) -> str:
    """The text of the location of the record whose bytes are *data*: an address or embedded pixels."""
    cells = parse_csv_record(data, form) if form.kind == "csv" else parse_json_record(data, form)
    if form.pixels:
        numbers = " ".join(cell_text(cells, selector) or "" for selector in form.pixels).split()
        return array_text(numbers, form.shape)
    return location_text(cells, form)
