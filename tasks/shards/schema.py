"""The schema of a shard: Arrow fields, and the metadata by which Hugging Face `datasets` knows images and classes.

`datasets` takes a feature from the metadata only where its Arrow field equals the file's: nullable, int64 labels,
`bytes` before `path`. The classes of lists of labels, which are int32, it takes from the dataset card alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypedDict

import pyarrow as pa

from tasks.json_values import JsonObject
from tasks.label_kinds import LABEL_COLUMNS, LabelKind, named_by_column

_ENCODED = pa.field("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
_RAW = (pa.field("pixels", pa.binary()), pa.field("channels", pa.int32()))
_LABELS: Mapping[LabelKind, Sequence[pa.Field]] = {
    "single": (pa.field("label", pa.int64()), pa.field("label_name", pa.string())),
    "many": (
        pa.field("label_names", pa.list_(pa.field("element", pa.string()))),  # as Parquet calls what is in a list
        pa.field("labels", pa.list_(pa.field("element", pa.int32()))),
    ),
    "number": (pa.field("target", pa.float64()),),
}
_COLUMNS = (
    pa.field("split", pa.string()),
    pa.field("sample_id", pa.string()),
    pa.field("width", pa.int32()),
    pa.field("height", pa.int32()),
    pa.field("orig_width", pa.int32()),
    pa.field("orig_height", pa.int32()),
    pa.field("orig_format", pa.string()),
    pa.field("source_uri", pa.string()),
    pa.field("source_fingerprint", pa.string()),
    pa.field("content_sha256", pa.string()),
    pa.field("warning", pa.string()),
)
_MEASURES = (
    pa.field("phash", pa.binary(8)),
    pa.field("mean", pa.float32()),
    pa.field("deviation", pa.float32()),
    pa.field("sharpness", pa.float32()),
)
"""All of them null where a row was copied whose image nobody has measured and whose pixels do not tell."""

SCHEMA_VERSION = "1"


class PublishedPixels(TypedDict, total=False):
    """A `PixelSpec` as shards and manifests carry it: its fields, and more; those of earlier versions lack some.

    Attributes:
        dtype: Of a pixel, in the words of NumPy.
        order: Of the axes of raw pixels.
        libraries: What made the pixels, by distribution, and its version.
    """

    min_side: int
    max_pixels: int
    max_aspect: float
    formats: Sequence[str]
    allow_truncated: bool
    strict_extensions: bool
    size: Sequence[int]
    mode: str
    filter: str
    kernel: str
    color: str
    background: str
    upscale: bool
    depth_16: str
    value_range: Sequence[float] | None
    icc: str
    pixels: str
    quality: int
    measures: str
    dtype: str
    order: str
    libraries: Mapping[str, str]


def shard_schema(
    class_names: Mapping[str, Sequence[str]],
    pixel_spec: PublishedPixels,
    kept: Sequence[str] = (),
    kind: LabelKind = "single",
) -> pa.Schema:
    """The schema of a shard.

    Args:
        class_names: For the label's column and each level of a hierarchy the class names, in the order of their ids.
        pixel_spec: All that shapes the pixels; ``pixels: raw`` makes them a plain column, and ``measures`` adds those.
        kept: Names of columns that label files have and the shards keep, as text.
        kind: What a label is: ``label`` and ``label_name``, the lists ``labels`` and ``label_names``, or ``target``.
    """
    pixels = _RAW if pixel_spec["pixels"] == "raw" else (_ENCODED,)
    levels = [pa.field(column, pa.int64()) for column in class_names if column not in LABEL_COLUMNS.values()]
    tree = [pa.field("label_path", pa.string()), *levels] if levels else []
    measures = _MEASURES if pixel_spec.get("measures") else ()
    others = (pa.field(name, pa.string()) for name in kept)
    schema = pa.schema([*pixels, *_LABELS[kind], *_COLUMNS, *measures, *tree, *others])
    metadata = {
        "huggingface": json.dumps({"info": {"features": features_of(schema, class_names)}}, ensure_ascii=False),
        "parquetry.schema_version": SCHEMA_VERSION,
        "parquetry.class_names": json.dumps(
            {key: list(names) for key, names in class_names.items()}, ensure_ascii=False
        ),
        "parquetry.pixel_spec": json.dumps(pixel_spec, sort_keys=True),
    }
    if kept:
        metadata["parquetry.kept_columns"] = json.dumps(list(kept))
    return schema.with_metadata(metadata)


def measure_columns() -> frozenset[str]:
    """The names of the columns that measuring adds."""
    return frozenset(field.name for field in _MEASURES)


def reserved_columns() -> frozenset[str]:
    """Names that a kept column cannot have, since each shard may have a column of that name."""
    return frozenset(
        {"image", "pixels", "channels", "label_path", "label_paths", "label_file", "label_row"}
        | {field.name for fields in (_COLUMNS, *_LABELS.values()) for field in fields}
    )


def kept_columns_of(schema: pa.Schema) -> list[str]:
    """The names of the kept columns of a shard."""
    found: list[str] = json.loads((schema.metadata or {}).get(b"parquetry.kept_columns", b"[]"))
    return found


def features_of(schema: pa.Schema, class_names: Mapping[str, Sequence[str]]) -> JsonObject:
    """The features of *schema* in the words of `datasets`."""
    return {field.name: _feature(field, class_names) for field in schema}


def _feature(field: pa.Field, class_names: Mapping[str, Sequence[str]]) -> JsonObject:
    if field.name == "image":
        return {"_type": "Image"}
    if pa.types.is_list(field.type):
        return {"feature": _feature(_item(field), class_names), "_type": "List"}
    if field.name in class_names:
        return {"names": list(class_names[field.name]), "_type": "ClassLabel"}
    return {"dtype": _dtype(str(field.type)), "_type": "Value"}


def _item(field: pa.Field) -> pa.Field:
    return pa.field(field.name, field.type.value_type)


def _dtype(kind: str) -> str:
    """The type *kind* of Arrow in the words of `datasets`."""
    return {"double": "float64", "float": "float32"}.get(kind, kind)


def class_names_of(schema: pa.Schema) -> dict[str, list[str]]:
    """The class lists that a shard's schema carries."""
    found: dict[str, list[str]] = json.loads((schema.metadata or {}).get(b"parquetry.class_names", b"{}"))
    return named_by_column(found, schema.names)


def pixel_spec_of(schema: pa.Schema) -> PublishedPixels:
    """The pixel spec that a shard's schema carries."""
    found: PublishedPixels = json.loads((schema.metadata or {}).get(b"parquetry.pixel_spec", b"{}"))
    return found
