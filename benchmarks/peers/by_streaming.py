"""MosaicML streaming: MDS shards, read by index or in its shuffled order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from multiprocessing import Pool
from pathlib import Path

from streaming import MDSWriter, StreamingDataset
from streaming.base.util import clean_stale_shared_memory

from benchmarks.peers.job import LOOKED_UP, PROCESSES, Pair, as_it_is, labelled, prepared, run


def _into(make: Callable[[tuple[Path, int]], Pair], source: Path, dest: Path) -> None:
    columns = {"image": "bytes", "label": "int"}
    with Pool(PROCESSES) as pool, MDSWriter(out=str(dest), columns=columns, size_limit=8 << 20) as sink:
        for data, label in pool.imap(make, labelled(source), chunksize=32):
            sink.write({"image": data, "label": label})


def write(source: Path, dest: Path) -> None:
    """Photographs into MDS shards."""
    _into(prepared, source, dest)


def pack(source: Path, dest: Path) -> None:
    """JPEGs into MDS shards, of 8 MiB each."""
    _into(as_it_is, source, dest)


def _rows(dest: Path, *, shuffle: bool) -> StreamingDataset:
    clean_stale_shared_memory()
    return StreamingDataset(local=str(dest), shuffle=shuffle, shuffle_seed=random.randrange(10**6), batch_size=32)  # noqa: S311


def in_order(dest: Path) -> Iterator[Pair]:
    """Every pair as it lies."""
    return ((row["image"], row["label"]) for row in _rows(dest, shuffle=False))


def shuffled(dest: Path) -> Iterator[Pair]:
    """Every pair in its own shuffled order."""
    return ((row["image"], row["label"]) for row in _rows(dest, shuffle=True))


def at_random(dest: Path) -> Iterator[Pair]:
    """Some pairs, one by one."""
    rows = _rows(dest, shuffle=False)
    for number in random.sample(range(len(rows)), LOOKED_UP):
        row = rows[number]
        yield row["image"], row["label"]


if __name__ == "__main__":
    run(write, pack, {"in-order": in_order, "shuffled": shuffled, "random": at_random})
