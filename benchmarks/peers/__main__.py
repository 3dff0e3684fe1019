"""Parquetry beside its peers: what making a dataset costs, and what an epoch over it does.

    python -m benchmarks.peers PHOTOS [--images 2000] [--rounds 2] [--only datasets webdataset]

All do the same job on the same photographs: read, decode, cut and resize to 224x224, JPEG of quality 90, and labels, in
the form that each keeps data in; then each reads the same JPEGs, and decodes them by Pillow. The recipe of Parquetry's
guide decodes them by simplejpeg, and is measured that way too. They run in turn, so that what disturbs the machine
disturbs all of them. CPU is that of the whole process tree, start and all, for making; of the epoch alone for reading.
A Prefect server is started first, and is not counted. Peers get environments of their own, in ``.env-peers``; those
that cannot be installed are named with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq

from benchmarks.corpora import distinct_photographs
from benchmarks.measuring import Cost, measure
from benchmarks.peers.environments import PEERS, Peer, install
from flows.scheduling.server import shared_server

_PLAIN = "plain script"
_OURS = "parquetry"
_GUIDED = "parquetry, decoded as its guide does"
_READ_BY = ("datasets", "webdataset", "streaming", "litdata")
_ORDERS = ("in-order", "shuffled", "random")


@dataclass(slots=True)
class Bench:
    """One run of all of it.

    Attributes:
        folder: What is made lies in it.
        environment: Of the processes.
        peers: Those that can be run.
        failed: Those that could not, by their name and what they should do, with the reason.
    """

    folder: Path
    environment: Mapping[str, str]
    peers: Mapping[str, Peer]
    failed: dict[str, str] = field(default_factory=dict)

    def command(self, name: str, *words: str | Path) -> list[str | Path]:
        """The command that has the peer *name* do something."""
        python: str | Path = sys.executable if name == _OURS else self.peers[name].python
        return [python, "-m", f"benchmarks.peers.by_{name}", *words]

    def tried(self, name: str, work: Callable[[], Cost]) -> Cost | None:
        """What *work* cost; None where the peer failed, which is told at the end."""
        if name in self.failed:
            return None
        sys.stderr.write(f"{name} …\n")
        try:
            return work()
        except subprocess.CalledProcessError as error:
            self.failed[name] = f"ended with {error.returncode}"
            return None


def main() -> None:
    """Measure, and print two tables."""
    options = argparse.ArgumentParser()
    options.add_argument("photos", type=Path)
    options.add_argument("--images", type=int, default=2000)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--only", nargs="*", default=list(PEERS), choices=list(PEERS))
    options.add_argument("--environments", type=Path, default=Path(".env-peers"))
    chosen = options.parse_args()
    chosen.environments.mkdir(exist_ok=True)
    peers = {name: install(name, chosen.environments) for name in chosen.only}
    with _server() as (folder, environment):
        there = {name: peer for name, peer in peers.items() if not peer.reason}
        bench = Bench(folder, environment, there)
        source = distinct_photographs(chosen.photos, folder / "photographs", chosen.images)
        _say_making(bench, _making(bench, source, chosen.rounds), chosen.images)
        _say_reading(_reading(bench, _published_images(folder), chosen.rounds))
    versions = (f"{name} {peer.version}" for name, peer in there.items())
    _say(f"\nversions: Python {sys.version.split()[0]}, {', '.join(versions)}")
    reasons = {name: peer.reason for name, peer in peers.items() if peer.reason} | bench.failed
    for name, reason in reasons.items():
        _say(f"not measured: {name}: {reason}")


@contextmanager
def _server() -> Iterator[tuple[Path, Mapping[str, str]]]:
    with tempfile.TemporaryDirectory() as made, shared_server(Path(made, "prefect")) as api_url:
        environment = os.environ | {
            "PREFECT_API_URL": api_url,
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(Path(made, "hub")),
        }
        yield Path(made), environment


def _making(bench: Bench, source: Path, rounds: int) -> Mapping[str, list[Cost]]:
    """What making the dataset cost, in *rounds* in which all take turns."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    config = bench.folder / "bench.yaml"
    sections = {
        "name": "bench",
        "source": {"path": str(source), "layout": "class_folders"},
        "output": {"path": str(bench.folder / _OURS)},
    }
    config.write_text(json.dumps(sections), encoding="utf-8")
    plain = Path(__file__).parents[1] / "plain.py"
    for _ in range(rounds):
        shutil.rmtree(bench.folder / _OURS, ignore_errors=True)
        costs[_PLAIN].append(measure([sys.executable, plain, source, bench.folder / "plain.parquet"]))
        run: list[str | Path] = [sys.executable, "-P", "-m", "flows.cli", "run", "--json", config]
        costs[_OURS].append(measure(run, bench.environment))
        for name in bench.peers:
            dest = bench.folder / f"made-{name}"
            shutil.rmtree(dest, ignore_errors=True)
            cost = _measured(bench, name, "write", source, dest)
            costs[name] += [cost] if cost else []
    return costs


def _measured(bench: Bench, name: str, *words: str | Path) -> Cost | None:
    return bench.tried(name, lambda: measure(bench.command(name, *words), bench.environment))


def _published_images(folder: Path) -> Path:
    """The published JPEGs as files in folders of classes, for the peers to pack."""
    target = folder / "images"
    for path in sorted((folder / _OURS / "versions").glob("*/data/*.parquet")):
        for row in pq.read_table(path, columns=["image", "label_name"]).to_pylist():
            file = target / row["label_name"] / Path(row["image"]["path"]).name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(row["image"]["bytes"])
    return target


def _reading(bench: Bench, images: Path, rounds: int) -> Mapping[tuple[str, str], list[Mapping[str, float]]]:
    """What epochs cost, by peer and order, in *rounds* in which all take turns."""
    readers = [_OURS, *(name for name in _READ_BY if name in bench.peers)]
    for name in readers[1:]:
        _measured(bench, name, "pack", images, bench.folder / f"packed-{name}")
    found: dict[tuple[str, str], list[Mapping[str, float]]] = defaultdict(list)
    for _ in range(rounds):
        for order in _ORDERS:
            for name in readers:
                if (name, order) == ("webdataset", "random"):
                    continue  # which has no such thing
                place = bench.folder / (_OURS if name == _OURS else f"packed-{name}")
                found[name, order] += _epoch(bench, name, place, order)
        found[_GUIDED, "shuffled"] += _epoch(bench, _OURS, bench.folder / _OURS, "guided")
    return found


def _epoch(bench: Bench, name: str, place: Path, order: str) -> list[Mapping[str, float]]:
    cost = _measured(bench, name, "read", place, order)
    return [json.loads(cost.output.splitlines()[-1])] if cost else []


def _say_making(bench: Bench, costs: Mapping[str, list[Cost]], count: int) -> None:
    _say(f"making, {count} photographs of 500 x 375, medians of {len(costs[_PLAIN])} rounds in turn")
    _say("| | CPU ms an image | images/s | peak MB | CPU beside the plain script | beside the cheapest peer |")
    _say("| --- | ---: | ---: | ---: | ---: | ---: |")
    cpu = {name: median(cost.cpu_s for cost in found) for name, found in costs.items() if found}
    least = min((value for name, value in cpu.items() if name in bench.peers), default=cpu[_PLAIN])
    for name in sorted(cpu, key=lambda one: cpu[one]):
        speed = count / median(cost.seconds for cost in costs[name])
        peak = median(cost.peak_mb for cost in costs[name])
        ratios = f"{cpu[name] / cpu[_PLAIN]:.2f} | {cpu[name] / least:.2f}"
        _say(f"| {name} | {1000 * cpu[name] / count:.2f} | {speed:.0f} | {peak:.0f} | {ratios} |")


def _say_reading(found: Mapping[tuple[str, str], list[Mapping[str, float]]]) -> None:
    _say("\nreading, the same JPEGs of 224 x 224, decoded by Pillow in one process, the start of which is not counted")
    _say("| | order | CPU ms an image | images/s | KB read an image | CPU beside the cheapest other |")
    _say("| --- | --- | ---: | ---: | ---: | ---: |")
    for order in _ORDERS:
        rows = {name: each for (name, which), each in found.items() if which == order and each}
        cpu = {name: median(1000 * one["cpu_s"] / one["images"] for one in each) for name, each in rows.items()}
        for name in sorted(cpu, key=lambda one: cpu[one]):
            speed = median(one["images"] / one["seconds"] for one in rows[name])
            size = median(one["bytes"] / one["images"] for one in rows[name]) / 1000
            others = min((value for other, value in cpu.items() if other != name), default=cpu[name])
            _say(f"| {name} | {order} | {cpu[name]:.3f} | {speed:.0f} | {size:.0f} | {cpu[name] / others:.2f} |")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
