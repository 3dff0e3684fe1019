"""Where the label and the split of a sample stand: in which table, on which line."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import SampleRow
from tasks.discover.by_tables.kept_rows import kept_of
from tasks.tables.rows import FILE, KEPT, LINE, ORIGIN, TableRows

ROLES = ("label", "split")


def with_origins(rows: TableRows) -> TableRows:
    """*rows* with the place of each of them for what they say: label, split."""
    said = {name.partition(".")[0] for name in rows.names} & set(ROLES)
    if not said:
        return rows
    files = pa.array([*rows.files, ""], pa.string())
    numbers = pc.if_else(pc.less(rows.data[FILE], 0), len(rows.files), rows.data[FILE])
    lines = pc.if_else(pc.less(rows.data[LINE], 1), None, rows.data[LINE]).cast(pa.string())
    named = files.take(numbers.combine_chunks())
    places = pc.coalesce(pc.binary_join_element_wise(named, lines, ":"), named)
    places = pc.if_else(pc.equal(places, ""), "its path", places)
    for role in sorted(said):
        rows = rows.with_column(f"{KEPT}{ORIGIN}{role}", places)
    return rows


def origins_of(rows: TableRows) -> pa.Array | str:
    """For each of *rows* its origins, as `kept_text` gives them."""
    there = [role for role in ROLES if f"{KEPT}{ORIGIN}{role}" in rows.data.column_names]
    return kept_of(rows, {f"{ORIGIN}{role}": role for role in there})


def origin_of(sample: SampleRow, role: str) -> str:
    """Where the *role* of a sample stands that was discovered with its origins."""
    if sample["kept"]:
        return str(json.loads(sample["kept"]).get(role, ""))
    if role == "label" and sample["label_file"]:
        line = f":{sample['label_row']}" if sample["label_row"] > 0 else ""
        return f"{sample['label_file']}{line}"
    return "its path"
