"""What all shards of a run share, and what building one of them came to: both travel as files."""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
from pydantic import TypeAdapter

from tasks.fetch import FetchSettings
from tasks.images.pixel_spec import PixelSpec
from tasks.images.pool import Limits
from tasks.samples import REJECTION_SCHEMA, ShardFile, SourceAccess, StoreUrl
from tasks.shards.settings import WriteSettings

_KEY = b"parquetry.outcome"
_LIBRARIES = ("parquetry", "pillow", "pyarrow")


@dataclass(frozen=True, slots=True)
class BuildSpec:
    """What every shard of a run is built by.

    Attributes:
        dataset: The dataset's name; its tally counts the images.
        output: The root of the output.
        folder: The run's folder below it.
        access: How to read the samples, one entry a source.
        fetch: The `fetch` section.
        write: The `write` section.
        pixels: What images are admitted, and what they become.
        limits: What a decoder process may take.
        processes: How many there are on a machine.
        class_names: For each label column its class list.
    """

    dataset: str
    output: StoreUrl
    folder: str
    access: tuple[SourceAccess, ...]
    fetch: FetchSettings
    write: WriteSettings
    pixels: PixelSpec
    limits: Limits
    processes: int
    class_names: Mapping[str, tuple[str, ...]]

    def as_json(self) -> dict[str, Any]:
        """The spec as JSON values."""
        values: dict[str, Any] = _SPEC.dump_python(self, mode="json")
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> BuildSpec:
        """The spec that `as_json` made into *values*."""
        return _SPEC.validate_python(values)


_SPEC = TypeAdapter(BuildSpec)


def published_pixel_spec(spec: PixelSpec) -> dict[str, Any]:
    """All that shapes the pixels, and the versions of what made them, as a shard's metadata carries it."""
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return asdict(spec) | {"dtype": "uint8", "order": "HWC", "libraries": versions}


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What building one planned shard came to.

    Attributes:
        files: The files in the pool; none where every image was rejected.
        rejections: `REJECTION_SCHEMA`.
        fetched: Images whose bytes were asked for.
        decoded: Images that went to the decoder.
        classes: Rows by class name.
        warnings: Images written with a warning, by its word.
    """

    files: tuple[ShardFile, ...]
    rejections: pa.Table
    fetched: int
    decoded: int
    classes: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The outcome as an Arrow file: the rejections, and the rest as metadata."""
        facts = {
            "files": [asdict(file) for file in self.files],
            "fetched": self.fetched,
            "decoded": self.decoded,
            "classes": dict(self.classes),
            "warnings": dict(self.warnings),
        }
        sink = pa.BufferOutputStream()
        table = self.rejections.replace_schema_metadata({_KEY: json.dumps(facts)})
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
        data: bytes = sink.getvalue().to_pybytes()
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> ShardOutcome:
        """The outcome that `to_bytes` wrote."""
        table = pa.ipc.open_file(data).read_all()
        facts = json.loads(table.schema.metadata[_KEY])
        files = tuple(ShardFile(**file) for file in facts.pop("files"))
        return cls(files=files, rejections=table.cast(REJECTION_SCHEMA), **facts)
