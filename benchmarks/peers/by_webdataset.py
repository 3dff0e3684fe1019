"""WebDataset: tar files, in order and shuffled by shard and buffer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import webdataset

from benchmarks.peers.job import PROCESSES, Pair, as_it_is, labelled, prepared, run


def _into(make: Callable[[tuple[Path, int]], Pair], source: Path, dest: Path) -> None:
    dest.mkdir(parents=True)
    with Pool(PROCESSES) as pool, webdataset.ShardWriter(f"{dest}/%06d.tar", maxsize=8 << 20, verbose=0) as sink:
        for number, (data, label) in enumerate(pool.imap(make, labelled(source), chunksize=32)):
            sink.write({"__key__": f"{number:08}", "jpg": data, "cls": label})


def write(source: Path, dest: Path) -> None:
    """Photographs into tar files."""
    _into(prepared, source, dest)


def pack(source: Path, dest: Path) -> None:
    """JPEGs into tar files, of 8 MiB each."""
    _into(as_it_is, source, dest)


def _pairs(rows: Iterable[dict[str, Any]]) -> Iterator[Pair]:
    return ((row["jpg"], int(row["cls"])) for row in rows)


def in_order(dest: Path) -> Iterator[Pair]:
    """Every pair as it lies."""
    return _pairs(webdataset.WebDataset(sorted(map(str, dest.glob("*.tar"))), shardshuffle=False))


def shuffled(dest: Path) -> Iterator[Pair]:
    """Every pair, shards and a buffer of 1,000 shuffled."""
    return _pairs(webdataset.WebDataset(sorted(map(str, dest.glob("*.tar"))), shardshuffle=100).shuffle(1000))


if __name__ == "__main__":
    run(write, pack, {"in-order": in_order, "shuffled": shuffled})
