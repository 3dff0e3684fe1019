"""What only the bytes can tell: rows that moved keep their split, and equal bytes never straddle two splits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import RowTable, TiedSamples
from tasks.plan.shard_plans import Rows
from tasks.ties import Ties


@dataclass(frozen=True, slots=True)
class Settled:
    """What was learned once every row was there.

    Attributes:
        splits: Sample id to the split that it must have, for those that have another one.
        duplicates: Sample id to the id of the row of the same bytes that stands for it.
        pairs: Images whose bytes another split has too, by the source's own will: ``"test/train"`` to count.
        moved: Sample id to the id of the missing row that it was.
    """

    splits: Mapping[str, str]
    duplicates: Mapping[str, str]
    pairs: Mapping[str, int]
    moved: Mapping[str, str]

    @property
    def leaks(self) -> int:
        """How many images have bytes that another split has too, since the source itself has it so."""
        return sum(self.pairs.values())


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that others are tied to.

    Attributes:
        is_given: The source names its split.
        is_known: The dataset had it before.
        near: The name of its group of rows that look alike; empty where it is in none.
    """

    sample_id: str
    split: str
    content: str
    group: str
    is_given: bool
    is_known: bool
    near: str = ""

    @property
    def rank(self) -> int:
        """Whose split counts first."""
        return 0 if self.is_given else 1 if self.is_known else 2


@dataclass(slots=True)
class _Unit:
    """Rows that must share a split.

    Attributes:
        members: They.
        split: That split.
        is_free: None of them is in a split that counts: the source's, or one that the dataset had before.
    """

    members: list[_Row]
    split: str
    is_free: bool


def settle(
    built: Rows, samples: TiedSamples, missing: RowTable, known: pa.Array, near: Mapping[str, str] | None = None
) -> Settled:
    """What equal bytes ask for. Pure.

    Args:
        built: The rows of the version to be, after the first round.
        samples: ``sample_id``, ``group`` (rows of one group stay together; "" for none) and ``given`` (whether the
            source itself names the split, which then never changes), of the rows of *built* at least.
        missing: `ROWS_SCHEMA`: rows of the version before that are no longer listed.
        known: Ids of the version before: of equal rows, theirs is the split that counts.
        near: For ids of rows that look alike the name of their group: new ones among them share a split, that of most
            rows of the group that are there; none of these moves.
    """
    rows = list(_tied_rows(built.table, samples, missing, known, near or {}))
    by_content: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        by_content[row.content].append(row)
    gone: dict[str, list[tuple[str, str]]] = defaultdict(list)
    was = missing.filter(pc.is_in(missing["content_sha256"], value_set=pa.array(list(by_content), pa.string())))
    for lost in was.sort_by("sample_id").to_pylist():
        gone[lost["content_sha256"]].append((lost["sample_id"], lost["split"]))
    units = [_unit(members, gone) for members in _components(rows)]
    if near:
        _bring_together(units)
    wanted = {
        row.sample_id: unit.split
        for unit in units
        for row in unit.members
        if row.split != unit.split and not row.is_given
    }
    return Settled(wanted, _duplicates(by_content), _pairs(by_content), _moved(by_content, gone))


def _unit(members: list[_Row], gone: Mapping[str, list[tuple[str, str]]]) -> _Unit:
    is_free = all(row.rank == 2 and row.content not in gone for row in members)
    return _Unit(members, _anchor(members, gone), is_free)


def _bring_together(units: Sequence[_Unit]) -> None:
    """Give *units* that are free the split of what looks like them: of most rows that are there, else of the first.

    A row counts where it will be: one that moves to those of equal bytes counts there.
    """
    for group in _alike(units):
        there = [unit for unit in group if not unit.is_free]
        splits = Counter(row.split if row.is_given else unit.split for unit in there for row in unit.members)
        earliest = min(group, key=lambda unit: unit.members[0].sample_id)
        split = min(splits, key=lambda name: (-splits[name], name)) if splits else earliest.split
        for unit in group:
            unit.split = split if unit.is_free else unit.split


def _alike(units: Sequence[_Unit]) -> Iterable[list[_Unit]]:
    """*units* in sets that groups of rows which look alike tie together."""
    ties = Ties[str]()
    for place, unit in enumerate(units):
        for row in unit.members:
            if row.near:
                ties.tie(f"near {row.near}", str(place))
    return ties.sets((str(place), unit) for place, unit in enumerate(units))


def _tied_rows(
    table: RowTable, samples: TiedSamples, missing: RowTable, known: pa.Array, near: Mapping[str, str]
) -> Iterator[_Row]:
    """Rows that share their bytes with another or with one that is missing, and those of their groups; by id."""
    counts = pc.value_counts(table["content_sha256"].combine_chunks())
    several = pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))
    shared = pa.concat_arrays([several, missing["content_sha256"].combine_chunks()])
    tied = pc.is_in(table["content_sha256"], value_set=shared)
    facts = samples.select(["sample_id", "group", "given"])
    if pc.any(pc.not_equal(facts["group"], "")).as_py():
        grouped = facts["sample_id"].filter(pc.not_equal(facts["group"], "")).combine_chunks()
        tied = pc.or_(tied, pc.is_in(table["sample_id"], value_set=grouped))
    if near:
        tied = pc.or_(tied, pc.is_in(table["sample_id"], value_set=pa.array(list(near), pa.string())))
    rows = table.filter(tied).sort_by("sample_id")
    facts = facts.take(pc.index_in(rows["sample_id"], value_set=facts["sample_id"].combine_chunks()))
    is_known = pc.is_in(rows["sample_id"], value_set=known)
    columns = (rows["sample_id"], rows["split"], rows["content_sha256"], facts["group"], facts["given"], is_known)
    names = [near.get(sample_id, "") for sample_id in rows["sample_id"].to_pylist()]
    for values in zip(*(column.to_pylist() for column in columns), names, strict=True):
        yield _Row(*values)


def _components(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """*rows* in sets that must share a split: those of equal bytes, those of one group, and what that ties together."""
    ties = Ties[str]()
    rows = list(rows)
    for row in rows:
        if row.group:
            ties.tie(f"group {row.group}", row.content)
    return ties.sets((row.content, row) for row in rows)


def _anchor(members: list[_Row], gone: Mapping[str, list[tuple[str, str]]]) -> str:
    """The split that *members* belong to: the source's, else the dataset's, else the missing row's or the first's."""
    first = min(members, key=lambda row: row.rank)
    if first.rank == 2:
        for row in members:
            if row.content in gone:
                return gone[row.content][0][1]
    return first.split


def _duplicates(by_content: Mapping[str, list[_Row]]) -> dict[str, str]:
    """Each row that another stands for: one that the dataset had before, else the first."""
    found: dict[str, str] = {}
    for members in by_content.values():
        keeper = min(members, key=lambda row: (not row.is_known, not row.is_given, row.sample_id))
        found |= {row.sample_id: keeper.sample_id for row in members if row is not keeper}
    return found


def _pairs(by_content: Mapping[str, list[_Row]]) -> dict[str, int]:
    """How many images of a given split have bytes that another given split has too, by the two splits."""
    pairs: Counter[str] = Counter()
    for members in by_content.values():
        first, *others = [row for row in members if row.is_given] or members[:1]
        pairs.update("/".join(sorted((first.split, row.split))) for row in others if row.split != first.split)
    return dict(pairs)


def _moved(by_content: Mapping[str, list[_Row]], gone: Mapping[str, list[tuple[str, str]]]) -> dict[str, str]:
    """Each new row that is a missing one, at another place."""
    return {
        row.sample_id: old
        for content, places in gone.items()
        for row, (old, _) in zip((row for row in by_content[content] if not row.is_known), places, strict=False)
    }
