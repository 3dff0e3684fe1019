"""Several rows of one image made one: the same said twice, several labels, or a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.by_tables.locate import IDENTITY, KIND, PRINT
from tasks.discover.by_tables.row_source import RowSource
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.tables.rows import PROBLEM, TableRows, problem_text

ID, LABELS = "\0id", "\0labels"
"""Columns of rows: what tells images apart; the labels of one that has a list of them."""
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Merged:
    """One row for each image.

    Attributes:
        rows: Its label in `label`, or, of those that may have several, in `LABELS`.
        conflicts: The first row of each image whose rows contradict each other, with that as its problem; or None.
    """

    rows: TableRows
    conflicts: TableRows | None


def merge_rows(rows: TableRows, source: RowSource) -> Merged:
    """One row for each image of *rows*.

    Raises:
        LabelFileError: Rows contradict each other, and `label_conflict: error`.
    """
    return _Merge(source).merged(rows)


class _Merge:
    def __init__(self, source: RowSource) -> None:
        self._source = source
        self._is_many = source.label_reading.kind == "many"

    def merged(self, rows: TableRows) -> Merged:
        ids = rows.data[ID].combine_chunks().dictionary_encode()
        codes = ids.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        counts = np.bincount(codes, minlength=len(ids.dictionary))
        if counts.max(initial=0) < 2:
            return Merged(self._with_lists(rows), None)
        again = counts[codes] > 1
        single = self._with_lists(rows.where(~again))
        merged, conflicts = self._several(rows.where(again), codes[again])
        data = pa.concat_tables([single.data, merged.data.select(single.data.column_names).cast(single.data.schema)])
        return Merged(rows.with_data(data), conflicts)

    def _with_lists(self, rows: TableRows) -> TableRows:
        """Rows of images that stand once; one that says that its image has no label has an empty list."""
        if self._is_many:
            is_none = rows.data["label"].is_null().to_pylist()
            lists = pa.array([[] if none else None for none in is_none], pa.list_(pa.string()))
            rows = rows.with_column(LABELS, lists)
        return rows.with_column("label", pc.fill_null(rows.data["label"], ""))

    def _several(self, rows: TableRows, codes: Places) -> tuple[TableRows, TableRows | None]:
        order = np.argsort(codes, kind="stable")
        starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
        labels, splits = rows.data["label"].to_pylist(), rows.data["split"].to_pylist()
        taken: list[int] = []
        said: list[list[str | None]] = []
        conflicts: list[tuple[int, str]] = []
        places = self._places(rows)
        for group in np.split(order, starts[1:]):
            self._refuse_one_id_of_several(rows, group, places)
            of_image = list(dict.fromkeys(labels[row] for row in group))
            if detail := self._conflict(rows, group, of_image, list(dict.fromkeys(splits[row] for row in group))):
                conflicts.append((int(group[0]), detail))
            else:
                taken.append(int(group[0]))
                said.append(of_image)
        merged = rows.take(np.array(taken, dtype=np.int64))
        if self._is_many:
            lists = pa.array([self._all_of(texts) for texts in said], pa.list_(pa.string()))
            merged = merged.with_column(LABELS, lists)
        texts = ["" if self._is_many else found[0] or "" for found in said]
        return merged.with_column("label", pa.array(texts, pa.string())), _refused(rows, conflicts)

    @staticmethod
    def _places(rows: TableRows) -> list[tuple[str, str]]:
        """For each row what tells its image from others whatever its id: its place, and what its pixels are."""
        kinds = rows.data[KIND].to_pylist()
        given = rows.data["location"].to_pylist()
        names = rows.data[IDENTITY].to_pylist() if IDENTITY in rows.data.column_names else given
        prints = rows.data[PRINT].to_pylist()
        return [
            (place, said) if kind == "store" else ("", said if kind == "embedded" else name or place)
            for kind, place, name, said in zip(kinds, given, names, prints, strict=True)
        ]

    @staticmethod
    def _refuse_one_id_of_several(rows: TableRows, group: Places, places: Sequence[tuple[str, str]]) -> None:
        """Raise where one id stands for several images: merged, all but one of them would be gone."""
        other = next((row for row in group[1:] if places[row] != places[group[0]]), None)
        if other is None:
            return
        name = str(rows.data[ID][int(group[0])].as_py())
        raise LabelFileError(
            f"{rows.place_of(int(group[0]))} and {rows.place_of(int(other))}: both have the id {name[:80]!r}, and name "
            "different images. Call that column otherwise, or name one `id` that tells every image from the others."
        )

    def _all_of(self, said: Sequence[str | None]) -> list[str]:
        parts = [part for text in said if text for part in self._source.label_reading.parts_of(text)]
        return list(dict.fromkeys(parts))

    def _conflict(self, rows: TableRows, group: Places, labels: list[str | None], splits: list[str]) -> str:
        """What the rows of one image contradict each other in; empty where they do not."""
        if self._source.label_conflict == "first" or (len(splits) < 2 and (len(labels) < 2 or self._is_many)):
            return ""
        where = " and ".join(dict.fromkeys(rows.place_of(int(row)) for row in group[:3]))
        if len(splits) > 1:
            detail = f"{where} put it into {' and '.join(split or 'no split' for split in splits)}"
        else:
            several = ", ".join(label or "no label" for label in labels[:5])
            detail = f"{where}: several labels, {several}; `labels.kind: many` takes them all"
        if self._source.label_conflict == "error":
            place = rows.data["location"][int(group[0])].as_py()
            raise LabelFileError(f"{place[:80]!r}: {detail}. Or set `label_conflict: reject` or `first`.")
        return detail


def _refused(rows: TableRows, conflicts: Sequence[tuple[int, str]]) -> TableRows | None:
    if not conflicts:
        return None
    firsts = rows.take(np.array([row for row, _ in conflicts], dtype=np.int64))
    texts = [problem_text(Reason.LABEL_CONFLICT, detail) for _, detail in conflicts]
    return firsts.with_column(PROBLEM, pa.array(texts, pa.string()))
