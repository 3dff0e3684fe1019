"""What a run costs beside the plain script: CPU and images a second, on photographs and on camera files.

    python -m benchmarks.whole_run PHOTOS [--images 2000] [--cameras 100]

A Prefect server is started first; a trivial flow of one parameter is measured in the same run and taken off, and the
raw figure stands beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.corpora import camera_photographs, distinct_photographs
from benchmarks.measuring import Cost, measure
from flows.scheduling.server import shared_server

_TRIVIAL = """
from prefect import flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
@flow
def trivial(config: str): pass
with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
    trivial("a place")
"""


def main() -> None:
    """Measure, and print a table."""
    options = argparse.ArgumentParser()
    options.add_argument("photos", type=Path)
    options.add_argument("--images", type=int, default=2000)
    options.add_argument("--cameras", type=int, default=100)
    options.add_argument("--rounds", type=int, default=2)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made, shared_server(Path(made, "prefect")) as api_url:
        environment = os.environ | {"PREFECT_API_URL": api_url, "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
        trivial = min((trivial_flow(environment) for _ in range(3)), key=lambda cost: cost.cpu_s)
        _say(f"trivial flow: {trivial.seconds:.1f} s, {trivial.cpu_s:.1f} s CPU")
        sources = {
            "photographs": distinct_photographs(chosen.photos, Path(made, "photographs"), chosen.images),
            "12 megapixels": camera_photographs(chosen.photos, Path(made, "cameras"), chosen.cameras),
        }
        for name, source in sources.items():
            for _ in range(chosen.rounds):
                _compare(name, source, Path(made), environment, trivial)


def trivial_flow(environment: Mapping[str, str]) -> Cost:
    """What a flow costs that does nothing."""
    return measure([sys.executable, "-c", _TRIVIAL], environment)


def _compare(name: str, source: Path, folder: Path, environment: Mapping[str, str], trivial: Cost) -> None:
    count = sum(1 for _ in source.rglob("*.jpg"))
    plain = measure([sys.executable, Path(__file__).with_name("plain.py"), source, folder / "plain.parquet"])
    output = folder / "out"
    shutil.rmtree(output, ignore_errors=True)
    config = folder / "bench.yaml"
    config.write_text(
        json.dumps(
            {
                "name": "bench",
                "source": {"path": str(source), "layout": "class_folders"},
                "output": {"path": str(output)},
            }
        ),
        encoding="utf-8",
    )
    ours = measure([sys.executable, "-P", "-m", "flows.cli", "run", "--json", config], environment)
    cpu, seconds = ours.cpu_s - trivial.cpu_s, ours.seconds - trivial.seconds
    for title, cost_cpu, cost_s, peak in (
        ("plain script", plain.cpu_s, plain.seconds, plain.peak_mb),
        ("parquetry, less the trivial flow", cpu, seconds, ours.peak_mb),
        ("parquetry, raw", ours.cpu_s, ours.seconds, ours.peak_mb),
    ):
        _say(
            f"{name}, {count} images, {title}: {1000 * cost_cpu / count:.2f} ms CPU an image, "
            f"{count / cost_s:.0f} images/s, peak {peak:.0f} MB"
        )
    _say(f"{name}: CPU {cpu / plain.cpu_s:.2f} of the plain script's, images/s {plain.seconds / seconds:.2f} of its")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
