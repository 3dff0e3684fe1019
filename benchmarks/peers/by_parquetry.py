"""Published shards, read by the recipe of docs/reading.md; they are made by the command itself."""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.peers.job import LOOKED_UP, Pair, no_packing, run

_GUIDE = Path(__file__).parents[2] / "docs/reading.md"


def _files(dest: Path) -> list[str]:
    return sorted(map(str, (dest / "versions").glob("*/data/*.parquet")))


def in_order(dest: Path) -> Iterator[Pair]:
    """Every pair as it lies, a row group at a time."""
    for path in _files(dest):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=["image.bytes", "label"], use_threads=False)
                images = pc.struct_field(table["image"], "bytes")
                yield from zip(images.to_pylist(), table["label"].to_pylist(), strict=True)


def recipe() -> dict[str, Any]:
    """What the recipe of the guide defines: `decoded`, and `RowGroups`, which calls it.

    What PyTorch does not do without workers is left out, so that it need not be there.
    """
    torch = ModuleType("torch.utils.data")
    vars(torch).update(IterableDataset=object, DataLoader=None, get_worker_info=lambda: None)
    sys.modules |= {"torch": ModuleType("torch"), "torch.utils": ModuleType("torch.utils"), "torch.utils.data": torch}
    found = re.findall(
        r"```python\n(import io\nimport random\n.*?)\n\nloader_of_groups", _GUIDE.read_text("utf-8"), re.S
    )
    names: dict[str, Any] = {}
    exec(found[0], names)  # noqa: S102 - the document's own recipe
    return names


RECIPE = recipe()


def guided(dest: Path) -> Iterator[tuple[Any, int]]:
    """The pixels and label of every image, by the recipe as it stands, which decodes by itself."""
    yield from RECIPE["RowGroups"](_files(dest), seed=random.randrange(10**6))  # noqa: S311


def shuffled(dest: Path) -> Iterator[Pair]:
    """Every pair, by the recipe without its decoder: the job decodes the bytes, as it does for the others."""
    RECIPE["decoded"] = bytes
    yield from guided(dest)


def at_random(dest: Path) -> Iterator[Pair]:
    """Some pairs, one by one: of each the row group that it lies in."""
    files = [pq.ParquetFile(path) for path in _files(dest)]
    groups = [(file, group) for file in files for group in range(file.num_row_groups)]
    for file, group in random.choices(groups, k=LOOKED_UP):  # noqa: S311
        table = file.read_row_group(group, columns=["image.bytes", "label"], use_threads=False)
        row = random.randrange(len(table))  # noqa: S311
        yield table["image"][row].as_py()["bytes"], table["label"][row].as_py()


if __name__ == "__main__":
    run(no_packing, no_packing, {"in-order": in_order, "shuffled": shuffled, "guided": guided, "random": at_random})
