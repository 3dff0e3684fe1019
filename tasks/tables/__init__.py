"""Rows with named columns, out of any file that people keep labels in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tasks.errors import LabelFileError
from tasks.records.array_files import is_array_file
from tasks.records.columnar_files import ARROW, PARQUET
from tasks.records.framed_files import is_framed
from tasks.records.record_format import USUAL_EMBEDDED, EmbeddedSettings
from tasks.samples import StoreUrl
from tasks.tables.array_tables import is_of_images, read_arrays
from tasks.tables.building import TableBuilder
from tasks.tables.columnar_tables import read_columnar
from tasks.tables.frame_tables import OLD_OFFICE, read_excel, read_query
from tasks.tables.framed_tables import read_framed
from tasks.tables.json_tables import read_json_table
from tasks.tables.opening import TableFile, table_files
from tasks.tables.rows import TableRows
from tasks.tables.settings import TableSettings
from tasks.tables.shaping import shaped
from tasks.tables.text_tables import read_text
from tasks.tables.xml_tables import read_xml_table

Reader = Callable[[TableFile, TableSettings, TableBuilder], None]

_READERS: tuple[tuple[tuple[str, ...], Reader], ...] = (
    ((".json", ".jsonl", ".ndjson", ".manifest", ".yaml", ".yml"), read_json_table),
    ((".xml", ".xmp"), read_xml_table),
    ((".xlsx", ".xlsm"), read_excel),
    ((*PARQUET, *ARROW), read_columnar),
)
_ARRAYS = {
    ".pkl": "a Python pickle, and loading one runs whatever code is in it: export it with "
    "`pandas.read_pickle(…).to_csv`, if you trust it",
    ".h5": "an HDF5 file: save each image as a file, and the labels as a CSV",
}
_CONTENTS = {
    b"SQLite format 3\0": "a SQLite database: ask it by a query, `sql: SELECT …`, with its address "
    "(`sqlite:////data/a.db`) in the environment variable that `database` names",
    b"\xd0\xcf\x11\xe0": OLD_OFFICE,
    b"PK\3\4": "a zip, or a file of Excel or LibreOffice under another name: save it as CSV, or name it as what it is",
    b"\x1f\x8b": "packed with gzip: let its name end in .gz",
    b"PAR1": "Parquet: let its name end in .parquet",
    b"ORC": "an ORC file: export it with `pandas.read_orc(…).to_parquet`",
    b"Obj\1": "an Avro file: write it as Parquet or CSV",
    b"ARROW1": "an Arrow file: let its name end in .arrow",
    b"\x89HDF": _ARRAYS[".h5"],
}
"""What files begin with that are no text, whatever they are called."""
_BLANKS = 64
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\r\n\f")
_ARRAYS |= {".pickle": _ARRAYS[".pkl"], ".hdf5": _ARRAYS[".h5"]}


def read_table(
    root: StoreUrl,
    settings: TableSettings,
    kept: Sequence[str] = (),
    embedded: EmbeddedSettings = USUAL_EMBEDDED,
) -> TableRows:
    """The rows of one table of a source.

    Args:
        root: The source's path.
        settings: The table's; not of a listing.
        kept: Further columns that are wanted, where the table has them.
        embedded: How pixels are meant that stand in its files.

    Raises:
        LayoutError: There is no such file.
        LabelFileError: It cannot be read, or lacks a column that is asked for.
    """
    into = TableBuilder(settings.name, kept, embedded)
    if settings.sql:
        read_query(root, settings, into)
    else:
        for number, file in enumerate(table_files(root, settings.file, settings.files)):
            reader = _reader_of(file)
            if reader is read_text and number == 0:  # of many small files, one tells what all are
                _check_text(file)
            reader(file, settings, into)
        into.refuse_unknown(settings)
    rows = into.finish()
    return shaped(rows, settings, rows.one_hot, kept)


def _reader_of(file: TableFile) -> Reader:
    name = file.bare_name
    if is_array_file(name) or is_of_images(file.place):
        return read_arrays
    if is_framed(name):
        return read_framed
    suffix = name[name.rfind(".") :] if "." in name else ""
    if suffix in _ARRAYS:
        raise LabelFileError(f"{file.name} is {_ARRAYS[suffix]}.")
    if suffix == ".labels" and _begins_as_json(file):
        return read_json_table
    return next((reader for suffixes, reader in _READERS if suffix in suffixes), read_text)


def _begins_as_json(file: TableFile) -> bool:
    with file.opened() as opened:
        return opened.read(_BLANKS).lstrip()[:1] in {b"{", b"["}


def _check_text(file: TableFile) -> None:
    """Raise `LabelFileError` where *file* begins like one of another program, whatever it is called."""
    with file.opened() as opened:
        head = opened.read(16)
    if any(byte in _CONTROLS for byte in head):
        what = next((what for magic, what in _CONTENTS.items() if head.startswith(magic)), "")
        if what:
            raise LabelFileError(f"{file.name} is {what}.")


__all__ = ["TableRows", "TableSettings", "read_table"]
