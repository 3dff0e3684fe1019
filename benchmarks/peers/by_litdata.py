"""LitData: its chunks, made by `optimize`, read by index or in its shuffled order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import litdata

from benchmarks.peers.job import LOOKED_UP, PROCESSES, Pair, as_it_is, labelled, prepared, run


def _made(item: tuple[Path, int]) -> dict[str, Any]:
    data, label = prepared(item)
    return {"image": data, "label": label}


def _read(item: tuple[Path, int]) -> dict[str, Any]:
    data, label = as_it_is(item)
    return {"image": data, "label": label}


def _into(make: Any, source: Path, dest: Path) -> None:
    litdata.optimize(
        fn=make, inputs=labelled(source), output_dir=str(dest), num_workers=PROCESSES, chunk_bytes="8MB", verbose=False
    )


def write(source: Path, dest: Path) -> None:
    """Photographs into chunks."""
    _into(_made, source, dest)


def pack(source: Path, dest: Path) -> None:
    """JPEGs into chunks, of 8 MB each."""
    _into(_read, source, dest)


def in_order(dest: Path) -> Iterator[Pair]:
    """Every pair as it lies."""
    return ((row["image"], row["label"]) for row in litdata.StreamingDataset(str(dest), shuffle=False))


def shuffled(dest: Path) -> Iterator[Pair]:
    """Every pair in its own shuffled order."""
    rows = litdata.StreamingDataset(str(dest), shuffle=True, seed=random.randrange(10**6))  # noqa: S311
    return ((row["image"], row["label"]) for row in rows)


def at_random(dest: Path) -> Iterator[Pair]:
    """Some pairs, one by one."""
    rows = litdata.StreamingDataset(str(dest), shuffle=False)
    for number in random.sample(range(len(rows)), LOOKED_UP):
        row = rows[number]
        yield row["image"], row["label"]


if __name__ == "__main__":
    run(write, pack, {"in-order": in_order, "shuffled": shuffled, "random": at_random})
