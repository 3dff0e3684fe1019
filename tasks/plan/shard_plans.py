"""What is planned: shards to build, row by row, and shards that stay."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import repeated
from tasks.columns import Judged, LabelledSamples, PlannedSamples, RowColumn, RowTable
from tasks.samples import ShardFile

PLAN_FIELDS = (
    # copy; fetch; check: fetch, and copy where the bytes are as they were; adopt: the same of a row no version names;
    # renew: fetch, and copy only where the bytes are as they were and their decoder ended
    pa.field("action", pa.string()),
    pa.field("copy_file", pa.int32()),  # the file that holds the row as it was, by its place in the plan; -1 none
    pa.field("copy_row", pa.int32()),  # its row there
    pa.field("known_sha256", pa.string()),  # of the source bytes of that row
    pa.field("known_fingerprint", pa.string()),  # what the source said of those bytes
    pa.field("known_reason", pa.string()),  # for which those bytes were rejected; "" where they were not
)
"""The columns that planning adds to the samples."""

ROWS_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("split", pa.string()),
        ("label_name", pa.string()),
        ("label_path", pa.string()),  # "" in datasets without a hierarchy
        ("kept", pa.string()),  # kept columns, as `kept_text` gives them
        ("source_fingerprint", pa.string()),
        ("content_sha256", pa.string()),
        ("phash", pa.binary(8)),  # null where the image's perceptual hash is not known
        ("file", pa.int32()),  # place in the list of files
        ("row", pa.int32()),  # place in that file
    ]
)
"""Rows that are there already, in the shards of a version or of a run that died: what planning needs of them."""


JUDGED_SCHEMA = pa.schema(
    [
        ("sample_id", pa.string()),
        ("reason", pa.string()),
        ("source_fingerprint", pa.string()),
        ("content_sha256", pa.string()),
    ]
)
"""Images that were rejected for their bytes, where only the source can tell whether these are still the same."""

TOUCHED_SCHEMA = pa.schema([("sample_id", pa.string()), ("fingerprint", pa.string()), ("content_sha256", pa.string())])
"""Images whose bytes were found to be those of their row, under a fingerprint that is not the row's."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Encoded rows that are there already.

    Attributes:
        files: The shards that hold them.
        table: `ROWS_SCHEMA`.
        current: How many of *files*, from the first, belong to the current version; the others are spare.
        judged: `JUDGED_SCHEMA`.
        fresh: Ids of rows that were fetched so lately that they count as unchanged, whatever the source says.
        twins: Hashes of bytes that several images may have: these are copied rather than decoded.
    """

    files: tuple[ShardFile, ...] = ()
    table: RowTable = field(default_factory=ROWS_SCHEMA.empty_table)
    current: int = 0
    judged: Judged = field(default_factory=JUDGED_SCHEMA.empty_table)
    fresh: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))
    twins: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))

    @property
    def published(self) -> RowTable:
        """The rows of the current version."""
        if self.current == len(self.files):
            return self.table
        return self.table.filter(pc.less(self.table["file"], self.current))

    @property
    def spare(self) -> RowTable:
        """The rows that no version names."""
        if self.current == len(self.files):
            return self.table.slice(0, 0)
        return self.table.filter(pc.greater_equal(self.table["file"], self.current))


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """One shard to build.

    Attributes:
        number: Its place in the plan, from 0.
        split: The split of all its rows.
        samples: Its rows, ordered by hash of `sample_id`, with the columns of `PLAN_FIELDS`.
        base: The file that stays if its rows all prove to be as they were, and every other one is rejected; -1 where it
            is built anyway.
    """

    number: int
    split: str
    samples: PlannedSamples
    base: int = -1


@dataclass(frozen=True, slots=True)
class RefreshPlan:
    """What a run builds and keeps.

    Attributes:
        shards: To build.
        kept: Files that stay, or are taken over from a run that died, by their place in the list of files.
        states: Samples by state: unchanged, relabelled, suspect, new; and rows that are missing.
        missing: Rows of the current version that the listing no longer shows, as `ROWS_SCHEMA`.
        reusable: Rows that an image of the same bytes is copied from, as `ROWS_SCHEMA`: those that are missing or
            carried, and spare ones; none where pixels are made anew.
    """

    shards: tuple[ShardPlan, ...]
    kept: tuple[int, ...]
    states: Mapping[str, int]
    missing: RowTable
    reusable: RowTable


def hash_keys(sample_ids: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.uint64]:
    """What rows are ordered by: of the SHA-256 of each id the first 64 bits, as uint64."""
    starts = b"".join(hashlib.sha256(text.encode("utf-8")).digest()[:8] for text in sample_ids.to_pylist())
    return np.frombuffer(starts, dtype=">u8").astype(np.uint64)


def choose_by_hash(samples: LabelledSamples, count: int) -> LabelledSamples:
    """*count* samples, chosen by the hash of their ids, and in its order: the same ones every time."""
    order = np.argsort(hash_keys(samples["sample_id"]), kind="stable")[:count]
    return samples.take(pa.array(order))


def as_new(samples: LabelledSamples) -> PlannedSamples:
    """*samples* with the columns of `PLAN_FIELDS`, all of them to be fetched."""
    planned: pa.Table[Any, Any] = samples
    for item in PLAN_FIELDS:
        value: str | int = "fetch" if item.name == "action" else "" if pa.types.is_string(item.type) else -1
        planned = planned.append_column(item, repeated(value, samples.num_rows, item.type))
    return planned


def as_renewed(samples: LabelledSamples, published: RowTable) -> PlannedSamples:
    """*samples* with the columns of `PLAN_FIELDS`, all of them to be fetched and decoded.

    Those that have a row keep it, by the place that it has in *published*, `ROWS_SCHEMA`, should their decoder end.
    """
    made = as_new(samples)
    position = pc.index_in(samples["sample_id"], value_set=published["sample_id"].combine_chunks())
    there: Mapping[str, RowColumn] = {"copy_file": "file", "copy_row": "row", "known_sha256": "content_sha256"}
    for item in PLAN_FIELDS:
        place = made.schema.get_field_index(item.name)
        if item.name == "action":
            column = pc.if_else(pc.is_valid(position), "renew", "fetch")
        elif item.name in there:
            column = pc.fill_null(published[there[item.name]].take(position), -1 if item.name != "known_sha256" else "")
        else:
            continue
        made = made.set_column(place, item, column.cast(item.type))
    return made
