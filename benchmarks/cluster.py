"""Threads beside a Dask cluster of two workers, on the same images, in one run; and what a worker's death costs.

    python -m benchmarks.cluster PHOTOS [--images 10000] [--rounds 1]

The cluster is a scheduler and two workers of this machine, processes of their own, over TCP. The images are photographs
made small, each with bytes of its own. Prefect's cost is what a run of shards of one image takes beyond a run of
one shard, and what that one takes beyond the work.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.corpora import small_photographs
from flows.scheduling.server import shared_server

_COMMAND = [sys.executable, "-P", "-m", "flows.cli", "run", "--json"]
_SHARDS = 100


def main() -> None:
    """Measure, and print a line each."""
    options = argparse.ArgumentParser()
    options.add_argument("photos", type=Path)
    options.add_argument("--images", type=int, default=10_000)
    options.add_argument("--rounds", type=int, default=1)
    chosen = options.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        api_url = stack.enter_context(shared_server(folder / "prefect"))
        environment = os.environ | {"PREFECT_API_URL": api_url}
        images = small_photographs(chosen.photos, folder / "images", chosen.images)
        few = small_photographs(chosen.photos, folder / "few", _SHARDS)
        address, workers = stack.enter_context(_cluster(folder, environment))
        crews = {"threads": {}, "Dask, two workers": {"runner": "dask", "address": address}}
        for _ in range(chosen.rounds):
            for name, run in crews.items():
                outcome, _ = _run(folder, environment, source=images, run=run, write={"shard_rows": "500"})
                rate = outcome["written"] / outcome["seconds"]
                _say(f"{name}: {outcome['written']:,} images in {outcome['seconds']:.1f} s, {rate:.0f} images/s")
                _overhead(name, folder, environment, few, run)
        seconds = _kill_one(folder, environment, images, crews["Dask, two workers"], workers)
        _say(f"from a worker's death to the end of the run, with one of two left: {seconds:.1f} s")


def _overhead(name: str, folder: Path, environment: Mapping[str, str], few: Path, run: Mapping[str, Any]) -> None:
    """What a shard costs that holds next to nothing, and what a run does."""
    many, whole = _run(folder, environment, source=few, run=run, write={"shard_rows": "1"})
    one, least = _run(folder, environment, source=few, run=run, write={"shard_rows": str(_SHARDS)})
    each = 1000 * (many["seconds"] - one["seconds"]) / (many["shards_built"] - one["shards_built"])
    _say(f"{name}: {each:.0f} ms a shard more; a run of one shard of {_SHARDS} images: {one['seconds']:.1f} s in the")
    _say(f"  flow, {least:.1f} s with the start of the command ({many['shards_built']} shards: {whole:.1f} s)")


def _config(folder: Path, sections: Mapping[str, Any]) -> Path:
    shutil.rmtree(folder / "out", ignore_errors=True)
    config = folder / "bench.yaml"
    source = {"path": str(sections["source"]), "layout": "class_folders"}  # a class may have one image
    content = {"name": "bench", "resize": {"size": ["64", "64"]}, "output": {"path": str(folder / "out")}, **sections}
    config.write_text(json.dumps(content | {"source": source}), encoding="utf-8")
    return config


def _run(folder: Path, environment: Mapping[str, str], **sections: Any) -> tuple[dict[str, Any], float]:
    """The outcome of a run into an empty output, and its seconds from start to end."""
    started = time.perf_counter()
    command = [*_COMMAND, str(_config(folder, sections))]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"exit code {done.returncode}: {done.stdout}")
    return json.loads(done.stdout), time.perf_counter() - started


def _kill_one(
    folder: Path,
    environment: Mapping[str, str],
    images: Path,
    run: Mapping[str, Any],
    workers: list[subprocess.Popen[bytes]],
) -> float:
    """Seconds from the death of one worker, a third of the way, to the end of the run."""
    config = _config(folder, {"source": images, "run": run, "write": {"shard_rows": "500"}})
    process = subprocess.Popen([*_COMMAND, str(config)], env=environment, stdout=subprocess.PIPE, text=True)
    third = sum(1 for _ in images.rglob("*.jpg")) // 1500
    while process.poll() is None and len(list((folder / "out").glob("_shards/*.parquet"))) < third:
        time.sleep(0.05)
    workers[0].kill()
    killed = time.perf_counter()
    output, _ = process.communicate()
    outcome = json.loads(output)
    if outcome["outcome"] != "published":
        raise SystemExit(f"not published: {outcome}")
    return time.perf_counter() - killed


@contextmanager
def _cluster(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler's address and two workers, until this ends."""
    place = folder / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    quiet = {"env": environment, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    flags = ["--host", "127.0.0.1", "--no-dashboard"]
    processes = [
        subprocess.Popen([*dask, "scheduler", "--port", "0", "--scheduler-file", place, *flags], **quiet)  # type: ignore[call-overload]
    ]
    try:
        while not place.exists() or not place.read_text().endswith("}"):
            time.sleep(0.05)
        address = json.loads(place.read_text())["address"]
        worker = [*dask, "worker", address, "--nthreads", "2", "--no-nanny", *flags]
        processes += [subprocess.Popen(worker, **quiet) for _ in range(2)]  # type: ignore[call-overload]
        asked = f"import distributed; distributed.Client({address!r}).wait_for_workers(2, timeout=120)"
        subprocess.run([sys.executable, "-c", asked], check=True, stderr=subprocess.DEVNULL)
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
