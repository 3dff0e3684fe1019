"""Hugging Face datasets: its own Arrow files, made with `map`, read by index."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets import Dataset, load_from_disk

from benchmarks.peers.job import LOOKED_UP, PROCESSES, Pair, labelled, prepare, run


def _paths(source: Path) -> Dataset:
    items = labelled(source)
    return Dataset.from_dict({"path": [str(path) for path, _ in items], "label": [label for _, label in items]})


def _made(row: dict[str, Any]) -> dict[str, Any]:
    return {"image": prepare(Path(row["path"])), "label": row["label"]}


def _read(row: dict[str, Any]) -> dict[str, Any]:
    return {"image": Path(row["path"]).read_bytes(), "label": row["label"]}


def write(source: Path, dest: Path) -> None:
    """Photographs into Parquet."""
    rows = _paths(source).map(_made, num_proc=PROCESSES, remove_columns=["path"])
    dest.mkdir(parents=True)
    rows.to_parquet(str(dest / "images.parquet"))


def pack(source: Path, dest: Path) -> None:
    """JPEGs into the files that `save_to_disk` writes."""
    _paths(source).map(_read, remove_columns=["path"]).save_to_disk(str(dest))


def in_order(dest: Path) -> Iterator[Pair]:
    """Every pair as it lies."""
    return ((row["image"], row["label"]) for row in load_from_disk(str(dest)))


def shuffled(dest: Path) -> Iterator[Pair]:
    """Every pair, any order."""
    return ((row["image"], row["label"]) for row in load_from_disk(str(dest)).shuffle(seed=random.randrange(10**6)))  # noqa: S311


def at_random(dest: Path) -> Iterator[Pair]:
    """Some pairs, one by one."""
    rows = load_from_disk(str(dest))
    for number in random.sample(range(len(rows)), LOOKED_UP):
        row = rows[number]
        yield row["image"], row["label"]


if __name__ == "__main__":
    run(write, pack, {"in-order": in_order, "shuffled": shuffled, "random": at_random})
