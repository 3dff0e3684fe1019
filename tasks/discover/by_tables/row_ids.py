"""What tells the images of joined rows apart, and which of their records must be read again to fetch them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.by_records.label_files import text_hash
from tasks.discover.by_tables.locate import IDENTITY, KIND, PRINT, TEXT, can_be_read_again
from tasks.discover.by_tables.merge_rows import ID
from tasks.reasons import Reason
from tasks.tables.rows import AT, LENGTH, STAMP, TableRows

Bools = npt.NDArray[np.bool_]


def with_ids(rows: TableRows) -> TableRows:
    """*rows* with the column `ID`: their location, or what else tells their images apart."""
    locations = rows.data["location"].combine_chunks()
    ids: pa.Array | pa.ChunkedArray = locations
    if IDENTITY in rows.data.column_names:
        rows, ids = _with_other_kinds(rows)
    if "id" in rows.names:
        given = pc.utf8_trim_whitespace(rows.texts("id"))
        empty = bools(pc.equal(given, ""))
        rows = rows.with_problem(empty, ["its id is empty"] * int(empty.sum()), Reason.BAD_ROW)
        ids = pc.if_else(pa.array(empty), ids, given)
    return rows.with_column(ID, ids)


def _with_other_kinds(rows: TableRows) -> tuple[TableRows, pa.Array]:
    """Rows of the web and of embedded pixels: what tells them apart, and whether they can be read again."""
    ids = pc.coalesce(rows.data[IDENTITY], rows.data["location"]).to_pylist()  # of pixels what tells them apart
    prints = rows.data[PRINT].to_pylist()
    texts, kinds = rows.data[TEXT].to_pylist(), rows.data[KIND].to_pylist()
    lost = np.zeros(rows.count, dtype=bool)
    seen: Counter[str] = Counter()
    can_be_read = can_be_read_again(rows)
    for row, kind in enumerate(kinds):
        if kind == "embedded":
            place, _, stamp = (ids[row] or "").partition(STAMP)
            prints[row] = stamp or place or text_hash(texts[row])
            seen[prints[row]] += 1
            ids[row] = place if stamp else f"{prints[row]}-{seen[prints[row]]}"
        lost[row] = not can_be_read[row] and _must_be_read_again(kind, texts[row])
    detail = "pixels, and addresses with a query, must stand in a CSV or in a list of JSON objects"
    rows = rows.with_problem(lost, [detail] * int(lost.sum()), Reason.BAD_ROW)
    whole = [not _must_be_read_again(kind, text) for kind, text in zip(kinds, texts, strict=True)]
    for name in (AT, LENGTH):
        rows = rows.with_column(name, pc.if_else(pa.array(whole), -1, rows.data[name]))
    return rows.with_column(PRINT, pa.array(prints, pa.string())), pa.array(ids, pa.string())


def _must_be_read_again(kind: str, text: str) -> bool:
    """Whether what a record holds is not written down: pixels, and addresses with a query or a user."""
    return kind == "embedded" or (kind == "web" and ("?" in text or "@" in text))


def bools(column: pa.Array | pa.ChunkedArray) -> Bools:
    """*column* as NumPy has it; null is no."""
    return np.asarray(pc.fill_null(column, fill_value=False).to_numpy(zero_copy_only=False), dtype=bool)
