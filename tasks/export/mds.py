"""One shard in the format of MosaicML's streaming (MDS, version 2), and the index by which it finds them.

A file is the number of its samples, where each begins and where the last one ends (32-bit numbers), the columns as
JSON, and the samples: the sizes of the values whose size differs, then all values, in the order of the columns.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypedDict, cast

import numpy as np
import pyarrow as pa

from tasks.columns import ShardRow, ShardRows
from tasks.errors import OutputError
from tasks.export.index import ExportedFile
from tasks.export.shard_rows import groups_of, rows_in
from tasks.json_values import JsonObject
from tasks.publish.manifest import FileEntry
from tasks.shards.schema import pixel_spec_of
from tasks.storage import Store, told

INDEX_NAME = "index.json"
_MOST = 1 << 32
_PICTURES = {"jpeg": "jpeg", "png": "png"}
_NUMBERS: dict[str, tuple[str, int, float]] = {
    "int64": ("int", 8, -1),
    "int32": ("int32", 4, -1),
    "double": ("float64", 8, math.nan),
    "float": ("float32", 4, math.nan),
}
"""Arrow's types: how the format calls them, how many bytes they take, and what stands for one that is missing."""


class MdsFacts(TypedDict):
    """What the index has to know of a file: how its columns are encoded, and how many bytes values of each take."""

    columns: dict[str, str]
    sizes: list[int | None]


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of a file.

    Attributes:
        name: Of it.
        encoding: What the format calls its values.
        size: Bytes of each value; None where they differ.
        encode: A value as bytes; what is missing becomes an empty text, -1 or no number.
    """

    name: str
    encoding: str
    size: int | None
    encode: Callable[[Any], bytes]


def write_mds(store: Store, shard: FileEntry, path: Path, name: str) -> ExportedFile:
    """Write the rows of *shard*, in their order, into the new local file *path*; return what it holds, as *name*.

    Raises:
        OutputError: It cannot be written, or would be larger than the format admits.
        VersionError: The shard is missing, damaged, or has other rows than its version says.
    """
    groups = groups_of(store, shard)
    first = next(groups, None)
    columns = [] if first is None else _columns(first.schema)
    with told("writing", str(path)), path.open("xb") as file:
        _write(file, shard, columns, _samples(columns, _chained(first, groups)))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    facts: MdsFacts = {
        "columns": {column.name: column.encoding for column in columns},
        "sizes": [one.size for one in columns],
    }
    size = path.stat().st_size
    return ExportedFile(path=name, split=shard.split, rows=shard.rows, bytes=size, sha256=digest, facts={**facts})


def _chained(first: ShardRows | None, groups: Iterator[ShardRows]) -> Iterator[ShardRow]:
    if first is not None:
        yield from rows_in(first)
    for group in groups:
        yield from rows_in(group)


def _write(file: IO[bytes], shard: FileEntry, columns: Sequence[_Column], samples: Iterator[bytes]) -> None:
    """The whole file; where samples begin is known once they are there."""
    head = json.dumps(_facts({column.name: column.encoding for column in columns}, [one.size for one in columns]))
    begins = [4 * (shard.rows + 2) + len(head)]
    file.write(bytes(4 * (shard.rows + 2)))
    file.write(head.encode())
    for sample in samples:
        file.write(sample)
        begins.append(begins[-1] + len(sample))
    if begins[-1] >= _MOST:
        raise OutputError(
            f"{shard.path} would be {begins[-1]:,} bytes as MDS, which holds less than 4 GiB in a file. Write smaller "
            "shards: `write.shard_rows`."
        )
    file.seek(0)
    file.write(np.array([shard.rows, *begins], "<u4").tobytes())


def _facts(columns: dict[str, str], sizes: Sequence[int | None]) -> JsonObject:
    """What the format's readers have to know of a file beside its bytes."""
    return {
        "column_encodings": list(columns.values()),
        "column_names": list(columns),
        "column_sizes": list(sizes),
        "compression": None,
        "format": "mds",
        "hashes": [],
        "size_limit": None,
        "version": 2,
    }


def _samples(columns: Sequence[_Column], rows: Iterator[ShardRow]) -> Iterator[bytes]:
    varying = [number for number, column in enumerate(columns) if column.size is None]
    for row in rows:
        facts: dict[str, object] = {**row}
        if "image" in row:
            facts["image"] = row["image"]["bytes"]
        if "pixels" in row:
            facts["pixels"] = (row["height"], row["width"], row["channels"], row["pixels"])
        values = [column.encode(facts[column.name]) for column in columns]
        sizes = np.array([len(values[number]) for number in varying], "<u4").tobytes()
        yield b"".join([sizes, *values])


def _columns(schema: pa.Schema) -> list[_Column]:
    """The columns of a shard, sorted by name as the format has them."""
    pictures = _PICTURES.get(str(pixel_spec_of(schema).get("pixels")), "bytes")
    return [_column(field, pictures) for field in sorted(schema, key=lambda field: field.name)]


def _column(field: pa.Field, pictures: str) -> _Column:
    name, kind = field.name, field.type
    if name in {"image", "pixels"}:
        return _Column(name, pictures, None, bytes) if name == "image" else _Column(name, "ndarray:uint8", None, _array)
    if number := _NUMBERS.get(str(kind)):
        encoding, size, nothing = number
        stored = np.dtype(f"<{'i' if encoding.startswith('int') else 'f'}{size}")
        return _Column(
            name, encoding, size, lambda value: np.array(value if value is not None else nothing, stored).tobytes()
        )
    if pa.types.is_list(kind):
        return _Column(name, "json", None, lambda value: json.dumps(value or [], ensure_ascii=False).encode())
    if pa.types.is_fixed_size_binary(kind):
        return _Column(name, "bytes", None, lambda value: value or b"")
    return _Column(name, "str", None, lambda value: (value or "").encode())


def _array(value: tuple[int, int, int, bytes]) -> bytes:
    """Pixels with their shape before them: how many numbers it has, in four bytes each, and these."""
    *shape, pixels = value
    return bytes([len(shape) << 2 | 2]) + np.array(shape, "<u4").tobytes() + pixels


def indexes_of(files: Sequence[ExportedFile]) -> dict[str, bytes]:
    """The index of each split, by its path: readers find in it all that they need to know of the *files*."""
    found: dict[str, list[JsonObject]] = {}
    for file in files:
        folder, _, name = file.path.rpartition("/")
        raw: JsonObject = {"basename": name, "bytes": file.bytes, "hashes": {}}
        known = cast("MdsFacts", file.facts)
        facts = _facts(known["columns"], known["sizes"])
        found.setdefault(folder, []).append({**facts, "raw_data": raw, "samples": file.rows, "zip_data": None})
    return {
        f"{folder}/{INDEX_NAME}": json.dumps({"shards": shards, "version": 2}, ensure_ascii=False).encode()
        for folder, shards in found.items()
    }
