"""Tables that are text: CSV, TSV, lists with blanks or semicolons between their cells, lists of one column."""

from __future__ import annotations

from itertools import chain

from tasks.errors import LabelFileError
from tasks.records.csv_blocks import read_csv_blocks
from tasks.records.csv_head import sniff_delimiter, take_hint
from tasks.records.csv_reader import read_csv
from tasks.records.record_format import RecordFormat
from tasks.records.text_window import TextWindow
from tasks.tables.building import TableBuilder
from tasks.tables.csv_rows import CsvRows
from tasks.tables.names import ColumnChoice
from tasks.tables.of_files import known_of
from tasks.tables.opening import TableFile
from tasks.tables.pixel_columns import PixelColumns
from tasks.tables.plain_tables import BLANK, LINE, PlainTable, width_of
from tasks.tables.settings import TableSettings

_LOOKED_AT = 50
_CELLS = (".csv", ".tsv", ".tab")


def read_text(file: TableFile, settings: TableSettings, into: TableBuilder) -> None:
    """The rows of a text table.

    Raises:
        LabelFileError: It cannot be read, or lacks a column that is asked for.
    """
    with file.window(settings.encoding) as (window, encoding):
        for _ in range(settings.skip):
            _pass_line(window)
        hint = take_hint(window)
        delimiter = (
            {"tab": "\t", "line": LINE}.get(settings.delimiter, settings.delimiter)
            or hint
            or _sniffed(window, file, settings)
        )
        form = RecordFormat(
            kind="csv",
            delimiter=" " if delimiter == BLANK else delimiter,
            encoding=encoding,
            compression=file.compression or "",
        )
        try:
            if _is_list(settings, file):
                PlainTable(file, settings, into, LINE).read(window)
            elif delimiter in {BLANK, LINE} or settings.surplus:
                PlainTable(file, settings, into, delimiter).read(window)
            else:
                _read_csv(file, settings, into, window, form)
        except LabelFileError as error:
            text = str(error)
            raise LabelFileError(text if file.name in text else f"{file.name}, {text}") from None


def _pass_line(window: TextWindow) -> None:
    while (end := window.text.find(b"\n", window.position)) < 0 and not window.ended:
        window.grow()
    window.advance(end + 1 if end >= 0 else len(window.text))


def _is_list(settings: TableSettings, file: TableFile) -> bool:
    """Whether each line is one cell, whatever stands in it: a list of one column that is not a CSV."""
    return width_of(settings) == 1 and not settings.delimiter and not file.bare_name.endswith(_CELLS)


def _sniffed(window: TextWindow, file: TableFile, settings: TableSettings) -> str:
    """What separates the cells: by the file's suffix, else what the first lines have as many of as columns need."""
    name = file.bare_name
    if name.endswith(_CELLS):
        return sniff_delimiter(window, name)
    text = window.text[window.position :].decode("utf-8", "replace")
    comment = settings.comment
    lines = [line for line in text.splitlines()[:_LOOKED_AT] if line.strip()]
    lines = [line for line in lines if not (comment and line.lstrip().startswith(comment))][: _LOOKED_AT - 1]
    width = width_of(settings)
    for mark in ("\t", ",", ";", "|"):
        counts = {line.count(mark) for line in lines}
        if len(counts) == 1 and (number := counts.pop()) and width in {0, number + 1}:
            return mark
    return BLANK


def _read_csv(
    file: TableFile, settings: TableSettings, into: TableBuilder, window: TextWindow, form: RecordFormat
) -> None:
    first = next(read_csv(window, form, settings.comment), None)
    if first is None:
        raise LabelFileError(f"{file.name} is empty: a table begins with a header, such as `image,label`.")
    cells = list(first.cells)
    has_header = settings.header if settings.header is not None else not settings.is_positional
    names = [str(cell) for cell in cells] if has_header else [str(place) for place in range(len(cells))]
    chosen = ColumnChoice(settings, into.kept, file.name, names, by_position=True).choose()
    place = chosen.selectors[chosen.names.index("location")] if "location" in chosen.names else ""
    update = {"location": place, "pixels": chosen.pixels, "shape": settings.shape, "embedded": into.embedded}
    form = form.model_copy(update={"width": len(names), **update})
    pixels = PixelColumns(file, chosen, settings.shape)
    builder = into.open(file.name, pixels.names, chosen.one_hot, form)
    records = read_csv_blocks(window, form, settings.comment)
    rows = CsvRows(builder, chosen, form, known_of(file, chosen.selectors), pixels)
    rows.add(records if has_header else chain([first], records))
