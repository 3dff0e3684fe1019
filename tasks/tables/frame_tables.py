"""Tables of other programs: Excel files, and queries of a database."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from tasks.errors import LabelFileError
from tasks.samples import StoreUrl
from tasks.tables.building import RowBuilder, TableBuilder
from tasks.tables.names import Chosen, ColumnChoice
from tasks.tables.of_files import known_of, of_record
from tasks.tables.opening import TableFile
from tasks.tables.settings import TableSettings

_LARGEST_LOOKED_AT = 1 << 25
_MOST_EMPTY = 20
SEVERAL_SHEETS = "has several sheets, and the first"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#SPILL!", "#CALC!"})
"""What a formula comes to that cannot be worked out: no value."""


OLD_OFFICE = "an Excel file of before 2007, or one with a password: save it as .xlsx without one, or as CSV"


def read_excel(file: TableFile, settings: TableSettings, into: TableBuilder) -> None:
    """The rows of one sheet of an Excel file, by the values that its formulas had when it was saved.

    Raises:
        LabelFileError: It cannot be read, or lacks a column or sheet that is asked for.
    """
    if find_spec("openpyxl") is None:
        raise LabelFileError(
            f"{file.name} is an Excel file, which takes openpyxl: `pip install 'parquetry[excel]'`, or save it as CSV."
        )
    import openpyxl  # noqa: PLC0415 - an extra

    with file.opened() as opened:
        if opened.read(4) == _OLD_OFFICE:
            raise LabelFileError(f"{file.name} is {OLD_OFFICE}.")
        opened.seek(0)
        try:
            book = openpyxl.load_workbook(opened, read_only=True, data_only=True)
            names = [sheet.title for sheet in book.worksheets]  # without charts
            sheet = settings.sheet or names[0]
            rows = _rows_of(book, sheet) if sheet in names else None
            others = [] if settings.sheet else [name for name in names[1:] if any(map(any, _first_rows(book, name)))]
        except Exception as error:  # noqa: BLE001 - it raises whatever its zip and XML readers do
            said = " ".join(str(error).split())[:150]
            raise LabelFileError(
                f"{file.name} cannot be read as an Excel file: {said}. Save it anew as .xlsx, or as CSV."
            ) from None
    if rows is None:
        raise LabelFileError(f"{file.name} has no sheet {settings.sheet!r}; it has {', '.join(names[:10])}.")
    builder = _SheetTable(file, settings, into, sheet).read(rows)
    if others:
        shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
        builder.say(f"{file.name} {SEVERAL_SHEETS}, {sheet}, is read: `sheet` names another ({shown})")


class _Date(str):
    """The text of a cell that is a date, as a spreadsheet makes of ``1-3`` and ``MARCH1``."""

    __slots__ = ()


def _first_rows(book: Any, sheet: str) -> Iterator[tuple[object, ...]]:
    yield from book[sheet].iter_rows(max_row=_MOST_EMPTY, values_only=True)


def _rows_of(book: Any, sheet: str) -> list[list[str | None]]:
    return [[_text(value) for value in row] for row in book[sheet].iter_rows(values_only=True)]


def _text(value: object) -> str | None:
    text = cell_of(value)
    return _Date(text) if text is not None and isinstance(value, datetime.date | datetime.time) else text


class _SheetTable:
    def __init__(self, file: TableFile, settings: TableSettings, into: TableBuilder, sheet: str) -> None:
        self._file = file
        self._settings = settings
        self._into = into
        self._sheet = sheet

    def read(self, cells: list[list[str | None]]) -> RowBuilder:
        """What the rows that *cells* are were added to."""
        settings, file = self._settings, self._file
        rows = cells[settings.skip :]
        has_header = settings.header if settings.header is not None else not settings.is_positional
        width = max((len(row) for row in rows), default=0)
        names = [(name or "").strip() for name in rows[0]] if has_header and rows else [str(at) for at in range(width)]
        chosen = ColumnChoice(settings, self._into.kept, file.name, names, by_position=True).choose()
        builder = self._into.open(file.name, chosen.names, chosen.one_hot, None)
        known = known_of(file, chosen.selectors)
        first = settings.skip + 1 + has_header
        used = [selector for selector in chosen.selectors if isinstance(selector, int)]
        body = rows[has_header:]
        self._refuse_dates([at for at, name in self._labels(chosen)], body, first)
        if any(any(row) and any(at >= len(row) or row[at] is None for at in used) for row in body):
            self._refuse_hidden(used, body, first)
        for number, row in enumerate(body):
            if any(row):
                values = [
                    _value(row, selector) if isinstance(selector, int) else of_record(selector, number, known)
                    for selector in chosen.selectors
                ]
                builder.add(values, first + number)
        return builder

    @staticmethod
    def _labels(chosen: Chosen) -> list[tuple[int, str]]:
        """The columns of the sheet that say a label."""
        named = zip(chosen.selectors, chosen.names, strict=False)
        return [(at, name) for at, name in named if isinstance(at, int) and name.partition(".")[0] == "label"]

    def _refuse_dates(self, labels: list[int], body: list[list[str | None]], first: int) -> None:
        """Raise where a cell of the columns *labels* is a date, and may have been typed as something else."""
        for number, row in enumerate(body):
            for at in (at for at in labels if at < len(row) and isinstance(row[at], _Date)):
                raise LabelFileError(
                    f"{self._file.name}, line {first + number}: the label is the date {row[at]}, which spreadsheets "
                    "make of texts such as 1-3. Format its column as text and type the labels anew; or save the sheet "
                    "as CSV, where dates are labels as they stand."
                )

    def _refuse_hidden(self, used: list[int], body: list[list[str | None]], first: int) -> None:
        """Raise where cells of the columns *used* of *body* seem empty that are not, for one who looks at the sheet."""
        import openpyxl  # noqa: PLC0415 - an extra

        with self._file.opened() as opened:
            if opened.seek(0, os.SEEK_END) > _LARGEST_LOOKED_AT:
                return
            opened.seek(0)
            sheet = openpyxl.load_workbook(opened)[self._sheet]
        for merged in sorted(sheet.merged_cells.ranges, key=lambda cells: cells.min_row):
            if merged.max_row > max(merged.min_row, first - 1) and any(
                merged.min_col <= at + 1 <= merged.max_col for at in used
            ):
                raise LabelFileError(
                    f"{self._file.name}, line {merged.min_row}: the cells {merged.coord} are merged, so that only the "
                    "first of these rows has a value. Unmerge them, write the value into each, and save it anew."
                )
        for number, row in enumerate(body):
            for at in (at for at in used if at < len(row) and row[at] is None):
                cell = sheet.cell(first + number, at + 1)
                if cell.data_type == "f":
                    raise LabelFileError(
                        f"{self._file.name}, line {cell.row}: {cell.coordinate} is a formula whose value was not saved "
                        "with it. Open the file in a spreadsheet program and save it there, or save it as CSV."
                    )


def _value(row: list[str | None], at: int) -> str | None:
    """The cell *at* that place of *row*; None where there is none, or an error."""
    value = row[at] if at < len(row) else None
    return None if value in _ERRORS else value


def cell_of(value: object) -> str | None:
    """A cell of Excel or a database as text: whole numbers without a point, dates by ISO 8601; None for empty ones.

    Raises:
        TypeError: It holds several values, or bytes that are not text.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
    if isinstance(value, datetime.datetime):
        return (value.date() if value.time() == datetime.time() else value).isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else _text_of(value)


def _text_of(value: object) -> str:
    if isinstance(value, list | tuple | dict | set | frozenset):
        raise TypeError("several values in one cell")
    if not isinstance(value, bytes | bytearray | memoryview):
        return str(value)
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        raise TypeError("bytes that are not text") from None


def read_query(root: StoreUrl, settings: TableSettings, into: TableBuilder) -> None:
    """The rows of a query, from the database whose URL the environment holds.

    Raises:
        LabelFileError: There is no such variable, or the database does not answer.
    """
    import sqlalchemy  # noqa: PLC0415 - slow to import, and rarely needed

    url = os.environ.get(settings.database, "")
    if not url:
        raise LabelFileError(
            f"`sql` needs the environment variable {settings.database} with the database's SQLAlchemy URL. Set it, or "
            "name another one: `database`."
        )
    file = TableFile(root, "the query")
    try:
        engine = sqlalchemy.create_engine(url)
        with engine.connect() as connection:
            result = connection.execution_options(stream_results=True).execute(sqlalchemy.text(settings.sql))
            _from_result(file, settings, into, list(result.keys()), result)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
        said = " ".join(str(getattr(error, "orig", None) or error).split())[:200].replace(url, settings.database)
        raise LabelFileError(f"the query of `sql` failed: {said}. Check `sql`, and {settings.database}.") from None


def _from_result(
    file: TableFile, settings: TableSettings, into: TableBuilder, names: list[str], rows: Iterable[Any]
) -> None:
    chosen: Chosen = ColumnChoice(settings, into.kept, file.name, names, by_position=True).choose()
    builder = into.open(file.name, chosen.names, chosen.one_hot, None)
    for number, row in enumerate(rows):
        values = [
            _result_cell(row, selector, names) if isinstance(selector, int) else of_record(selector, number, {})
            for selector in chosen.selectors
        ]
        builder.add(values, number + 1)


def _result_cell(row: Any, at: int, names: list[str]) -> str | None:
    try:
        return cell_of(row[at])
    except TypeError as error:
        raise LabelFileError(
            f"the column {names[at]!r} of the query holds {error}. Convert it to text in `sql`, or make a row of each."
        ) from None
