"""What a whole run costs beside the plain script, start-up and all: one ratio for each workload, of alternating rounds.

    python -m benchmarks.targets PHOTOS [--only photographs tiny start] [--rounds 2] [--scale 1] [--set KEY=VALUE]

A Prefect server is started first; nothing is taken off. CPU is that of the whole process tree. What is compared with a
trivial flow of one parameter is a difference in seconds; everything else is a ratio of medians.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpora import camera_photographs, distinct_photographs, lossless_photographs, tiny_images
from benchmarks.measuring import Cost, measure
from benchmarks.whole_run import trivial_flow
from flows.scheduling.server import shared_server


@dataclass(frozen=True, slots=True)
class _Workload:
    """One row of the table.

    Attributes:
        name: Of its kind, as ``--only`` takes it.
        count: Images.
        draw: Makes them from photographs in a folder.
        target: CPU of the run in parts of the plain script's, at most.
        side: Width and height that they become.
        bare: The same in parts of scaled decoding without anything else; 0 where it is not asked for.
    """

    name: str
    count: int
    draw: Callable[[Path, Path, int], Path]
    target: float
    side: int = 224
    bare: float = 0


_WORKLOADS = (
    _Workload("photographs", 2000, distinct_photographs, 0.85),
    _Workload("photographs", 10_000, distinct_photographs, 0.70),
    _Workload("cameras", 300, camera_photographs, 0.24, bare=1.15),
    _Workload("tiny", 10_000, tiny_images, 1.6, side=32),
    _Workload("tiny", 60_000, tiny_images, 1.0, side=32),
    _Workload("lossless", 5000, lossless_photographs, 0.85),
)
_TEN_S, _UNCHANGED_S = 0.6, 0.5


def main() -> None:
    """Measure, and print a line for each."""
    options = argparse.ArgumentParser()
    options.add_argument("photos", type=Path)
    options.add_argument("--only", nargs="*", default=["start", *(work.name for work in _WORKLOADS)])
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--scale", type=float, default=1, help="make fewer images: 0.1 for a tenth of each")
    options.add_argument(
        "--set", nargs="*", default=[], help="what the config of the runs has besides: write.quality=80"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made, shared_server(Path(made, "prefect")) as api_url:
        environment = os.environ | {"PREFECT_API_URL": api_url, "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
        if "start" in chosen.only:
            _start_up(chosen.photos, Path(made), environment, chosen.rounds)
        for work in _WORKLOADS:
            if work.name in chosen.only:
                with tempfile.TemporaryDirectory(dir=made) as folder:
                    source = work.draw(chosen.photos, Path(folder, "source"), round(work.count * chosen.scale))
                    _compare(work, _Run(source, Path(folder), environment, work.side, chosen.set), chosen.rounds)


@dataclass(frozen=True, slots=True)
class _Run:
    """Makes a dataset of the images in *source*."""

    source: Path
    folder: Path
    environment: Mapping[str, str]
    side: int
    further: Sequence[str]

    def plain(self, *options: str) -> Cost:
        """By the plain script."""
        script = Path(__file__).with_name("plain.py")
        return measure([sys.executable, script, self.source, self.folder / "plain", str(self.side), *options])

    def ours(self, *, keep: bool = False) -> Cost:
        """By the command; anew, or as the next night of what is there."""
        if not keep:
            shutil.rmtree(self.folder / "out", ignore_errors=True)
        config = self.folder / "bench.yaml"
        sections = {
            "name": "bench",
            "source": {"path": str(self.source), "layout": "class_folders"},  # a class may have one image
            "resize": {"size": [self.side, self.side]},
            "output": {"path": str(self.folder / "out")},
        }
        config.write_text(json.dumps(sections), encoding="utf-8")
        further = [argument for value in self.further for argument in ("--set", value)]
        command = [sys.executable, "-P", "-m", "flows.cli", "run", "--json", *further, config]
        return measure(list(map(str, command)), self.environment)


def _start_up(photos: Path, folder: Path, environment: Mapping[str, str], rounds: int) -> None:
    """What a run of ten images, and one that finds nothing changed, cost more than a flow that does nothing."""
    run = _Run(distinct_photographs(photos, folder / "ten", 10), folder, environment, 224, [])
    run.ours()  # bytecode, the server's first run
    trivial, ten, unchanged = [], [], []
    for _ in range(2 * rounds):
        trivial.append(trivial_flow(environment).cpu_s)
        ten.append(run.ours().cpu_s)
        unchanged.append(run.ours(keep=True).cpu_s)
    base = statistics.median(trivial)
    _say(f"trivial flow: {base:.2f} s CPU ({_each(trivial)})")
    for name, found, most in (("ten images", ten, _TEN_S), ("nothing changed", unchanged, _UNCHANGED_S)):
        more = statistics.median(found) - base
        _say(f"{name}: {statistics.median(found):.2f} s CPU ({_each(found)}), {more:+.2f} (at most {most:+.2f})")


def _compare(work: _Workload, run: _Run, rounds: int) -> None:
    count = sum(1 for path in run.source.rglob("*") if path.is_file())
    plain, ours, bare = [], [], []
    for _ in range(rounds):
        plain.append(run.plain())
        ours.append(run.ours())
        if work.bare:
            bare.append(run.plain("draft"))
    title = f"{work.name}, {count:,}"
    _say(
        f"{title}: {_ms(ours, count)} ms CPU an image, the plain script {_ms(plain, count)}: "
        f"{_ratio(ours, plain):.2f} of it (at most {work.target:.2f}); images/s {_rate(ours, plain):.2f} of its; "
        f"peak {max(cost.peak_mb for cost in ours):.0f} and {max(cost.peak_mb for cost in plain):.0f} MB"
    )
    if bare:
        _say(f"{title}: scaled decoding alone {_ms(bare, count)}: {_ratio(ours, bare):.2f} (at most {work.bare:.2f})")


def _ratio(ours: Sequence[Cost], other: Sequence[Cost]) -> float:
    return statistics.median(cost.cpu_s for cost in ours) / statistics.median(cost.cpu_s for cost in other)


def _rate(ours: Sequence[Cost], other: Sequence[Cost]) -> float:
    return min(cost.seconds for cost in other) / min(cost.seconds for cost in ours)


def _ms(costs: Sequence[Cost], count: int) -> str:
    return "/".join(f"{1000 * cost.cpu_s / count:.2f}" for cost in costs)


def _each(seconds: Sequence[float]) -> str:
    return " ".join(f"{one:.2f}" for one in seconds)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
