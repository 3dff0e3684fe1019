"""What `discover` costs on a million local files and on label files of a million rows, beside a bare walk and pandas.

python -m benchmarks.discovery [--files 1000000] [--rounds 2] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring import Cost, measure

_BARE_WALK = """
import os, sys
folders, files, size = [sys.argv[1]], 0, 0
while folders:
    with os.scandir(folders.pop()) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                size += entry.stat(follow_symlinks=False).st_size
                files += 1
print(files)
"""
_BARE_CSV = """
import sys, pandas
print(len(pandas.read_csv(sys.argv[1])))
"""
_BARE_JSON = """
import sys, pandas
print(len(pandas.read_json(sys.argv[1], lines=True)))
"""


def main() -> None:
    """Make the sources, measure, and print a line for each."""
    options = argparse.ArgumentParser()
    options.add_argument("--files", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--folder", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = chosen.folder or Path(made)
        places = [f"{number // 1000:04}/{number % 1000:04}.jpg" for number in range(chosen.files)]
        _draw(folder, places)
        for name, bare, source in (
            ("local files", _BARE_WALK, folder / "files"),
            ("CSV, plain", _BARE_CSV, folder / "plain" / "labels.csv"),
            ("CSV, quoted", _BARE_CSV, folder / "quoted" / "labels.csv"),
            ("JSON Lines", _BARE_JSON, folder / "lines" / "labels.jsonl"),
        ):
            _compare(name, bare, source, chosen.rounds)


def _draw(folder: Path, places: Sequence[str]) -> None:
    """Empty image files, and label files that name as many addresses."""
    if (folder / "files").is_dir():
        return
    for place in places:
        if place.endswith("/0000.jpg"):
            (folder / "files" / place).parent.mkdir(parents=True)
        (folder / "files" / place).touch()
    rows = [(f"https://images.example.com/{place}", f"class {place[:4]}") for place in places]
    for name in ("plain", "quoted", "lines"):
        (folder / name).mkdir()
    plain = "".join(f"{url},{label}\n" for url, label in rows)
    quoted = "".join(f'"{url}","{label}"\n' for url, label in rows)
    lines = "".join(json.dumps({"url": url, "label": label}) + "\n" for url, label in rows)
    (folder / "plain" / "labels.csv").write_text(f"url,label\n{plain}", encoding="utf-8")
    (folder / "quoted" / "labels.csv").write_text(f'"url","label"\n{quoted}', encoding="utf-8")
    (folder / "lines" / "labels.jsonl").write_text(lines, encoding="utf-8")


def _compare(name: str, bare: str, source: Path, rounds: int) -> None:
    """Measure both in turn, and take the better round of each."""
    plain: list[Cost] = []
    ours: list[Cost] = []
    for _ in range(rounds):
        plain.append(measure([sys.executable, "-c", bare, source]))
        ours.append(measure([sys.executable, "-P", "-m", "flows.cli", "discover", source, "--json"]))
    first, second = (min(costs, key=lambda cost: cost.seconds) for costs in (plain, ours))
    count = json.loads(second.output)["images"]
    if count != int(first.output):
        raise SystemExit(f"{name}: discover found {count:,}, and {int(first.output):,} are there")
    sys.stdout.write(
        f"{name}, {count:,}: bare {first.seconds:.2f} s, {first.peak_mb:.0f} MB; "
        f"discover {second.seconds:.2f} s, {second.peak_mb:.0f} MB; {second.seconds / first.seconds:.2f} times\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
