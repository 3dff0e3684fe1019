"""Tables that are Parquet or Arrow files: only the columns that are asked for are read, and pixels never."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import LabelFileError
from tasks.records.columnar_files import ArrowColumns, ParquetColumns, is_arrow, open_columns
from tasks.records.record_format import RecordFormat
from tasks.tables.building import TableBuilder
from tasks.tables.frame_tables import cell_of
from tasks.tables.names import ColumnChoice
from tasks.tables.nested import exploded
from tasks.tables.of_files import known_of, of_record
from tasks.tables.opening import TableFile
from tasks.tables.rows import PIXELS, STAMP
from tasks.tables.settings import TableSettings, is_virtual

_ROWS = 1 << 14
_LOOKED_AT = 16


def read_columnar(file: TableFile, settings: TableSettings, into: TableBuilder) -> None:
    """The rows of a Parquet or Arrow file, of which only the columns are read that are asked for, and never pixels.

    Raises:
        LabelFileError: It cannot be read, or lacks a column that is asked for.
    """
    with file.opened() as opened:
        try:
            _ColumnarTable(file, settings, into, open_columns(opened, file.bare_name)).read()
        except (pa.ArrowException, OSError) as error:
            raise damaged(file, error) from None


def damaged(file: TableFile, error: Exception) -> LabelFileError:
    """That *file* cannot be read, as *error* says."""
    said = " ".join(str(error).split())[:150]
    title = ArrowColumns.title if is_arrow(file.bare_name) else ParquetColumns.title
    return LabelFileError(f"{file.name} cannot be read as {title}: {said}. Write it anew.")


class _ColumnarTable:
    def __init__(
        self, file: TableFile, settings: TableSettings, into: TableBuilder, held: ParquetColumns | ArrowColumns
    ) -> None:
        self._file = file
        self._into = into
        self._held = held
        self._schema = held.schema
        names = list(self._schema.names)
        self._chosen = ColumnChoice(settings, into.kept, file.name, names, by_position=False).choose()
        self._own = [str(selector) for selector in self._chosen.selectors if not is_virtual(str(selector))]
        self._class_names = class_names(self._schema)

    def read(self) -> None:
        """The rows."""
        chosen = self._chosen
        place = chosen.selectors[chosen.names.index("location")] if "location" in chosen.names else ""
        image = str(place) if place and self._holds_images(str(place)) else ""
        kind: Literal["arrow", "parquet"] = "arrow" if is_arrow(self._file.bare_name) else "parquet"
        form = RecordFormat(kind=kind, location=image, compression=self._file.compression or "") if image else None
        builder = self._into.open(self._file.name, chosen.names, chosen.one_hot, form)
        known = known_of(self._file, chosen.selectors) | ({image: self._file.stamp()} if image else {})
        number = 0
        for batch in self._batches(sorted({self._path_of(name)[0] for name in self._own if name != image})):
            columns = {name: self._texts(batch, name) for name in self._own if name != image}
            for row in range(batch.num_rows):
                values = [
                    columns[name][row] if name in columns else self._without_cell(name, image, number, known)
                    for name in map(str, chosen.selectors)
                ]
                for made in exploded(values):
                    builder.add(made, number + 1, number if image else -1, 1 if image else -1)
                number += 1

    def _without_cell(self, name: str, image: str, number: int, known: dict[str, str]) -> str:
        """What stands for a cell that is not read: of an image its place, which stays, and its file's stamp."""
        if name != image:
            return of_record(name, number, known)
        return f"{PIXELS}{self._file.name}#{number + 1}{STAMP}{known[name]}:{number}"

    def _batches(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        if names:
            yield from self._held.batches(names, _ROWS)
            return
        left = self._held.count()
        while left > 0:
            count = min(left, _ROWS)
            yield pa.record_batch([pa.nulls(count)], names=["nothing"])
            left -= count

    def _path_of(self, name: str) -> list[str]:
        """The column called *name*, or the one and the keys in it that its dots part."""
        return [name] if name in self._schema.names else name.split(".")

    def _holds_images(self, name: str) -> bool:
        """Whether the column *name* holds images: as bytes, and not texts that nothing in the file calls text."""
        if not holds_pixels(self._schema, name):
            return False
        if pa.types.is_struct(self._schema.field(name).type):
            return True
        batch = next(self._held.batches([name], _LOOKED_AT), None)
        values = batch.column(0).to_pylist() if batch is not None else []
        return not _is_text(next((value for value in values if value), b"\0"))

    def _texts(self, batch: pa.RecordBatch, name: str) -> list[Any]:
        head, *path = self._path_of(name)
        column = batch.column(batch.schema.get_field_index(head))
        try:
            for part in path:
                column = pc.struct_field(column, part)
            names = self._class_names.get(name)
            return [_columnar_cell(value, names) for value in _readable(column).to_pylist()]
        except (pa.ArrowInvalid, TypeError):
            what = (
                "bytes that are not text" if _is_binary(column.type) else f"values of the type {column.type}, no text"
            )
            raise LabelFileError(
                f"{self._file.name}: the column {name!r} holds {what}. Name another in `columns`, or a field of it: "
                f"`{name}.name`."
            ) from None


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind))


def _is_text(value: bytes) -> bool:
    """Whether *value* is a line of text; no image is."""
    try:
        return value.decode().isprintable()
    except UnicodeDecodeError:
        return False


def _readable(column: pa.Array) -> pa.Array:
    """*column* as people read it: bytes are UTF-8, as Spark and Impala write it, and 0.1 in 32 bits is 0.1."""
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    if _is_binary(column.type):
        return column.cast(pa.string())
    if pa.types.is_float32(column.type) or pa.types.is_float16(column.type):
        return column.cast(pa.float32()).cast(pa.string()).cast(pa.float64())
    return column


def _columnar_cell(value: Any, names: Sequence[str] | None) -> Any:
    if isinstance(value, list):
        return [_columnar_cell(item, names) for item in value]
    if names is not None and isinstance(value, int):
        return names[value] if 0 <= value < len(names) else None  # Hugging Face writes -1 where there is none
    if isinstance(value, dict | bytes | tuple):
        raise TypeError
    return cell_of(value)


def holds_pixels(schema: pa.Schema, name: str) -> bool:
    """Whether a column holds the bytes of images: binary, or `{bytes, path}` as Hugging Face writes it."""
    kind = schema.field(name).type
    if pa.types.is_struct(kind):
        return bool(kind.get_field_index("bytes") >= 0)
    return _is_binary(kind)


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """The names of the numbers in columns that Hugging Face's own note in the file calls classes."""
    note = (schema.metadata or {}).get(b"huggingface")
    try:
        features = json.loads(note)["info"]["features"] if note else {}
    except (ValueError, KeyError, TypeError):
        return {}
    found: dict[str, list[str]] = {}
    for name, feature in features.items() if isinstance(features, dict) else ():
        held = feature.get("feature", feature) if isinstance(feature, dict) else {}
        if isinstance(held, dict) and held.get("_type") == "ClassLabel" and isinstance(held.get("names"), list):
            names = [str(item) for item in held["names"]]
            if len(set(names)) == len(names):  # else two classes would become one
                found[name] = names
    return found
