"""What measuring images adds to the CPU of a build, in alternating rounds.

    python -m benchmarks.measures PHOTOS [--images 1000] [--rounds 3] [--kernel simd|pillow]

Runs are made in this process and its decoders, below Prefect, whose own cost would only make the share smaller.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.corpora import distinct_photographs
from benchmarks.measuring import measure

_BUILD = """
import sys
from tasks.publish.settings import OutputSettings
from tasks.refresh.options import RefreshOptions
from tasks.refresh.refresh import refresh
from tasks.refresh.dataset import Dataset
from tests.steps_here import StepsHere
source, output, kernel, measures = sys.argv[1:]
dataset = Dataset.model_validate({
    "name": "bench", "source": {"path": source, "layout": "class_folders"}, "resize": {"kernel": kernel},
    "write": {"measures": measures == "on"}, "output": OutputSettings(path=output),
})
refresh(dataset, RefreshOptions(), StepsHere())
"""


def main() -> None:
    """Measure, and print a line for each round and the median share."""
    options = argparse.ArgumentParser()
    options.add_argument("photos", type=Path)
    options.add_argument("--images", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--kernel", default="simd", choices=["simd", "pillow"])
    chosen = options.parse_args()
    shares = []
    with tempfile.TemporaryDirectory() as made:
        source = distinct_photographs(chosen.photos, Path(made, "photographs"), chosen.images)
        for number in range(chosen.rounds):
            order = ("on", "off") if number % 2 else ("off", "on")
            cpu = {which: _cpu_s(source, Path(made), chosen.kernel, which) for which in order}
            shares.append(1 - cpu["off"] / cpu["on"])
            _say(f"{cpu['off']:.2f} s CPU without, {cpu['on']:.2f} s with: {shares[-1]:.1%} of the build")
    _say(f"{chosen.kernel}, {chosen.images} photographs: {statistics.median(shares):.1%} of a build's CPU (median)")


def _cpu_s(source: Path, folder: Path, kernel: str, measures: str) -> float:
    output = folder / "out"
    shutil.rmtree(output, ignore_errors=True)
    return measure([sys.executable, "-c", _BUILD, source, output, kernel, measures]).cpu_s


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
