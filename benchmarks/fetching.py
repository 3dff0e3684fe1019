"""Images from the web: the whole run beside fetching alone and decoding alone, and a run among every fault.

    python -m benchmarks.fetching PHOTOS [--images 2000] [--delays 1 50]

A Prefect server is started first; what a run of twenty images takes is taken off the whole run.
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
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measuring import Cost, measure
from benchmarks.web_server import FINAL, FLAKY
from flows.scheduling.server import shared_server
from tasks.fetch import Fetcher, FetchSettings
from tasks.images.pixel_spec import PixelSpec
from tasks.images.pool import DecoderPool, ImageJob, Limits
from tasks.plan import as_new
from tasks.samples import SAMPLE_SCHEMA, SourceAccess, StoreUrl

_PER_HOST = 32


def main() -> None:
    """Measure, and print a line for each."""
    options = argparse.ArgumentParser()
    options.add_argument("photos", type=Path)
    options.add_argument("--images", type=int, default=2000)
    options.add_argument("--delays", type=int, nargs="*", default=[1, 50])
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made, shared_server(Path(made, "prefect")) as api_url:
        environment = os.environ | {"PREFECT_API_URL": api_url, "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
        for delay in chosen.delays:
            with _web_server(chosen.photos, delay) as host:
                _compare(chosen.images, delay, host, Path(made), environment)
        with _web_server(chosen.photos, 1) as host:
            _among_faults(chosen.images, host, Path(made), environment)


@contextmanager
def _web_server(photos: Path, delay_ms: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.web_server", str(photos), str(delay_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        yield f"127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.communicate()


def _compare(count: int, delay_ms: int, host: str, folder: Path, environment: Mapping[str, str]) -> None:
    paths = [f"good/{number}.jpg" for number in range(count)]
    bodies, fetch_s = _fetch_alone(host, paths)
    decode_s = _decode_alone(bodies)
    few = _run(host, paths[:20], folder, environment)
    whole = _run(host, paths, folder, environment)
    seconds = whole.seconds - few.seconds
    slower = max(fetch_s, decode_s)
    _say(
        f"{count} images, {delay_ms} ms: fetching alone {count / fetch_s:.0f} images/s, decoding alone "
        f"{count / decode_s:.0f}, the run {count / seconds:.0f} (less {few.seconds:.1f} s for twenty images): "
        f"{slower / seconds:.2f} of the slower one; peak {whole.peak_mb:.0f} MB"
    )


def _fetch_alone(host: str, paths: Sequence[str]) -> tuple[list[bytes], float]:
    """The bodies, and the seconds that fetching them took."""
    fetcher = Fetcher(FetchSettings(per_host=_PER_HOST, allow_hosts=(host,)), frozenset())
    unknown = dict.fromkeys(SAMPLE_SCHEMA.names, "") | {"label_paths": None, "label_row": -1}
    unknown |= {"label_offset": -1, "label_length": -1}
    rows = [
        unknown | {"sample_id": path, "kind": "web", "location": f"http://{host}/{path}", "size": -1} for path in paths
    ]
    samples = as_new(pa.Table.from_pylist(rows, schema=SAMPLE_SCHEMA))
    started = time.perf_counter()
    bodies = [item.data for item in fetcher.fetch_ahead(samples, [SourceAccess("", StoreUrl("/nowhere"))])]
    seconds = time.perf_counter() - started
    fetcher.close()
    return bodies, seconds


def _decode_alone(bodies: Sequence[bytes]) -> float:
    pool = DecoderPool(os.cpu_count() or 1, Limits())
    jobs = [ImageJob(body) for body in bodies]
    list(pool.prepare_images(jobs[:100], PixelSpec()))
    started = time.perf_counter()
    list(pool.prepare_images(jobs, PixelSpec()))
    seconds = time.perf_counter() - started
    pool.close()
    return seconds


def _run(
    host: str, paths: Sequence[str], folder: Path, environment: Mapping[str, str], **sections: Mapping[str, Any]
) -> Cost:
    shutil.rmtree(folder / "out", ignore_errors=True)
    labels, config = folder / "labels.csv", folder / "fetching.yaml"
    lines = [f"{'cat' if number % 2 else 'dog'},http://{host}/{path}\n" for number, path in enumerate(paths)]
    labels.write_text("".join(["label,location\n", *lines]), encoding="utf-8")
    values = {
        "name": "fetching",
        "source": {"path": str(labels)},
        "fetch": {"per_host": _PER_HOST, "allow_hosts": [host]},
        "output": {"path": str(folder / "out")},
        **sections,
    }
    config.write_text(json.dumps(values), encoding="utf-8")
    return measure([sys.executable, "-P", "-m", "flows.cli", "run", "--json", config], environment)


def _among_faults(count: int, host: str, folder: Path, environment: Mapping[str, str]) -> None:
    """A tenth of the places flaky, a tenth bad for good, the rest good."""
    flaky = [f"flaky-{kind}" for kind in FLAKY]
    final = [f"final-{kind}" for kind in FINAL]
    paths = [
        f"{flaky[number // 10 % len(flaky)] if number % 10 == 3 else final[number // 10 % len(final)]}/{number}.jpg"
        if number % 10 in {3, 7}
        else f"good/{number}.jpg"
        for number in range(count)
    ]
    cost = _run(host, paths, folder, environment, gates={"max_reject_fraction": 0.5})
    version = folder / "out" / "versions" / "000001"
    written = {
        str(place).partition(f"{host}/")[2]
        for file in (version / "data").iterdir()
        for place in pq.read_table(file, columns=["source_uri"])["source_uri"].to_pylist()
    }
    rejects = pq.read_table(version / "rejects.parquet", columns=["location", "reason"]).to_pylist()
    found = Counter((row["location"].split("/")[3].removeprefix("final-"), row["reason"]) for row in rejects)
    odd = {what: number for what, number in found.items() if FINAL.get(what[0], (None, ""))[1] != what[1]}
    _say(f"{count} places, a tenth flaky and a tenth bad for good: {cost.seconds:.0f} s, peak {cost.peak_mb:.0f} MB")
    for kind in ("good", "flaky"):
        wanted = [path for path in paths if path.startswith(kind)]
        _say(f"  {kind}: {len(written.intersection(wanted))} of {len(wanted)} written")
    _say(f"  rejects by reason: {dict(Counter(row['reason'] for row in rejects))}")
    _say(f"  rejected for another reason than expected: {odd or 'none'}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
