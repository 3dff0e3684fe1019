"""Blocks of records of which each says plainly where its image is: classified whole columns at a time.

What a pattern here lets pass means the same as what `classify_location` would make of it; whatever it does not is left
to that function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.discover.roles import Roles
from tasks.records.csv_blocks import RecordBlock
from tasks.records.embedded import BASE64_SHORTEST
from tasks.records.locations import LocationPolicy
from tasks.samples import kept_text

Bools = npt.NDArray[np.bool_]

_PART = r"[^\x00-\x1f\x7f\\/:%~\[.\x{EF80}-\x{EFFF}][^\x00-\x1f\x7f\\/:%\x{EF80}-\x{EFFF}]*"
_PATH = rf"^(?:{_PART}/)*{_PART}$"
_WEB = r"^https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,3})?/[^\x00-\x20\x7f\\?#@:\x{EF80}-\x{EFFF}]*$"
_LONGEST = 1000
MAX_LABEL = 1000
"""Characters of a class's name; a longer one is no name."""


@dataclass(frozen=True, slots=True)
class CellMeaning:
    """What the cells of a label file mean.

    Attributes:
        label_of: A cell as a class name, empty for none.
        split_of: A cell as a split, empty where it names none; None where it names one that is not known.
        allow_unlabeled: Whether no label is no problem.
    """

    label_of: Callable[[str], str]
    split_of: Callable[[str], str | None]
    allow_unlabeled: bool


def plain_rows(
    block: RecordBlock, roles: Roles, policy: LocationPolicy, meaning: CellMeaning
) -> tuple[Bools, Mapping[str, Any]]:
    """Which of *block*'s records are plain, and the columns of `ENTRY_SCHEMA` of those."""
    count = len(block.lines)
    if roles.template or not isinstance(roles.location, int):
        return np.zeros(count, dtype=bool), {}
    locations = pc.utf8_trim_whitespace(block.columns[roles.location])
    is_web = _mask(pc.match_substring_regex(locations, _WEB))
    is_path = np.zeros(count, dtype=bool) if policy.base_url else _mask(_is_path(locations))
    labels, _ = _mapped(block, roles.label, meaning.label_of)
    splits, has_split = _mapped(block, roles.split, meaning.split_of)
    good = (is_web | is_path) & has_split & _mask(pc.less(pc.utf8_length(locations), _LONGEST))
    good &= _mask(pc.less_equal(pc.utf8_length(labels), MAX_LABEL))
    if not meaning.allow_unlabeled:
        good &= _mask(pc.not_equal(labels, ""))
    ids = locations if roles.id is None else block.columns[int(roles.id)]
    if roles.id is not None:
        good &= _mask(pc.not_equal(ids, ""))
    chosen = pa.array(good)
    group = "" if roles.group is None else block.columns[int(roles.group)].filter(chosen)
    return good, {
        "sample_id": ids.filter(chosen),
        "kind": pa.array(np.where(is_web[good], "web", "store"), pa.string()),
        "location": locations.filter(chosen),
        "label_path": labels.filter(chosen),
        "split": splits.filter(chosen),
        "fingerprint": "",
        "label_row": block.lines[good],
        "at": block.offsets[good],
        "length": block.lengths[good],
        "is_whole": True,
        "size": -1,
        "group": group,
        "kept": _kept(block, roles, chosen),
        "place": locations.filter(chosen),
    }


def _kept(block: RecordBlock, roles: Roles, chosen: pa.Array) -> str | pa.Array:
    if not roles.kept:
        return ""
    columns = [block.columns[int(place)].filter(chosen).to_pylist() for place in roles.kept.values()]
    rows = zip(*columns, strict=True)
    return pa.array([kept_text(dict(zip(roles.kept, row, strict=True))) for row in rows], pa.string())


def _mask(column: pa.Array | pa.ChunkedArray) -> Bools:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=bool)


def _is_path(locations: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether each is a plain relative path; a long one without a dot could be pixels in base64."""
    is_plain = pc.match_substring_regex(locations, _PATH)
    return pc.and_(
        is_plain, pc.or_(pc.less(pc.utf8_length(locations), BASE64_SHORTEST), pc.match_substring(locations, "."))
    )


def _mapped(
    block: RecordBlock, place: Any, meaning: Callable[[str], str | None]
) -> tuple[pa.Array | pa.ChunkedArray, Bools]:
    """What *meaning* makes of each cell of a column, asked once for each text; and where it makes something of it."""
    if place is None:
        empty = pa.repeat(pa.scalar("", pa.string()), len(block.lines))
        return empty, np.ones(len(block.lines), dtype=bool)
    encoded = block.columns[int(place)].combine_chunks().dictionary_encode()
    meant = [meaning(text) for text in encoded.dictionary.to_pylist()]
    known = np.array([text is not None for text in meant], dtype=bool)[encoded.indices.to_numpy()]
    return pa.array([text or "" for text in meant], pa.string()).take(encoded.indices), known
