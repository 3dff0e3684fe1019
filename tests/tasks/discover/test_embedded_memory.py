"""Label files that hold the pixels themselves are read in memory that does not grow with them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROW_BYTES = 200_000
READ = """
import json, resource, sys
from tasks.discover.auto import AutoSource
from tasks.discover.words.split_words import SplitWords
from tasks.fetch.readers import SourceReader
from tasks.fetch.settings import FetchSettings
from tasks.fetch.plain_copies import with_plain_copies
from tasks.samples import StoreUrl
from tasks.storage import open_store

found = AutoSource(path=sys.argv[1]).discover(SplitWords({}))
access = with_plain_copies(found.access[0], open_store(StoreUrl(sys.argv[2])), "runs/1")
reader = SourceReader(access, FetchSettings())
sizes = {len(reader.read(row)[0].data) for row in found.samples.slice(found.samples.num_rows - 5).to_pylist()}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"images": found.samples.num_rows, "sizes": len(sizes), "peak_mb": peak / 1024}))
"""


def write_rows(path: Path, count: int) -> None:
    """*count* images of 0.2 MB of text each, no two alike."""
    is_csv = ".csv" in path.name
    with gzip.open(path, "wt", compresslevel=1) if path.suffix == ".gz" else path.open("w") as file:
        if is_csv:
            file.write("label,location\n")
        for number in range(count):
            row = f"[{number % 256},{number // 256}{',7' * (ROW_BYTES // 4)}]"
            cell = f"[{row},{row}]"
            file.write(f"cat,{cell}\n" if is_csv else f"{json.dumps({'label': 'cat', 'location': cell})}\n")


def peak_mb(path: Path, count: int) -> float:
    write_rows(path, count)
    out = path.parent / "out"
    out.mkdir(exist_ok=True)
    command = [sys.executable, "-c", READ, str(path), str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    path.unlink()
    found = json.loads(done.stdout)
    assert (found["images"], found["sizes"]) == (count, 1)
    return float(found["peak_mb"])


@pytest.mark.faults
@pytest.mark.parametrize("name", ["labels.csv", "labels.csv.gz", "labels.jsonl"])
def test_ten_times_the_pixels_take_no_more_memory(tmp_path: Path, name: str) -> None:
    few, many = peak_mb(tmp_path / name, 60), peak_mb(tmp_path / name, 600)

    assert many < few + 40
