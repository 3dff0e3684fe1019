"""Files whose rows can hold images as bytes, Parquet, Arrow, TFRecords and RecordIO: what their columns hold."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from tasks.records.columnar_files import is_columnar, open_columns
from tasks.records.examples import picture_of
from tasks.records.framed_files import is_framed
from tasks.records.record_format import USUAL_EMBEDDED
from tasks.records.tfrecords import Example, ExampleError
from tasks.tables.columnar_tables import class_names, damaged, holds_pixels
from tasks.tables.framed_tables import count_records, first_examples, holds_bytes
from tasks.tables.opening import TableFile


@dataclass(frozen=True, slots=True)
class HeldColumns:
    """The columns of a file.

    Attributes:
        names: All of them.
        images: Those that hold images.
        labels: Those that hold one text or whole number a row, which a label may be.
        numbered: Of these those whose numbers nothing in the file names.
        wrong: What keeps the bytes in one of the others from being images; empty where nothing does.
    """

    names: tuple[str, ...]
    images: tuple[str, ...]
    labels: tuple[str, ...]
    numbered: tuple[str, ...] = ()
    wrong: str = ""


def is_image_table(name: str) -> bool:
    """Whether a file called *name*, without a compression's suffix, is one whose rows can hold images."""
    return is_columnar(name) or is_framed(name)


def held_columns(file: TableFile) -> HeldColumns:
    """The columns of *file*.

    Raises:
        LabelFileError: It cannot be read.
    """
    if is_framed(file.bare_name):
        return _of_examples(first_examples(file))
    with file.opened() as opened:
        try:
            schema = open_columns(opened, file.bare_name).schema
        except (pa.ArrowException, OSError, ValueError) as error:
            raise damaged(file, error) from None
    labels = [name for name in schema.names if _may_be_label(schema.field(name).type)]
    named = class_names(schema)
    return HeldColumns(
        tuple(schema.names),
        tuple(name for name in schema.names if holds_pixels(schema, name)),
        tuple(labels),
        tuple(name for name in labels if name not in named and pa.types.is_integer(schema.field(name).type)),
    )


def count_rows(file: TableFile) -> int:
    """How many rows *file* has.

    Raises:
        LabelFileError: It cannot be read.
    """
    if is_framed(file.bare_name):
        return count_records(file)
    with file.opened() as opened:
        try:
            return open_columns(opened, file.bare_name).count()
        except (pa.ArrowException, OSError, ValueError) as error:
            raise damaged(file, error) from None


def _may_be_label(kind: pa.DataType) -> bool:
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind)
    return bool(is_text or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _of_examples(examples: list[Example]) -> HeldColumns:
    names = sorted({name for example in examples for name in example})
    binary = [name for name in names if holds_bytes(examples, name)]
    wrong = {name: said for name in binary if (said := _no_picture(examples, name))}
    labels = [name for name in names if name not in binary and _is_one_a_row(examples, name)]
    numbered = [name for name in labels if not any(isinstance(held, bytes) for held in _values(examples, name))]
    images = tuple(name for name in binary if name not in wrong)
    return HeldColumns(tuple(names), images, tuple(labels), tuple(numbered), next(iter(wrong.values()), ""))


def _values(examples: list[Example], name: str) -> list[bytes | int | float]:
    return [value for example in examples for value in example.get(name, [])]


def _is_one_a_row(examples: list[Example], name: str) -> bool:
    held = _values(examples, name)
    is_single = all(len(example.get(name, [])) <= 1 for example in examples)
    return bool(held) and is_single and not any(isinstance(value, float) for value in held)


def _no_picture(examples: list[Example], name: str) -> str:
    """Why the feature *name* holds no images; empty where most of its values are some."""
    said = []
    for example in examples:
        try:
            picture_of(example, name, USUAL_EMBEDDED)
        except ExampleError as error:
            said.append(f"a record {error}")
    return said[0] if len(said) > len(examples) / 2 else ""
