"""Several rows of one image made one: the same said twice, several labels, or a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Bools, bools
from tasks.discover.by_tables.locate import IDENTITY, KIND, PRINT
from tasks.discover.by_tables.row_source import RowSource
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.tables.rows import FILE, LINE, TableRows

ID, LABELS = "\0id", "\0labels"
"""Columns of rows: what tells images apart; where an image may have several labels, all of them: null for none that is
known."""
_SHOWN = 5
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Merged:
    """What rows say of their images.

    Attributes:
        rows: One row for each image.
        refused: Rows that contradict each other, or that say again what another one says, each with its problem; of
            images that are counted, however many rows they have, the first one that is contradicted.
    """

    rows: TableRows
    refused: TableRows | None = None


def merge_rows(rows: TableRows, source: RowSource, *, counts_rows: bool) -> Merged:
    """One row for each image of *rows*.

    Args:
        rows: With `ID`, and with `LABELS` where an image may have several.
        source: What they are from.
        counts_rows: Whether each row is to be accounted for, else each image.

    Raises:
        LabelFileError: Rows contradict each other, and `label_conflict: error`; or an id is that of several images.
    """
    copies = _repeated(rows.data[ID])
    if not len(copies):
        return Merged(rows)
    again = bools(pc.is_in(rows.data[ID], value_set=copies))
    merged = _Several(rows.where(again), source, counts_rows=counts_rows).merged()
    return Merged(rows.with_data(pa.concat_tables([rows.where(~again).data, merged.rows.data])), merged.refused)


def _repeated(values: pa.ChunkedArray) -> pa.Array:
    """Those of *values* that occur more than once, each once."""
    if pc.all(pc.less(values[:-1], values[1:])).as_py() is not False:
        return pa.array([], values.type)  # they ascend
    counts = pc.value_counts(values.combine_chunks())
    return counts.field("values").filter(pc.greater(counts.field("counts"), 1))


class _Several:
    """Rows of images that have several each."""

    def __init__(self, rows: TableRows, source: RowSource, *, counts_rows: bool) -> None:
        self._rows = rows
        self._source = source
        self._counts_rows = counts_rows
        self._is_many = LABELS in rows.data.column_names
        images = rows.data[ID].combine_chunks().dictionary_encode()
        self._images: pa.Array = images.dictionary
        self._codes = images.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        self._order = np.argsort(self._codes, kind="stable")
        self._starts = np.searchsorted(self._codes[self._order], np.arange(len(self._images) + 1))
        self._first = self._order[self._starts[:-1]]

    def merged(self) -> Merged:
        """One row for each of the images."""
        self._refuse_one_id_of_several()
        differs = self._differs(self._rows.data["split"])
        if not self._is_many:
            differs |= self._differs(self._rows.data["label"])
        contradicted = np.zeros(len(self._images), dtype=bool)
        if self._source.label_conflict != "first":
            contradicted[self._codes[differs]] = True
        refused = [self._contradicting(np.flatnonzero(contradicted))] if contradicted.any() else []
        if self._counts_rows and not self._is_many:
            refused += self._spare(contradicted)
        kept = self._rows.take(self._first[~contradicted])
        if self._is_many:
            lists = self._united().filter(pa.array(~contradicted))
            kept = kept.with_column(LABELS, pa.chunked_array([lists]))
        return Merged(kept, _together(refused))

    def _differs(self, column: pa.ChunkedArray) -> Bools:
        """Whether each row has something else in *column* than the first one of its image."""
        values = column.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
        return np.asarray(values != values[self._first[self._codes]], dtype=bool)

    def _rows_of(self, image: int) -> Places:
        return self._order[self._starts[image] : self._starts[image + 1]]

    def _refuse_one_id_of_several(self) -> None:
        """Raise where one id stands for several images: merged, all but one of them would be gone."""
        differs = self._differs(_told_by(self._rows))
        if not differs.any():
            return
        other = int(np.flatnonzero(differs)[0])
        rows = (int(self._first[self._codes[other]]), other)
        shown = f"{self._where(rows, ' and ')}: both have the id {self._name(self._codes[other])!r}"
        raise LabelFileError(
            f"{shown}, and name different images ({len(np.unique(self._codes[differs])):,} ids do). Call that column "
            "otherwise, or name one `id` that tells every image from the others; without one its location is its id."
        )

    def _contradicting(self, images: Places) -> TableRows:
        """The rows of *images* that contradict each other, or where images count the first ones, and why."""
        details = {image: self._conflict(image) for image in images.tolist()}
        rows = np.flatnonzero(np.isin(self._codes, images)) if self._counts_rows else self._first[images]
        found = self._rows.take(rows)
        texts = [details[image] for image in self._codes[rows].tolist()]
        return found.with_problem(np.ones(found.count, dtype=bool), texts, Reason.LABEL_CONFLICT)

    def _conflict(self, image: int) -> str:
        """What the rows of one image contradict each other in."""
        rows = self._rows_of(image)
        is_error = self._source.label_conflict == "error"
        it = repr(self._name(image)) if is_error else "it"
        splits = self._said("split", rows)
        if len(splits) > 1:
            said, how = f"put {it} into {' and '.join(split or 'no split' for split in splits)}", ""
        else:
            several = ", ".join(label or "no label" for label in sorted(self._said("label", rows))[:_SHOWN])
            said, how = f"disagree about {it}: {several}", "; `labels.kind: many` takes them all"
        detail = f"{self._where(rows[:_SHOWN].tolist())} {said}"
        if is_error:
            raise LabelFileError(
                f"{detail}. Keep one of them, or set `label_conflict: reject` or `first` under `source`{how}."
            )
        return f"{detail}{how}"

    def _said(self, column: str, rows: Places) -> list[str]:
        return list(dict.fromkeys(self._rows.data[column].take(pa.array(rows)).to_pylist()))

    def _name(self, image: int) -> str:
        return str(self._images[int(image)].as_py())[:80]

    def _where(self, rows: Sequence[int], between: str = ", ") -> str:
        """Where *rows* stand: ``labels.csv, lines 2, 3``."""
        lines: dict[int, dict[int, None]] = {}
        for row in rows:
            file, line = (self._rows.data[name][row].as_py() for name in (FILE, LINE))
            lines.setdefault(file, {})[line] = None
        said = []
        for number, found in lines.items():
            name = self._rows.files[number] if number >= 0 else self._rows.name
            numbers = between.join(str(line) for line in found if line >= 0)
            said.append(f"{name}, line{'s' if len(found) > 1 else ''} {numbers}" if numbers else name)
        return " and ".join(said)

    def _spare(self, contradicted: Bools) -> list[TableRows]:
        """The rows that say again what the first one of their image says."""
        is_spare = ~contradicted[self._codes]
        is_spare[self._first] = False
        if not is_spare.any():
            return []
        lines = self._rows.data[LINE].take(pa.array(self._first[self._codes[is_spare]])).cast(pa.string())
        details = pc.binary_join_element_wise("line", lines, "names it already", " ").to_pylist()
        found = self._rows.where(is_spare)
        return [found.with_problem(np.ones(found.count, dtype=bool), details, Reason.DUPLICATE_LOCATION)]

    def _united(self) -> pa.Array:
        """For each image the labels that its rows say, each once; null where none of them says anything."""
        lists = self._rows.data[LABELS].combine_chunks()
        items = pa.table(
            {
                "image": self._codes[pc.list_parent_indices(lists).to_numpy()],
                "label": pc.list_flatten(lists),
            }
        )
        items = items.append_column("order", pa.array(np.arange(items.num_rows)))
        once = items.group_by(["image", "label"]).aggregate([("order", "min")])
        once = once.sort_by([("image", "ascending"), ("order_min", "ascending")])
        sizes = np.bincount(once["image"].to_numpy(), minlength=len(self._images))
        is_silent = np.ones(len(self._images), dtype=bool)
        is_silent[self._codes[lists.is_valid().to_numpy(zero_copy_only=False)]] = False
        offsets = pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))
        labels = once["label"].combine_chunks()
        return pa.ListArray.from_arrays(offsets, labels, mask=pa.array(is_silent))


def _told_by(rows: TableRows) -> pa.ChunkedArray:
    """For each row what tells its image from others whatever its id: its place, or what its pixels are."""
    places = rows.data["location"]
    if IDENTITY not in rows.data.column_names:
        return places
    elsewhere = pc.coalesce(rows.data[IDENTITY], places)
    pixels = pc.if_else(pc.equal(rows.data[KIND], "embedded"), rows.data[PRINT], elsewhere)
    told: pa.ChunkedArray = pc.if_else(pc.equal(rows.data[KIND], "store"), places, pixels)
    return told


def _together(parts: Sequence[TableRows]) -> TableRows | None:
    if not parts:
        return None
    return parts[0].with_data(pa.concat_tables([part.data for part in parts]))
