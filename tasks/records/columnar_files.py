"""Files of columns, Parquet and Arrow's own, as batches of rows of those columns that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import ipc

ARROW = (".arrow", ".feather")
"""The ends of names of Arrow files, of either form, and of Feather's, which are Arrow files since its version 2."""
PARQUET = (".parquet", ".pq")
_MAGIC = b"ARROW1"


class ParquetColumns:
    """A Parquet file.

    Args:
        file: It, open for reading; it must be one that can be sought in.
    """

    title = "Parquet"

    def __init__(self, file: BinaryIO) -> None:
        self._held = pq.ParquetFile(file)
        self.schema: pa.Schema = self._held.schema_arrow

    def count(self) -> int:
        """How many rows there are."""
        return int(self._held.metadata.num_rows)

    def batches(self, names: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """The columns *names* of all rows, so many *rows* at once."""
        yield from self._held.iter_batches(batch_size=rows, columns=list(names))


class ArrowColumns:
    """An Arrow file: as batches with an index at the end, or as a stream of them, as Hugging Face saves its sets.

    Args:
        file: It, open for reading; it must be one that can be sought in.
    """

    title = "Arrow"

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_stream = file.read(len(_MAGIC)) != _MAGIC
        file.seek(0)
        source = pa.PythonFile(file, "r")
        self.schema: pa.Schema = (ipc.open_stream(source) if self._is_stream else ipc.open_file(source)).schema

    def count(self) -> int:
        """How many rows there are; a stream is read for it as a whole."""
        return sum(batch.num_rows for batch in self._all(self.schema.names[:1]))

    def batches(self, names: Sequence[str], rows: int) -> Iterator[pa.RecordBatch]:
        """The columns *names* of all rows, at most *rows* of them at once; one batch of the file is held."""
        for batch in self._all(names):
            yield from (batch.slice(at, rows) for at in range(0, batch.num_rows, rows))

    def _all(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        self._file.seek(0)
        fields = sorted(self.schema.get_field_index(name) for name in names)
        source, options = pa.PythonFile(self._file, "r"), ipc.IpcReadOptions(included_fields=fields)
        for batch in ipc.open_stream(source, options=options) if self._is_stream else _indexed(source, options):
            batch.validate(full=True)  # else a damaged file could be read where it is not
            yield batch.select(list(names))


def _indexed(source: pa.PythonFile, options: ipc.IpcReadOptions) -> Iterator[pa.RecordBatch]:
    """The batches of a file that has an index of them."""
    held = ipc.open_file(source, options=options)
    yield from map(held.get_batch, range(held.num_record_batches))


def open_columns(file: BinaryIO, name: str) -> ParquetColumns | ArrowColumns:
    """*file*, called *name* without a compression's suffix, as columns.

    Raises:
        pa.ArrowException: It cannot be read as what its name says; so does reading on, or with `OSError`.
    """
    return ArrowColumns(file) if is_arrow(name) else ParquetColumns(file)


def is_arrow(name: str) -> bool:
    """Whether a file called *name*, without a compression's suffix, is an Arrow file."""
    return name.lower().endswith(ARROW)


def is_columnar(name: str) -> bool:
    """Whether a file called *name*, without a compression's suffix, is one of columns."""
    return name.lower().endswith((*ARROW, *PARQUET))
