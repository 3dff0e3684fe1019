"""The tables and small values that travel between the steps."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from tasks.columns import NamedImage, RejectionRow, Rejections, Samples
from tasks.config_keys import ConfigKeys
from tasks.reasons import Reason
from tasks.redaction import is_web

UNREADABLE = (OSError, ValueError, KeyError, MemoryError, pa.ArrowException)
"""What reading a damaged Parquet or Arrow file may raise; a flipped bit in a column's name is a `KeyError`."""

Kind = Literal["store", "allowed", "web", "embedded", "carried"]
"""How a location is read.

store: a path below the source's root, `/`-separated, as bytes on disk; never parsed as a URL.
allowed: a full URL or absolute path that `source.allow_prefixes` covers.
web: an http or https URL from a label file.
embedded: pixels that stand in the label file itself.
carried: nothing is read: the listing no longer shows it, and its row is kept for a while.
"""
CARRIED: Kind = "carried"

SAMPLE_SCHEMA = pa.schema(
    [
        pa.field("sample_id", pa.string(), nullable=False),  # stable from night to night, unique in the dataset
        pa.field("source", pa.string(), nullable=False),  # the source's name; "" where there is one without a name
        pa.field("kind", pa.string(), nullable=False),  # one of `Kind`
        pa.field("location", pa.string(), nullable=False),  # what is read; of a web location without query and userinfo
        pa.field("label_file", pa.string(), nullable=False),  # relative to the source's root; "" without one
        pa.field("label_row", pa.int64(), nullable=False),  # line on which its record begins, from 1; -1 without one
        pa.field("label_offset", pa.int64(), nullable=False),  # first byte of its record in the decompressed label file
        pa.field("label_length", pa.int64(), nullable=False),  # bytes of its record; -1 without one
        pa.field("label_path", pa.string(), nullable=False),  # class names from the top, joined by "/"; "" unlabelled
        pa.field("label_paths", pa.list_(pa.string())),  # where the source itself lists labels: all; null where not
        pa.field("split", pa.string(), nullable=False),  # canonical; "" where the source names none
        pa.field("fingerprint", pa.string(), nullable=False),  # what the listing knows of the bytes; "" where nothing
        pa.field("size", pa.int64(), nullable=False),  # bytes, as listed; -1 where unknown
        pa.field("stored", pa.string(), nullable=False),  # where in an archive its bytes stand, as `Stored`; "" in none
        pa.field("group", pa.string(), nullable=False),  # what `splits.group_by` keeps together; "" for none
        pa.field("kept", pa.string(), nullable=False),  # what `keep_columns` keeps, as `kept_text` gives it
    ]
)
"""One row per image that discovery lists.

`label_path` is the label as the source writes it, whatever `labels.kind` is: `many` splits it at `labels.separator`,
`number` reads it as a number. Where the source has a list of labels of its own (a list in JSON, columns of 0 and 1,
several rows or objects for one image), `label_paths` holds them and `label_path` is empty; an empty list means that
the source says that the image has none. Only `labels.kind: many` admits one that is not null.

A web location with a query or userinfo is never written down: the fetcher
reads it anew from its record (`label_file`, `label_offset`, `label_length`), as it does for embedded pixels."""

REJECTION_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("source", pa.string()),
        ("location", pa.string()),  # without query string or credentials
        ("label_file", pa.string()),
        ("label_row", pa.int64()),
        ("stage", pa.string()),
        ("reason", pa.string()),  # one of `Reason`
        ("detail", pa.string()),  # for a person; at most 200 characters
        ("attempts", pa.int32()),  # how many times the bytes were asked for, all nights together
        ("source_fingerprint", pa.string()),
        ("content_sha256", pa.string()),  # "" where the bytes never arrived
        ("run", pa.string()),  # the run that saw it last
        ("first_seen", pa.string()),  # ISO 8601, UTC
        ("last_seen", pa.string()),
        ("next_try", pa.string()),  # "" where it is asked for again only when it, or the validation, changes
        ("settings_hash", pa.string()),  # of the validation settings it was judged by
        ("picture", pa.binary()),  # a JPEG of 96 pixels of what can be shown of it; empty where there is none
    ]
)
"""One row per rejected or deduplicated image, as `rejects/<sha16>.parquet` holds it."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one image is left out of the dataset.

    Attributes:
        reason: One of the closed list; it carries the stage.
        detail: What exactly was wrong, for a person; at most 200 characters, no query string, no credentials.
        attempts: How many times the bytes were asked for in this run.
        content_sha256: Hex digest of the bytes; empty where they never arrived.
        picture: A small JPEG of what can be shown of it; empty where there is none.
    """

    reason: Reason
    detail: str
    attempts: int = 0
    content_sha256: str = ""
    picture: bytes = b""


def named_image(sample_id: str, source: str = "", location: str = "", record: tuple[str, int] = ("", -1)) -> NamedImage:
    """The image *sample_id*, of which no listing knows a fingerprint; the *record* is its label file and line there."""
    return {
        "sample_id": sample_id,
        "source": source,
        "location": location,
        "label_file": record[0],
        "label_row": record[1],
        "fingerprint": "",
    }


def rejection_row(image: NamedImage, rejection: Rejection) -> RejectionRow:
    """One row of `REJECTION_SCHEMA`: what *image* was left out for."""
    return {
        "sample_id": image["sample_id"],
        "source": image["source"],
        "location": image["location"],
        "label_file": image["label_file"],
        "label_row": image["label_row"],
        "stage": rejection.reason.stage,
        "reason": rejection.reason.value,
        "detail": rejection.detail[:200],
        "attempts": rejection.attempts,
        "source_fingerprint": image["fingerprint"],
        "content_sha256": rejection.content_sha256,
        "run": "",
        "first_seen": "",
        "last_seen": "",
        "next_try": "",
        "settings_hash": "",
        "picture": rejection.picture,
    }


def rejections_table(rows: Sequence[RejectionRow]) -> Rejections:
    """*rows*, made by `rejection_row`, as a table."""
    return pa.Table.from_pylist(list(rows), schema=REJECTION_SCHEMA)


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """A place on some file system: what is needed to open it again, in another process or on another machine.

    Attributes:
        url: An absolute local path or a fsspec URL, without a trailing slash.
        options: fsspec storage options; never credentials, which come from the environment.
    """

    url: str
    options: Mapping[str, object] = field(default_factory=dict)

    def child(self, *parts: str) -> StoreUrl:
        """The place of *parts* below this one; of a folder in an archive, there."""
        head, chain, outer = self.url.partition("::")
        folder = head if head.endswith("://") else f"{head.rstrip('/')}/"
        return StoreUrl(f"{folder}{'/'.join(parts)}{chain}{outer}", self.options)

    @property
    def is_local(self) -> bool:
        """Whether it lies on a disk of this machine."""
        return "://" not in self.url


@dataclass(frozen=True, slots=True)
class SourceAccess:
    """What the fetcher must know of one source to read its samples.

    Attributes:
        name: The source's name, as in the samples' `source` column.
        root: The folder (of a label file: the folder that its locations are relative to).
        allow_prefixes: URL or path prefixes that label files may name besides the root and http(s).
        label_root: The folder that `label_file` is relative to.
        record_formats: For each label file, `RecordFormat` as JSON: how a record's bytes give its location or pixels.
        follow_links: Whether links that lead out of the root are followed; only ever set by the config.
        label_url: The label file's whole URL where a query belongs to it, such as a signature; empty otherwise.
        unpacked: Where the root, a compressed archive, or copies of those below it lie decompressed as long as the run
            lasts; None where all is read as it lies.
    """

    name: str
    root: StoreUrl
    allow_prefixes: tuple[str, ...] = ()
    label_root: StoreUrl | None = None
    record_formats: Mapping[str, str] = field(default_factory=dict)
    follow_links: bool = False
    label_url: str = ""
    unpacked: StoreUrl | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found in a source.

    Attributes:
        layout: The layout that was declared or chosen.
        why: One sentence: what made it so.
        samples: `SAMPLE_SCHEMA`, ordered by location.
        rejections: `REJECTION_SCHEMA`, those of the discover stage and duplicate locations.
        class_paths: Every label path the source declares, empty classes too, sorted.
        ignored: Reason to count: hidden names, files without an image's extension, orphans.
        notices: Sentences for the discovery report: merges, repairs, alternatives.
        access: How to read the samples, one entry a source.
        levels: The names of a hierarchy's levels from the top; empty where label paths have one level.
        keys: What a config needs to say the same with the named layout, by its sections; empty where nothing.
        evidence: What was seen in tables beside the images, with counts.
        rivals: Other readings that were possible, as half sentences with why they were not taken.
        doubts: What speaks against the layout that the config names, a sentence each.
    """

    layout: str
    why: str
    samples: Samples
    rejections: Rejections
    class_paths: tuple[str, ...]
    ignored: Mapping[str, int]
    notices: tuple[str, ...]
    access: tuple[SourceAccess, ...]
    levels: tuple[str, ...] = ()
    keys: ConfigKeys = field(default_factory=ConfigKeys)
    evidence: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def listed(self) -> int:
        """How many images the source lists: what the account of the run must come out at."""
        return int(self.samples.num_rows + self.rejections.num_rows)


def count_values(column: pa.ChunkedArray) -> dict[str, int]:
    """How often each text of *column* occurs, ordered by the text."""
    counted = column.value_counts().to_pylist()
    return {entry["values"]: entry["counts"] for entry in sorted(counted, key=lambda entry: str(entry["values"]))}


def place_of(row: Mapping[str, object]) -> str:
    """The host, or else the source, that a sample or a rejection comes from: what is down, or well, as a whole."""
    location = str(row["location"])
    return location.split("/", 3)[2] if is_web(location) else f"source {row['source']}"


_NS = 1 << 64


def wrapped_ns(nanoseconds: int) -> int:
    """*nanoseconds* since the epoch as 64 bits hold them, also of times before 1678 and after 2262."""
    return (nanoseconds + _NS // 2) % _NS - _NS // 2


def file_fingerprint(found: os.stat_result) -> str:
    """What tells one state of a local file from the next: size, and when its bytes and its entry were changed, in ns.

    The last one is set by the system alone: another file that was given the same size and time is known by it.
    """
    return f"{found.st_size}-{wrapped_ns(found.st_mtime_ns)}-{wrapped_ns(found.st_ctime_ns)}"


def kept_text(columns: Mapping[str, str]) -> str:
    """Kept columns as one text, JSON without the empty ones; "" where all are."""
    kept = {name: value for name, value in columns.items() if value}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else ""


@dataclass(frozen=True, slots=True)
class ShardFile:
    """One shard in the pool.

    Attributes:
        name: Its path below the output's root.
        split: The split all of its rows belong to.
        rows: How many rows it has.
        bytes: Its size.
        sha256: Of its bytes, in hexadecimal.
    """

    name: str
    split: str
    rows: int
    bytes: int
    sha256: str
