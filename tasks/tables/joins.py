"""Tables joined, many to one, from the one with the locations outwards, on the columns that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import bools
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.tables.join_words import circle, kept_unlabeled, no_way
from tasks.tables.names import is_role
from tasks.tables.rows import FILE, KEPT, LINE, ORIGIN, OUT, TableRows, stacked

_MARK = "\x1f"
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Joined:
    """All tables as one.

    Attributes:
        rows: One row for each record that names an image, and one more for each further label.
        notices: Sentences for the discovery report.
    """

    rows: TableRows
    notices: tuple[str, ...] = ()


def join_tables(tables: Sequence[TableRows], *, allow_unlabeled: bool) -> Joined:
    """*tables* as one; those that name the same columns are one table in several files.

    Args:
        tables: Shaped; at least one has the column ``location``, by what it found in the source.
        allow_unlabeled: Whether a row whose key no table with labels has is kept without one.

    Raises:
        LabelFileError: A table shares no column with the others, or by two ways; a join finds nothing.
    """
    return _Join(_grouped(tables), allow_unlabeled).run()


def _grouped(tables: Sequence[TableRows]) -> list[TableRows]:
    """*tables*, those with the same columns stacked; of those with locations also one that adds no column."""
    groups: list[list[TableRows]] = []
    for table in tables:
        names = set(table.names)
        for group in groups:
            held = set(group[0].names)
            same_kind = bool(table.files) == bool(group[0].files)
            continues = same_kind and "location" in names & held and (names <= held or held <= names)
            if names == held or continues:
                group.append(table)
                break
        else:
            groups.append([table])
    return [stacked(group) for group in groups]


class _Join:
    def __init__(self, tables: list[TableRows], allow_unlabeled: bool) -> None:
        located = [table for table in tables if "location" in table.names]
        self._left = [table for table in tables if table is not located[0]]
        self._notices = tuple(dict.fromkeys(notice for table in tables for notice in table.notices))
        self._root = located[0]
        self._allow_unlabeled = allow_unlabeled

    def run(self) -> Joined:
        rows = self._root
        while self._left:
            table = next((table for table in self._left if _shared(rows, table)), None)
            if table is None:
                raise no_way(rows, self._left[0])
            self._left.remove(table)
            rows = self._attach(rows, table)
        return Joined(rows, self._notices)

    def _attach(self, rows: TableRows, table: TableRows) -> TableRows:
        """*rows* with the columns of *table*, which first takes those of tables that only it leads to."""
        keys = _shared(rows, table)
        if set(keys) == set(table.names):
            raise LabelFileError(
                f"{table.name} adds nothing: each of its columns ({', '.join(table.names)}) is there already, so that "
                f"it is joined in a circle. Leave one of the tables out, or rename a column that means something else."
            )
        own = set(table.names) - set(rows.names)
        for other in list(self._left):
            if other in self._left and own & set(other.names) - _roles(other):
                if rest := (set(other.names) & set(rows.names)) - set(table.names):
                    raise circle(rows, table, other, rest)
                self._left.remove(other)
                table = self._attach(table, other)
                own = set(table.names) - set(rows.names)
        return self._joined(rows, table, keys)

    def _joined(self, rows: TableRows, table: TableRows, keys: list[str]) -> TableRows:
        useful = [name for name in table.data.column_names if name not in keys and self._is_useful(name)]
        right = _Right(table, keys, useful)
        wanted = _keys(rows, keys)
        index = pc.index_in(wanted, value_set=right.keys).to_numpy(zero_copy_only=False)
        is_found = ~np.isnan(index) if index.dtype.kind == "f" else np.ones(len(index), dtype=bool)
        if rows.count and not is_found.any():
            raise _nothing_found(rows, table, keys, wanted, right.keys)
        places = np.where(is_found, np.nan_to_num(index), 0).astype(np.int64)
        gives_label = any(_is_label(name) for name in useful)
        if not (is_found.all() or (self._allow_unlabeled and gives_label)):
            stays = _stays(rows, is_found)
            rows = _with_missing(rows, table, keys, is_found, wanted).where(stays)
            places, is_found = places[stays], is_found[stays]
        elif not is_found.all():
            self._notices += kept_unlabeled(rows, table, keys, is_found)
        left, taken = right.expanded(places, is_found)
        rows = rows if left is None else rows.take(left)
        found = is_found if left is None else is_found[left]
        for name in useful:
            values = table.data[name].take(pa.array(taken, mask=~found))
            known = rows.data[name] if name in rows.data.column_names else None
            rows = rows.with_column(name, values if known is None else pc.coalesce(known, values))
        out = pc.fill_null(table.data[OUT].take(pa.array(taken, mask=~found)), fill_value=False)
        rows = rows.with_column(OUT, pc.or_(rows.data[OUT], out))
        ambiguous = right.is_ambiguous(places if left is None else places[left]) & found
        details = [f"{table.name}, {text}" for text in right.conflicts(places, left, ambiguous)]
        return rows.with_problem(ambiguous, details, Reason.AMBIGUOUS_MATCH)

    def _is_useful(self, name: str) -> bool:
        if name.startswith("\0kept:") or is_role(name):
            return True
        return not name.startswith("\0") and any(name in other.names for other in self._left)


def _stays(rows: TableRows, is_found: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """All but the images that only the listing names, and of which the table says nothing."""
    return np.asarray(is_found | ~bools(pc.less(rows.data[FILE], 0)))


def _with_missing(
    rows: TableRows, table: TableRows, keys: list[str], is_found: npt.NDArray[np.bool_], wanted: pa.Array
) -> TableRows:
    """*rows*, of which those whose key *table* does not have have a problem."""
    missing = wanted.filter(pa.array(~is_found)).to_pylist()
    details = [f"{_said(keys, text)} is not in {table.name}" for text in missing]
    return rows.with_problem(~is_found, details, Reason.NO_MATCH)


class _Right:
    """The table that is joined: each key once, unless its labels differ."""

    def __init__(self, table: TableRows, keys: list[str], useful: list[str]) -> None:
        self._table = table
        texts = _keys(table, keys)
        encoded = texts.dictionary_encode()
        self.keys: pa.Array = encoded.dictionary
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        self._codes = codes
        rows = self._distinct(codes, useful)
        order = rows[np.argsort(codes[rows], kind="stable")]
        self._order = order
        self._starts = np.searchsorted(codes[order], np.arange(len(self.keys) + 1))
        self._counts = np.diff(self._starts)
        others = [name for name in useful if not _is_label(name) and not name.startswith(KEPT + ORIGIN)]
        self._differs = self._differing(others)

    def _distinct(self, codes: npt.NDArray[np.int64], useful: list[str]) -> npt.NDArray[np.int64]:
        """The first of the rows that say the same of one key; those that `where` passes over only where all are."""
        out = bools(self._table.data[OUT])
        rows = np.arange(len(codes))
        if out.any():
            counted = np.zeros(len(self.keys), dtype=bool)
            counted[codes[~out]] = True
            rows = np.flatnonzero(~out | ~counted[codes])
        if np.bincount(codes[rows]).max(initial=0) < 2:
            return rows
        telling = [name for name in useful if not name.startswith(KEPT + ORIGIN)]
        said = np.column_stack([codes, *(self._codes_of(name) for name in telling)])[rows]
        _, first = np.unique(said, axis=0, return_index=True)
        return np.asarray(np.sort(rows[first]))

    def _codes_of(self, name: str) -> npt.NDArray[np.int64]:
        encoded = pc.fill_null(self._table.data[name], "\0").combine_chunks().dictionary_encode()
        return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)

    def _differing(self, names: list[str]) -> npt.NDArray[np.bool_]:
        """For each key whether its rows differ in more than their labels."""
        differs = np.zeros(len(self.keys), dtype=bool)
        if self._counts.max(initial=0) < 2:
            return differs
        for name in names:
            values = self._codes_of(name)[self._order]
            codes = self._codes[self._order]
            differs[codes[1:][(codes[1:] == codes[:-1]) & (values[1:] != values[:-1])]] = True
        return differs

    def expanded(
        self, places: npt.NDArray[np.int64], is_found: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64] | None, npt.NDArray[np.int64]]:
        """For rows whose keys stand at *places*: which of them come again, None for none, and the rows they get."""
        if not len(places):
            return None, places
        counts = np.where(is_found & ~self._differs[places], self._counts[places], 1)
        first = self._starts[places]
        if (counts <= 1).all():
            return None, self._order[np.minimum(first, len(self._order) - 1)]
        left = np.repeat(np.arange(len(places)), counts)
        within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
        return left, self._order[first[left] + within]

    def is_ambiguous(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether the key at each of *places* stands for different things."""
        return self._differs[places] if len(places) else np.zeros(0, dtype=bool)

    def conflicts(
        self,
        places: npt.NDArray[np.int64],
        left: npt.NDArray[np.int64] | None,
        ambiguous: npt.NDArray[np.bool_],
    ) -> list[str]:
        """Where each of the keys that are *ambiguous* stands, and the key."""
        found = places if left is None else places[left]
        return [self._conflict(int(place)) for place in found[ambiguous]]

    def _conflict(self, place: int) -> str:
        rows = self._order[self._starts[place] : self._starts[place + 1]]
        lines = " and ".join(str(self._table.data[LINE][int(row)].as_py()) for row in rows[:3])
        key = self.keys[place].as_py().replace(_MARK, ", ")
        return f"lines {lines} say different things of {key[:_SHOWN]!r}"


def _keys(rows: TableRows, keys: list[str]) -> pa.Array:
    columns = [pc.utf8_trim_whitespace(rows.texts(key)) for key in keys]
    return columns[0] if len(columns) == 1 else pc.binary_join_element_wise(*columns, _MARK)


def _shared(rows: TableRows, table: TableRows) -> list[str]:
    """The columns that both have: all but labels, of which each may know a part."""
    return [name for name in table.names if name in rows.names and not _is_label(name) and name not in {"id", "group"}]


def _roles(table: TableRows) -> set[str]:
    return {name for name in table.names if is_role(name)}


def _is_label(name: str) -> bool:
    return name == "label" or name.startswith("label.")


def _said(keys: list[str], text: str) -> str:
    parts = zip(keys, text.split(_MARK), strict=True)
    return ", ".join(f"{key} {value[:_SHOWN]!r}" for key, value in parts)


def _nothing_found(
    rows: TableRows, table: TableRows, keys: list[str], wanted: pa.Array, there: pa.Array
) -> LabelFileError:
    here, other = wanted[0].as_py(), there[0].as_py() if len(there) else ""
    return LabelFileError(
        f"{rows.name} and {table.name} share {', '.join(keys)}, and none of its values is in both: "
        f"{rows.place_of(0)} has {_said(keys, here)}, {table.name} has {other.replace(_MARK, ', ')[:_SHOWN]!r}. Where "
        f"both are numbers, set `numbers: [{keys[0]}]` on both tables; else give other columns in `columns`."
    )
