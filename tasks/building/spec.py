"""What all shards of a run share, and what building one of them came to: both travel as files."""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache, lru_cache
from math import ceil
from typing import TypedDict, cast

import pyarrow as pa
from pydantic import TypeAdapter

from tasks.building.plan_files import arrow_file
from tasks.columns import Rejections, Stale, Touched
from tasks.errors import UntoldError
from tasks.fetch import FetchSettings
from tasks.images.kernel import SIMD, SIMD_DISTRIBUTION
from tasks.images.pixel_spec import PixelSpec
from tasks.images.pool import Limits
from tasks.json_values import JsonObject
from tasks.label_kinds import LabelKind
from tasks.plan.shard_plans import TOUCHED_SCHEMA
from tasks.purged import Purged
from tasks.redaction import conceal_values, reveal_values
from tasks.samples import ShardFile, SourceAccess, StoreUrl
from tasks.shards.schema import PublishedPixels
from tasks.shards.settings import WriteSettings

_KEY = b"parquetry.outcome"
UNCONFINED = "unconfined: "
"""Begins the names of counts that say what decoder processes could not be confined by."""
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
        processes: How many there are on a machine; 0 for one a core.
        class_names: For each label column its class list.
        files: The shards that rows are copied from, below the root of the output, in the plan's order.
        reject_limit: No shard is begun once more images are rejected, and those in hand end soon; None for no bound.
        deadline: No shard is begun after it: seconds since the epoch; 0 for none.
        kept: The columns of label files that the shards keep.
        label_kind: What an image's label is.
        rehash: Bytes are fetched even where the source could say that they are as they were.
        tally: The tally that counts the images; empty for the dataset's.
        neighbours: So many processes build shards on one machine, and share its decoders and the bounds of `fetch`.
        purged: What is never published again, as far as only the bytes can tell.
        per_host: Requests at once to one host that each process may make; 0 for `fetch.per_host`, where there is one.
        in_hand: So many shards are built at once in a process; 0 for as many as it is given.
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
    files: tuple[str, ...] = ()
    reject_limit: int | None = None
    deadline: float = 0.0
    kept: tuple[str, ...] = ()
    label_kind: LabelKind = "single"
    rehash: bool = False
    tally: str = ""
    neighbours: int = 1
    per_host: int = 0
    in_hand: int = 0
    purged: Purged = field(default_factory=Purged)

    @property
    def counted_by(self) -> str:
        """The name of the tally that counts the images."""
        return self.tally or self.dataset

    @property
    def decoder_processes(self) -> int:
        """How many decoder processes this process may have: its share of this machine's."""
        return ceil((self.processes or len(os.sched_getaffinity(0))) / self.neighbours)

    @property
    def fetch_here(self) -> FetchSettings:
        """The `fetch` section with this process's share of what is bounded for the machine, and for the run."""
        share = {
            "concurrency": ceil(self.fetch.concurrency / self.neighbours),
            "bytes_in_flight": ceil(self.fetch.bytes_in_flight / self.neighbours),
            "per_host": self.per_host or self.fetch.per_host,
        }
        return self.fetch.model_copy(update=share)

    def as_json(self) -> JsonObject:
        """The spec as JSON values, without options of stores and secrets of URLs: they stay in this process."""
        values: JsonObject = conceal_values(_adapter().dump_python(self, mode="json"))
        return values

    @classmethod
    def from_json(cls, text: str) -> BuildSpec:
        """The spec that `as_json` made into what *text* holds; it names all files, and is read once for all shards.

        Raises:
            UntoldError: Another process made it, and this one was not told of URLs with secrets or of options.
        """
        try:
            return _spec_of(text)
        except KeyError:
            raise UntoldError(
                "This process was not told the `storage_options` of the config, or a query, user or password of a URL "
                "in it, which are written into no file. Run it again; on a cluster, workers may also have credentials "
                "in their environment."
            ) from None


@cache
def _adapter() -> TypeAdapter[BuildSpec]:
    """Made where shards are built: it takes as long as a few images."""
    return TypeAdapter(BuildSpec)


@lru_cache(maxsize=2)
def _spec_of(text: str) -> BuildSpec:
    """The spec that *text* holds; `KeyError` where this process was not told its secrets."""
    return _adapter().validate_python(reveal_values(json.loads(text)))


def pixel_libraries(spec: PixelSpec) -> tuple[str, ...]:
    """What makes pixels by *spec* besides what every run needs."""
    return (SIMD_DISTRIBUTION,) if spec.kernel == SIMD else ()


@cache
def installed_version(distribution: str) -> str:
    """Of *distribution*; it is looked for among all that is installed, which takes a while, and once is enough."""
    return importlib.metadata.version(distribution)


def published_pixel_spec(spec: PixelSpec) -> PublishedPixels:
    """All that shapes the pixels, and the versions of what made them, as a shard's metadata carries it."""
    versions = {name: installed_version(name) for name in (*_LIBRARIES, *pixel_libraries(spec))}
    made: PublishedPixels = {"dtype": "uint8", "order": "HWC", "libraries": versions}
    return {**cast("PublishedPixels", asdict(spec)), **made}


STALE_SCHEMA = pa.schema(
    [("sample_id", pa.string()), ("reason", pa.string()), ("detail", pa.string()), ("attempts", pa.int32())]
)


class _FileFacts(TypedDict):
    """A `ShardFile` as JSON."""

    name: str
    split: str
    rows: int
    bytes: int
    sha256: str


class _OutcomeFacts(TypedDict):
    """What an outcome holds besides its tables."""

    files: list[_FileFacts]
    base: int
    counts: dict[str, int]
    warnings: dict[str, int]


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """What building one planned shard came to.

    Attributes:
        files: The files in the pool that were written; none where every image was rejected, or the base stays.
        rejections: `REJECTION_SCHEMA`.
        touched: `TOUCHED_SCHEMA`: rows of a base that stays, whose bytes were found to be as they were; and, with an
            empty fingerprint, all rows whose server tells none.
        stale: `STALE_SCHEMA`: rows kept as they were since their bytes could not be had.
        base: The file that stays, by its place in the plan's list; -1 where it does not.
        counts: fetched, fetched_bytes, decoded, copied, changed, touched; and what decoders lacked, after `UNCONFINED`.
        warnings: Images written with a warning, by its word.
    """

    files: tuple[ShardFile, ...]
    rejections: Rejections
    touched: Touched = field(default_factory=TOUCHED_SCHEMA.empty_table)
    stale: Stale = field(default_factory=STALE_SCHEMA.empty_table)
    base: int = -1
    counts: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The outcome as one Arrow file: its tables as columns of bytes, the rest as metadata."""
        facts: _OutcomeFacts = {
            "files": [cast("_FileFacts", asdict(file)) for file in self.files],
            "base": self.base,
            "counts": dict(self.counts),
            "warnings": dict(self.warnings),
        }
        parts = {name: [_table_bytes(getattr(self, name))] for name in _TABLES}
        table = pa.table(parts, schema=pa.schema([(name, pa.large_binary()) for name in _TABLES]))
        return _table_bytes(table.replace_schema_metadata({_KEY: json.dumps(facts)}))

    @classmethod
    def from_bytes(cls, data: bytes) -> ShardOutcome:
        """The outcome that `to_bytes` wrote."""
        table = pa.ipc.open_file(data).read_all()
        facts: _OutcomeFacts = json.loads((table.schema.metadata or {})[_KEY])
        rejections, touched, stale = (pa.ipc.open_file(table[name][0].as_py()).read_all() for name in _TABLES)
        return cls(
            files=tuple(ShardFile(**file) for file in facts["files"]),
            rejections=rejections,
            touched=touched,
            stale=stale,
            base=facts["base"],
            counts=facts["counts"],
            warnings=facts["warnings"],
        )


_TABLES = ("rejections", "touched", "stale")


def _table_bytes(table: pa.Table) -> bytes:
    return arrow_file(table.schema, [table])
