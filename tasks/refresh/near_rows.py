"""The near duplicates of the version that a run built: found, kept from night to night, and told of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import DatasetError
from tasks.label_kinds import kind_of_columns
from tasks.publish import Run
from tasks.publish.documents import content_path
from tasks.publish.manifest import FileEntry, Manifest
from tasks.quality.crowd import Counts
from tasks.quality.pairs import PAIRS_SCHEMA, NearRows, find_near
from tasks.quality.settings import QualitySettings
from tasks.refresh.dataset import Dataset
from tasks.refresh.planning import PlannedRun
from tasks.refresh.rounds import BuiltShards
from tasks.samples import UNREADABLE
from tasks.storage import Store


@dataclass(frozen=True, slots=True)
class Near:
    """The near duplicates of a version to be.

    Attributes:
        rows: How many there are, and those that are listed; no pairs where an entry stands for them.
        settings: By which they were found.
        entry: The file of the version before that has the same pairs; None where they are new.
        is_kept: The pairs are those of the version before.
    """

    rows: NearRows
    settings: QualitySettings
    entry: FileEntry | None = None
    is_kept: bool = False

    @property
    def summary(self) -> dict[str, int]:
        """What a manifest says of them."""
        counts = self.rows.counts
        listed = self.rows.pairs.num_rows if not self.is_kept else self.entry.rows if self.entry else 0
        return {
            "pairs": counts.pairs,
            "leaks": counts.leaks,
            "suspects": counts.suspects,
            "listed": listed,
            "unknown": self.rows.unknown,
            "even": self.rows.even,
            **_settings_of(self.settings),
        }


def _settings_of(settings: QualitySettings) -> dict[str, int]:
    return {"distance": settings.distance, "mirrored": int(settings.mirrored)}


def near_of(dataset: Dataset, run: Run, planned: PlannedRun, built: BuiltShards) -> Near | None:
    """The near duplicates among the rows of *built*, at the cost of what changed; None where none is measured."""
    measures, kind = planned.spec.pixels.measures, planned.spec.label_kind
    if not measures:
        return None
    manifest, past = run.history.manifest, planned.past.rows.table
    is_known = (
        manifest is not None
        and manifest.near.items() >= _settings_of(dataset.quality).items()
        and "even" in manifest.near  # before they were told apart, they were near to one another
        and manifest.pixels.get("measures") == measures
        and kind_of_columns(manifest.columns) == kind
        and past.num_rows == manifest.rows
    )
    if manifest is None or not is_known:
        return Near(find_near(_rows(built.rows.table, kind), dataset.quality), dataset.quality)
    counts = Counts(*(manifest.near[name] for name in ("pairs", "leaks", "suspects")))
    if {shard.path for shard in manifest.shards} == {file.name for file in built.rows.files}:
        known = NearRows(counts, PAIRS_SCHEMA.empty_table(), manifest.near["unknown"], manifest.near["even"])
        return Near(known, dataset.quality, manifest.quality, is_kept=True)
    pairs = read_pairs(run.store, manifest)
    there = NearRows(counts, pairs) if pairs is not None else None
    found = find_near(_rows(built.rows.table, kind), dataset.quality, there, _rows(past, kind))
    return Near(found, dataset.quality)


def _rows(table: pa.Table, kind: str) -> pa.Table:
    """*table* with what makes near duplicates; numbers are no labels that could be wrong by being different."""
    rows = table.select(["sample_id", "phash", "split", "label_name"])
    if kind != "number":
        return rows
    index = rows.schema.get_field_index("label_name")
    return rows.set_column(index, rows.schema.field(index), pa.repeat(pa.scalar(""), rows.num_rows))


def read_pairs(store: Store, manifest: Manifest) -> pa.Table | None:
    """`PAIRS_SCHEMA`: the pairs that a version lists; None where their file is missing or damaged."""
    if manifest.quality is None:
        return PAIRS_SCHEMA.empty_table()
    try:
        with store.open(manifest.quality.path) as file:
            return pq.read_table(file, page_checksum_verification=True).cast(PAIRS_SCHEMA)
    except (*UNREADABLE, DatasetError):
        return None


def store_near(run: Run, near: Near | None) -> FileEntry | None:
    """Store the pairs that are listed as one content-named Parquet file; None where there are none."""
    if near is None or near.is_kept:
        return near.entry if near else None
    if not near.rows.pairs.num_rows:
        return None
    sink = pa.BufferOutputStream()
    pq.write_table(near.rows.pairs.cast(PAIRS_SCHEMA), sink, compression="zstd", write_page_checksum=True)
    data = sink.getvalue().to_pybytes()
    path, digest = content_path("quality", data, ".parquet")
    run.store.replace(path, data)
    return FileEntry(path=path, rows=near.rows.pairs.num_rows, bytes=len(data), sha256=digest)


def near_notices(near: Near | None, dataset: Dataset) -> Iterator[str]:
    """What is to be said of near duplicates, a sentence each."""
    if near is None:
        for name in dataset.asks_for_measures:
            yield f"`{name}` has nothing to look at: rows have no measures, and `write.measures: true` adds them"
        return
    counts, pairs = near.rows.counts, near.rows.pairs
    if counts.leaks:
        yield f"{_counted(counts.leaks)} in two splits{_example(pairs, 'is_leak', 'split', 'other_split')}"
    if counts.suspects:
        example = _example(pairs, "is_suspect", "label_name", "other_label_name")
        yield f"{_counted(counts.suspects)} of two labels{example}"
    if near.summary["listed"] < counts.pairs:
        yield (
            f"{counts.pairs:,} pairs of near duplicates, of which {near.summary['listed']:,} are listed: many images "
            f"are alike, or `quality.distance: {near.settings.distance}` is too much for them"
        )
    if near.rows.unknown:
        yield (
            f"{near.rows.unknown:,} rows have no perceptual hash, since they were copied from shards without one: they "
            "are in no pair of near duplicates. `parquetry run --full` measures them"
        )


def _counted(count: int) -> str:
    return "1 pair of near duplicates" if count == 1 else f"{count:,} pairs of near duplicates"


def _example(pairs: pa.Table, flag: str, first: str, second: str) -> str:
    chosen = pairs.filter(pairs[flag]).slice(0, 1).to_pylist() if pairs.num_rows else []
    return "".join(
        f", such as {row['sample_id']} ({row[first]}) and {row['other_id']} ({row[second]})" for row in chosen
    )
