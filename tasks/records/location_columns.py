"""The locations of many records at once, their template filled."""

from __future__ import annotations

from typing import Any

import pyarrow.compute as pc

from tasks.arrow_columns import Column, whole
from tasks.records.csv_blocks import RecordBlock
from tasks.records.json_blocks import JsonBlock
from tasks.records.record_format import RecordFormat, template_parts


def locations_of(block: RecordBlock | JsonBlock, form: RecordFormat) -> Column:
    """For each record of *block* what `location_text` gives for it alone."""
    if not form.template:
        return block.column(form.location)
    pieces: list[Any] = [
        text if name is None else whole(block.column(form.fills[name]))
        for text, name in template_parts(form.template, form.fills)
    ]
    filled: Column = pc.binary_join_element_wise(*pieces, "")
    return filled
