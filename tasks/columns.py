"""The tables that travel, as types that name their columns: one that is misspelt is a mistake to the type checker.

A table with more columns can be used wherever one with fewer is asked for, and so can a row. Columns whose names are
only known while it runs (the levels of a hierarchy, kept columns) are read from a plain table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, final

if TYPE_CHECKING:
    import pyarrow as pa

SampleColumn = Literal[
    "sample_id",
    "source",
    "kind",
    "location",
    "label_file",
    "label_row",
    "label_offset",
    "label_length",
    "label_path",
    "label_paths",
    "split",
    "fingerprint",
    "size",
    "stored",
    "group",
    "kept",
]
"""Of `SAMPLE_SCHEMA`: what discovery lists of an image."""
LabelColumn = Literal["label_name", "label", "labels", "label_names", "target"]
"""What labelling adds, by kind of label; see `Labelled`."""
PlanColumn = Literal["action", "copy_file", "copy_row", "known_sha256", "known_fingerprint", "known_reason"]
"""Of `PLAN_FIELDS`: what planning adds."""
RejectionColumn = Literal[
    "sample_id",
    "source",
    "location",
    "label_file",
    "label_row",
    "stage",
    "reason",
    "detail",
    "attempts",
    "source_fingerprint",
    "content_sha256",
    "run",
    "first_seen",
    "last_seen",
    "next_try",
    "settings_hash",
    "picture",
]
"""Of `REJECTION_SCHEMA`."""
RowColumn = Literal[
    "sample_id",
    "split",
    "label_name",
    "label_path",
    "kept",
    "source_fingerprint",
    "content_sha256",
    "phash",
    "file",
    "row",
]
"""Of `ROWS_SCHEMA`: what planning knows of a row that is there."""
JudgedColumn = Literal["sample_id", "reason", "source_fingerprint", "content_sha256"]
"""Of `JUDGED_SCHEMA`."""
TouchedColumn = Literal["sample_id", "fingerprint", "content_sha256"]
"""Of `TOUCHED_SCHEMA`."""
FailedColumn = Literal["sample_id", "reason", "attempts", "nights", "first_seen", "next_try", "stale"]
"""Of `FAILED_SCHEMA`."""
AbsentColumn = Literal["sample_id", "nights"]
"""Of `ABSENT_SCHEMA`."""
CheckedColumn = Literal["sample_id", "last_seen"]
"""Of `CHECKED_SCHEMA`."""
StaleColumn = Literal["sample_id", "reason", "detail", "attempts"]
"""Of `STALE_SCHEMA`."""
Described = Literal["sample_id", "label_name", "split", "kept", "label_path"]
"""What samples and rows both have: an image's id, and what is said of it."""


class NamedImage(TypedDict):
    """By what an image is known: its id and source, where it lies, and what names it there; -1 is no line."""

    sample_id: str
    source: str
    location: str
    label_file: str
    label_row: int
    fingerprint: str


class SampleRow(NamedImage):
    """A row of `SAMPLE_SCHEMA`."""

    kind: str
    label_offset: int
    label_length: int
    label_path: str
    label_paths: list[str] | None
    split: str
    size: int
    stored: str
    group: str
    kept: str


class LabelledRow(SampleRow, total=False):
    """A sample with what labelling adds, by kind of label."""

    label_name: str
    label: int | None
    labels: list[int] | None
    label_names: list[str] | None
    target: float | None


class PlannedRow(LabelledRow):
    """A labelled sample with `PLAN_FIELDS`."""

    action: str
    copy_file: int
    copy_row: int
    known_sha256: str
    known_fingerprint: str
    known_reason: str


@final
class RejectionRow(TypedDict):
    """A row of `REJECTION_SCHEMA`."""

    sample_id: str
    source: str
    location: str
    label_file: str
    label_row: int
    stage: str
    reason: str
    detail: str
    attempts: int
    source_fingerprint: str
    content_sha256: str
    run: str
    first_seen: str
    last_seen: str
    next_try: str
    settings_hash: str
    picture: bytes


class KnownRow(TypedDict):
    """A row of `ROWS_SCHEMA`."""

    sample_id: str
    split: str
    label_name: str
    label_path: str
    kept: str
    source_fingerprint: str
    content_sha256: str
    phash: bytes | None
    file: int
    row: int


class JudgedRow(TypedDict):
    """A row of `JUDGED_SCHEMA`."""

    sample_id: str
    reason: str
    source_fingerprint: str
    content_sha256: str


class TouchedRow(TypedDict):
    """A row of `TOUCHED_SCHEMA`."""

    sample_id: str
    fingerprint: str
    content_sha256: str


@final
class FailedRow(TypedDict):
    """A row of `FAILED_SCHEMA`."""

    sample_id: str
    reason: str
    attempts: int
    nights: int
    first_seen: str
    next_try: str
    stale: bool


class AbsentRow(TypedDict):
    """A row of `ABSENT_SCHEMA`."""

    sample_id: str
    nights: int


class CheckedRow(TypedDict):
    """A row of `CHECKED_SCHEMA`."""

    sample_id: str
    last_seen: str


class StaleRow(TypedDict):
    """A row of `STALE_SCHEMA`."""

    sample_id: str
    reason: str
    detail: str
    attempts: int


class EncodedImage(TypedDict):
    """An image in a shard: its bytes, and the path that readers see."""

    bytes: bytes
    path: str


class ShardRow(TypedDict, total=False):
    """A row of a shard, which has ``image``, or ``pixels`` and ``channels``, and the columns of its kind of label.

    Beside these it has what the dataset itself names: kept columns, and the levels of a hierarchy.
    """

    image: EncodedImage
    pixels: bytes
    channels: int
    label: int | None
    label_name: str | None
    labels: list[int] | None
    label_names: list[str] | None
    target: float | None
    label_path: str
    split: str
    sample_id: str
    width: int
    height: int
    orig_width: int
    orig_height: int
    orig_format: str
    source_uri: str
    source_fingerprint: str
    content_sha256: str
    warning: str
    phash: bytes | None
    mean: float | None
    deviation: float | None
    sharpness: float | None


Samples: TypeAlias = "pa.Table[SampleColumn, SampleRow]"
LabelledSamples: TypeAlias = "pa.Table[SampleColumn | LabelColumn, LabelledRow]"
PlannedSamples: TypeAlias = "pa.Table[SampleColumn | LabelColumn | PlanColumn, PlannedRow]"
TiedSamples: TypeAlias = "pa.Table[Literal['sample_id', 'group', 'given']]"
Rejections: TypeAlias = "pa.Table[RejectionColumn, RejectionRow]"
RowTable: TypeAlias = "pa.Table[RowColumn, KnownRow]"
KnownSplits: TypeAlias = "pa.Table[Literal['sample_id', 'split', 'content_sha256']]"
ShardRows: TypeAlias = "pa.Table[str, ShardRow]"
Judged: TypeAlias = "pa.Table[JudgedColumn, JudgedRow]"
Touched: TypeAlias = "pa.Table[TouchedColumn, TouchedRow]"
Failed: TypeAlias = "pa.Table[FailedColumn, FailedRow]"
Absent: TypeAlias = "pa.Table[AbsentColumn, AbsentRow]"
Checked: TypeAlias = "pa.Table[CheckedColumn, CheckedRow]"
Stale: TypeAlias = "pa.Table[StaleColumn, StaleRow]"
