"""Which rows go into which shard: rows stay where they are, new ones fill an open shard, little else is rewritten."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.plan.compare import Bools, Compared, Ints, compare
from tasks.plan.shard_plans import RefreshPlan, Rows, ShardPlan, as_new, hash_keys


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """What planning goes by.

    Attributes:
        rows_per_shard: A shard takes at most so many rows.
        reuse: Whether encoded rows may be copied; False where their pixels must be made anew.
        rewrite: Whether every shard is written anew, since its columns change.
        rehash: Whether unchanged fingerprints are not believed.
    """

    rows_per_shard: int
    reuse: bool = True
    rewrite: bool = False
    rehash: bool = False


@dataclass(slots=True)
class _Draft:
    """A shard in the making.

    Attributes:
        split: Of all its rows.
        members: Places of its samples.
        base: The file that it replaces; -1 for a new shard.
        is_dirty: It must be written anew.
        has_suspects: It may have to be.
    """

    split: str
    members: list[int] = field(default_factory=list)
    base: int = -1
    is_dirty: bool = False
    has_suspects: bool = False


def plan_shards(samples: pa.Table, rows: Rows, settings: PlanSettings) -> RefreshPlan:
    """What to build and what to keep, so that every sample is in exactly one shard. Pure.

    Args:
        samples: Labelled, each with its split.
        rows: What is there: the current version's rows, and spare ones.
        settings: What planning goes by.
    """
    if not settings.reuse:
        missing = rows.table.filter(pa.array(_gone(samples, rows)))
        return _fresh(as_new(samples), settings.rows_per_shard, missing)
    compared = compare(samples, rows, rehash=settings.rehash)
    drafts = _drafts(compared, rows, settings)
    _place_added(drafts, compared, settings.rows_per_shard)
    _merge_small(drafts, settings.rows_per_shard)
    return _finish(drafts, compared, rows)


def _gone(samples: pa.Table, rows: Rows) -> Bools:
    compared = compare(samples, rows)
    gone = np.zeros(rows.table.num_rows, dtype=bool)
    gone[np.flatnonzero(rows.table["file"].to_numpy() < rows.current)] = compared.missing
    return gone


def _fresh(samples: pa.Table, rows_per_shard: int, missing: pa.Table) -> RefreshPlan:
    """All samples spread anew, by the hash of their ids, so that every shard mixes the classes."""
    keys, splits = hash_keys(samples["sample_id"]), samples["split"].to_numpy(zero_copy_only=False)
    drafts = [
        draft
        for split in sorted(set(splits))
        for draft in _spread(split, np.flatnonzero(splits == split), keys, rows_per_shard)
    ]
    shards = [_shard(number, draft, samples, keys) for number, draft in enumerate(drafts)]
    return RefreshPlan(tuple(shards), (), {"new": samples.num_rows, "missing": missing.num_rows}, missing)


def _spread(split: str, members: Ints, keys: npt.NDArray[np.uint64], rows_per_shard: int) -> Iterator[_Draft]:
    """New shards of *members*, of one size as far as that goes."""
    ordered = members[np.argsort(keys[members], kind="stable")]
    count = math.ceil(len(ordered) / rows_per_shard)
    bounds = np.linspace(0, len(ordered), count + 1).round().astype(int).tolist()
    for start, end in pairwise(bounds):
        yield _Draft(split, ordered[start:end].tolist(), is_dirty=True)


def _shard(number: int, draft: _Draft, samples: pa.Table, keys: npt.NDArray[np.uint64]) -> ShardPlan:
    members = np.array(draft.members, dtype=np.int64)
    ordered = members[np.argsort(keys[members], kind="stable")]
    base = draft.base if not draft.is_dirty else -1
    return ShardPlan(number, draft.split, samples.take(pa.array(ordered)), base)


def _drafts(compared: Compared, rows: Rows, settings: PlanSettings) -> list[_Draft]:
    """The current version's shards as they would be with nothing added."""
    file_of = compared.samples["copy_file"].to_numpy()
    splits = compared.samples["split"].to_numpy(zero_copy_only=False)
    suspect, known = compared.suspect, np.flatnonzero(compared.position >= 0)
    ordered = known[np.argsort(file_of[known], kind="stable")]
    bounds = np.searchsorted(file_of[ordered], np.arange(rows.current + 1))
    drafts = []
    for number, file in enumerate(rows.files[: rows.current]):
        here = ordered[bounds[number] : bounds[number + 1]]
        members = here[splits[here] == file.split]
        draft = _Draft(file.split, members.tolist(), number)
        draft.is_dirty = settings.rewrite or len(members) < file.rows or bool(compared.relabelled[members].any())
        draft.has_suspects = bool(suspect[members].any())
        drafts.append(draft)
    return drafts


def _place_added(drafts: list[_Draft], compared: Compared, rows_per_shard: int) -> None:
    """Put every sample that is in no draft into one: those rewritten anyway first, then an open one, then new ones."""
    placed = np.zeros(compared.samples.num_rows, dtype=bool)
    for draft in drafts:
        placed[draft.members] = True
    added = np.flatnonzero(~placed)
    if not len(added):
        return
    keys, splits = hash_keys(compared.samples["sample_id"]), compared.samples["split"].to_numpy(zero_copy_only=False)
    for split in sorted(set(splits[added])):
        of_split = added[splits[added] == split]
        rest = of_split[np.argsort(keys[of_split], kind="stable")]
        for draft in _open_drafts(drafts, split, rows_per_shard):
            room = rows_per_shard - len(draft.members)
            taken, rest = rest[:room], rest[room:]
            draft.members += taken.tolist()
            draft.is_dirty = draft.is_dirty or bool(len(taken))
            if not len(rest):
                break
        drafts += _spread(split, rest, keys, rows_per_shard)


def _open_drafts(drafts: Sequence[_Draft], split: str, rows_per_shard: int) -> list[_Draft]:
    """Shards of *split* with room: those that are rewritten anyway, the emptiest first, then the emptiest other."""
    room = [draft for draft in drafts if draft.split == split and len(draft.members) < rows_per_shard]
    ordered = sorted(room, key=lambda draft: (len(draft.members), draft.base))
    dirty = [draft for draft in ordered if draft.is_dirty and draft.members]
    clean = [draft for draft in ordered if not draft.is_dirty]
    return dirty + clean[:1]


def _merge_small(drafts: list[_Draft], rows_per_shard: int) -> None:
    """Merge shards under half full, where one of them is rewritten anyway."""
    for split in sorted({draft.split for draft in drafts}):
        small = [draft for draft in drafts if draft.split == split and 0 < 2 * len(draft.members) < rows_per_shard]
        small.sort(key=lambda draft: (not draft.is_dirty, len(draft.members), draft.base))
        if not small or not small[0].is_dirty:
            continue
        into, *others = small
        for draft in others:
            if len(into.members) + len(draft.members) > rows_per_shard:
                break
            into.members += draft.members
            draft.members, draft.is_dirty = [], True


def _finish(drafts: Sequence[_Draft], compared: Compared, rows: Rows) -> RefreshPlan:
    keys = hash_keys(compared.samples["sample_id"])
    shards: list[ShardPlan] = []
    kept: list[int] = []
    for draft in drafts:
        if not draft.members:
            continue
        if not draft.is_dirty and not draft.has_suspects:
            kept.append(draft.base)
            continue
        shard = _shard(len(shards), draft, compared.samples, keys)
        whole = _whole_file(shard, rows)
        if whole >= 0:
            kept.append(whole)
        else:
            shards.append(shard)
    current = rows.table.filter(pa.array(rows.table["file"].to_numpy() < rows.current))
    missing = current.filter(pa.array(compared.missing))
    suspect = compared.suspect
    states = {
        "unchanged": int((~suspect & ~compared.relabelled & (compared.position >= 0)).sum()),
        "relabelled": int(compared.relabelled.sum()),
        "suspect": int(suspect.sum()),
        "new": int((compared.position < 0).sum()),
        "missing": missing.num_rows,
    }
    return RefreshPlan(tuple(shards), tuple(kept), states, missing)


def _whole_file(shard: ShardPlan, rows: Rows) -> int:
    """The spare file that holds exactly the rows of *shard* under the same labels; -1 where there is none."""
    files = set(shard.samples["copy_file"].to_pylist())
    if len(files) != 1 or set(shard.samples["action"].to_pylist()) != {"copy"}:
        return -1
    number = files.pop()
    if number < rows.current or rows.files[number].rows != shard.samples.num_rows:
        return -1
    there = rows.table.filter(pa.array(rows.table["file"].to_numpy() == number)).sort_by("row")
    same = all(
        there[column].to_pylist() == shard.samples[column].to_pylist()
        for column in ("sample_id", "label_name", "split", "kept")
    )
    return number if same else -1
