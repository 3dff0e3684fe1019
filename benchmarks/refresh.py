"""What a night costs beside the first build: CPU, bytes written and images decoded, as a fraction of it.

    python -m benchmarks.refresh PHOTOS [--images 20000]

One dataset lives through six nights: the full build, one without changes, 1 % added, 1 % changed at random, 1 %
deleted, one class folder renamed. A Prefect server is started first; a trivial flow is measured in the same run and
taken off, and the raw figure stands beside it. Shards are planned at 4 MiB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.corpora import distinct_photographs, with_comment
from benchmarks.measuring import Cost, measure
from benchmarks.whole_run import trivial_flow
from flows.scheduling.server import shared_server


class _Source:
    """The images, and what happens to them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._dice = random.Random(1)  # noqa: S311 - the same nights every time
        self._next = 10**8

    @property
    def images(self) -> list[Path]:
        return sorted(self._folder.rglob("*.jpg"))

    def leave(self) -> None:
        """Nothing happens."""

    def add(self) -> None:
        for path in self._some():
            self._next += 1
            path.with_name(f"{self._next}.jpg").write_bytes(with_comment(path.read_bytes(), self._next))

    def change(self) -> None:
        for path in self._some():
            self._next += 1
            path.write_bytes(with_comment(path.read_bytes(), self._next))

    def delete(self) -> None:
        for path in self._some():
            path.unlink()

    def rename(self) -> None:
        folder = min(path for path in self._folder.iterdir() if path.is_dir())
        folder.rename(folder.with_name(f"{folder.name}-renamed"))

    def _some(self) -> list[Path]:
        images = self.images
        return self._dice.sample(images, len(images) // 100)


def main() -> None:
    """Measure, and print a table."""
    options = argparse.ArgumentParser()
    options.add_argument("photos", type=Path)
    options.add_argument("--images", type=int, default=20_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made, shared_server(Path(made, "prefect")) as api_url:
        environment = os.environ | {"PREFECT_API_URL": api_url, "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
        trivial = min((trivial_flow(environment) for _ in range(3)), key=lambda cost: cost.cpu_s)
        _say(f"trivial flow: {trivial.seconds:.1f} s, {trivial.cpu_s:.2f} s CPU")
        source = _Source(distinct_photographs(chosen.photos, Path(made, "source"), chosen.images))
        config = _config(Path(made))
        nights: dict[str, Callable[[], None]] = {
            "full build": source.leave,
            "nothing changed": source.leave,
            "1 % added": source.add,
            "1 % changed": source.change,
            "1 % deleted": source.delete,
            "a class renamed": source.rename,
        }
        whole: tuple[float, Mapping[str, Any]] | None = None
        for name, happen in nights.items():
            happen()
            before = _pool(Path(made))
            cost = measure([sys.executable, "-P", "-m", "flows.cli", "run", "--json", config], environment)
            outcome = json.loads(cost.output)
            written = sum(size for path, size in _pool(Path(made)).items() if path not in before)
            whole = whole or (cost.cpu_s - trivial.cpu_s, outcome)
            _report(name, cost, trivial, outcome | {"pool": written}, whole)


def _config(folder: Path) -> Path:
    content = {
        "name": "nights",
        "source": {"path": str(folder / "source")},
        "splits": {"ratios": {"train": "0.8", "validation": "0.1", "test": "0.1"}},
        "write": {"shard_bytes": "4MiB"},
        "output": {"path": str(folder / "out")},
    }
    path = folder / "nights.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _pool(folder: Path) -> dict[str, int]:
    pool = folder / "out" / "_shards"
    return {path.name: path.stat().st_size for path in pool.iterdir()} if pool.is_dir() else {}


def _report(
    name: str, cost: Cost, trivial: Cost, outcome: Mapping[str, Any], whole: tuple[float, Mapping[str, Any]]
) -> None:
    cpu = cost.cpu_s - trivial.cpu_s
    first_cpu, first = whole
    _say(
        f"{name}: {outcome['outcome']}, {cpu:.2f} s CPU ({cpu / first_cpu:.1%} of the full build; raw {cost.cpu_s:.2f} "
        f"s, {cost.seconds:.1f} s), {outcome['bytes_written'] / 1e6:.1f} MB published "
        f"({outcome['bytes_written'] / first['bytes_written']:.1%}), {outcome['pool'] / 1e6:.1f} MB into _shards/, "
        f"{outcome['images_decoded']:,} decoded ({outcome['images_decoded'] / first['images_decoded']:.2%}), "
        f"{outcome['rows_copied']:,} copied, {outcome['shards_built']} shards built, {outcome['shards_kept']} kept, "
        f"peak {cost.peak_mb:.0f} MB"
    )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
