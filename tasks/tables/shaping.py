"""What a table's settings make of its rows: patterns, one column a class, numbers, templates, and what counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import bools, repeated
from tasks.errors import LabelFileError
from tasks.reasons import Reason
from tasks.tables.names import is_role
from tasks.tables.patterns import matches_of
from tasks.tables.rows import KEPT, OUT, TableRows
from tasks.tables.settings import TableSettings

_WHOLE = ("location", "path")
_YES = frozenset({"1", "true", "yes", "t", "y"})
_NO = frozenset({"", "0", "-0", "false", "no", "f", "n"})
_SHOWN = 5


def shaped(rows: TableRows, settings: TableSettings, one_hot: Mapping[str, str], kept: Iterable[str]) -> TableRows:
    """*rows* with the columns that joins and samples need, and no others.

    Args:
        rows: As they were read.
        settings: The table's.
        one_hot: The columns of which the one that holds 1 is the label, with that label.
        kept: Columns that are kept.
    """
    rows = _with_numbers(rows, [name for name in settings.numbers if name in rows.data.column_names])
    inside = [(name, pattern) for name, pattern in settings.patterns.items() if name not in _WHOLE]
    outside = [("location", pattern) for name, pattern in settings.patterns.items() if name in _WHOLE]
    for name, pattern in inside:
        rows = _extracted(rows, name, pattern)
    if settings.location:
        rows = rows.with_column("location", _filled(rows, settings.location))
    for name, pattern in outside:
        rows = _extracted(rows, name, pattern)
    rows = _with_numbers(rows, settings.numbers)  # those that patterns made, too
    rows = _filtered(rows, settings.where)
    if settings.split:
        rows = rows.with_column("split", repeated(settings.split, rows.count))
    rows = _with_kept(rows, kept)
    return _projected(_by_one_hot(rows, one_hot) if one_hot else rows, settings, bool(one_hot))


def groups_of(pattern: str) -> set[str]:
    """The columns that *pattern* makes: ``label__species`` is ``label.species``, which no group can be called."""
    return {name.replace("__", ".") for name in re.compile(pattern).groupindex}


def _projected(rows: TableRows, settings: TableSettings, has_one_hot: bool) -> TableRows:
    if settings.columns is None and not settings.listing:
        return rows
    made = {name for pattern in settings.patterns.values() for name in groups_of(pattern)}
    given = {
        "label": has_one_hot,
        "split": settings.split,
        "location": settings.location or settings.listing or settings.pixels,
    }
    wanted = set(settings.declared.values()) | made | {name for name, is_given in given.items() if is_given}
    columns = [name for name in rows.data.column_names if name.startswith("\0") or name in wanted]
    return rows.with_data(rows.data.select(columns))


def _with_kept(rows: TableRows, kept: Iterable[str]) -> TableRows:
    for name in kept:
        if name in rows.data.column_names:
            rows = rows.with_column(KEPT + name, rows.column(name))
    return rows


def _with_numbers(rows: TableRows, names: Iterable[str]) -> TableRows:
    for name in names:
        rows = rows.with_column(name, _as_numbers(rows.texts(name)))
    return rows


def _as_numbers(texts: pa.Array) -> pa.Array:
    encoded = texts.dictionary_encode()
    return pa.array([_number(text) for text in encoded.dictionary.to_pylist()], pa.string()).take(encoded.indices)


def _number(text: str) -> str:
    """The number *text* in its shortest form: ``1`` for ``001`` and ``1.0``; other text as it is."""
    try:
        value = float(text)
    except ValueError:
        return text
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def _extracted(rows: TableRows, name: str, pattern: str) -> TableRows:
    """*rows* with what the groups of *pattern* find in the column *name*; where it finds nothing, that is a problem."""
    texts = rows.texts(name)
    found = matches_of(texts, pattern, rows.name)
    is_missing = bools(found[0].is_null())
    if rows.count and is_missing.all():
        raise LabelFileError(
            f"{rows.name}: the pattern {pattern!r} matches none of its {rows.count:,} rows, such as "
            f"{texts[0].as_py()[:100]!r}. Mend `pattern`."
        )
    for group, values in zip(re.compile(pattern).groupindex, found[1:], strict=True):
        rows = rows.with_column(group.replace("__", "."), values)
    missed = texts.filter(pa.array(is_missing)).to_pylist()
    details = [f"{text[:100]!r} does not match `pattern`" for text in missed]
    return rows.with_problem(is_missing, details, Reason.NO_PATTERN)


def _filled(rows: TableRows, template: str) -> pa.Array:
    parts = re.split(r"{([^{}]*)}", template)
    pieces: list[Any] = []
    for place, part in enumerate(parts):
        pieces.append(rows.texts(part or "location") if place % 2 else part)
    return pc.binary_join_element_wise(*pieces, "") if len(pieces) > 1 else repeated(template, rows.count)


def _filtered(rows: TableRows, where: Mapping[str, Sequence[str]]) -> TableRows:
    chosen = np.ones(rows.count, dtype=bool)
    for name, values in where.items():
        texts = pc.utf8_trim_whitespace(rows.texts(name))
        chosen &= pc.is_in(texts, value_set=pa.array(values, pa.string())).to_numpy(zero_copy_only=False)
        if rows.count and not chosen.any():
            there = ", ".join(repr(text) for text in texts.unique().to_pylist()[:10])
            raise LabelFileError(
                f"{rows.name}: `where` takes no row: {name} is never {' or '.join(map(repr, values))}. It is: {there}."
            )
    return rows.with_column(OUT, pc.or_(rows.data[OUT], pa.array(~chosen)))


def is_yes(texts: pa.Array) -> npt.NDArray[np.bool_]:
    """Whether each of *texts* says yes: 1, 1.0, true."""
    encoded = texts.dictionary_encode()
    meant = [_number(text.strip().lower()) in _YES for text in encoded.dictionary.to_pylist()]
    return np.asarray(np.array(meant, dtype=bool)[encoded.indices.to_numpy()])


def _by_one_hot(rows: TableRows, one_hot: Mapping[str, str]) -> TableRows:
    """One row for each column that holds 1; one with no label for a row in which none does."""
    places, labels = [], []
    is_named = np.zeros(rows.count, dtype=bool)
    for name, label in one_hot.items():
        says = is_yes(rows.texts(name))
        is_named |= says
        places.append(np.flatnonzero(says))
        labels.append(repeated(label, int(says.sum())))
    none = np.flatnonzero(~is_named)
    order = np.concatenate([*places, none])
    texts = pa.concat_arrays([*labels, pa.nulls(len(none), pa.string())])
    sort = np.argsort(order, kind="stable")
    data = rows.data.drop_columns([name for name in one_hot if name in rows.data.column_names and not is_role(name)])
    made = rows.with_data(data).take(order[sort])
    return replace(made.with_column("label", texts.take(pa.array(sort))), notices=_neither(rows, one_hot))


def _neither(rows: TableRows, one_hot: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence on cells of *one_hot* that say neither yes nor no, as -1 and shares do."""
    values = {str(text).strip() for name in one_hot for text in rows.texts(name).unique().to_pylist()}
    odd = sorted(value for value in values if _number(value.lower()) not in _YES | _NO)
    if not odd:
        return rows.notices
    more = f" and {len(odd) - _SHOWN:,} others" if len(odd) > _SHOWN else ""
    shown = ", ".join(value[:20] for value in odd[:_SHOWN])
    return (*rows.notices, f"{rows.name}: columns of `one_hot` hold {shown}{more}, which count as no")
