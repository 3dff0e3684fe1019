"""Blocks of records of which each says plainly where its image is: classified whole columns at a time.

What is not plain is left to be read record by record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.arrow_columns import Bools, Column, bools, whole
from tasks.discover.by_records.label_cells import LabelCell, LabelCells
from tasks.discover.by_records.roles import Roles
from tasks.records.csv_blocks import RecordBlock
from tasks.records.json_blocks import JsonBlock
from tasks.records.locations import LocationPolicy
from tasks.records.plain_locations import plain_kinds
from tasks.samples import kept_text

Block = RecordBlock | JsonBlock

MAX_LABEL = 1000
"""Characters of a class's name; a longer one is no name."""


@dataclass(frozen=True, slots=True)
class CellMeaning:
    """What the cells of a label file mean.

    Attributes:
        labels: Reads label cells.
        split_of: A cell as a split, empty where it names none; None where it names one that is not known.
        allow_unlabeled: Whether no label is no problem.
    """

    labels: LabelCells
    split_of: Callable[[str], str | None]
    allow_unlabeled: bool


def plain_rows(
    block: Block, roles: Roles, policy: LocationPolicy, meaning: CellMeaning
) -> tuple[Bools, Mapping[str, Any]]:
    """Which of *block*'s records are plain, and the columns of `ENTRY_SCHEMA` of those."""
    count = len(block.lines)
    locations, is_filled = _locations(block, roles)
    is_web, is_path = plain_kinds(locations)
    if policy.base_url:
        is_path = np.zeros(count, dtype=bool)
    labels = _labels(block, roles, meaning.labels)
    splits, has_split = _mapped(block, roles.split, meaning.split_of)
    good = (is_web | is_path) & has_split
    good &= labels.fits & is_filled
    if not meaning.allow_unlabeled and not meaning.labels.is_many:
        good &= ~labels.is_missing
    ids = locations if roles.id is None else block.column(roles.id)
    if roles.id is not None:
        good &= bools(pc.not_equal(ids, ""))
    chosen = None if good.all() else pa.array(good)
    group = "" if roles.group is None else _filtered(block.column(roles.group), chosen)
    return good, {
        "sample_id": _filtered(ids, chosen),
        "kind": _kind(is_web[good]),
        "location": _filtered(locations, chosen),
        "label_path": _filtered(labels.paths, chosen),
        "label_paths": None if labels.lists is None else _filtered(labels.lists, chosen),
        "split": _filtered(splits, chosen),
        "fingerprint": "",
        "label_row": block.lines[good],
        "at": block.offsets[good],
        "length": block.lengths[good],
        "is_whole": True,
        "size": -1,
        "group": group,
        "kept": _kept(block, roles, chosen),
        "place": _filtered(locations, chosen),
    }


def _filtered(column: Column, chosen: pa.Array | None) -> Column:
    return column if chosen is None else column.filter(chosen)


def _kind(is_web: Bools) -> str | pa.Array:
    if is_web.all():
        return "web"
    return pc.if_else(pa.array(is_web), "web", "store") if is_web.any() else "store"


@dataclass(frozen=True, slots=True)
class _Labels:
    """What the label cells of a block say: columns of `ENTRY_SCHEMA`, and of each whether it can be taken."""

    paths: pa.Array | pa.ChunkedArray
    lists: pa.Array | None
    is_missing: Bools
    fits: Bools


def _labels(block: Block, roles: Roles, reader: LabelCells) -> _Labels:
    """What the label cells of *block* say, asked once for each text."""
    count = len(block.lines)
    if roles.label is None:
        return _Labels(pa.repeat("", count), None, np.ones(count, dtype=bool), np.ones(count, dtype=bool))
    texts = block.texts(roles.label) if isinstance(block, JsonBlock) else block.column(roles.label)
    if texts is None:
        values = block.values(roles.label) if isinstance(block, JsonBlock) else []
        return _labels_of_values(values, block.lines, reader)
    encoded = whole(texts).dictionary_encode()
    cells = [reader.of_text(text) for text in encoded.dictionary.to_pylist()]
    indices = encoded.indices.to_numpy()
    lists = pa.array([cell.paths for cell in cells], pa.list_(pa.string())) if reader.is_many else None
    return _Labels(
        paths=pa.array([cell.path for cell in cells], pa.string()).take(encoded.indices),
        lists=None if lists is None else lists.take(encoded.indices),
        is_missing=np.array([cell.is_missing for cell in cells], dtype=bool)[indices],
        fits=np.array([cell.longest <= MAX_LABEL for cell in cells], dtype=bool)[indices],
    )


def _labels_of_values(values: Sequence[Any], lines: npt.NDArray[np.int64], reader: LabelCells) -> _Labels:
    """What the *values* of a key say, those that are texts asked once for each."""
    known: dict[str, LabelCell] = {}
    cells = []
    for value, line in zip(values, lines.tolist(), strict=True):
        cell = known.get(value) if type(value) is str else reader.of_value(value, line)
        if cell is None:
            cell = known[value] = reader.of_text(value)
        cells.append(cell)
    return _Labels(
        paths=pa.array([cell.path for cell in cells], pa.string()),
        lists=pa.array([cell.paths for cell in cells], pa.list_(pa.string())) if reader.is_many else None,
        is_missing=np.array([cell.is_missing for cell in cells], dtype=bool),
        fits=np.array([cell.longest <= MAX_LABEL for cell in cells], dtype=bool),
    )


def _locations(block: Block, roles: Roles) -> tuple[pa.Array | pa.ChunkedArray, Bools]:
    """The locations of *block*, their template filled, and of which that is as simple as it looks."""
    certain = np.ones(len(block.lines), dtype=bool)
    if not roles.template:
        places = block.places(roles.location) if isinstance(block, JsonBlock) else block.column(roles.location)
        return pc.utf8_trim_whitespace(places), certain
    parts: list[Any] = []
    for number, piece in enumerate(re.split(r"\{([^{}]*)\}", roles.template)):
        if number % 2 and piece not in roles.fills:
            return pa.repeat("", len(block.lines)), ~certain
        value = block.column(roles.fills[piece]) if number % 2 else None
        if value is not None:
            certain &= ~bools(pc.match_substring(value, "{"))
        parts.append(piece if value is None else whole(value))
    return pc.utf8_trim_whitespace(pc.binary_join_element_wise(*parts, "")), certain


def _kept(block: Block, roles: Roles, chosen: pa.Array | None) -> str | pa.Array:
    if not roles.kept:
        return ""
    columns = [_filtered(block.column(place), chosen).to_pylist() for place in roles.kept.values()]
    rows = zip(*columns, strict=True)
    return pa.array([kept_text(dict(zip(roles.kept, row, strict=True))) for row in rows], pa.string())


def _mapped(block: Block, place: Any, meaning: Callable[[str], str | None]) -> tuple[pa.Array | pa.ChunkedArray, Bools]:
    """What *meaning* makes of each cell of a column, asked once for each text; and where it makes something of it."""
    if place is None:
        empty = pa.repeat(pa.scalar("", pa.string()), len(block.lines))
        return empty, np.ones(len(block.lines), dtype=bool)
    encoded = whole(block.column(place)).dictionary_encode()
    meant = [meaning(text) for text in encoded.dictionary.to_pylist()]
    known = np.array([text is not None for text in meant], dtype=bool)[encoded.indices.to_numpy()]
    return pa.array([text or "" for text in meant], pa.string()).take(encoded.indices), known
