"""What tells the images of joined rows apart, and which of their records must be read again to fetch them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import bools
from tasks.discover.by_tables.locate import IDENTITY, KIND, PRINT, TEXT, can_be_read_again
from tasks.discover.by_tables.merge_rows import ID
from tasks.reasons import Reason
from tasks.records.embedded import text_hash
from tasks.tables.rows import AT, LENGTH, STAMP, TableRows


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
    texts, kinds = rows.data[TEXT].combine_chunks(), rows.data[KIND].combine_chunks()
    ids = pc.coalesce(rows.data[IDENTITY], rows.data["location"]).combine_chunks()  # of pixels what tells them apart
    is_pixels = pc.equal(kinds, "embedded")
    is_signed = pc.or_(pc.match_substring(texts, "?"), pc.match_substring(texts, "@"))  # or has a user
    has_more = pc.and_(pc.equal(kinds, "web"), is_signed)  # than is written down
    again = bools(pc.or_(is_pixels, has_more))
    lost = again & ~can_be_read_again(rows)
    if pc.any(is_pixels).as_py():
        told = list(_told_apart(ids.filter(is_pixels).to_pylist(), texts.filter(is_pixels).to_pylist()))
        ids = pc.replace_with_mask(ids, is_pixels, pa.array([name for name, _ in told], pa.string()))
        prints = rows.data[PRINT].combine_chunks()
        prints = pc.replace_with_mask(prints, is_pixels, pa.array([print_ for _, print_ in told], pa.string()))
        rows = rows.with_column(PRINT, prints)
    detail = "pixels, and addresses with a query, must stand in a CSV or in a list of JSON objects"
    rows = rows.with_problem(lost, [detail] * int(lost.sum()), Reason.BAD_ROW)
    for name in (AT, LENGTH):
        rows = rows.with_column(name, pc.if_else(pa.array(again), rows.data[name], -1))
    return rows, ids


def _told_apart(names: Sequence[str | None], texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Id and fingerprint of each of some pixels: where they stand and when, else their bytes and which one it is."""
    seen: Counter[str] = Counter()
    for name, text in zip(names, texts, strict=True):
        place, _, stamp = (name or "").partition(STAMP)
        print_ = stamp or place or text_hash(text)
        seen[print_] += 1
        yield (place if stamp else f"{print_}-{seen[print_]}"), print_
