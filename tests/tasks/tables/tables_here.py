"""Tables as tests write them down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.tables.building import RowBuilder
from tasks.tables.rows import TableRows


def table(
    name: str,
    columns: Mapping[str, Sequence[str | None]],
    *,
    is_listing: bool = False,
    one_hot: Mapping[str, str] | None = None,
) -> TableRows:
    """A table of one label file called *name*, whose rows stand from line 2 on; a listing has no file."""
    builder = RowBuilder(name, list(columns), one_hot or {})
    if not is_listing:
        builder.open_file(name, None)
    for place, row in enumerate(zip(*columns.values(), strict=True)):
        builder.add(row, -1 if is_listing else place + 2)
    return builder.finish()


def said(rows: TableRows, *names: str) -> list[tuple[object, ...]]:
    """What the rows hold under *names*, row by row."""
    return list(zip(*(rows.column(name).to_pylist() for name in names), strict=True))
