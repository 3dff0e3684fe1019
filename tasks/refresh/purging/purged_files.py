"""Files of an output without the rows of images that are taken out: shards by copying, and what speaks of images."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TypedDict

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.columns import ShardRow
from tasks.json_values import Json, JsonObject
from tasks.publish.documents import content_path
from tasks.publish.image_history import published_bytes
from tasks.publish.manifest import FileEntry, Manifest
from tasks.publish.purges import mask_of
from tasks.purged import Purged
from tasks.reasons import Reason
from tasks.shards.settings import WriteSettings
from tasks.shards.writer import ShardWriter
from tasks.storage import Store

_GONE = "(purged)"


@dataclass(slots=True)
class Removed:
    """What was taken out of one version.

    Attributes:
        rows: How many rows.
        splits: Rows by split.
        classes: Rows by class name.
        warnings: Rows that were written with a warning, by its word.
        reasons: Rows of rejects by reason.
    """

    rows: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, other: Removed) -> None:
        """What was taken out of another file, too."""
        self.rows += other.rows
        for name in ("splits", "classes", "warnings", "reasons"):
            getattr(self, name).update(getattr(other, name))

    def count(self, row: ShardRow) -> None:
        """One row of a shard."""
        self.rows += 1
        self.splits[row["split"]] += 1
        self.warnings.update((row.get("warning") or "").split())
        self.classes.update(row["label_names"] or () if "label_names" in row else [row.get("label_name") or ""])


def copy_shard(
    store: Store, folder: str, shard: FileEntry, settings: WriteSettings, purged: Purged
) -> tuple[list[FileEntry], Removed]:
    """The files that hold the rows of *shard* but those of *purged* images, none where it has no others."""
    removed = Removed()
    with (
        store.open(shard.path) as file,
        pq.ParquetFile(file, page_checksum_verification=True) as parquet,
        store.temporary(folder) as place,
        ShardWriter(store, place, shard.split, parquet.schema_arrow, settings) as writer,
    ):
        for group in range(parquet.num_row_groups):
            table = parquet.read_row_group(group)
            rows: list[ShardRow] = table.to_pylist()
            for row, is_gone in zip(rows, mask_of(table, purged).to_pylist(), strict=True):
                if is_gone:
                    removed.count(row)
                else:
                    writer.add(row, len(published_bytes(row)))
        writer.finish()
    made = [FileEntry(path=new.name, rows=new.rows, bytes=new.bytes, sha256=new.sha256, split=new.split)
            for new in writer.files]  # fmt: skip
    return made, removed


def filter_rows(
    store: Store, path: str, purged: Purged, gone: Callable[[str], str]
) -> tuple[bytes, int, Removed] | None:
    """The Parquet file *path*, which is no shard, without the rows of *purged* images, and how many are left.

    None where it says nothing of them.

    Args:
        store: The output.
        path: The file.
        purged: Whose rows go.
        gone: Takes out of a text what it says of them.
    """
    with store.open(path) as file:
        table = pq.read_table(file, page_checksum_verification=True)
    mask = mask_of(table, purged)
    removed, is_told = Removed(), False
    if "reason" in table.column_names and "stage" in table.column_names:
        removed.reasons.update(table["reason"].filter(mask).to_pylist())
    kept = table.filter(pc.invert(mask))
    if "detail" in kept.column_names:
        texts = pa.array([text and gone(text) for text in kept["detail"].to_pylist()], pa.string())
        is_told = not texts.equals(kept["detail"].combine_chunks())
        kept = kept.set_column(kept.column_names.index("detail"), kept.schema.field("detail"), texts)
    if kept.num_rows == table.num_rows and not is_told:
        return None
    sink = pa.BufferOutputStream()
    pq.write_table(kept, sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue().to_pybytes(), kept.num_rows, removed


def scrubber(names: Collection[str], contents: Collection[str]) -> Callable[[str], str]:
    """What takes *names* of images and hashes of their *contents* out of a text."""
    words = sorted({*names, *contents}, key=len, reverse=True)
    if not words:
        return lambda text: text
    found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)")
    return lambda text: found.sub(_GONE, text)


def scrub_json(value: Json, gone: Callable[[str], str]) -> Json:
    """*value* of a report, without entries of lists and keys that speak of images that go, nor their names in texts."""
    if isinstance(value, str):
        return gone(value)
    if isinstance(value, dict):
        return {gone(key): scrub_json(item, gone) for key, item in value.items()}
    if isinstance(value, list):
        return [scrub_json(item, gone) for item in value if not (isinstance(item, dict) and _speaks_of(item, gone))]
    return value


def _speaks_of(item: JsonObject, gone: Callable[[str], str]) -> bool:
    """Whether one of the texts of *item* is a name of an image that goes."""
    return any(isinstance(text, str) and text and gone(text) == _GONE for text in item.values())


def scrubbed_report(store: Store, report: FileEntry, gone: Callable[[str], str]) -> FileEntry:
    """The report of a version without what it says of images that go."""
    found: Json = json.loads(store.read_bytes(report.path))
    values = scrub_json(found, gone)
    if values == found:
        return report
    data = json.dumps(values, ensure_ascii=False, indent=1).encode()
    path, digest = content_path("reports", data, ".json")
    store.replace(path, data)
    return FileEntry(path=path, rows=0, bytes=len(data), sha256=digest)


class LeftCounts(TypedDict):
    """What a manifest counts, by its names."""

    counts: dict[str, int]
    splits: dict[str, int]
    classes: dict[str, int]
    reasons: dict[str, int]
    warnings: dict[str, int]


def counted_without(manifest: Manifest, removed: Removed) -> LeftCounts:
    """The counts of *manifest* as if what was *removed* had never been listed."""
    twins = sum(count for reason, count in removed.reasons.items() if Reason(reason).deduplicated)
    rejected = sum(removed.reasons.values()) - twins
    counts = dict(manifest.counts)
    gone = {"written": removed.rows, "rejected": rejected, "deduplicated": twins}
    for name, count in gone.items():
        counts[name] = max(0, counts.get(name, 0) - count)
    all_gone = sum(gone.values())
    from_listed = min(all_gone, counts.get("listed", 0))
    counts["listed"] = counts.get("listed", 0) - from_listed
    counts["carried"] = max(0, counts.get("carried", 0) - (all_gone - from_listed))
    return {
        "counts": counts,
        "splits": _less(manifest.splits, removed.splits),
        "classes": _less(manifest.classes, removed.classes),
        "reasons": {key: count for key, count in _less(manifest.reasons, removed.reasons).items() if count},
        "warnings": {key: count for key, count in _less(manifest.warnings, removed.warnings).items() if count},
    }


def _less(counts: dict[str, int], gone: Counter[str]) -> dict[str, int]:
    return {name: max(0, count - gone[name]) for name, count in counts.items()}
