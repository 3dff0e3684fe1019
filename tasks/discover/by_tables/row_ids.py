"""What tells the images of joined rows apart, and which of their records must be read again to fetch them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Column, bools, whole
from tasks.discover.by_tables.locate import AGAIN, IDENTITY, KIND, PRINT, can_be_read_again
from tasks.discover.by_tables.merge_rows import ID
from tasks.reasons import Reason
from tasks.tables.rows import AT, FILE, STAMP, TableRows


def with_ids(rows: TableRows) -> TableRows:
    """*rows* with the column `ID`: their location, or what else tells their images apart."""
    ids: Column = rows.data["location"]
    if IDENTITY in rows.data.column_names:
        rows, ids = _with_other_kinds(rows)
    if "id" in rows.names:
        given = pc.utf8_trim_whitespace(rows.texts("id"))
        empty = bools(pc.equal(given, ""))
        rows = rows.with_problem(empty, ["its id is empty"] * int(empty.sum()), Reason.BAD_ROW)
        ids = pc.if_else(pa.array(empty), ids, given)
    return rows.with_column(ID, ids)


def _with_other_kinds(rows: TableRows) -> tuple[TableRows, Column]:
    """Rows of the web and of embedded pixels: what tells them apart, and whether they can be read again."""
    ids: Column = rows.data[IDENTITY]
    if ids.null_count:
        ids = pc.coalesce(ids, rows.data["location"])
    is_pixels: Column = pc.equal(rows.data[KIND], "embedded")
    if pc.any(is_pixels).as_py():
        is_pixels, ids = whole(is_pixels), whole(ids)
        records = zip(*(rows.data[name].filter(is_pixels).to_pylist() for name in (FILE, AT)), strict=True)
        told = list(_told_apart(ids.filter(is_pixels).to_pylist(), records))
        ids = pc.replace_with_mask(ids, is_pixels, pa.array([name for name, _ in told], pa.string()))
        prints = rows.data[PRINT].combine_chunks()
        prints = pc.replace_with_mask(prints, is_pixels, pa.array([print_ for _, print_ in told], pa.string()))
        rows = rows.with_column(PRINT, prints)
    again = bools(rows.data[AGAIN])
    lost = again & ~can_be_read_again(rows)
    detail = "pixels, and addresses with a query, must stand in a CSV or in a list of JSON objects"
    return rows.with_problem(lost, [detail] * int(lost.sum()), Reason.BAD_ROW), ids


def _told_apart(names: Sequence[str], records: Iterable[tuple[int, int]]) -> Iterator[tuple[str, str]]:
    """Id and fingerprint of each of some pixels: where they stand and when, else their hash and which one it is.

    A record of which several rows were made is one and the same image.
    """
    seen: Counter[str] = Counter()
    last = (-1, -1)
    for name, record in zip(names, records, strict=True):
        place, _, stamp = name.partition(STAMP)
        print_ = stamp or place
        seen[print_] += record != last or record[1] < 0
        last = record
        yield (place if stamp else f"{print_}-{seen[print_]}"), print_
