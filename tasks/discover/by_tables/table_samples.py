"""Joined rows as samples: one for each image, with the labels, the split and the group that its rows give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Bools, Column, bools, repeated, whole
from tasks.columns import RejectionColumn, SampleColumn
from tasks.discover.by_tables.kept_rows import group_of, kept_of, refuse_absent
from tasks.discover.by_tables.label_cells import LabelCells
from tasks.discover.by_tables.locate import ABSENT, AGAIN, KIND, PLACE, PRINT, SIZE
from tasks.discover.by_tables.merge_rows import ID, LABELS, merge_rows
from tasks.discover.by_tables.origins import origins_of
from tasks.discover.by_tables.row_ids import with_ids
from tasks.discover.by_tables.row_source import RowSource
from tasks.discover.listing.listing import Listing, stored_of
from tasks.discover.sample_rows import SampleRows, Values, case_notices
from tasks.discover.words.split_words import SplitWords
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.samples import Discovery, Rejection, SourceAccess
from tasks.tables.joins import Joined
from tasks.tables.rows import AT, FILE, LENGTH, LINE, OUT, PROBLEM, TableRows

MAX_LABEL = 1000
"""Characters of a class's name; a longer one is no name."""
_IS_VALID = {"true": "validation", "1": "validation", "false": "train", "0": "train"}


@dataclass(frozen=True, slots=True)
class TableReading:
    """How joined rows are read.

    Attributes:
        layout: What the reading is called.
        why: How it came to it, in the discovery report.
        access: What the fetcher must know of the source, but for the formats of its files.
        levels: The names of the levels of a hierarchy from the top; empty for those that the columns name.
        group_by: The column that keeps rows together; empty for none.
        is_valid: Whether the split is a yes or no to validation.
        counts_rows: Whether each row is to be accounted for, since it was never joined; else each image.
    """

    layout: str
    why: str
    access: SourceAccess
    levels: tuple[str, ...] = ()
    group_by: str = ""
    is_valid: bool = False
    counts_rows: bool = False


def discover_rows(
    source: RowSource, reading: TableReading, joined: Joined, listing: Listing, words: SplitWords
) -> Discovery:
    """The samples that the rows of *joined* are.

    Raises:
        LabelFileError: Rows disagree, and `label_conflict: error`; one id is that of several images.
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
        self._labels = LabelCells(source.label_reading, source.missing_labels)

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
        refuse_absent(rows, self._reading.group_by, self._source.keep_columns)
        self._refuse_bad_rows(rows)
        rows = self._labelled(self._with_splits(rows))
        named = np.unique(np.asarray(rows.data[PLACE].to_numpy(), dtype=np.int64))
        rows = self._good(with_ids(self._without_filtered(rows)))
        merged = merge_rows(rows, self._source, counts_rows=self._reading.counts_rows)
        if merged.refused is not None:
            self._reject(merged.refused)
        self._add(self._there(merged.rows), listing)
        unnamed = listing.count - int((named >= 0).sum())
        if unnamed:
            self._rows.ignored["present but unlisted"] += unnamed
        self._rows.ignored.update(listing.ignored)
        return self._finish()

    def _refuse_bad_rows(self, rows: TableRows) -> None:
        for bad in rows.bad:
            why = Rejection(bad.reason, bad.detail)
            self._rows.reject(f"{bad.file}:{bad.line}", bad.location, why, (bad.file, bad.line))

    def _labelled(self, rows: TableRows) -> TableRows:
        """*rows* with what they say of labels, as it is published; names that are too long are a problem."""
        if self._levels:
            parts = [self._labels.bare(rows.data[f"label.{level}"]).to_pylist() for level in self._levels]
            texts: Column = pa.array(["/".join(filter(None, row)) for row in zip(*parts, strict=True)], pa.string())
        else:
            texts = rows.data["label"] if "label" in rows.names else pa.repeat(pa.scalar(""), rows.count)
        labels, lists, sizes = self._labels.read(texts)
        rows = rows.with_column("label", labels)
        if lists is not None:
            rows = rows.with_column(LABELS, lists)
        long = sizes > MAX_LABEL
        details = [f"its label has {size:,} characters" for size in sizes[long].tolist()]
        return rows.with_problem(long, details, Reason.BAD_ROW)

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
        meant = pa.array([self._split_of(text.strip()) for text in texts], pa.string()).take(encoded.indices)
        unknown = bools(meant.is_null())
        details = [
            f"the split {text.strip()[:60]!r} is not known; `splits.names` can map it"
            for text in rows.texts("split").filter(pa.array(unknown)).to_pylist()
        ]
        rows = rows.with_problem(unknown, details, Reason.UNKNOWN_SPLIT)
        return rows.with_column("split", pc.fill_null(meant, ""))

    def _split_of(self, text: str) -> str | None:
        """The split that the cell *text* names, empty where it is; None where it names none that is known."""
        if not text:
            return ""
        return (_IS_VALID.get(text.lower()) if self._reading.is_valid else self._words.split_of(text)) or None

    def _good(self, rows: TableRows) -> TableRows:
        """Rows without a problem; what is wrong with the others is told."""
        if not self._source.allow_unlabeled and not self._labels.is_many:
            missing = bools(pc.equal(rows.data["label"], ""))
            rows = self._unlabelled(rows, missing, "has no label; `allow_unlabeled: true` would keep it")
        return self._without(rows)

    @staticmethod
    def _unlabelled(rows: TableRows, missing: Bools, detail: str) -> TableRows:
        return rows.with_problem(missing, [detail] * int(missing.sum()), Reason.MISSING_LABEL)

    def _there(self, rows: TableRows) -> TableRows:
        """Images that are there, and of which something is known where they may have several labels."""
        if self._labels.is_many and not self._source.allow_unlabeled:
            detail = (
                "has no label; `allow_unlabeled: true` would keep it, `missing_labels` names what says that it has none"
            )
            rows = self._unlabelled(rows, bools(rows.data[LABELS].is_null()), detail)
        absent = bools(pc.equal(rows.data[SIZE], ABSENT))
        rows = rows.with_problem(absent, ["no such file"] * int(absent.sum()), Reason.NOT_FOUND)
        return self._without(rows)

    def _without(self, rows: TableRows) -> TableRows:
        """*rows* without those that have a problem, which are told."""
        is_bad = bools(rows.data[PROBLEM].is_valid())
        if not is_bad.any():
            return rows
        self._reject(rows.where(is_bad))
        return rows.where(~is_bad)

    def _reject(self, rows: TableRows) -> None:
        """All *rows*, which have problems, once for each record; where images are counted, once for each image."""
        if not self._reading.counts_rows or self._labels.is_many:
            rows = rows.take(_first_places(rows.data[AT if self._reading.counts_rows else ID].combine_chunks()))
        parts = [text.partition("\t")[::2] for text in rows.data[PROBLEM].to_pylist()]
        files = [*rows.files, ""]
        numbers = rows.data[FILE].to_pylist()
        columns: dict[RejectionColumn, Values] = {
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
        again = pa.array(bools(rows.data[AGAIN])) if AGAIN in rows.data.column_names else None
        if again is not None and not pc.any(again).as_py():
            again = None
        columns: dict[SampleColumn, Values] = {
            "sample_id": self._rows.ids(rows.data[ID]),
            "kind": rows.data[KIND],
            "location": rows.data["location"],
            "label_path": rows.data["label"],
            "label_paths": rows.data[LABELS] if self._labels.is_many else None,
            "split": rows.data["split"],
            "fingerprint": rows.data[PRINT],
            "size": rows.data[SIZE],
            "stored": stored_of(rows.data[PLACE], listing),
            "label_file": _files_of(rows),
            "label_row": rows.data[LINE],
            "label_offset": -1 if again is None else pc.if_else(again, rows.data[AT], -1),
            "label_length": -1 if again is None else pc.if_else(again, rows.data[LENGTH], -1),
            "group": group_of(rows, self._reading.group_by),
            "kept": origins_of(rows) if self._source.tells_origins else kept_of(rows, self._source.keep_columns),
        }
        self._rows.add_samples(columns, rows.count)

    def _formats(self, samples: pa.Table) -> dict[str, str]:
        """How the records are written of files that must be read again; of a label file that stands alone anyway."""
        formats = self._joined.rows.formats
        if self._reading.counts_rows:
            return {name: form.model_dump_json() for name, form in formats.items()}
        again = samples["label_file"].filter(pc.greater(samples["label_length"], 0)).unique().to_pylist()
        return {name: formats[name].model_dump_json() for name in again}

    def _finish(self) -> Discovery:
        samples = self._rows.samples()
        classes = self._classes(samples)
        notices = (*self._rows.notices, *case_notices(classes), *self._several_notices(classes))
        return Discovery(
            layout=self._reading.layout,
            why=self._reading.why,
            samples=samples,
            rejections=self._rows.rejections,
            class_paths=tuple(classes),
            ignored=dict(self._rows.ignored),
            notices=tuple(dict.fromkeys(notices)),
            access=(replace(self._reading.access, record_formats=self._formats(samples)),),
            levels=self._levels if len(self._levels) > 1 else (),
        )

    def _classes(self, samples: pa.Table) -> list[str]:
        if self._source.label_reading.kind == "number":
            return []
        listed = samples["label_paths"].drop_null()
        names = {*samples["label_path"].unique().to_pylist(), *pc.list_flatten(listed).unique().to_pylist()}
        return sorted(names - {""})

    def _several_notices(self, classes: Sequence[str]) -> list[str]:
        """A sentence on classes that look like several, which nobody but the user can know."""
        found = [name for name in classes if ";" in name or "|" in name]
        if not found or self._source.label_reading.separator:
            return []
        mark = "|" if any("|" in name for name in found) else ";"
        shown = ", ".join(repr(name[:60]) for name in found[:5])
        how = f'`labels: {{kind: many, separator: "{mark}"}}` would make several of each'
        return [f"{len(found)} class names hold `;` or `|` ({shown}), and each is taken as one class; {how}"]


def _first_places(values: pa.Array) -> npt.NDArray[np.int64]:
    """The place of the first of each of *values*."""
    codes = values.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    _, first = np.unique(codes, return_index=True)
    return np.sort(first).astype(np.int64)


def _files_of(rows: TableRows) -> pa.Array:
    """The label file of each of *rows*; "" of those that none says."""
    known = whole(rows.data[FILE])
    if len(rows.files) == 1 and not pc.any(pc.less(known, 0)).as_py():
        return repeated(rows.files[0], rows.count)
    numbers = pc.if_else(pc.less(known, 0), len(rows.files), known)
    return pa.array([*rows.files, ""], pa.string()).take(numbers)
