"""Joined rows as samples: one for each image, with the labels, the split and the group that its rows give it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import bools
from tasks.discover.by_folders.folder_paths import case_notices
from tasks.discover.by_folders.sample_rows import Origin, SampleRows
from tasks.discover.by_records.label_files import clean_label
from tasks.discover.by_tables.kept_rows import group_of, kept_of
from tasks.discover.by_tables.locate import IDENTITY, KIND, PLACE, PRINT, SIZE
from tasks.discover.by_tables.merge_rows import ID, LABELS, merge_rows
from tasks.discover.by_tables.origins import origins_of
from tasks.discover.by_tables.row_ids import with_ids
from tasks.discover.by_tables.row_source import RowSource
from tasks.discover.listing.listing import Listing, stored_of
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.samples import Discovery, SourceAccess
from tasks.storage import redact_url
from tasks.tables.joins import Joined
from tasks.tables.rows import AT, FILE, LENGTH, LINE, OUT, PROBLEM, TableRows

MAX_LABEL = 1000


@dataclass(frozen=True, slots=True)
class TableReading:
    """How joined rows are read.

    Attributes:
        levels: The names of the levels of a hierarchy from the top; empty for those that the columns name.
        group_by: The column that keeps rows together; empty for none.
        tables: What the tables are called.
    """

    levels: tuple[str, ...]
    group_by: str
    tables: tuple[str, ...]


def discover_rows(
    source: RowSource, reading: TableReading, joined: Joined, listing: Listing, words: SplitWords
) -> Discovery:
    """The samples that the rows of *joined* are.

    Raises:
        LabelFileError: No row names an image; rows disagree, and `label_conflict: error`.
    """
    return _Samples(source, reading, joined, words).discovery(listing)


class _Samples:
    def __init__(self, source: RowSource, reading: TableReading, joined: Joined, words: SplitWords) -> None:
        self._source = source
        self._reading = reading
        self._joined = joined
        self._words = words
        self._rows = SampleRows(source.name, notices=list(joined.notices))
        self._levels = self._level_names(joined.rows)
        self._is_many = source.label_reading.kind == "many"

    def _level_names(self, rows: TableRows) -> tuple[str, ...]:
        named = [name.removeprefix("label.") for name in rows.names if name.startswith("label.")]
        missing = [level for level in self._reading.levels if level not in named]
        if named and missing:
            raise LabelFileError(
                f"`levels` names {missing[0]!r}, and no table has a column `label.{missing[0]}`. There are: "
                f"{', '.join(f'label.{name}' for name in named)}."
            )
        return tuple(self._reading.levels or named) if named else ()

    def discovery(self, listing: Listing) -> Discovery:
        rows = self._joined.rows
        if not rows.count:
            raise LabelFileError(f"{rows.name} has no row: no image is listed. Check `tables` under `source`.")
        self._refuse_bad_rows(rows)
        rows = self._labelled(rows)
        named = np.unique(np.asarray(rows.data[PLACE].to_numpy(), dtype=np.int64))
        rows = self._without_filtered(rows)
        rows = self._with_splits(rows)
        rows = with_ids(rows)
        rows = self._checked(rows)
        merged = merge_rows(rows, self._source)
        if merged.conflicts is not None:
            self._reject(merged.conflicts)
        self._add(merged.rows, listing)
        unnamed = listing.count - int((named >= 0).sum())
        if unnamed:
            self._rows.ignored["present but unlisted"] += unnamed
        self._rows.ignored.update(listing.ignored)
        return self._finish(rows)

    def _refuse_bad_rows(self, rows: TableRows) -> None:
        for bad in rows.bad:
            origin = Origin(bad.file, bad.line)
            sample = {"sample_id": self._rows.prefixed(f"{bad.file}:{bad.line}"), "location": ""}
            self._rows.reject(sample, bad.reason, bad.detail, origin)

    def _labelled(self, rows: TableRows) -> TableRows:
        """*rows* with the column `label` as it is published, null where a row says that there is none."""
        if self._levels:
            parts = [self._clean(rows, f"label.{level}") for level in self._levels]
            texts = pa.array(["/".join(filter(None, row)) for row in zip(*parts, strict=True)], pa.string())
            return rows.with_column("label", texts)
        if "label" not in rows.names:
            return rows.with_column("label", pa.repeat(pa.scalar(""), rows.count))
        return rows.with_column("label", pa.array(self._clean(rows, "label"), pa.string()))

    def _clean(self, rows: TableRows, name: str) -> list[str | None]:
        encoded = rows.data[name].combine_chunks().dictionary_encode()
        missing = self._source.missing_labels
        meant = [clean_label(text, missing) for text in encoded.dictionary.to_pylist()]
        texts: list[str | None] = pa.array(meant, pa.string()).take(encoded.indices).to_pylist()
        return texts

    def _without_filtered(self, rows: TableRows) -> TableRows:
        """*rows* that count; images that have none of them are counted."""
        out = bools(rows.data[OUT])
        if not out.any():
            return rows
        kept = rows.where(~out)
        gone = rows.where(out)
        there = pc.is_in(gone.data["location"], value_set=kept.data["location"].combine_chunks())
        filtered = gone.data["location"].filter(pc.invert(there))
        if len(filtered):
            self._rows.ignored["filtered"] += len(filtered.unique())
        return kept

    def _with_splits(self, rows: TableRows) -> TableRows:
        if "split" not in rows.names:
            return rows.with_column("split", pa.repeat(pa.scalar(""), rows.count))
        encoded = rows.texts("split").dictionary_encode()
        texts = encoded.dictionary.to_pylist()
        meant = pa.array([self._split_of(text) for text in texts], pa.string()).take(encoded.indices)
        unknown = bools(meant.is_null())
        details = [
            f"the split {text.strip()[:60]!r} is not known; `splits.names` can map it"
            for text in rows.texts("split").filter(pa.array(unknown)).to_pylist()
        ]
        rows = rows.with_problem(unknown, details, Reason.UNKNOWN_SPLIT)
        return rows.with_column("split", pc.fill_null(meant, ""))

    def _split_of(self, text: str) -> str | None:
        return (self._words.split_of(text) or None) if text.strip() else ""

    def _checked(self, rows: TableRows) -> TableRows:
        """Good rows; what is wrong with the others is told."""
        labels = rows.data["label"]
        long = bools(pc.greater(pc.utf8_length(pc.fill_null(labels, "")), MAX_LABEL))
        rows = rows.with_problem(
            long, [f"its label has over {MAX_LABEL:,} characters"] * int(long.sum()), Reason.BAD_ROW
        )
        if not self._source.allow_unlabeled:
            missing = bools(pc.equal(labels if self._is_many else pc.fill_null(labels, ""), ""))
            detail = "has no label; `allow_unlabeled: true` would keep it"
            rows = rows.with_problem(missing, [detail] * int(missing.sum()), Reason.MISSING_LABEL)
        problems = rows.data[PROBLEM]
        is_good = ~bools(pc.is_valid(problems))
        if not is_good.all():
            self._reject(rows.where(~is_good))
        return rows.where(is_good)

    def _reject(self, rows: TableRows) -> None:
        """Each image with a problem once, by the first of its rows."""
        first = _first_places(rows.data[ID].combine_chunks())
        rows = rows.take(first)
        parts = [text.partition("\t")[::2] for text in rows.data[PROBLEM].to_pylist()]
        files = [*rows.files, ""]
        numbers = rows.data[FILE].to_pylist()
        columns = {
            "sample_id": self._rows.ids(rows.data[ID]),
            "location": rows.data["location"],
            "label_file": [files[number] for number in numbers],
            "label_row": rows.data[LINE],
            "stage": [Reason(reason).stage for reason, _ in parts],
            "reason": [reason for reason, _ in parts],
            "detail": [detail[:200] for _, detail in parts],
            "source_fingerprint": rows.data[PRINT],
        }
        self._rows.add_rejections(columns, rows.count)

    def _add(self, rows: TableRows, listing: Listing) -> None:
        files = pa.array([*rows.files, ""], pa.string())
        known = rows.data[FILE].combine_chunks()
        numbers = pc.if_else(pc.less(known, 0), len(rows.files), known)
        must: pa.Array | pa.ChunkedArray = pc.greater_equal(rows.data[AT], 0)
        if IDENTITY not in rows.data.column_names:
            must = pa.repeat(pa.scalar(value=False), rows.count)
        columns = {
            "sample_id": self._rows.ids(rows.data[ID]),
            "kind": rows.data[KIND],
            "location": rows.data["location"],
            "label_path": rows.data["label"],
            "split": rows.data["split"],
            "fingerprint": rows.data[PRINT],
            "size": rows.data[SIZE],
            "stored": stored_of(rows.data[PLACE], listing),
            "label_file": files.take(numbers),
            "label_row": rows.data[LINE],
            "label_offset": pc.if_else(must, rows.data[AT], -1),
            "label_length": pc.if_else(must, rows.data[LENGTH], -1),
            "group": group_of(rows, self._reading.group_by),
            "kept": origins_of(rows) if self._source.tells_origins else kept_of(rows, self._source.keep_columns),
        }
        if LABELS in rows.data.column_names:
            columns["label_paths"] = rows.data[LABELS]
        self._rows.add_samples(columns, rows.count)

    def _formats(self, samples: pa.Table) -> dict[str, str]:
        """How the records are written of files that must be read again."""
        again = samples["label_file"].filter(pc.greater(samples["label_length"], 0)).unique().to_pylist()
        formats = self._joined.rows.formats
        return {name: formats[name].model_dump_json() for name in again}

    def _finish(self, rows: TableRows) -> Discovery:
        source = self._source
        samples = self._rows.samples()
        classes = sorted(set(pc.fill_null(rows.data["label"], "").unique().to_pylist()) - {""})
        if self._is_many:
            classes = sorted({part for text in classes for part in source.label_reading.parts_of(text)})
        access = SourceAccess(
            name=source.name,
            root=source.place,
            allow_prefixes=source.allow_prefixes,
            label_root=source.place,
            record_formats=self._formats(samples),
            follow_links=source.follow_links,
        )
        tables = self._reading.tables
        shown = ", ".join(tables[:5]) + (f" and {len(tables) - 5} more" if len(tables) > 5 else "")
        found = Discovery(
            layout="tables",
            why=f"{shown} of {redact_url(source.path).rpartition('/')[2]}, as the config says",
            samples=samples,
            rejections=self._rows.rejections,
            class_paths=tuple(classes),
            ignored=dict(self._rows.ignored),
            notices=(*self._rows.notices, *case_notices(classes)),
            access=(access,),
            levels=self._levels if len(self._levels) > 1 else (),
        )
        return replace(found, notices=tuple(dict.fromkeys(found.notices)))


def _first_places(values: pa.Array) -> npt.NDArray[np.int64]:
    """The place of the first of each of *values*."""
    codes = values.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    _, first = np.unique(codes, return_index=True)
    return np.sort(first).astype(np.int64)
