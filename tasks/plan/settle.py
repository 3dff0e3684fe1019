"""What only the bytes can tell: rows that moved keep their split, and equal bytes never straddle two splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tasks.plan.shard_plans import Rows


@dataclass(frozen=True, slots=True)
class Settled:
    """What was learned once every row was there.

    Attributes:
        splits: Sample id to the split that it must have, for those that have another one.
        duplicates: Sample id to the id of the first row of the same bytes.
        leaks: How many of them lie in another split than that first row, by the source's own will.
        moved: Sample id to the id of the missing row that it was.
    """

    splits: Mapping[str, str]
    duplicates: Mapping[str, str]
    leaks: int
    moved: Mapping[str, str]


def settle(built: Rows, given: frozenset[str], missing: pa.Table, known: frozenset[str]) -> Settled:
    """What equal bytes ask for. Pure.

    Args:
        built: The rows of the version to be, after the first round.
        given: Ids of those whose split the source itself names; these never move.
        missing: `ROWS_SCHEMA`: rows of the version before that are no longer listed.
        known: Ids of the version before: of equal rows, theirs is the split that counts.
    """
    hashes = built.table["content_sha256"].to_pylist()
    ids = built.table["sample_id"].to_pylist()
    splits = built.table["split"].to_pylist()
    gone = dict(
        zip(
            missing["content_sha256"].to_pylist(),
            zip(missing["sample_id"].to_pylist(), missing["split"].to_pylist(), strict=True),
            strict=True,
        )
    )
    groups: dict[str, list[int]] = defaultdict(list)
    for index in np.argsort(np.array(ids, dtype=object), kind="stable").tolist():
        groups[hashes[index]].append(index)
    wanted: dict[str, str] = {}
    duplicates: dict[str, str] = {}
    moved: dict[str, str] = {}
    leaks = 0
    for content, members in groups.items():
        fresh = [index for index in members if ids[index] not in known]
        if content in gone and fresh:
            moved[ids[fresh[0]]] = gone[content][0]
        anchor = _anchor([(ids[index], splits[index]) for index in members], given, known, gone.get(content))
        for index in members:
            if splits[index] != anchor and ids[index] in given:
                leaks += 1
            elif splits[index] != anchor:
                wanted[ids[index]] = anchor
        duplicates |= {ids[index]: ids[members[0]] for index in members[1:]}
    return Settled(wanted, duplicates, leaks, moved)


def _anchor(
    members: list[tuple[str, str]], given: frozenset[str], known: frozenset[str], gone: tuple[str, str] | None
) -> str:
    """The split that rows of the same bytes belong to: the source's, else the dataset's, else that of the first."""
    for ids in (given, known):
        for sample_id, split in members:
            if sample_id in ids:
                return split
    return gone[1] if gone is not None else members[0][1]
