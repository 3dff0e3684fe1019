"""What a table says of its records beyond their cells: their place, and the file that they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tasks.tables.building import RowBuilder
from tasks.tables.names import Chosen
from tasks.tables.opening import TableFile


def values_of(cells: Sequence[str], chosen: Chosen, known: Mapping[str, str], number: int) -> Iterator[str | None]:
    """The cells of a record that a table takes; *number* is the record's, from 0."""
    for selector in chosen.selectors:
        if isinstance(selector, int):
            yield cells[selector] if selector < len(cells) else None
        else:
            yield of_record(selector, number, known)


def of_record(selector: str, number: int, known: Mapping[str, str]) -> str:
    """What a column holds that no file holds; *number* is the record's, from 0."""
    match selector:
        case "record.index":
            return str(number)
        case "record.number":
            return str(number + 1)
    return known[selector]


def known_of(file: TableFile, selectors: Iterable[object]) -> dict[str, str]:
    """What the columns about the file itself hold."""
    about = [str(item) for item in selectors if isinstance(item, str) and item.startswith("file.")]
    return {name: file.said(name) for name in about}


def add_lone_file(builder: RowBuilder, file: TableFile, chosen: Chosen) -> None:
    """The one row of a file without records, where its name is what says which image it is about."""
    known = known_of(file, chosen.selectors)
    if known:
        builder.add([known.get(str(selector)) for selector in chosen.selectors], -1)
