"""Whether memory grows with the dataset: peak of the process tree on few and on many photographs.

python -m benchmarks.memory PHOTOS [--few 2000] [--many 20000]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.corpora import distinct_photographs
from benchmarks.measuring import measure
from flows.scheduling.server import shared_server


def main() -> None:
    """Measure, and print a line for each run."""
    options = argparse.ArgumentParser()
    options.add_argument("photos", type=Path)
    options.add_argument("--few", type=int, default=2000)
    options.add_argument("--many", type=int, default=20_000)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made, shared_server(Path(made, "prefect")) as api_url:
        environment = os.environ | {"PREFECT_API_URL": api_url}
        folders = {n: distinct_photographs(chosen.photos, Path(made, str(n)), n) for n in (chosen.few, chosen.many)}
        for write in ({"shard_rows": "500"}, {}):
            peaks = {}
            for count, source in folders.items():
                config = Path(made, "memory.yaml")
                output = Path(made, "out")
                shutil.rmtree(output, ignore_errors=True)
                sections = {
                    "name": "memory",
                    "source": {"path": str(source)},
                    "output": {"path": str(output)},
                    "write": write,
                }
                config.write_text(json.dumps(sections), encoding="utf-8")
                cost = measure([sys.executable, "-P", "-m", "flows.cli", "run", "--json", config], environment)
                peaks[count] = cost.peak_mb
                _say(f"{write or 'default'}: {count:,} images: peak {cost.peak_mb:.0f} MB, {cost.seconds:.1f} s")
            _say(f"{write or 'default'}: {100 * (peaks[chosen.many] / peaks[chosen.few] - 1):+.1f} %")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
