"""The tables that travel, as types that name their columns: one that is misspelt is a mistake to the type checker.

A table with more columns can be used wherever one with fewer is asked for. Columns whose names are only known while it
runs (the levels of a hierarchy) are read from a plain table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

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

Samples: TypeAlias = "pa.Table[SampleColumn]"
LabelledSamples: TypeAlias = "pa.Table[SampleColumn | LabelColumn]"
PlannedSamples: TypeAlias = "pa.Table[SampleColumn | LabelColumn | PlanColumn]"
Facts: TypeAlias = "pa.Table[Literal['sample_id', 'group', 'there', 'content']]"
TiedSamples: TypeAlias = "pa.Table[Literal['sample_id', 'group', 'given']]"
Rejections: TypeAlias = "pa.Table[RejectionColumn]"
RowTable: TypeAlias = "pa.Table[RowColumn]"
KnownSplits: TypeAlias = "pa.Table[Literal['sample_id', 'split', 'content_sha256']]"
Judged: TypeAlias = "pa.Table[JudgedColumn]"
Touched: TypeAlias = "pa.Table[TouchedColumn]"
Failed: TypeAlias = "pa.Table[FailedColumn]"
Absent: TypeAlias = "pa.Table[AbsentColumn]"
Checked: TypeAlias = "pa.Table[CheckedColumn]"
Stale: TypeAlias = "pa.Table[StaleColumn]"
