"""Which rows are for training, validation and test, where the source does not say."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Annotated, Literal, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from tasks.columns import KnownSplits, LabelledSamples
from tasks.step_config import StepConfig, Texts
from tasks.ties import Ties

Split = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
_FROM = "train"


class SplitSettings(StepConfig):
    """How rows are split.

    Attributes:
        names: Which split a word of the source means, as in ``holdout: test``, besides the usual words.
        files: For each split the list that names its images: a path, several, or a glob pattern, relative to
            `source.path`. A list has one image a line, or is JSON, or a column of a table; folders and extensions may
            be left out.
        rest: What happens to images that no list of ``files`` names and whose split the source does not say: they go to
            ``train``, or are rejected as ``unknown_split``.
        ratios: The share of each split, for images whose split the source does not name. If you leave it out, every
            image goes to ``train``.
        salt: Change this text to draw the splits of new images anew; with ``--resplit``, those of all images.
        group_by: A column of the label file, or a level of the hierarchy, such as a patient or a video. Images of one
            group stay in one split.
        keep_together: ``near_duplicates`` puts new images that look alike (`quality`) into one split, and into the
            split of published images that look like them. Published images stay where they are, unless a run with
            ``--resplit`` moves them.
        rebalance: Move existing rows out of ``train`` when ``ratios`` ask for it; by default they stay.
    """

    names: dict[str, Split] = Field(default_factory=dict)
    files: dict[Split, Texts] = Field(default_factory=dict)
    rest: Literal["train", "reject"] = "reject"
    ratios: dict[Split, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    salt: str = ""
    group_by: str | None = None
    keep_together: Literal["near_duplicates"] | None = None
    rebalance: bool = False

    @field_validator("ratios")
    @classmethod
    def _ratios_make_a_whole(cls, value: dict[str, float]) -> dict[str, float]:
        if value and not np.isclose(sum(value.values()), 1.0):
            raise ValueError(f"the ratios add up to {sum(value.values()):g}, not to 1")
        return value


@dataclass(frozen=True, slots=True)
class Assigned:
    """Samples that all have a split.

    Attributes:
        samples: With no `split` left empty.
        given: For each whether the source names its split.
        rebalanced: How many rows that were there left ``train``, by the split that they went to.
        resplit: How many rows that were there went elsewhere since splits were drawn anew: ``"train → test"`` to count.
    """

    samples: LabelledSamples
    given: pa.ChunkedArray
    rebalanced: Mapping[str, int]
    resplit: Mapping[str, int] = field(default_factory=dict)


def assign_splits(
    samples: LabelledSamples, settings: SplitSettings, known: KnownSplits, alike: Mapping[str, str] | None = None
) -> Assigned:
    """*samples* with a split each: the source's comes first, then where the row is already.

    Args:
        samples: `SAMPLE_SCHEMA`.
        settings: The `splits` section.
        known: ``sample_id``, ``split`` and ``content_sha256`` of each row that is there already.
        alike: Given where splits are drawn anew, also for rows that are there: for ids of rows that look alike the name
            of their group, whose rows share a split. None where rows stay.

    The split of a new row is that of its group, where one of its rows is there; else it depends on its group (or its
    `sample_id`) and the salt alone: SHA-256 of both, as a fraction of 2^256, against the cumulative ratios.
    """
    given = pc.not_equal(samples["split"], "")
    position = pc.index_in(samples["sample_id"], value_set=known["sample_id"].combine_chunks())
    there = pc.if_else(given, "", pc.fill_null(known["split"].take(position), ""))
    was = there
    if alike is not None:
        there = _drawn_anew(samples, settings, known, position, alike)
    moves = _rebalanced(samples, settings, there, known, position) if settings.rebalance and alike is None else {}
    splits = pc.if_else(given, samples["split"], there)
    new = np.flatnonzero(pc.equal(splits, "").to_numpy())
    made = np.asarray(splits.to_numpy(zero_copy_only=False), dtype=object)
    made[new] = _new_splits(samples, settings, there, new)
    for index, split in moves.items():
        made[index] = split
    place = samples.schema.get_field_index("split")
    samples = samples.set_column(place, samples.schema.field("split"), pa.array(made, pa.string()))
    resplit = Counter(
        f"{old} → {new}" for old, new in zip(was.to_pylist(), there.to_pylist(), strict=True) if old != new
    )
    return Assigned(samples, given, dict(Counter(moves.values())), dict(resplit))


class _There(TypedDict):
    """A sample that has a row: its place among the samples, and what ties it to others."""

    sample_id: str
    group: str
    split: str
    place: int
    content: str


def _drawn_anew(
    samples: LabelledSamples,
    settings: SplitSettings,
    known: KnownSplits,
    position: pa.ChunkedArray,
    alike: Mapping[str, str],
) -> pa.ChunkedArray:
    """The split of each of *samples* that is there already, as if it were new; empty for those that are not, or given.

    Rows of one group, of the same bytes, or that look alike go together: to where the source has most of them, else by
    the hash of their group or of the first of their ids.
    """
    facts = samples.select(["sample_id", "group", "split"]).append_column("place", pa.array(range(samples.num_rows)))
    facts = facts.append_column("content", known["content_sha256"].take(position)).filter(pc.is_valid(position))
    there_already: list[_There] = facts.sort_by("sample_id").to_pylist()
    bounds = _bounds(settings)
    made = [""] * samples.num_rows
    for unit in _tied(there_already, alike):
        there = Counter(row["split"] for row in unit if row["split"])
        key = next((row["group"] for row in unit if row["group"]), unit[0]["sample_id"])
        split = min(there, key=lambda name: (-there[name], name)) if there else split_for(key, settings.salt, bounds)
        for row in unit:
            made[row["place"]] = "" if row["split"] else split
    return pa.chunked_array([pa.array(made, pa.string())])


def _tied(rows: Sequence[_There], alike: Mapping[str, str]) -> Iterable[list[_There]]:
    """*rows* in sets of those that a group, the same bytes or the look of them ties together."""
    ties = Ties[str]()
    for row in rows:
        for tie in (row["group"] and f"group {row['group']}", f"near {alike.get(row['sample_id'], row['content'])}"):
            if tie:
                ties.tie(tie, row["content"])
    return ties.sets((row["content"], row) for row in rows)


def _new_splits(
    samples: LabelledSamples, settings: SplitSettings, there: pa.ChunkedArray, new: np.typing.NDArray[np.int64]
) -> list[str]:
    """The splits of the rows at *new*, which are nowhere yet."""
    bounds = _bounds(settings)
    places = pa.array(new)
    of_group: dict[str, str] = {}
    if settings.group_by is not None:
        placed = samples.select(["sample_id", "group"]).append_column("there", there)
        placed = placed.filter(pc.and_(pc.not_equal(there, ""), pc.not_equal(placed["group"], "")))
        ordered = placed.sort_by([("sample_id", "descending")])
        of_group = dict(zip(ordered["group"].to_pylist(), ordered["there"].to_pylist(), strict=True))
    ids: list[str] = samples["sample_id"].take(places).to_pylist()
    groups: list[str] = samples["group"].take(places).to_pylist()
    return [
        of_group.get(group) or split_for(group or sample_id, settings.salt, bounds)
        for sample_id, group in zip(ids, groups, strict=True)
    ]


def _bounds(settings: SplitSettings) -> list[tuple[str, float]]:
    return list(zip(settings.ratios, accumulate(settings.ratios.values()), strict=True))


def _rebalanced(
    samples: LabelledSamples,
    settings: SplitSettings,
    there: pa.ChunkedArray,
    known: KnownSplits,
    position: pa.ChunkedArray,
) -> dict[int, str]:
    """The rows that leave ``train``, by their place, with the split that each goes to.

    Of the hash's interval, ``train`` keeps the lower end, so that raising another share again only adds to what left.
    Those above it go where most is lacking. Rows of one group or of equal bytes have the hash of their first, so that
    they go together.
    """
    if _FROM not in settings.ratios:
        return {}
    facts = samples.select(["sample_id", "group"]).append_column("there", there)
    facts = facts.append_column("content", pc.fill_null(known["content_sha256"].take(position), ""))
    units = _units(facts, settings.salt)
    counts = Counter(there.to_pylist())
    total = sum(count for split, count in counts.items() if split)
    lacking = {split: share * total - counts[split] for split, share in settings.ratios.items() if split != _FROM}
    moves: dict[int, str] = {}
    for share, members in sorted(units, key=lambda unit: unit[0]):
        if share < settings.ratios[_FROM] or not lacking:
            continue
        split = max(lacking, key=lambda name: (lacking[name], name))
        if lacking[split] < len(members) / 2:
            continue
        lacking[split] -= len(members)
        moves |= dict.fromkeys(members, split)
    return moves


def _units(
    facts: pa.Table[Literal["sample_id", "group", "there", "content"]], salt: str
) -> list[tuple[float, list[int]]]:
    """Rows of ``train`` that go together, as their places, each with the hash that counts for them."""
    members: dict[str, list[int]] = {}
    outside: set[str] = set()
    groups: list[str] = facts["group"].to_pylist()
    contents: list[str] = facts["content"].to_pylist()
    splits: list[str] = facts["there"].to_pylist()
    for index, split in enumerate(splits):
        unit = groups[index] or contents[index]
        if split == _FROM:
            members.setdefault(unit, []).append(index)
        elif split:
            outside.add(unit)
    ids = facts["sample_id"]
    return [
        (hash_share(groups[places[0]] or min(str(ids[i].as_py()) for i in places), salt), places)
        for unit, places in members.items()
        if unit not in outside
    ]


def split_for(key: str, salt: str, bounds: list[tuple[str, float]]) -> str:
    """The split whose interval of *bounds* (split, upper bound) the hash of *salt* and *key* falls into."""
    if not bounds:
        return _FROM
    share = hash_share(key, salt)
    return next((split for split, bound in bounds if share < bound), bounds[-1][0])


def hash_share(key: str, salt: str) -> float:
    """SHA-256 of *salt* and *key*, as a fraction of 2^256."""
    digest = hashlib.sha256(f"{salt}{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest) / 2**256
