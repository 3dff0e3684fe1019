"""Which rows go into which shard: rows stay where they are, new ones fill an open shard, little else is rewritten."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Described, LabelledSamples, PlannedSamples, RowTable, Samples
from tasks.plan.compare import Bools, Compared, Ints, compare
from tasks.plan.shard_plans import RefreshPlan, Rows, ShardPlan, as_new, as_renewed, hash_keys
from tasks.samples import CARRIED, count_values

LEAST_ROWS = 200
"""A split is not spread over more shards than have so many rows each."""

_FULL = 0.9
"""A shard that is as full as this is not written anew for the little that it still takes."""


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """What planning goes by.

    Attributes:
        rows_per_shard: A shard takes at most so many rows.
        shards_per_split: A split has at least so many shards, as far as each of them has `LEAST_ROWS`.
        reuse: Whether encoded rows may be copied; False where their pixels must be made anew.
        rewrite: Whether every shard is written anew, since its columns change.
        rehash: Whether unchanged fingerprints are not believed.
        same_pixels: Whether the rows that are there have the pixels that are made anew.
    """

    rows_per_shard: int
    shards_per_split: int = 1
    reuse: bool = True
    rewrite: bool = False
    rehash: bool = False
    same_pixels: bool = False

    def caps(self, samples: LabelledSamples) -> Mapping[str, int]:
        """For each split of *samples* how many rows a shard takes. It grows with the split, and no row moves for it."""
        return {split: self._cap(count) for split, count in count_values(samples["split"]).items()}

    def _cap(self, count: int) -> int:
        if self.shards_per_split == 1:
            return self.rows_per_shard
        shards = min(self.shards_per_split, count // LEAST_ROWS)
        return min(self.rows_per_shard, math.ceil(count / shards) if shards > 1 else 2 * LEAST_ROWS)


@dataclass(slots=True)
class _Draft:
    """A shard in the making.

    Attributes:
        split: Of all its rows.
        members: Places of its samples.
        base: The file that it replaces; -1 for a new shard.
        is_dirty: It must be written anew.
        has_suspects: It may have to be, since a row may have changed.
        has_added: It has to be unless all that were added to it are rejected.
    """

    split: str
    members: Ints
    base: int = -1
    is_dirty: bool = False
    has_suspects: bool = False
    has_added: bool = False

    @property
    def is_rewritten(self) -> bool:
        """Whether it is written anew, as far as anybody can tell."""
        return self.is_dirty or self.has_added


def plan_shards(samples: LabelledSamples, rows: Rows, settings: PlanSettings) -> RefreshPlan:
    """What to build and what to keep, so that every sample is in exactly one shard. Pure.

    Args:
        samples: Labelled, each with its split.
        rows: What is there: the current version's rows, and spare ones.
        settings: What planning goes by.
    """
    if not settings.reuse:
        made = as_renewed(samples, rows.published) if settings.same_pixels else as_new(samples)
        return _fresh(made, settings.caps(samples), _missing(samples, rows.published))
    compared = compare(samples, rows, rehash=settings.rehash)
    drafts = _drafts(compared, rows, settings)
    caps = settings.caps(samples)
    _place_added(drafts, compared, caps)
    _merge_small(drafts, caps)
    return _finish(drafts, compared, rows)


def _missing(samples: Samples, published: RowTable) -> RowTable:
    listed = samples["sample_id"].combine_chunks()
    return published.filter(pc.invert(pc.is_in(published["sample_id"], value_set=listed)))


def _fresh(samples: PlannedSamples, caps: Mapping[str, int], missing: RowTable) -> RefreshPlan:
    """All samples spread anew, by the hash of their ids, so that every shard mixes the classes."""
    splits = _codes(samples["split"])
    every = np.arange(samples.num_rows)
    drafts = [
        draft
        for split in sorted(splits.names)
        for draft in _spread(split, every[splits.are(split)], samples, caps[split])
    ]
    shards = [  # of members that are in the order of rows already: the hash of each id is worked out once
        ShardPlan(number, draft.split, samples.take(pa.array(draft.members)), -1) for number, draft in enumerate(drafts)
    ]
    states = {"new": samples.num_rows, "missing": missing.num_rows}
    return RefreshPlan(tuple(shards), (), states, missing, missing.slice(0, 0))


@dataclass(frozen=True, slots=True)
class _Codes:
    """A column of few different texts as numbers.

    Attributes:
        names: The texts.
        values: For each row the place of its text in *names*.
    """

    names: list[str]
    values: Ints

    def are(self, name: str) -> Bools:
        """Where the text is *name*."""
        return np.asarray(self.values == (self.names.index(name) if name in self.names else -1), dtype=bool)


def _codes(column: pa.ChunkedArray) -> _Codes:
    encoded = column.combine_chunks().dictionary_encode()
    return _Codes(encoded.dictionary.to_pylist(), encoded.indices.to_numpy())


def _spread(split: str, members: Ints, samples: PlannedSamples, rows_per_shard: int) -> Iterator[_Draft]:
    """New shards of *members*, of one size as far as that goes."""
    ordered = _by_hash(members, samples)
    count = math.ceil(len(ordered) / rows_per_shard)
    bounds: list[int] = np.linspace(0, len(ordered), count + 1).round().astype(int).tolist()
    for start, end in pairwise(bounds):
        yield _Draft(split, ordered[start:end], is_dirty=True)


def _by_hash(members: Ints, samples: PlannedSamples) -> Ints:
    """*members* in the order that rows have in a shard."""
    keys = hash_keys(samples["sample_id"].take(pa.array(members)))
    return members[np.argsort(keys, kind="stable")]


def _shard(number: int, draft: _Draft, samples: PlannedSamples) -> ShardPlan:
    base = draft.base if not draft.is_dirty else -1
    return ShardPlan(number, draft.split, samples.take(pa.array(_by_hash(draft.members, samples))), base)


def _drafts(compared: Compared, rows: Rows, settings: PlanSettings) -> list[_Draft]:
    """The current version's shards as they would be with nothing added."""
    file_of: Ints = compared.samples["copy_file"].to_numpy()
    splits = _codes(compared.samples["split"])
    known = np.flatnonzero(compared.known)
    ordered = known[np.argsort(file_of[known], kind="stable")]
    bounds = np.searchsorted(file_of[ordered], np.arange(rows.current + 1))
    drafts = []
    for number, file in enumerate(rows.files[: rows.current]):
        here = ordered[bounds[number] : bounds[number + 1]]
        members = here[splits.are(file.split)[here]]
        draft = _Draft(file.split, members, number)
        draft.is_dirty = settings.rewrite or len(members) < file.rows or bool(compared.relabelled[members].any())
        draft.has_suspects = bool(compared.suspect[members].any())
        drafts.append(draft)
    return drafts


def _place_added(drafts: list[_Draft], compared: Compared, caps: Mapping[str, int]) -> None:
    """Put every sample that is in no draft into one: those rewritten anyway first, then an open one, then new ones."""
    placed = np.zeros(compared.samples.num_rows, dtype=bool)
    for draft in drafts:
        placed[draft.members] = True
    added = np.flatnonzero(~placed)
    if not len(added):
        return
    splits = _codes(compared.samples["split"].take(pa.array(added)))
    for split in sorted(splits.names):
        rest = _by_hash(added[splits.are(split)], compared.samples)
        for draft in _open_drafts(drafts, split, caps[split]):
            room = caps[split] - len(draft.members)
            taken, rest = rest[:room], rest[room:]
            draft.members = np.concatenate([draft.members, taken])
            draft.has_added = draft.has_added or bool(len(taken))
            if not len(rest):
                break
        drafts += _spread(split, rest, compared.samples, caps[split])


def _open_drafts(drafts: Sequence[_Draft], split: str, rows_per_shard: int) -> list[_Draft]:
    """Shards of *split* with room: those that are rewritten anyway, the emptiest first, then the emptiest other."""
    room = [draft for draft in drafts if draft.split == split and len(draft.members) < rows_per_shard]
    ordered = sorted(room, key=lambda draft: (len(draft.members), draft.base))
    dirty = [draft for draft in ordered if draft.is_dirty and len(draft.members)]
    clean = [draft for draft in ordered if not draft.is_dirty and len(draft.members) <= _FULL * rows_per_shard]
    return dirty + clean[:1]


def _merge_small(drafts: list[_Draft], caps: Mapping[str, int]) -> None:
    """Merge shards under half full, where one of them is rewritten anyway."""
    for split, rows_per_shard in sorted(caps.items()):
        small = [draft for draft in drafts if draft.split == split and 0 < 2 * len(draft.members) < rows_per_shard]
        small.sort(key=lambda draft: (not draft.is_rewritten, len(draft.members), draft.base))
        if not small or not small[0].is_rewritten:
            continue
        into, *others = small
        for draft in others:
            if len(into.members) + len(draft.members) > rows_per_shard:
                break
            into.members, into.is_dirty = np.concatenate([into.members, draft.members]), True
            draft.members, draft.is_dirty = draft.members[:0], True


def _finish(drafts: Sequence[_Draft], compared: Compared, rows: Rows) -> RefreshPlan:
    shards: list[ShardPlan] = []
    kept: list[int] = []
    for draft in drafts:
        if not len(draft.members):
            continue
        if not draft.is_rewritten and not draft.has_suspects:
            kept.append(draft.base)
            continue
        shard = _shard(len(shards), draft, compared.samples)
        whole = _whole_file(shard, rows)
        if whole >= 0:
            kept.append(whole)
        else:
            shards.append(shard)
    suspect, known = compared.suspect, compared.known
    states = {
        "unchanged": int((~suspect & ~compared.relabelled & known).sum()),
        "relabelled": int(compared.relabelled.sum()),
        "suspect": int(suspect.sum()),
        "new": int((~known).sum()),
        "missing": compared.missing.num_rows,
    }
    return RefreshPlan(tuple(shards), tuple(kept), states, compared.missing, _reusable(compared, rows))


def _reusable(compared: Compared, rows: Rows) -> RowTable:
    """Rows that an image of the same bytes is copied from: its own under another id, a twin's, one never published."""
    published = rows.published
    ids = compared.samples["sample_id"].filter(pc.equal(compared.samples["kind"], CARRIED)).combine_chunks()
    may_be_moved = pc.is_in(published["sample_id"], value_set=ids)
    has_twin = pc.is_in(published["content_sha256"], value_set=rows.twins)
    there = published.filter(pc.or_(may_be_moved, has_twin))
    return pa.concat_tables([compared.missing, there, rows.spare])


def _whole_file(shard: ShardPlan, rows: Rows) -> int:
    """The spare file that holds exactly the rows of *shard* under the same labels; -1 where there is none."""
    if pc.any(pc.not_equal(shard.samples["action"], "copy")).as_py():
        return -1
    files = shard.samples["copy_file"].unique().to_pylist()
    if len(files) != 1 or files[0] < rows.current or rows.files[files[0]].rows != shard.samples.num_rows:
        return -1
    there = rows.table.filter(pc.equal(rows.table["file"], files[0])).sort_by("row")
    columns: list[Described] = ["sample_id", "label_name", "split", "kept"]
    if pc.any(pc.not_equal(there["label_path"], "")).as_py():
        columns.append("label_path")
    same = all(there[column].equals(shard.samples[column].cast(pa.string())) for column in columns)
    return int(files[0]) if same else -1
