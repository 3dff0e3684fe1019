"""How Excel files and Parquet files begin."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import islice
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.config_keys import TableKeys
from tasks.discover.heads.head import MOST_ROWS, Head
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.tables.frame_tables import cell_of

EXCEL = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
_MOST_COLUMNS = 200


def excel_heads(name: str, opened: BinaryIO) -> list[Head]:
    """The first sheet of an Excel file, and each other that has rows.

    Raises:
        LabelFileError: They cannot be read, or the package for them is missing.
    """
    if find_spec("openpyxl") is None:
        raise LabelFileError(f"{name} is not looked into: install `parquetry[excel]` for Excel files.")
    import openpyxl  # noqa: PLC0415 - an extra

    found = []
    try:
        book = openpyxl.load_workbook(opened, read_only=True, data_only=True)
        has_splits = any(SplitWords({}).split_of(sheet) for sheet in book.sheetnames)
        for place, sheet in enumerate(book.sheetnames):
            rows = [[cell_of(cell) or "" for cell in row] for row in _first_rows(book[sheet])]
            keys: TableKeys = {"sheet": sheet} if place or has_splits else {}
            found += _sheet_heads(name, keys, [row for row in rows if any(row)])
            _refuse_formulas(name, opened, sheet, found[-1:])
    except LabelFileError:
        raise
    except Exception:  # noqa: BLE001 - its readers of zip and XML raise whatever they do
        raise LabelFileError(f"{name} cannot be read as Excel. Save it anew, or remove it.") from None
    return found


def _is_bare(heads: list[Head]) -> bool:
    """Whether a sheet has values in one column alone, although others have names."""
    if not heads:
        return False
    filled = [any(row[place] for row in heads[0].rows) for place in range(len(heads[0].names))]
    return sum(filled) == 1 < sum(map(bool, heads[0].first))


def _refuse_formulas(name: str, opened: BinaryIO, sheet: str, heads: list[Head]) -> None:
    """Raise where all columns of a sheet but one seem empty, since their values were not saved with their formulas."""
    if _is_bare(heads) and (cell := _first_formula(opened, sheet)):
        raise LabelFileError(
            f"{name}: {cell} is a formula whose value was not saved with it. Open the file in a spreadsheet program "
            "and save it there, or save it as CSV."
        )


def _first_formula(opened: BinaryIO, sheet: str) -> str:
    """The place of the first formula in *sheet*; empty where its first rows have none."""
    import openpyxl  # noqa: PLC0415 - an extra

    opened.seek(0)
    rows = openpyxl.load_workbook(opened, read_only=True)[sheet].iter_rows(max_row=MOST_ROWS)
    return next((cell.coordinate for row in rows for cell in row if cell.data_type == "f"), "")


def _first_rows(sheet: Any) -> Any:
    return islice(sheet.iter_rows(values_only=True), MOST_ROWS + 2)


def _sheet_heads(name: str, keys: TableKeys, rows: list[list[str]]) -> list[Head]:
    width = max(map(len, rows), default=0)
    if len(rows) < 2 or width < 2:
        return []
    cells = [tuple(text.strip() for text in row) + ("",) * (width - len(row)) for row in rows]
    names = tuple(map(str, range(width)))
    is_whole = len(cells) <= MOST_ROWS + 1
    return [Head(name, keys, names, tuple(cells[1 : MOST_ROWS + 1]), cells[0], is_whole)]


def parquet_heads(name: str, opened: BinaryIO) -> list[Head]:
    """The first rows of a Parquet file, of those columns that are no lists, objects or bytes.

    Raises:
        LabelFileError: It cannot be read.
    """
    try:
        held = pq.ParquetFile(opened)
        plain = [field.name for field in held.schema_arrow if _is_plain(field.type)][:_MOST_COLUMNS]
        if not plain:
            return []
        batch = next(held.iter_batches(batch_size=MOST_ROWS, columns=plain), None)
        if batch is None:
            return []
        columns = [[cell_of(value) or "" for value in batch.column(at).to_pylist()] for at in range(len(plain))]
        is_whole = held.metadata.num_rows <= MOST_ROWS
        return [Head(name, {}, tuple(batch.schema.names), tuple(zip(*columns, strict=True)), (), is_whole)]
    except (pa.ArrowException, OSError, ValueError):
        raise LabelFileError(f"{name} cannot be read as Parquet. Write it anew, or remove it.") from None


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    binary = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    return not (pa.types.is_nested(kind) or any(is_of(kind) for is_of in binary))
