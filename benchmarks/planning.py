"""What planning costs on a million rows: the listing as a table, the columns of the rows that are there, the plan.

    python -m benchmarks.planning [--rows 1000000] [--shards 60]

A version of so many rows with tiny payloads is written, and then planned against a listing in which 1 % of the images
changed, 1 % are new and 1 % are gone: by `plan_run` itself, in a process of its own, whose peak memory is read at its
end. Only the walk over the source is left out, which `benchmarks.listing` measures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from flows.config import DatasetConfig, load_config
from tasks.building.spec import published_pixel_spec
from tasks.publish import open_run
from tasks.publish.commits import commit_version
from tasks.publish.manifest import FileEntry, Manifest
from tasks.refresh import listed
from tasks.refresh.options import RefreshOptions
from tasks.refresh.planning import plan_run
from tasks.samples import SAMPLE_SCHEMA, Discovery, SourceAccess, StoreUrl, rejections_table
from tasks.shards.schema import shard_schema
from tasks.storage import open_store

_CLASSES = tuple(f"class-{number:03}" for number in range(100))


def main() -> None:
    """Write a version, plan against it in another process, and print what that took."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--shards", type=int, default=60)
    options.add_argument("--plan", type=Path)
    chosen = options.parse_args()
    if chosen.plan is not None:
        _say(json.dumps(plan(chosen.plan, chosen.rows)))
        return
    with tempfile.TemporaryDirectory() as made:
        config = _write_config(Path(made), chosen.rows // chosen.shards + 1)
        write_version(load_config(str(config)), chosen.rows, chosen.shards)
        command: list[str | Path] = [
            sys.executable,
            "-P",
            "-m",
            "benchmarks.planning",
            "--plan",
            config,
            "--rows",
            str(chosen.rows),
        ]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    for name, value in found.items():
        _say(f"{name}: {value}")


def _write_config(folder: Path, rows_per_shard: int) -> Path:
    content = {
        "name": "planning",
        "source": {"path": str(folder / "source")},
        "splits": {"ratios": {"train": "0.8", "validation": "0.1", "test": "0.1"}},
        "write": {"shard_rows": str(rows_per_shard)},
        "output": {"path": str(folder / "out")},
    }
    path = folder / "planning.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def write_version(dataset: DatasetConfig, rows: int, shards: int) -> None:
    """Publish a version of *rows* rows in *shards* shards, as a run would have, but for the images."""
    store = open_store(dataset.store)
    spec = published_pixel_spec(dataset.pixel_spec)
    schema = shard_schema({"label": _CLASSES}, spec)
    bounds = np.linspace(0, rows, shards + 1).astype(int).tolist()
    files = []
    for number, (start, end) in enumerate(pairwise(bounds)):
        split = "train" if number < shards * 0.8 else "validation" if number < shards * 0.9 else "test"
        made = Path(dataset.output.path, f"made-{number}.parquet")
        made.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(_shard(np.arange(start, end), split, schema), made, row_group_size=1000, compression="zstd")
        digest = hashlib.sha256(made.read_bytes()).hexdigest()
        name, size = f"_shards/{split}-{digest[:16]}.parquet", made.stat().st_size
        store.adopt(made, name)
        files.append(FileEntry(path=name, rows=end - start, bytes=size, sha256=digest, split=split))
    without = ("counts", "splits", "classes", "reasons", "warnings", "config", "libraries")
    nothing: dict[str, Any] = {key: {} for key in without}
    manifest = Manifest(
        **nothing,
        dataset=dataset.name,
        parent=None,
        class_names={"label": list(_CLASSES)},
        columns={field.name: str(field.type) for field in schema},
        pixel_spec=spec,
        layout="class_folders",
        why="",
        notices=[],
        config_sha256="",
        gates=[],
        shards=files,
        rejects=None,
    )
    with open_run(store) as run:
        commit_version(run, manifest, manifest.class_names)


def _shard(numbers: np.ndarray[Any, Any], split: str, schema: pa.Schema) -> pa.Table:
    """Rows with the ids, fingerprints and hashes of images, and eight bytes of each."""
    count = len(numbers)
    values = {
        "image": pa.array([{"bytes": b"no image", "path": ""}] * count, schema.field("image").type),
        "label": pa.array(numbers % len(_CLASSES)),
        "label_name": pa.array([_CLASSES[number % len(_CLASSES)] for number in numbers]),
        "split": pa.repeat(split, count),
        "sample_id": pa.array([_path(number) for number in numbers.tolist()]),
        "source_fingerprint": pa.array([f"{number}-{number}" for number in numbers + 10**9]),
        "content_sha256": pa.array([hashlib.sha256(str(number).encode()).hexdigest() for number in numbers]),
    }
    filled = [values.get(field.name, pa.nulls(count, field.type)) for field in schema]
    return pa.table([column.cast(field.type) for column, field in zip(filled, schema, strict=True)], schema=schema)


def _path(number: int) -> str:
    return f"{_CLASSES[number % len(_CLASSES)]}/photographs-{number:09}.jpg"


def list_source(dataset: DatasetConfig, rows: int) -> Discovery:
    """The listing of the source: of *rows* images 1 % changed, all over the shards, and 1 % gone; and 1 % new ones."""
    one = rows // 100
    numbers = np.arange(one, rows + one)
    prints = numbers + np.where(numbers % 100 == 7, 2 * 10**9, 10**9)
    paths = pa.array([_path(number) for number in numbers.tolist()])
    known = {
        "sample_id": paths,
        "location": paths,
        "kind": pa.repeat("store", len(numbers)),
        "label_path": pa.array([_CLASSES[number % len(_CLASSES)] for number in numbers]),
        "fingerprint": pa.array([f"{number}-{number}" for number in prints]),
        "size": pa.array(prints),
    }
    blank = {item.name: "" if pa.types.is_string(item.type) else -1 for item in SAMPLE_SCHEMA} | {"label_paths": None}
    columns = [
        known.get(item.name, pa.repeat(pa.scalar(blank[item.name], item.type), len(numbers))).cast(item.type)
        for item in SAMPLE_SCHEMA
    ]
    return Discovery(
        layout="class_folders",
        why="",
        samples=pa.table(columns, schema=SAMPLE_SCHEMA),
        rejections=rejections_table([]),
        class_paths=_CLASSES,
        ignored={},
        notices=(),
        access=(SourceAccess("", StoreUrl(dataset.source[0].path)),),
    )


def plan(config: Path, rows: int) -> dict[str, Any]:
    """Plan against the version that is there; seconds and peak memory."""
    dataset = load_config(str(config))
    begun = _peak_mb()
    discovery = list_source(dataset, rows)
    started, cpu = time.perf_counter(), time.process_time()
    setattr(listed, "discover_sources", lambda *_: discovery)  # noqa: B010 - the type checker knows another function
    with open_run(open_store(dataset.store)) as run:
        options = RefreshOptions()
        planned = plan_run(dataset, run, options, listed.list_sources(dataset, run, options))
    ended, cpu_ended = time.perf_counter(), time.process_time()
    return {
        "rows": rows,
        "states": dict(planned.plan.states),
        "shards to build": len(planned.plan.shards),
        "shards to keep": len(planned.plan.kept),
        "seconds to read the columns and to plan": round(ended - started, 2),
        "CPU seconds of that": round(cpu_ended - cpu, 2),
        "peak memory before, MB": begun,
        "peak memory, MB": _peak_mb(),
    }


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
